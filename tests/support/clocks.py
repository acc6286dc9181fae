"""Clocks that a test controls.

Each serves the tap's client (`monotonic`, `sleep`) and, called, the fake ClickUp (seconds since
1970). They differ in what moves them:

* `ManualClock`: only the test.
* `SimulatedClock`: every sleep, by its length and at once.
* `CrashingClock`: the same, and it can end the run that uses it.
* `AutojumpClock`: jumps to the next wake-up as soon as every thread sleeps.
"""

from __future__ import annotations

import threading
import time


class ManualClock:
    """A clock that stands still until the test sets `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


class SimulatedClock:
    """A clock that every sleep moves by its length, at once; the lengths are in `slept`.

    Several threads may sleep concurrently; the clock moves by the sum of their sleeps.
    """

    def __init__(self) -> None:
        self.began = time.time()
        self.seconds = self.began
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.seconds

    def time(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.seconds += seconds


class SimulatedCrashError(Exception):
    """Ends a run as `kill -9` would: no handler expects it."""


class CrashingClock(SimulatedClock):
    """A simulated clock that raises `SimulatedCrashError` once `crashes` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.crashes = False

    def monotonic(self) -> float:
        if self.crashes:
            raise SimulatedCrashError
        return super().monotonic()


class AutojumpClock(SimulatedClock):
    """A clock that jumps to the next wake-up when no thread has used it for `idle_seconds`.

    Then every thread is taken to be asleep, as with trio's clock of that name. On a slow machine
    that can be wrong: the simulated time is then too long, never too short.
    """

    def __init__(self, *, idle_seconds: float = 0.02) -> None:
        super().__init__()
        self.sleeping = threading.Event()
        """Set as soon as a thread sleeps."""
        self._idle_seconds = idle_seconds
        self._wake_ups: list[float] = []
        self._changed = threading.Condition()
        self._uses = 0

    def monotonic(self) -> float:
        self._uses += 1
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        with self._changed:
            self.slept.append(seconds)
            self._uses += 1
            wake_up = self.seconds + seconds
            self._wake_ups.append(wake_up)
            self.sleeping.set()
            while self.seconds < wake_up:
                before = (self._uses, self.seconds)
                self._changed.wait(self._idle_seconds)
                if before == (self._uses, self.seconds):
                    self.seconds = min(self._wake_ups)
                    self._changed.notify_all()
            self._wake_ups.remove(wake_up)
