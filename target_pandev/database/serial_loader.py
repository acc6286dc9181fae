"""Runs one task at a time in a thread, beside the caller, who hears of its end when he asks."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

SWITCH_SECONDS = 0.000_5
"""How long a thread that computes may keep one waiting that has something to send.

With Python's own 5 ms the server would wait for its next bytes most of the time.
"""


class Background:
    """One task at a time; what is to follow from its end is done in the caller's thread."""

    def __init__(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread = ThreadPoolExecutor(1, "load")
        self._running: Future[Any] | None = None
        self._followers: list[Callable[[Any], None]] = []

    def begin(self, task: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Settle the task before this one, then start it; `then` gets its result."""
        self.settle()
        self._running, self._followers = self._thread.submit(task), [then]

    def follow(self, then: Callable[[], None]) -> None:
        """Have something done once the running task has ended well; at once if there is none."""
        if self._running is None:
            then()
        else:
            self._followers.append(lambda _: then())

    def settle(self) -> None:
        """Wait for the task's end and do what follows. Raises what the task raised."""
        if self._running is None:
            return
        wait([self._running])
        ended, followers = self._running, self._followers
        self._running, self._followers = None, []
        result = ended.result()
        for then in followers:
            then(result)

    def ended_within(self, seconds: float) -> bool:
        """Return whether no task is running, after so long at the latest."""
        return self._running is None or bool(wait([self._running], seconds).done)

    def close(self) -> None:
        """Wait for the task's end, whatever it is; nothing follows from it."""
        self._thread.shutdown()
