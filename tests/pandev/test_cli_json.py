"""`--format json` when a command has no result: stdout is a JSON value then too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pandev.cli import pandev
from tests.pandev.command import run_pandev, write_env
from tests.pandev.test_cli import list_commands, list_options

if TYPE_CHECKING:
    from pathlib import Path

NO_SERVER = "postgresql://127.0.0.1:1/store"
EXIT_CODES = {
    "connect": 1,
    "rejected list": 1,
    "rejected retry": 3,
    "report": 1,
    "scopes list": 1,
    "status": 1,
    "store reader": 1,
    "sync": 1,
    "verify": 3,
    "worklogs plan": 1,
    "worklogs push": 1,
}
FINDINGS = {"check": "problems", "doctor": "checks"}
"""Commands whose result is what is wrong, and the key of that."""


def test_every_command_with_json_is_tried() -> None:
    names = {
        name.removeprefix("pandev ")
        for name, command in list_commands(pandev).items()
        if "--format" in [option.opts[0] for option in list_options(command)]
    }
    assert names == {*EXIT_CODES, *FINDINGS, "settings"}


@pytest.mark.parametrize("name", EXIT_CODES)
def test_an_error_is_json_on_stdout(tmp_path: Path, name: str) -> None:
    """Without a token and a store no command has a result."""
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
