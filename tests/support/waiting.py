"""Waiting with a deadline: a test that would hang fails instead, and says what did not happen."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_SECONDS = 180.0
"""Long enough for several starts of Meltano on a machine that has six times as much to do."""
Value = TypeVar("Value")


def wait_until(
    condition: Callable[[], Value | None],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    description: str | None = None,
    poll_seconds: float = 0.01,
) -> Value:
    """Return the value of a condition as soon as it is true.

    Raises `AssertionError` with the description, by default the name of the condition, if it is
    still false after the timeout.
    """
    deadline = time.monotonic() + timeout_seconds
    while not (value := condition()):
        if time.monotonic() >= deadline:
            name = description or getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"not true after {timeout_seconds:g} s: {name}")
        time.sleep(poll_seconds)
    return value


def join_threads(name: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Wait until no thread of this name is left. Raises `AssertionError` after the timeout."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(timeout_seconds)
    running = [thread.name for thread in threading.enumerate()]
    assert name not in running, f"a thread named {name} is still running"
