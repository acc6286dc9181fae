"""Log that a run is alive, at least every ten seconds. Knows neither requests nor limits."""

from __future__ import annotations

import logging
from threading import Lock
from typing import Protocol

LOG_INTERVAL_SECONDS = 10.0
MIN_STEP_SECONDS = 0.1

logger = logging.getLogger("tap-clickup")


class Clock(Protocol):
    """A source of time; tests pass a simulated clock."""

    def time(self) -> float:
        """Return seconds since 1970."""

    def monotonic(self) -> float:
        """Return seconds of a monotonic clock."""

    def sleep(self, seconds: float, /) -> None:
        """Sleep for `seconds`."""


class Heartbeat:
    """Logs a line every ten seconds. All threads share it, so one of them logs at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._due = clock.monotonic() + LOG_INTERVAL_SECONDS

    def log(self, line: object) -> None:
        """Log a line, unless the last one is less than ten seconds ago."""
        with self._lock:
            now = self._clock.monotonic()
            if now < self._due:
                return
            self._due = now + LOG_INTERVAL_SECONDS
        logger.info("%s", str(line))

    def sleep(self, seconds: float, reason: str) -> None:
        """Sleep, and log the seconds left with the reason whenever a line is due."""
        while seconds > 0:
            self.log(f"waiting {seconds:.0f} s {reason}")
            until_due = self._due - self._clock.monotonic()
            step = min(seconds, max(until_due, MIN_STEP_SECONDS))
            self._clock.sleep(step)
            seconds -= step
