"""Run the poll and sweep commands on schedule, and immediately after a delivery gap."""

from __future__ import annotations

import logging
import subprocess
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from threading import Condition
from typing import TYPE_CHECKING

from clickup_receiver.schedule.commands import OWNER_ONLY_UMASK, split_command
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WALK_ALL_VARIABLE = "TAP_CLICKUP_WALK_ALL"
"""Makes the poll after a gap read the folders and lists of spaces whose events were lost."""
POLL = "poll_command"
SWEEP = "sweep_command"
CLOCK_TOLERANCE = timedelta(seconds=10)
"""A clock that is adjusted by less than this was not set."""
CLOCK_CHECK_SECONDS = 30.0
"""How often the clock is read: waiting takes no account of the time a machine was suspended."""
LONG_GAP = timedelta(days=1)
"""A longer gap may contain deletions that no poll finds, so the sweep runs too."""

logger = logging.getLogger("clickup-receiver")


class Schedule:
    """Which command runs next, and when. Pure: the current time is an argument."""

    def __init__(self, *, poll_interval: timedelta, sweep_time: time_of_day, now: datetime) -> None:
        self._poll_interval = poll_interval
        self._sweep_time = sweep_time
        self._due_at = {POLL: now, SWEEP: self._next_sweep(now)}
        self._requested: set[str] = set()

    def start_due(self, now: datetime) -> str | None:
        """Return the command that is due, if any, and count it as started; the poll comes first."""
        for name in (POLL, SWEEP):
            if self._due_at[name] <= now:
                self._requested.discard(name)
                return name
        return None

    def seconds_until_due(self, now: datetime) -> float:
        """Return the seconds until a command is due, 0 if one is due already."""
        return max(0.0, (min(self._due_at.values()) - now).total_seconds())

    def mark_finished(self, name: str, now: datetime) -> None:
        """Set when a command runs again: at once if that was requested while it was running."""
        if name in self._requested:
            self._due_at[name] = now
        else:
            next_poll = now + self._poll_interval
            self._due_at[name] = next_poll if name == POLL else self._next_sweep(now)

    def follow_clock(self, difference: timedelta, now: datetime) -> None:
        """Keep the interval of the poll and the time of the sweep after the clock was set."""
        self._due_at[POLL] += difference
        self._due_at[SWEEP] = self._next_sweep(now)

    def run_soon(self, gap: timedelta, now: datetime) -> None:
        """Make the poll due now, and the sweep too after a long gap."""
        for name in (POLL, SWEEP) if gap > LONG_GAP else (POLL,):
            self._requested.add(name)
            self._due_at[name] = min(self._due_at[name], now)

    def _next_sweep(self, now: datetime) -> datetime:
        """Return when the local time is that of the sweep, today or tomorrow.

        It is an hour earlier in a night in which clocks go forward and leave that time out.
        """
        today = now.astimezone().date()
        times = [
            datetime.combine(today + timedelta(days=days), self._sweep_time).astimezone(UTC)
            for days in (0, 1)
        ]
        return next(time for time in times if time > now)


class WallClock:
    """The time, and by how much the clock was set since it was read last."""

    def __init__(
        self,
        *,
        read: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self.now = read()
        self._seconds = monotonic()

    def update(self) -> timedelta:
        """Read the time; return the difference, which is 0 unless the clock was set."""
        now, seconds = self._read(), self._monotonic()
        difference = now - self.now - timedelta(seconds=seconds - self._seconds)
        self.now, self._seconds = now, seconds
        return difference if abs(difference) > CLOCK_TOLERANCE else timedelta()


class Scheduler:
    """Runs the commands of the settings, one at a time. A command may be missing.

    `read_environment` returns the environment of a command, with the settings as they are by then.
    """

    def __init__(
        self,
        commands: Mapping[str, str | None],
        *,
        poll_interval: timedelta,
        sweep_time: time_of_day,
        read_environment: Callable[[], dict[str, str]],
        clock: WallClock | None = None,
    ) -> None:
        self._commands = {
            name: split_command(command, setting=name)
            for name, command in commands.items()
            if command
        }
        self._clock = clock or WallClock()
        self._schedule = Schedule(
            poll_interval=poll_interval, sweep_time=sweep_time, now=self._clock.now
        )
        self._read_environment = read_environment
        self._changed = Condition()
        self._stopped = False
        self._has_gap = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_polling(self) -> bool:
        """Whether a poll is configured."""
        return POLL in self._commands

    def catch_up(self, gap: timedelta) -> None:
        """Run the poll at once, over all spaces, and the sweep too after more than a day.

        Logs a warning if no poll command is configured.
        """
        if not self.is_polling:
            logger.warning(
                "changes may be missing: run the poll now%s, or set poll_command to run it "
                "automatically",
                ", then the sweep" if gap > LONG_GAP else "",
            )
        with self._changed:
            self._has_gap = True
            self._schedule.run_soon(gap, self._now())
            self._changed.notify()

    def run(self) -> None:
        """Run commands as they become due, until `stop` is called."""
        while (name := self._wait_for_due_command()) is not None:
            self._run(name)
            with self._changed:
                self._schedule.mark_finished(name, self._now())

    def stop(self) -> None:
        """Stop, and terminate the running command."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
            if self._process:
                self._process.terminate()

    def _wait_for_due_command(self) -> str | None:
        """Return the next command as soon as it is due; None if the scheduler was stopped."""
        with self._changed:
            while not self._stopped:
                now = self._now()
                name = self._schedule.start_due(now)
                if name:
                    return name
                seconds = self._schedule.seconds_until_due(now)
                self._changed.wait(min(seconds, CLOCK_CHECK_SECONDS))
        return None

    def _now(self) -> datetime:
        """Return the time, and move the schedule if the clock was set; holds the condition.

        A clock that has moved forward may be that of a machine which was suspended, and received
        no deliveries meanwhile.
        """
        if difference := self._clock.update():
            seconds = difference.total_seconds()
            logger.warning("the clock was set by %.0f s, or the machine was suspended", seconds)
            self._schedule.follow_clock(difference, self._clock.now)
            if difference > timedelta():
                self._has_gap = True
                self._schedule.run_soon(difference, self._clock.now)
        return self._clock.now

    def _run(self, name: str) -> None:
        words = self._commands.get(name)
        if not words:
            return
        logger.info("%s: started", name)
        try:
            environment = self._read_environment()
            with self._changed:
                if self._stopped:
                    return
                if name == POLL and self._has_gap:
                    self._has_gap = False
                    environment[WALK_ALL_VARIABLE] = "true"
                self._process = subprocess.Popen(  # noqa: S603 - the operator's own setting, no shell
                    words, stdin=subprocess.DEVNULL, env=environment, umask=OWNER_ONLY_UMASK
                )
            exit_code = self._process.wait()
        except ConfigurationError as error:
            logger.error("%s: %s", name, error)  # noqa: TRY400 - one line
            return
        except OSError as error:
            logger.error("%s: %s: %s", name, words[0], error.strerror)  # noqa: TRY400 - as above
            return
        finally:
            self._process = None
        if exit_code:
            logger.error("%s: exit code %d; see its log above", name, exit_code)
        else:
            logger.info("%s: finished", name)
