"""`pandev sync` runs the job of the project, shows what people need, and says who is running it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pandev.cli import pandev
from pandev.sync.running import RunningJob, find_running_job
from tap_clickup.errors import ConfigurationError
from tests.pandev.command import assert_golden
from tests.pandev.fake_meltano import REFUSAL, FakeMeltano, log_line
from tests.support.waiting import TIMEOUT_SECONDS, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PYTHON = sys.executable
NOW = datetime(2026, 3, 1, 9, 40, tzinfo=UTC)
STARTED_AT = "2026-03-01 09:37:00.250000"
RUNS = """
CREATE TABLE runs (job_name, state, started_at, last_heartbeat_at, trigger);
"""
TAP, TARGET = "tap-clickup", "target-pandev"
LOG = (
    log_line("Meltano 4.4.1, Python 3.11.7, Linux (x86_64)"),
    log_line("No state was found, complete import.", level="warning"),
    log_line("tap-clickup v0.1.0, Meltano SDK v0.54.9", TAP),
    log_line("Beginning sync of 'tasks' in incremental mode", TAP),
    log_line("METRIC", TAP, plugin_logger="singer_sdk.metrics"),
    log_line("store: applying migration 0001_tables.sql", TARGET),
    log_line("store: creating view task_overview", TARGET),
    log_line("workspace 9001: 1,200 of 40,000 tasks, 12 min left", TAP),
    log_line("workspace 9001: the Sprints ClickApp is off in spaces 90140, 90141", TAP),
    log_line("36 requests, 0 retries, 0 s waited", TAP),
    log_line(
        "stored 1 workspace, 1 task type, 220 tasks, 131 time entries, 3 spaces, 10 folders in "
        "schema pandev; next: pandev report",
        TARGET,
    ),
)
END = (log_line("Block run completed"), log_line("Run completed"))


@pytest.fixture
def meltano(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMeltano:
    """Return a project whose run succeeds."""
    meltano = FakeMeltano(tmp_path, monkeypatch)
    meltano.log(*LOG, *END)
    return meltano


def run_sync(*arguments: str) -> Result:
    return CliRunner().invoke(pandev, ["sync", *arguments])


def add_run(
    meltano: FakeMeltano, trigger: str | None, *, seen_at: str, state: str = "RUNNING"
) -> None:
    with closing(sqlite3.connect(meltano.folder / ".meltano" / "meltano.db")) as database, database:
        database.executescript(RUNS)
        row = ("prod:tap-clickup-to-target-pandev", state, STARTED_AT, seen_at, trigger)
        database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", row)


def test_the_progress_fits_80_columns(meltano: FakeMeltano) -> None:
    """R51: the command loads at once. Meltano's own lines, set-up and metrics are left out."""
    ended = run_sync()
    assert ended.exit_code == 0, ended.output
    *lines, last = ended.stdout.splitlines(keepends=True)
    assert_golden("sync", "".join(lines))
    assert last.startswith("synced in ")
    assert last.endswith(" s; next: pandev status\n")
    assert ended.stderr == ""
    assert meltano.runs == ["--log-format=json run poll"]
    assert meltano.surroundings == ["pandev sync 0077"]


def test_json_has_the_log_and_the_outcome(meltano: FakeMeltano) -> None:
    meltano.log(log_line("Beginning sync of 'tasks'", TAP), log_line("36 requests", TAP), *END)
    ended = run_sync("--format", "json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    printed = json.loads(ended.stdout)
    assert printed.pop("seconds") >= 0
    assert printed == {
        "exit_code": 0,
        "command": "meltano run poll",
        "problem": None,
        "running": None,
        "log": [{"source": TAP, "level": "info", "text": "36 requests"}],
    }


def test_json_says_why_not_everything_was_loaded(meltano: FakeMeltano) -> None:
    meltano.log(log_line("401 Unauthorized", TAP, "critical"), exit_code=1)
    failed = run_sync("--format", "json")
    assert (failed.exit_code, failed.stderr) == (1, "")
    printed = json.loads(failed.stdout)
    assert (printed["exit_code"], printed["running"]) == (1, None)
    assert printed["problem"] == "meltano run poll: exit code 1; its log says why"
    assert printed["log"] == [{"source": TAP, "level": "critical", "text": "401 Unauthorized"}]


def test_json_names_the_run_in_progress(meltano: FakeMeltano) -> None:
    add_run(meltano, "cli", seen_at="2026-03-01 09:38:30.5")
    meltano.log(REFUSAL, exit_code=1)
    refused = run_sync("--format", "json")
    assert (refused.exit_code, refused.stderr) == (4, "")
    printed = json.loads(refused.stdout)
    assert (printed["exit_code"], printed["log"]) == (4, [])
    assert printed["problem"].startswith("a sync, started by meltano run at 09:37 UTC, has given")
    assert printed["running"] == {
        "started_by": "meltano run",
        "started_at": "2026-03-01T09:37:00+00:00",
        "seen_at": "2026-03-01T09:38:30+00:00",
    }


def test_the_sweep_is_a_job_of_its_own(meltano: FakeMeltano) -> None:
    assert run_sync("--sweep").exit_code == 0
    assert meltano.runs == ["--log-format=json run nightly"]


def test_a_failure_is_named_and_has_an_exit_code(meltano: FakeMeltano) -> None:
    """Lines that are no JSON, such as those of a crash of Meltano, are shown as well."""
    reason = log_line("401 Unauthorized: the token is \x1b[31mwrong", TAP, "critical")
    failure = (log_line("Extractor failed", level="error"), log_line("Run completed"))
    meltano.log(reason, "Traceback\n", *failure, exit_code=1)
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert_golden("sync_failed", ended.stderr)


def test_a_disabled_integration_is_not_synced(meltano: FakeMeltano) -> None:
    """R19: the tap ends with 0 then, as a schedule must not fail."""
    meltano.log(log_line("enabled is false: skipping the run", TAP, "warning"))
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == ("pandev: enabled is false, so nothing was loaded; run pandev enable\n")


@pytest.mark.parametrize(
    ("trigger", "name"),
    [("clickup-receiver", "clickup-receiver"), ("cli", "meltano run"), (None, "Meltano")],
)
def test_the_one_who_is_running_it_is_named(
    meltano: FakeMeltano, trigger: str | None, name: str
) -> None:
    """Only one run at a time is allowed; the exit code is one of its own."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    add_run(meltano, trigger, seen_at=now)
    meltano.log(REFUSAL, exit_code=1)
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert ended.stderr == (
        f"pandev: a sync is running, started by {name} at 09:37 UTC; pandev status shows how far "
        "it is\n"
    )


def test_a_run_in_another_database_is_not_named(meltano: FakeMeltano) -> None:
    meltano.log(REFUSAL, exit_code=1)
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert_golden("sync_refused", ended.stderr)


def test_a_killed_run_is_described_as_such(meltano: FakeMeltano) -> None:
    """Meltano gives it up five minutes after its last sign of life."""
    add_run(meltano, "pandev sync", seen_at="2026-03-01 09:38:30.5")
    running = find_running_job(meltano.folder, TAP)
    assert running == RunningJob(
        "pandev sync",
        NOW - timedelta(minutes=2, seconds=59.75),
        NOW - timedelta(minutes=1, seconds=29.5),
    )
    assert running.describe(NOW) == (
        "a sync, started by pandev sync at 09:37 UTC, has given no sign of life since 09:38; if it "
        "was killed, try again after 09:43 UTC"
    )
    assert find_running_job(meltano.folder, "tap-clickup-sweep") is None


@pytest.mark.parametrize("name", ["C# project", "what? 100%"])
def test_a_run_is_found_in_a_folder_of_any_name(meltano: FakeMeltano, name: str) -> None:
    """SQLite takes a URI, in which # begins a fragment and ? a query."""
    add_run(meltano, "cli", seen_at=STARTED_AT)
    moved = meltano.folder.rename(meltano.folder.parent / name)
    assert find_running_job(moved, TAP) is not None


def test_a_run_that_has_ended_is_not_running(meltano: FakeMeltano) -> None:
    add_run(meltano, "cli", seen_at=STARTED_AT, state="SUCCESS")
    assert find_running_job(meltano.folder, TAP) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no meltano.yml in this folder or above: change to the folder of the project"),
        ("jobs: []", "meltano.yml: no job loads tap-clickup into target-pandev; add one"),
    ],
)
def test_a_project_without_the_job_is_refused(
    meltano: FakeMeltano, content: str | None, message: str
) -> None:
    if content is None:
        (meltano.folder / "meltano.yml").unlink()
    else:
        meltano.write_project(content)
    ended = run_sync()
    assert isinstance(ended.exception, ConfigurationError)
    assert message in str(ended.exception)
    assert meltano.runs == []


def test_a_stop_ends_the_run(meltano: FakeMeltano) -> None:
    """Meltano's process does not stay behind."""
    (meltano.folder / "wait").touch()
    code = (
        "import sys; sys.executable = 'python'\n"
        "from pandev.cli import main; sys.argv = ['pandev', 'sync']; main()"
    )
    process = subprocess.Popen(
        [PYTHON, "-c", code],
        cwd=meltano.folder,
        env={"PATH": f"{meltano.folder}:/usr/bin:/bin", "HOME": str(meltano.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_until((meltano.folder / "waiting").exists)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=TIMEOUT_SECONDS)  # ends once no process has the pipe
    assert (process.returncode, output) == (143, b"")
