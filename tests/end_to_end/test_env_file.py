"""`.env` is read from one folder only, and only if no other user can have written it."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin_settings.env_file import load_env_file
from tests.end_to_end.pipeline import COMMANDS, Pipeline
from tests.support.commands import run_command

if TYPE_CHECKING:
    from subprocess import CompletedProcess

NO_ONE = 65534
"""The user id of another user."""
CASES: dict[tuple[str, ...], tuple[str, str]] = {
    ("tap-clickup", "--config=ENV"): (
        "TAP_CLICKUP_REQUESTS_PER_MINUTE=ten",
        "TAP_CLICKUP_REQUESTS_PER_MINUTE: expected a number or JSON",
    ),
    ("tap-git", "--config=ENV"): (
        "TAP_GIT_STREAM_MAPS={",
        "TAP_GIT_STREAM_MAPS: expected a number or JSON",
    ),
    ("tap-ide", "--config=ENV"): (
        "TAP_IDE_EVENT_FILES={",
        "TAP_IDE_EVENT_FILES: expected a number or JSON",
    ),
    ("target-pandev", "--config=ENV"): (
        "TARGET_PANDEV_BATCH_SIZE_ROWS=ten",
        "TARGET_PANDEV_BATCH_SIZE_ROWS: expected a number or JSON",
    ),
    ("clickup-receiver", "dead-letters"): (
        "CLICKUP_RECEIVER_DATA_DIR=/nowhere",
        "inbox /nowhere/inbox.sqlite: does not exist",
    ),
    ("pandev", "connect"): (
        "TAP_CLICKUP_REQUESTS_PER_MINUTE=ten",
        "TAP_CLICKUP_REQUESTS_PER_MINUTE: expected a number or JSON",
    ),
}
"""Commands, each with a line of `.env` that ends it, and the error by which that shows."""
ENVIRONMENT = {
    "CLICKUP_RECEIVER_WEBHOOK_URL": "https://receiver.example.com/v1/clickup/webhook",
    "TARGET_PANDEV_STORE_URL": "postgresql://127.0.0.1:1/nowhere?connect_timeout=1",
    "XDG_DATA_HOME": "/nowhere/data",
}


def run(command: tuple[str, ...], folder: Path, **environment: str) -> CompletedProcess[str]:
    return run_command(
        *command, cwd=folder, env={**ENVIRONMENT, "HOME": str(folder), **environment}
    )


@pytest.mark.parametrize("command", CASES, ids=lambda command: command[0])
def test_every_command_reads_the_working_directory(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    line, error = CASES[command]
    (tmp_path / ".env").write_text(line)
    process = run(command, tmp_path)
    assert process.returncode == 1
    assert error in process.stderr


@pytest.mark.parametrize("command", CASES, ids=lambda command: command[0])
def test_no_command_reads_a_parent_folder(command: tuple[str, ...], tmp_path: Path) -> None:
    """Neither one of the working directory, nor of the Singer SDK, which looks above its own."""
    line, error = CASES[command]
    (tmp_path / ".env").write_text(line)
    spec = find_spec("singer_sdk")
    assert spec
    assert spec.origin
    library = tmp_path / "library"
    library.mkdir()
    (library / "singer_sdk").symlink_to(Path(spec.origin).parent)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    name, *options = command
    process = subprocess.run(  # not forked: it imports the SDK from that library
        [COMMANDS / name, *options],
        cwd=below,
        env={**ENVIRONMENT, "HOME": str(below), "PYTHONPATH": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert error not in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("command", CASES, ids=lambda command: command[0])
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_every_command_refuses_a_file_that_others_can_write(
    command: tuple[str, ...], mode: int, tmp_path: Path
) -> None:
    line, error = CASES[command]
    path = tmp_path / ".env"
    path.write_text(line)
    path.chmod(mode)
    process = run(command, tmp_path)
    assert process.returncode == 1
    assert error not in process.stderr
    (message,) = [text for text in process.stderr.splitlines() if "INFO" not in text]
    assert message.endswith(f"{path}: others can write to it; run chmod 600 on it")


def test_a_command_below_a_project_reads_the_file_of_the_project(tmp_path: Path) -> None:
    """As Meltano does; a file in the folder below is not read."""
    project = Pipeline(tmp_path)
    (tmp_path / ".env").write_text("CLICKUP_RECEIVER_DATA_DIR=/nowhere/project\n")
    below = tmp_path / "below"
    below.mkdir()
    (below / ".env").write_text("CLICKUP_RECEIVER_DATA_DIR=/nowhere/below\n")
    process = run(("clickup-receiver", "dead-letters"), below, PATH=project.environment["PATH"])
    assert process.returncode == 1
    assert process.stderr.startswith("clickup-receiver: inbox /nowhere/project/inbox.sqlite: ")


class RefusedError(Exception):
    """The error of a plugin."""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of `.env` in the working directory; its variables are removed at the end."""
    monkeypatch.chdir(tmp_path)
    for name in ("KNOWN", "ADDED"):
        monkeypatch.setenv(name, "environment")
    monkeypatch.delenv("ADDED")
    return tmp_path / ".env"


def variables() -> tuple[str | None, str | None]:
    """Return the variables of the environment that the tests use."""
    return os.environ.get("KNOWN"), os.environ.get("ADDED")


def refusal() -> str:
    """Return the text of the error with which the file is refused."""
    with pytest.raises(RefusedError) as raised:
        load_env_file(error_type=RefusedError)
    return str(raised.value)


def test_the_environment_takes_precedence(path: Path) -> None:
    path.write_text("KNOWN=file\nADDED='one two' # comment\n")
    load_env_file(error_type=RefusedError)
    assert variables() == ("environment", "one two")


def test_the_file_can_take_precedence(path: Path) -> None:
    path.write_text("KNOWN=file\n")
    load_env_file(error_type=RefusedError, override=True)
    assert variables() == ("file", None)


def test_a_folder_of_that_name_has_no_settings(path: Path) -> None:
    load_env_file(error_type=RefusedError)
    path.mkdir()
    load_env_file(error_type=RefusedError)
    assert variables() == ("environment", None)


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("ADDED=planted\n")
    user_id, other_id = os.geteuid(), NO_ONE
    if user_id == 0:
        os.chown(path, NO_ONE, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NO_ONE)
        user_id, other_id = NO_ONE, user_id
    assert refusal() == (
        f"{path}: belongs to the user with id {other_id}; expected this user ({user_id}) or root: "
        "remove it, or change its owner"
    )
    assert variables() == ("environment", None)


def test_a_link_or_a_pipe_is_refused_without_waiting(path: Path) -> None:
    target = path.with_name("settings")
    target.write_text("ADDED=planted\n")
    path.symlink_to(target)
    assert refusal() == f"{path}: is a symbolic link; put the file itself there"
    path.unlink()
    os.mkfifo(path, 0o600)
    assert refusal() == f"{path}: expected a regular file"
    assert variables() == ("environment", None)


def test_a_broken_file_is_one_line_without_its_content(path: Path) -> None:
    path.write_bytes(b"ADDED=SECRET\xff\n")
    assert refusal() == f"{path}: expected lines NAME=value in UTF-8"
