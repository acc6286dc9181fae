"""The poll and the sweep run on time, one after the other, and at once after a gap."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.schedule.scheduler import POLL, SWEEP, Jobs, Timetable
from tap_clickup.errors import ConfigurationError
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def table() -> Timetable:
    return Timetable(poll_every=15 * MINUTE, now=NOW)


def ran(table: Timetable, at: datetime) -> str | None:
    """Let what is due run in no time."""
    if name := table.begin(at):
        table.ran(name, at)
    return name


def test_the_poll_runs_at_the_start_and_every_15_minutes(table: Timetable) -> None:
    """R37."""
    runs = [minute for minute in range(60) if ran(table, NOW + minute * MINUTE) == POLL]
    assert runs == [0, 15, 30, 45]


def test_the_sweep_runs_every_night_at_the_same_time(table: Timetable) -> None:
    quarters = [NOW + n * 15 * MINUTE + timedelta(seconds=n) for n in range(3 * 96)]
    runs = [at for at in quarters if (ran(table, at), ran(table, at)) == (POLL, SWEEP)]
    assert [(at.day, at.hour, at.minute) for at in runs] == [(2, 2, 30), (3, 2, 17), (4, 2, 19)]


def test_a_poll_that_takes_long_is_not_made_up_for(table: Timetable) -> None:
    table.begin(NOW)
    table.ran(POLL, NOW + 40 * MINUTE)
    assert table.seconds_until(NOW + 40 * MINUTE) == 15 * 60


def test_a_gap_has_the_poll_run_at_once_and_a_long_one_the_sweep_too(table: Timetable) -> None:
    ran(table, NOW)
    table.hurry(DAY, NOW + MINUTE)
    assert [ran(table, NOW + MINUTE) for _ in range(2)] == [POLL, None]
    table.hurry(DAY + MINUTE, NOW + 2 * MINUTE)
    assert [ran(table, NOW + 2 * MINUTE) for _ in range(3)] == [POLL, SWEEP, None]


def test_a_gap_that_is_noticed_during_a_poll_has_another_one_run(table: Timetable) -> None:
    """The one under way may have read already what it is about."""
    table.begin(NOW)
    table.hurry(MINUTE, NOW + MINUTE)
    table.ran(POLL, NOW + 2 * MINUTE)
    assert [ran(table, NOW + 2 * MINUTE) for _ in range(2)] == [POLL, None]


class Working:
    """Jobs that run in a thread and write what they do into a file."""

    def __init__(self, folder: Path, code: str = "") -> None:
        self.done = folder / "done"
        commands = {
            name: shlex.join(
                [sys.executable, "-c", f"open({str(self.done)!r}, 'a').write('{name} '); {code}"]
            )
            for name in (POLL, SWEEP)
        }
        self.jobs = Jobs(commands, poll_every=DAY)
        self.thread = Thread(target=self.jobs.run)

    def words(self) -> list[str]:
        return self.done.read_text(encoding="utf-8").split() if self.done.exists() else []


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Working]:
    one = Working(tmp_path)
    one.thread.start()
    yield one
    one.jobs.stop()
    one.thread.join()


def test_the_commands_run(working: Working) -> None:
    wait_until(lambda: working.words() == [POLL])
    working.jobs.catch_up(2 * DAY)
    wait_until(lambda: working.words() == [POLL, POLL, SWEEP])


def test_a_command_that_fails_is_told_and_runs_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    working = Working(tmp_path, "raise SystemExit(3)")
    working.thread.start()
    wait_until(lambda: "poll_command: exit code 3; its log tells why" in caplog.text)
    working.jobs.catch_up(MINUTE)
    wait_until(lambda: working.words() == [POLL, POLL])
    working.jobs.stop()
    working.thread.join()


def test_a_stop_ends_a_command_that_runs(tmp_path: Path) -> None:
    working = Working(tmp_path, "import time; time.sleep(600)")
    working.thread.start()
    wait_until(working.words)
    working.jobs.stop()
    working.thread.join()


def test_a_command_that_is_not_there_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs = Jobs({POLL: "nobody --x", SWEEP: None}, poll_every=DAY)
    thread = Thread(target=jobs.run)
    thread.start()
    wait_until(lambda: "poll_command: nobody: No such file or directory" in caplog.text)
    jobs.stop()
    thread.join()


def test_who_has_set_no_command_is_told_when_to_poll(caplog: pytest.LogCaptureFixture) -> None:
    jobs = Jobs({POLL: None, SWEEP: None}, poll_every=DAY)
    jobs.catch_up(MINUTE)
    jobs.catch_up(2 * DAY)
    first, second = (record.message for record in caplog.records)
    assert first == "changes may be missing: run the poll now, or set poll_command to have it run"
    assert "run the poll now, then the sweep, or set" in second


def test_what_is_no_command_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="sweep_command"):
        Jobs({SWEEP: "'"}, poll_every=DAY)
