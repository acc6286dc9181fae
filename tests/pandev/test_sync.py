"""`pandev sync` runs the job of the project, shows what people need, and says who is running it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pandev.commands.sync import sync
from pandev.sync.running import RunningJob, find_running_job
from tap_clickup.errors import ConfigurationError
from tests.pandev.command import golden
from tests.support.waiting import TIMEOUT_SECONDS, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PYTHON = sys.executable
NOW = datetime(2026, 3, 1, 9, 40, tzinfo=UTC)
STARTED_AT = "2026-03-01 09:37:00.250000"
PROJECT = """
jobs:
  - {name: poll, tasks: [tap-clickup target-pandev]}
  - {name: nightly, tasks: [tap-clickup-sweep target-pandev]}
"""
MELTANO = """\
#!/bin/sh
echo "$*" >>calls
echo "$MELTANO_JOB_TRIGGER $(umask)" >>surroundings
test -e wait && { touch waiting; exec sleep 600; }
cat log >&2
exit $(cat code)
"""
RUNS = """
CREATE TABLE runs (job_name, state, started_at, last_heartbeat_at, trigger);
"""
REFUSAL = (
    "Another 'prod:tap-clickup-to-target-pandev' pipeline is already running which started at 9"
)


def line(text: str, source: str | None = None, level: str = "info", **more: Any) -> str:
    """Return a line of Meltano's log, as Meltano 4.4 writes it."""
    plugin = {"string_id": source, "name": source, "plugin_logger": source} if source else {}
    return json.dumps({**plugin, "event": text, "level": level, **more}) + "\n"


TAP, TARGET = "tap-clickup", "target-pandev"
LOG = (
    line("Meltano 4.4.1, Python 3.11.7, Linux (x86_64)"),
    line("No state was found, complete import.", level="warning"),
    line("tap-clickup v0.1.0, Meltano SDK v0.54.9", TAP),
    line("Beginning sync of 'tasks' in incremental mode", TAP),
    line("METRIC", TAP, plugin_logger="singer_sdk.metrics"),
    line("store: applying migration 0001_tables.sql", TARGET),
    line("store: creating view task_overview", TARGET),
    line("workspace 9001: 1,200 of 40,000 tasks, 12 min left", TAP),
    line("workspace 9001: the Sprints ClickApp is off in spaces 90140, 90141", TAP),
    line("36 requests, 0 retries, 0 s waited", TAP),
    line(
        "stored 1 workspace, 1 task type, 220 tasks, 131 time entries, 3 spaces, 10 folders in "
        "schema pandev; next: pandev report",
        TARGET,
    ),
)
END = (line("Block run completed"), line("Run completed"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose Meltano writes the file `log` and ends with the number in `code`."""
    program = tmp_path / "meltano"
    program.write_text(MELTANO)
    program.chmod(0o755)
    (tmp_path / "meltano.yml").write_text(PROJECT)
    (tmp_path / "log").write_text("".join((*LOG, *END)))
    (tmp_path / "code").write_text("0")
    (tmp_path / ".meltano").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    return tmp_path


def run_sync(*arguments: str) -> Result:
    return CliRunner().invoke(sync, [*arguments])


def add_run(project: Path, trigger: str | None, *, seen_at: str, state: str = "RUNNING") -> None:
    with closing(sqlite3.connect(project / ".meltano" / "meltano.db")) as database, database:
        database.executescript(RUNS)
        row = ("prod:tap-clickup-to-target-pandev", state, STARTED_AT, seen_at, trigger)
        database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", row)


def test_the_progress_fits_80_columns(project: Path) -> None:
    """Meltano's own lines, set-up and metrics are left out."""
    ended = run_sync()
    assert ended.exit_code == 0, ended.output
    *lines, last = ended.stdout.splitlines(keepends=True)
    assert "".join(lines) == golden("sync_80")
    assert last.startswith("synced in ")
    assert last.endswith(" s; next: pandev status\n")
    assert ended.stderr == ""
    assert (project / "calls").read_text() == "--log-format=json run poll\n"
    assert (project / "surroundings").read_text() == "pandev sync 0077\n"


def test_the_sweep_is_a_job_of_its_own(project: Path) -> None:
    assert run_sync("--sweep").exit_code == 0
    assert (project / "calls").read_text() == "--log-format=json run nightly\n"


def test_a_failure_is_named_and_has_an_exit_code(project: Path) -> None:
    """Lines that are no JSON, such as those of a crash of Meltano, are shown as well."""
    reason = line("401 Unauthorized: the token is \x1b[31mwrong", TAP, "critical")
    failure = (line("Extractor failed", level="error"), line("Run completed"))
    (project / "log").write_text("".join((reason, "Traceback\n", *failure)))
    (project / "code").write_text("1")
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        "pandev: tap-clickup: 401 Unauthorized: the token is \ufffd[31mwrong",
        "pandev: meltano: Traceback",
        "pandev: meltano: Extractor failed",
        "pandev: meltano run poll: exit code 1, the reason is above",
    ]


def test_a_disabled_integration_is_not_synced(project: Path) -> None:
    """R19: the tap ends with 0 then, as a schedule must not fail."""
    (project / "log").write_text(line("enabled is false: skipping the run", TAP, "warning"))
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == ("pandev: enabled is false, so nothing was loaded; run pandev enable\n")


@pytest.mark.parametrize(
    ("trigger", "name"),
    [("clickup-receiver", "clickup-receiver"), ("cli", "meltano run"), (None, "Meltano")],
)
def test_the_one_who_is_running_it_is_named(project: Path, trigger: str | None, name: str) -> None:
    """Only one run at a time is allowed; the exit code is one of its own."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    add_run(project, trigger, seen_at=now)
    (project / "log").write_text(line(REFUSAL, level="error"))
    (project / "code").write_text("1")
    ended = run_sync()
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert ended.stderr == (
        f"pandev: a sync is running, started by {name} at 09:37 UTC; pandev status shows how far "
        "it is\n"
    )


def test_a_run_in_another_database_is_not_named(project: Path) -> None:
    (project / "log").write_text(line(REFUSAL, level="error"))
    (project / "code").write_text("1")
    ended = run_sync()
    assert ended.exit_code == 4
    assert ended.stderr == "pandev: a sync is running; pandev status shows how far it is\n"


def test_a_killed_run_is_described_as_such(project: Path) -> None:
    """Meltano gives it up five minutes after its last sign of life."""
    add_run(project, "pandev sync", seen_at="2026-03-01 09:38:30.5")
    running = find_running_job(project, TAP)
    assert running == RunningJob(
        "pandev sync",
        NOW - timedelta(minutes=2, seconds=59.75),
        NOW - timedelta(minutes=1, seconds=29.5),
    )
    assert running.describe(NOW) == (
        "a sync, started by pandev sync at 09:37 UTC, has given no sign of life since 09:38; if it "
        "was killed, try again after 09:43 UTC"
    )
    assert find_running_job(project, "tap-clickup-sweep") is None


def test_a_run_that_has_ended_is_not_running(project: Path) -> None:
    add_run(project, "cli", seen_at=STARTED_AT, state="SUCCESS")
    assert find_running_job(project, TAP) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no meltano.yml in this folder or above: change to the folder of the project"),
        ("jobs: []", "meltano.yml: no job loads tap-clickup into target-pandev; add one"),
    ],
)
def test_a_project_without_the_job_is_refused(
    project: Path, content: str | None, message: str
) -> None:
    if content is None:
        (project / "meltano.yml").unlink()
    else:
        (project / "meltano.yml").write_text(content)
    ended = run_sync()
    assert isinstance(ended.exception, ConfigurationError)
    assert message in str(ended.exception)
    assert not (project / "calls").exists()


def test_a_stop_ends_the_run(project: Path) -> None:
    """Meltano's process does not stay behind."""
    (project / "wait").touch()
    code = (
        "import sys; sys.executable = 'python'\n"
        "from pandev.cli import main; sys.argv = ['pandev', 'sync']; main()"
    )
    process = subprocess.Popen(
        [PYTHON, "-c", code],
        cwd=project,
        env={"PATH": f"{project}:/usr/bin:/bin", "HOME": str(project)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_until((project / "waiting").exists)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=TIMEOUT_SECONDS)  # ends once no process has the pipe
    assert (process.returncode, output) == (143, b"")
