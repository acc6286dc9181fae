"""The poll and the sweep run on schedule, one at a time, and at once after a delivery gap."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from datetime import UTC, datetime, time, timedelta
from threading import Thread
from time import tzset
from typing import TYPE_CHECKING, Self

import pytest

from clickup_receiver.schedule import scheduler
from clickup_receiver.schedule.scheduler import POLL, SWEEP, Schedule, Scheduler, WallClock
from tap_clickup.errors import ConfigurationError
from tests.support.waiting import TIMEOUT_SECONDS, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


SWEEP_TIME = time(2, 17)


@pytest.fixture(autouse=True)
def local_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Set the local time to UTC, and yield a function that sets it to a zone."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        tzset()

    set_zone("UTC")
    yield set_zone
    monkeypatch.undo()
    tzset()


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(poll_interval=15 * MINUTE, sweep_time=SWEEP_TIME, now=NOW)


def run_due(schedule: Schedule, at: datetime) -> str | None:
    """Run the command that is due, if any, without taking time; return its name."""
    name = schedule.start_due(at)
    if name:
        schedule.mark_finished(name, at)
    return name


def test_the_poll_runs_at_once_and_every_15_minutes(schedule: Schedule) -> None:
    """R37: a reconciliation poll runs every 15 minutes."""
    minutes = [minute for minute in range(60) if run_due(schedule, NOW + minute * MINUTE) == POLL]
    assert minutes == [0, 15, 30, 45]


def test_the_sweep_runs_every_night_at_the_same_time(schedule: Schedule) -> None:
    """The due times are checked a little late, and that does not accumulate."""
    checks = [NOW + n * 15 * MINUTE + timedelta(seconds=n) for n in range(3 * 96)]
    nights = []
    for at in checks:
        started = (run_due(schedule, at), run_due(schedule, at))
        if SWEEP in started:
            assert started == (POLL, SWEEP)
            nights.append((at.day, at.hour, at.minute))
    assert nights == [(2, 2, 30), (3, 2, 17), (4, 2, 19)]


def test_the_sweep_runs_at_its_local_time(local_time: Callable[[str], None]) -> None:
    """Once a night, also when clocks go forward at 2:00 on 29 March, and back on 25 October."""
    local_time("Europe/Berlin")
    nights = []
    for now in (datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 23, 12, tzinfo=UTC)):
        schedule = Schedule(poll_interval=DAY, sweep_time=time(2, 30), now=now)
        for minute in range(3 * 1440):
            at = now + minute * MINUTE
            while name := run_due(schedule, at):
                nights += [f"{at:%d %H:%M}"] if name == SWEEP else []
    assert nights == ["28 01:30", "29 00:30", "30 00:30", "24 00:30", "25 00:30", "26 01:30"]


def test_a_long_poll_is_not_caught_up(schedule: Schedule) -> None:
    """The next one runs an interval after its end."""
    schedule.start_due(NOW)
    schedule.mark_finished(POLL, NOW + 40 * MINUTE)
    assert schedule.seconds_until_due(NOW + 40 * MINUTE) == 15 * 60


def test_a_gap_runs_the_poll_and_a_long_one_the_sweep_too(schedule: Schedule) -> None:
    """A gap of more than a day may contain deletions that only the sweep finds."""
    run_due(schedule, NOW)
    schedule.run_soon(DAY, NOW + MINUTE)
    assert [run_due(schedule, NOW + MINUTE) for _ in range(2)] == [POLL, None]
    schedule.run_soon(DAY + MINUTE, NOW + 2 * MINUTE)
    assert [run_due(schedule, NOW + 2 * MINUTE) for _ in range(3)] == [POLL, SWEEP, None]


def test_a_gap_during_a_poll_runs_another_poll(schedule: Schedule) -> None:
    """The running poll may already be past the tasks in question."""
    schedule.start_due(NOW)
    schedule.run_soon(MINUTE, NOW + MINUTE)
    schedule.mark_finished(POLL, NOW + 2 * MINUTE)
    assert [run_due(schedule, NOW + 2 * MINUTE) for _ in range(2)] == [POLL, None]


class SetClock:
    """A clock that can be set, and the seconds that really pass."""

    def __init__(self) -> None:
        self.time = NOW
        self.seconds = 0.0
        self.clock = WallClock(read=lambda: self.time, monotonic=lambda: self.seconds)

    def pass_time(self, delta: timedelta, *, set_by: timedelta = timedelta()) -> timedelta:
        """Let time pass, set the clock, and return the difference that the clock reports."""
        self.seconds += delta.total_seconds()
        self.time += delta + set_by
        return self.clock.update()


@pytest.mark.parametrize("set_by", [-DAY, DAY, -3 * MINUTE])
def test_polls_keep_their_interval_when_the_clock_is_set(
    schedule: Schedule, set_by: timedelta
) -> None:
    assert run_due(schedule, NOW) == POLL
    watch = SetClock()
    assert watch.pass_time(5 * MINUTE) == timedelta()
    assert watch.pass_time(timedelta(), set_by=set_by) == set_by
    schedule.follow_clock(set_by, watch.clock.now)
    started = []
    for _ in range(20):
        assert watch.pass_time(MINUTE) == timedelta()
        started.append(run_due(schedule, watch.clock.now))
    assert [minute for minute, name in enumerate(started, 1) if name] == [10]


def test_the_sweep_follows_a_clock_that_is_set(schedule: Schedule) -> None:
    schedule.follow_clock(-10 * DAY, NOW - 10 * DAY)
    nights = []
    for minute in range(3 * 1440):
        now = NOW - 10 * DAY + minute * MINUTE
        while name := run_due(schedule, now):
            nights += [(now.day, now.hour, now.minute)] if name == SWEEP else []
    assert nights == [(20, 2, 17), (21, 2, 17), (22, 2, 17)]


def test_the_scheduler_notices_that_the_clock_was_set_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    watch = SetClock()
    with SchedulerHarness(tmp_path, clock=watch.clock) as harness:
        wait_until(lambda: harness.started() == [POLL])
        watch.time -= DAY
        for count in (2, 3):
            harness.scheduler.catch_up(MINUTE)
            wait_until(lambda: caplog.text.count("poll_command: finished") == count)  # noqa: B023 - called at once
    assert harness.started() == [POLL] * 3
    assert caplog.text.count("the clock was set by -86400 s") == 1


def test_a_suspended_machine_polls_when_it_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It received nothing meanwhile, and its waits took no account of that time."""
    monkeypatch.setattr(scheduler, "CLOCK_CHECK_SECONDS", 0.01)
    path = tmp_path / "walk_all"
    code = f"import os; open({str(path)!r}, 'a').write(os.environ.get('TAP_CLICKUP_WALK_ALL', '-'))"
    watch = SetClock()
    with SchedulerHarness(tmp_path, code, clock=watch.clock) as harness:
        wait_until(lambda: path.exists() and path.read_text() == "-")
        watch.time += DAY
        wait_until(lambda: path.read_text() == "-true")
        assert harness.started() == [POLL] * 2  # the sweep of the day that was left out is not due
        watch.time += 2 * DAY
        wait_until(lambda: harness.started() == [POLL, POLL, POLL, SWEEP])


def build_scheduler(commands: dict[str, str | None]) -> Scheduler:
    return Scheduler(
        commands,
        poll_interval=DAY,
        sweep_time=SWEEP_TIME,
        read_environment=lambda: dict(os.environ),
    )


class SchedulerHarness:
    """A scheduler in a thread, which runs while its `with` block does.

    Each command writes its name to a file and then runs `code`. `read_settings` returns what is
    added to its environment.
    """

    def __init__(
        self,
        folder: Path,
        code: str = "",
        *,
        clock: WallClock | None = None,
        poll_interval: timedelta = DAY,
    ) -> None:
        self.path = folder / "started"
        self.scheduler = Scheduler(
            {name: self._command(name, code) for name in (POLL, SWEEP)},
            poll_interval=poll_interval,
            sweep_time=SWEEP_TIME,
            read_environment=lambda: {**os.environ, **self.read_settings()},
            clock=clock,
        )
        self.read_settings: Callable[[], dict[str, str]] = dict
        self.thread = Thread(target=self.scheduler.run, daemon=True)

    def _command(self, name: str, code: str) -> str:
        program = f"open({str(self.path)!r}, 'a').write('{name} '); {code}"
        return shlex.join([sys.executable, "-c", program])

    def started(self) -> list[str]:
        """Return the names of the commands that were started, in order."""
        return self.path.read_text(encoding="utf-8").split() if self.path.exists() else []

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.scheduler.stop()
        self.thread.join(TIMEOUT_SECONDS)


def test_commands_run_at_the_start_and_after_a_gap(tmp_path: Path) -> None:
    with SchedulerHarness(tmp_path) as harness:
        wait_until(lambda: harness.started() == [POLL])
        harness.scheduler.catch_up(2 * DAY)
        wait_until(lambda: harness.started() == [POLL, POLL, SWEEP])


def test_the_poll_after_a_gap_walks_all_spaces(tmp_path: Path) -> None:
    """Events of their folders and lists were lost."""
    path = tmp_path / "walk_all"
    code = f"import os; open({str(path)!r}, 'a').write(os.environ.get('TAP_CLICKUP_WALK_ALL', '-'))"
    with SchedulerHarness(tmp_path, code) as harness:
        wait_until(lambda: path.exists() and path.read_text() == "-")
        harness.scheduler.catch_up(2 * DAY)
        wait_until(lambda: path.read_text() == "-true-")
        assert harness.started() == [POLL, POLL, SWEEP]


def test_the_second_poll_after_a_gap_is_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "walk_all"
    code = f"import os; open({str(path)!r}, 'a').write(os.environ.get('TAP_CLICKUP_WALK_ALL', '-'))"
    interval = timedelta(milliseconds=1)
    with SchedulerHarness(tmp_path, code, poll_interval=interval) as harness:
        wait_until(path.exists)
        harness.scheduler.catch_up(MINUTE)
        wait_until(lambda: "true-" in path.read_text())


def test_a_failed_command_is_logged_and_runs_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SchedulerHarness(tmp_path, "raise SystemExit(3)") as harness:
        wait_until(lambda: "poll_command: exit code 3; see its log above" in caplog.text)
        harness.scheduler.catch_up(MINUTE)
        wait_until(lambda: harness.started() == [POLL, POLL])


def test_each_run_gets_the_settings_of_its_time(tmp_path: Path) -> None:
    """A token that was replaced takes effect; files with secrets are the owner's only."""
    path = tmp_path / "tokens"
    code = f"import os; open({str(path)!r}, 'a').write(os.environ['TOKEN'])"
    tokens = iter("ab")
    harness = SchedulerHarness(tmp_path, code)
    harness.read_settings = lambda: {"TOKEN": next(tokens)}
    with harness:
        wait_until(lambda: path.exists() and path.read_text() == "a")
        harness.scheduler.catch_up(MINUTE)
        wait_until(lambda: path.read_text() == "ab")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_settings_that_cannot_be_read_only_delay_a_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> dict[str, str]:
        raise ConfigurationError("/srv/.env: others can write to it; run chmod 600 on it")

    harness = SchedulerHarness(tmp_path)
    harness.read_settings = refuse
    with harness:
        wait_until(lambda: "poll_command: /srv/.env: others can write to it" in caplog.text)
        harness.read_settings = dict
        harness.scheduler.catch_up(MINUTE)
        wait_until(lambda: harness.started() == [POLL])


def test_stopping_terminates_the_running_command(tmp_path: Path) -> None:
    with SchedulerHarness(tmp_path, "import time; time.sleep(600)") as harness:
        wait_until(harness.started)
        harness.scheduler.stop()
        harness.thread.join(TIMEOUT_SECONDS)
        assert not harness.thread.is_alive()


def test_a_missing_program_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    waiting = build_scheduler({POLL: "missing --x", SWEEP: None})
    thread = Thread(target=waiting.run)
    thread.start()
    wait_until(lambda: "poll_command: missing: No such file or directory" in caplog.text)
    waiting.stop()
    thread.join()


def test_missing_poll_command_logs_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The operator has to run the poll after a gap then."""
    waiting = build_scheduler({POLL: None, SWEEP: None})
    waiting.catch_up(MINUTE)
    waiting.catch_up(2 * DAY)
    first, second = (record.message for record in caplog.records)
    expected = "changes may be missing: run the poll now, or set poll_command to run it"
    assert first.startswith(expected)
    assert "run the poll now, then the sweep, or set poll_command" in second


def test_unparsable_command_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="sweep_command"):
        build_scheduler({SWEEP: "'"})
