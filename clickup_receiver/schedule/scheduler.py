"""The poll and the sweep on time: for who has no other scheduler, and at once after a gap."""

from __future__ import annotations

import logging
import subprocess
from datetime import UTC, datetime, time, timedelta
from threading import Condition
from typing import TYPE_CHECKING

from clickup_receiver.schedule.commands import split_command

if TYPE_CHECKING:
    from collections.abc import Mapping

POLL, SWEEP = "poll_command", "sweep_command"
SWEEP_AT = time(2, 17, tzinfo=UTC)
LONG_GAP = timedelta(days=1)
"""After such a gap there may be deletions that no poll sees."""

logger = logging.getLogger("clickup-receiver")


class Timetable:
    """Which command runs next, and when. Pure: a clock's readings come in as arguments."""

    def __init__(self, *, poll_every: timedelta, now: datetime) -> None:
        self._poll_every = poll_every
        self._due = {POLL: now, SWEEP: _next_night(now)}
        self._hurried: set[str] = set()

    def begin(self, now: datetime) -> str | None:
        """Return a command that runs from now on, if one is due; the poll first."""
        name = next((one for one in (POLL, SWEEP) if self._due[one] <= now), None)
        self._hurried -= {name}
        return name

    def seconds_until(self, now: datetime) -> float:
        """Return how long nothing is due."""
        return max(0.0, (min(self._due.values()) - now).total_seconds())

    def ran(self, name: str, now: datetime) -> None:
        """Note that a command has ended; it runs again at once if that was asked for meanwhile."""
        usual = now + self._poll_every if name == POLL else _next_night(now)
        self._due[name] = now if name in self._hurried else usual

    def hurry(self, gap: timedelta, now: datetime) -> None:
        """Let the poll run at once, after a long gap the sweep too."""
        for name in (POLL, SWEEP) if gap > LONG_GAP else (POLL,):
            self._hurried.add(name)
            self._due[name] = min(self._due[name], now)


def _next_night(now: datetime) -> datetime:
    night = datetime.combine(now.astimezone(UTC).date(), SWEEP_AT)
    return night if night > now else night + timedelta(days=1)


class Jobs:
    """Runs the commands of the settings, one at a time; who has set none is told when to."""

    def __init__(self, commands: Mapping[str, str | None], *, poll_every: timedelta) -> None:
        self._commands = {
            name: split_command(it, setting=name) for name, it in commands.items() if it
        }
        self._table = Timetable(poll_every=poll_every, now=datetime.now(UTC))
        self._changed = Condition()
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None

    def catch_up(self, gap: timedelta) -> None:
        """Have the poll run at once; after more than a day the sweep too."""
        if POLL not in self._commands:
            logger.warning(
                "changes may be missing: run the poll now%s, or set poll_command to have it run",
                ", then the sweep" if gap > LONG_GAP else "",
            )
        with self._changed:
            self._table.hurry(gap, datetime.now(UTC))
            self._changed.notify()

    def run(self) -> None:
        """Run what is due until `stop` is called."""
        while (name := self._next()) is not None:
            self._run(name)
            with self._changed:
                self._table.ran(name, datetime.now(UTC))

    def stop(self) -> None:
        """End, and tell a running command to end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
            if self._process:
                self._process.terminate()

    def _next(self) -> str | None:
        with self._changed:
            while not self._stopped:
                now = datetime.now(UTC)
                if name := self._table.begin(now):
                    return name
                self._changed.wait(self._table.seconds_until(now))
        return None

    def _run(self, name: str) -> None:
        if not (words := self._commands.get(name)):
            return
        logger.info("%s begins", name)
        try:
            with self._changed:
                if self._stopped:
                    return
                self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL)  # noqa: S603 - the operator's own setting, no shell
            code = self._process.wait()
        except OSError as error:
            logger.error("%s: %s: %s", name, words[0], error.strerror)  # noqa: TRY400 - one line
            return
        finally:
            self._process = None
        if code:
            logger.error("%s: exit code %d; its log tells why", name, code)
        else:
            logger.info("%s has ended", name)
