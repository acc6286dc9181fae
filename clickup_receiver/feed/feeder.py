"""Events in the inbox become messages for a target, burst by burst; what it has taken is done.

Nothing is noted before the target has ended well, so whatever is killed meanwhile, the burst is
sent again. All of it may arrive twice: targets load by key.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from clickup_receiver.schedule.commands import words_of
from tap_clickup.errors import ClickUpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from clickup_receiver.inbox.inbox import Inbox, PendingEvent

MOST = 1_000
"""Events of one burst."""
STRIKES = 3
"""Failures after which an event is given up that fails alone, while others pass."""
TARGET_SECONDS = 600.0
"""How long a target may take for a burst before it is ended and started anew."""
LONGEST_PAUSE = 60.0
NARROWER = 10
"""By how much a burst that failed is made smaller, and larger again."""

logger = logging.getLogger("clickup-receiver")


class TargetError(ClickUpError):
    """The target did not take a burst."""


@dataclass(frozen=True)
class Messages:
    """The lines that tell a burst, and the numbers of events that cannot be told, with reasons."""

    lines: Sequence[bytes]
    unusable: dict[int, str] = field(default_factory=dict)


class TargetCommand:
    """A Singer target: one process a burst. Exit code 0 acknowledges all that was written to it."""

    def __init__(self, command: str, *, seconds: float = TARGET_SECONDS) -> None:
        self._command = words_of(command, setting="target_command")
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End a target that is under way; its burst is sent again another time."""
        if process := self._process:
            process.kill()

    def load(self, lines: Iterable[bytes]) -> None:
        """Return once the target has taken the lines. Raises `TargetError`."""
        name = Path(self._command[0]).name
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own setting, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # a signal for the receiver does not cut a load
            )
        except OSError as error:
            raise TargetError(f"target_command {name}: {error.strerror}") from error
        self._process = process
        overdue = Timer(self._seconds, process.kill)
        overdue.daemon = True
        overdue.start()
        try:
            whole = _written(process, lines)
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            overdue.cancel()
        if code:
            raise TargetError(f"target_command {name}: exit code {code}; its log tells why")
        if not whole:
            raise TargetError(f"target_command {name}: ended before it had read everything")


def _written(process: subprocess.Popen[bytes], lines: Iterable[bytes]) -> bool:
    """Write lines to a process and close its input; return whether it has taken them all."""
    assert process.stdin  # noqa: S101 - a pipe was asked for
    try:
        with process.stdin:
            process.stdin.writelines(lines)
    except BrokenPipeError:
        return False
    return True


def _environment() -> dict[str, str]:
    """Return the environment without what is ClickUp's: a target needs no token."""
    ours = ("TAP_CLICKUP_", "CLICKUP_RECEIVER_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


class Feeder:
    """Feeds a target from the inbox.

    `tell` makes messages of events, `load` hands them to a target. A burst that fails is made
    smaller until the event is found that fails alone; it waits while others pass, and is given up
    only if they do: if all fail, the fault is not in them.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        tell: Callable[[list[PendingEvent]], Messages],
        load: Callable[[Iterable[bytes]], None],
    ) -> None:
        self._inbox = inbox
        self._tell = tell
        self._load = load
        self._most = MOST
        self._failures = 0
        self._strikes: Counter[int] = Counter()
        self._suspects: set[int] = set()

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next attempt: longer with each failure."""
        return min(2.0 ** (self._failures - 1), LONGEST_PAUSE) if self._failures else 0.0

    def feed(self) -> bool:
        """Feed the next burst; return whether there was one. Failures are logged, none raised."""
        waiting = self._inbox.pending(limit=self._most + len(self._suspects))
        burst = [one for one in waiting if one.id not in self._suspects][: self._most]
        if not burst and self._suspects:
            self._suspects.clear()
            burst = waiting[: self._most]
        if burst:
            self._feed(burst)
        return bool(burst)

    def _feed(self, burst: list[PendingEvent]) -> None:
        try:
            messages = self._tell(burst)
            if messages.lines:
                self._load(messages.lines)
        except TargetError as error:
            self._failed(str(error), burst)
            self._narrow(burst)
        except ClickUpError as error:
            self._failed(str(error), burst)
        except Exception as error:  # noqa: BLE001 - one event must not end the feeding of all
            self._failed(f"unexpected {type(error).__name__}", burst)
            self._narrow(burst)
        else:
            self._done(burst, messages.unusable)

    def _failed(self, why: str, burst: list[PendingEvent]) -> None:
        self._failures += 1
        logger.error("%s; %d events wait, again in %.0f s", why, len(burst), self.pause_seconds)

    def _narrow(self, burst: list[PendingEvent]) -> None:
        self._most = max(1, len(burst) // NARROWER)
        if len(burst) == 1:
            self._suspects.add(burst[0].id)

    def _done(self, burst: list[PendingEvent], unusable: dict[int, str]) -> None:
        self._inbox.mark_loaded([one.id for one in burst if one.id not in unusable])
        for number, reason in unusable.items():
            self._give_up(number, reason)
        for number in self._suspects:
            self._strikes[number] += 1
            if self._strikes[number] >= STRIKES:
                self._give_up(number, f"the target failed {STRIKES} times with it alone")
        self._suspects.clear()
        self._failures = 0
        self._most = min(self._most * NARROWER, MOST)

    def _give_up(self, number: int, reason: str) -> None:
        logger.error("event %d is a dead letter: %s", number, reason)
        self._inbox.dead_letter(number, reason=reason)
