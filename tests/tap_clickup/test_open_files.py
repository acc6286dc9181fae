"""Every start names the files with secrets that other users can read, and how to close them."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tap_clickup.open_files import describe_open_files
from tests.clickup_receiver.receiver_process import ReceiverProcess, environment_without_settings
from tests.support.commands import run_command

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp

SECRET = "pk_1_SECRET"  # noqa: S105 - made up
DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project whose files have the modes that we document."""
    folder = tmp_path / "a folder"
    (folder / ".meltano" / "run" / "tap-clickup").mkdir(parents=True)
    (folder / ".meltano").chmod(0o700)
    (folder / ".env").write_text(f"TAP_CLICKUP_API_TOKEN={SECRET}\n")
    (folder / ".env").chmod(0o600)
    return folder


def config_file(folder: Path, name: str, *, age_seconds: float) -> Path:
    """Return a file like those in which Meltano passes settings."""
    path = folder / ".meltano" / "run" / "tap-clickup" / f"tap.{name}.config.json"
    path.write_text(f'{{"api_token": "{SECRET}"}}')
    written_at = time.time() - age_seconds
    os.utime(path, (written_at, written_at))
    return path


def run_line(line: str) -> None:
    """Run the command at the end of a line."""
    subprocess.run(shlex.split(line.split(": run ", 1)[1]), check=True)


def test_closed_files_and_those_of_running_syncs_are_not_named(folder: Path) -> None:
    config_file(folder, "running", age_seconds=DAY_SECONDS - 600)
    assert describe_open_files(folder) == []
    assert describe_open_files(folder / "nowhere") == []


def test_an_open_file_is_named_with_the_command_that_closes_it(folder: Path) -> None:
    (folder / ".env").chmod(0o640)
    (folder / ".meltano").chmod(0o755)
    lines = describe_open_files(folder)
    assert lines == [
        f"{path} is open to other users, and may have secrets: run chmod go-rwx '{path}'"
        for path in (folder / ".env", folder / ".meltano")
    ]
    for line in lines:
        run_line(line)
    assert describe_open_files(folder) == []
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert (folder / ".meltano").stat().st_mode & 0o777 == 0o700


def test_a_file_of_root_may_be_open_to_the_group(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service reads it as a member of the group."""
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    (folder / ".env").chmod(0o640)
    assert describe_open_files(folder) == []
    (folder / ".env").chmod(0o644)
    (line,) = describe_open_files(folder)
    assert line.endswith(f": run chmod o-rwx '{folder}/.env'")


def test_files_that_killed_runs_left_are_counted(folder: Path) -> None:
    """Meltano does not remove them; the command removes no file that a run may be using."""
    old = [config_file(folder, name, age_seconds=DAY_SECONDS + 60) for name in ("one", "two")]
    running = config_file(folder, "running", age_seconds=60)
    (line,) = describe_open_files(folder)
    assert line == (
        "2 files with settings and secrets, left by runs that were killed: "
        f"run find '{folder}/.meltano/run' -name '*.config.json' -mtime +0 -delete"
    )
    run_line(line)
    assert describe_open_files(folder) == []
    assert [path.exists() for path in (*old, running)] == [False, False, True]


def test_every_start_names_what_is_open(clickup: FakeClickUp, database: str, folder: Path) -> None:
    """The tap, the receiver and `pandev` go on; no secret is in their output."""
    receiver = ReceiverProcess(clickup, database, folder, {"webhook-url": ""})
    receiver.write_settings()
    (folder / ".env").chmod(0o644)
    (folder / ".meltano").chmod(0o755)
    config_file(folder, "old", age_seconds=DAY_SECONDS + 60)
    lines = describe_open_files(folder)
    assert len(lines) == 3
    with receiver:
        reports = [receiver.log]
    commands = {
        ("tap-clickup", "--config=ENV"): {"TAP_CLICKUP_API_TOKEN": SECRET},
        ("pandev", "store", "url"): {},
    }
    for command, settings in commands.items():
        environment = {"MELTANO_PROJECT_ROOT": str(folder)} if settings else {}
        process = run_command(
            *command,
            cwd=folder,
            env={**environment_without_settings(), **environment, **settings},
        )
        reports.append(process.stderr)
    for report in reports:
        assert [report.count(line) for line in lines] == [1, 1, 1], report
        assert SECRET not in report
        assert clickup.token not in report
