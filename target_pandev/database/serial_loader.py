"""Run one load at a time in a thread; its callback runs in the caller's thread."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

SWITCH_SECONDS = 0.000_5
"""How long a computing thread may delay another one that has data to send.

With Python's default of 5 ms the server would wait for the next bytes most of the time.
"""
T = TypeVar("T")


@dataclass
class Load:
    """A submitted load."""

    future: Future[Any]
    on_success: Callable[[Any], None]
    finished: bool = False
    """Whether it succeeded and its callback has run."""


class SerialLoader:
    """Runs one load at a time in a thread."""

    def __init__(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread = ThreadPoolExecutor(1, "load")
        self._running: Load | None = None
        self.latest: Load | None = None
        """The load that was submitted last."""

    def submit(self, load: Callable[[], T], on_success: Callable[[T], None]) -> None:
        """Wait for the previous load, then start this one; `on_success` receives its result.

        Raises the error of the previous load; this one is not started then.
        """
        self.wait()
        self._running = Load(self._thread.submit(load), on_success)
        self.latest = self._running

    def wait(self) -> None:
        """Wait for the running load and call its callback. Raises the error of the load."""
        load = self._running
        if load is None:
            return
        wait([load.future])
        self._running = None  # the callback may use the store
        load.on_success(load.future.result())
        load.finished = True

    @property
    def is_running(self) -> bool:
        """Whether a load was submitted whose callback has not run."""
        return self._running is not None

    def collect(self) -> None:
        """Call the callback of the running load if it has ended. Raises the error of the load."""
        if self._running is not None and self._running.future.done():
            self.wait()

    def wait_for(self, seconds: float) -> bool:
        """Wait at most so long for the running load and return whether it has ended."""
        return self._running is None or bool(wait([self._running.future], seconds).done)

    def close(self) -> None:
        """Wait for the running load; its callback is not called and its error is ignored."""
        self._thread.shutdown()
