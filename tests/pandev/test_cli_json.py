"""`--format json` when a command has no result: stdout is a JSON value then too."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click
import pytest

from pandev.cli import pandev
from tests.pandev.command import run_pandev, write_env
from tests.pandev.test_cli import list_commands, list_options

if TYPE_CHECKING:
    from pathlib import Path

NO_SERVER = "postgresql://127.0.0.1:1/store"
EXIT_CODES = {
    "connect": 1,
    "disable": 1,
    "employees load employees.csv": 1,
    "enable": 1,
    "rejected list": 1,
    "rejected retry": 3,
    "report": 1,
    "reporting": 1,
    "scopes deselect Shop": 1,
    "scopes list": 1,
    "scopes select Shop": 1,
    "status": 1,
    "store dump pandev.dump": 1,
    "store reader": 1,
    "store restore pandev.dump": 1,
    "store start": 1,
    "store stop": 1,
    "store upgrade": 1,
    "sync": 1,
    "token": 1,
    "verify": 3,
    "worklogs plan": 1,
    "worklogs push": 1,
}
"""Commands that have no result without a token and a store, with an argument."""
FINDINGS = {"check": "problems", "doctor": "checks"}
"""Commands whose result is what is wrong, and the key of that."""
OTHERS = {"settings", "store url"}
"""Commands that need neither a token nor a server."""
WITHOUT_JSON = {"serve", "store psql"}
"""Commands that print no result of their own."""


def test_every_command_with_a_result_has_json() -> None:
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for name, command in list_commands(pandev).items():
        if not isinstance(command, click.Group):
            has_json = "--format" in [option.opts[0] for option in list_options(command)]
            names[has_json].add(name.removeprefix("pandev "))
    tried = {re.sub(r" (?=[A-Z])\S+| \S+\.\S+", "", name) for name in EXIT_CODES}
    assert names == {True: {*tried, *FINDINGS, *OTHERS}, False: WITHOUT_JSON}


@pytest.mark.parametrize("name", EXIT_CODES)
def test_an_error_is_json_on_stdout(tmp_path: Path, name: str) -> None:
    arguments = [*name.split(), "--format", "json"]
    done = run_pandev(tmp_path, *arguments, TARGET_PANDEV_STORE_URL=NO_SERVER)
    printed = json.loads(done.stdout)
    assert printed == {"exit_code": EXIT_CODES[name], "error": printed["error"]}
    assert done.returncode == EXIT_CODES[name]
    assert done.stderr == f"pandev: {printed['error']}\n"


@pytest.mark.parametrize("name", FINDINGS)
def test_findings_are_the_result(tmp_path: Path, name: str) -> None:
    done = run_pandev(tmp_path, name, "--format", "json", TARGET_PANDEV_STORE_URL=NO_SERVER)
    printed = json.loads(done.stdout)
    assert printed["exit_code"] == done.returncode == 1
    assert printed[FINDINGS[name]]


def test_an_env_file_of_others_is_json_too(tmp_path: Path) -> None:
    """It is read before the command line."""
    write_env(tmp_path).chmod(0o666)
    done = run_pandev(tmp_path, "settings", "--format=json")
    printed = json.loads(done.stdout)
    assert ".env" in printed["error"]
    assert printed["exit_code"] == done.returncode == 1


def test_an_invalid_option_is_json_and_explained(tmp_path: Path) -> None:
    arguments = ["status", "--format", "json", "--receiver-port", "many"]
    done = run_pandev(tmp_path, *arguments)
    text = "'many' is not a valid integer"
    assert done.returncode == 2
    assert json.loads(done.stdout)["exit_code"] == 2
    assert text in json.loads(done.stdout)["error"]
    assert text in done.stderr


def test_an_error_of_a_command_for_people_is_a_line(tmp_path: Path) -> None:
    done = run_pandev(tmp_path, "status", TARGET_PANDEV_STORE_URL=NO_SERVER)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("pandev: ")
