"""The operator's command: its help texts and the options of its sessions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pandev.cli import pandev
from pandev.console import print_json
from target_pandev.database import search_path_option
from tests.pandev.command import GOLDEN, assert_golden


@pytest.mark.parametrize("schema", ["pandev", "Team A", 'a "quoted" name', "back\\slash"])
def test_a_session_gets_the_schema_as_its_search_path(database: str, schema: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        identifier = sql.Identifier(schema)
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(identifier))
    with psycopg.connect(make_conninfo(database, options=search_path_option(schema))) as session:
        assert session.execute("SELECT current_schema()").fetchall() == [(schema,)]


STORE_OPTIONS = ["--store-url", "--store-dir", "--store-schema"]
RULE_OPTIONS = [
    "--last-day", "--minimum-minutes", "--round-minutes", "--days", "--grace-hours",
    "--tracked-time", "--organisation",
]  # fmt: skip
OPTIONS = {
    "pandev": ["--version"],
    "pandev check": [*STORE_OPTIONS, "--format"],
    "pandev connect": [
        "--webhook-url",
        "--data-dir",
        "--replace-user",
        "--no-save",
        "--no-sync",
        "--off",
        *STORE_OPTIONS,
        "--format",
    ],
    "pandev disable": ["--format"],
    "pandev doctor": [
        *STORE_OPTIONS,
        "--data-dir",
        "--receiver-port",
        "--webhook-url",
        "--format",
    ],
    "pandev employees": [],
    "pandev employees load": [*STORE_OPTIONS, "--format"],
    "pandev enable": ["--format"],
    "pandev rejected": [],
    "pandev rejected list": ["--format", *STORE_OPTIONS],
    "pandev rejected retry": ["--format", *STORE_OPTIONS],
    "pandev report": [
        *STORE_OPTIONS,
        "--format",
        "--limit",
        "--since",
        "--workspace",
        "--space",
        "--list",
    ],
    "pandev reporting": [
        *STORE_OPTIONS,
        "--timezone",
        "--week-start",
        "--working-days",
        "--working-hours",
        "--holidays",
        "--sprint-grace",
        "--merges",
        "--bots",
        "--format",
    ],
    "pandev scopes": [],
    "pandev scopes deselect": ["--format"],
    "pandev scopes list": ["--format"],
    "pandev scopes select": ["--only", "--all", "--format"],
    "pandev serve": [
        *STORE_OPTIONS,
        "--data-dir",
        "--receiver-port",
        "--webhook-url",
        "--poll-command",
        "--poll-minutes",
        "--host",
        "--port",
    ],
    "pandev settings": ["--format"],
    "pandev status": [
        *STORE_OPTIONS,
        "--data-dir",
        "--receiver-port",
        "--webhook-url",
        "--poll-command",
        "--poll-minutes",
        "--live",
        "--format",
    ],
    "pandev store": [],
    "pandev store dump": [*STORE_OPTIONS, "--format"],
    "pandev store psql": STORE_OPTIONS,
    "pandev store reader": [
        *STORE_OPTIONS,
        "--role",
        "--rotate",
        "--password-stdin",
        "--drop",
        "--format",
    ],
    "pandev store restore": [*STORE_OPTIONS, "--format"],
    "pandev store start": [*STORE_OPTIONS, "--port", "--stay", "--format"],
    "pandev store stop": [*STORE_OPTIONS, "--format"],
    "pandev store upgrade": [*STORE_OPTIONS, "--old-bin", "--format"],
    "pandev store url": [*STORE_OPTIONS, "--format"],
    "pandev sync": ["--sweep", "--format"],
    "pandev token": ["--data-dir", "--replace-user", "--format"],
    "pandev verify": ["--sample", "--seed", "--ids", "--format", *STORE_OPTIONS],
    "pandev worklogs": [],
    "pandev worklogs plan": [*RULE_OPTIONS, "--format", *STORE_OPTIONS],
    "pandev worklogs push": ["--write", "--mode", *RULE_OPTIONS, "--format", *STORE_OPTIONS],
}


def list_commands(group: click.Command) -> dict[str, click.Command]:
    """Return the commands of a group by their full names."""
    by_name = {str(group.name): group}
    if not isinstance(group, click.Group):
        return by_name
    context = click.Context(group)
    for subcommand_name in group.list_commands(context):
        command = group.get_command(context, subcommand_name)
        assert command
        by_name |= {
            f"{group.name} {name}": subcommand
            for name, subcommand in list_commands(command).items()
        }
    return by_name


def list_options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def test_every_command_and_option_has_a_help_text() -> None:
    options_by_command = {}
    for name, command in list_commands(pandev).items():
        assert command.help, name
        options = list_options(command)
        options_by_command[name] = [option.opts[0] for option in options]
        assert [option.opts for option in options if not option.help] == []
    assert options_by_command == OPTIONS


def test_a_command_imports_nothing_of_the_others() -> None:
    program = (
        "import sys\nfrom pandev.cli import pandev\n"
        "pandev(['reporting', '--help'], standalone_mode=False)\n"
        "assert not {'singer_sdk', 'clickup_receiver.webhooks', 'pandev.report'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_a_list_of_commands_imports_none_of_them() -> None:
    program = (
        "import sys\nfrom pandev.cli import pandev\nfrom clickup_receiver.cli import receiver\n"
        "for group in (pandev, receiver):\n"
        "    group(['--help'], standalone_mode=False)\n"
        "heavy = {'singer_sdk', 'requests', 'psycopg', 'starlette', 'pandev.commands'}\n"
        "assert not heavy & {*sys.modules}, heavy & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_help_of_each_command(name: str) -> None:
    arguments = [*name.split()[1:], "--help"]
    ended = CliRunner().invoke(pandev, arguments, prog_name="pandev", terminal_width=80)
    assert ended.exit_code == 0
    assert_golden(f"help_{name.replace(' ', '_')}", ended.output)


def test_every_expected_output_is_compared() -> None:
    """A file that no test names is left over from a command or a test that is gone."""
    helps = {f"help_{name.replace(' ', '_')}" for name in OPTIONS}
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    names = {path.stem for path in GOLDEN.glob("*")}
    assert len(names) > len(helps)
    assert {name for name in names - helps if f'"{name}"' not in tests} == set()
    assert helps - names == set()


def test_json_has_no_character_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    """Names of workspaces and people may have any; JSON is for programs, which decode it."""
    print_json({"name": "Caf\u00e9 \x9b2J \u202e \udcff"})
    assert capsys.readouterr().out == ('{\n  "name": "Caf\\u00e9 \\u009b2J \\u202e \\udcff"\n}\n')


def test_an_invalid_limit_is_rejected() -> None:
    ended = CliRunner().invoke(pandev, ["report", "--limit", "many"])
    assert ended.exit_code == 2
    assert "'many' is not a valid integer" in ended.output
