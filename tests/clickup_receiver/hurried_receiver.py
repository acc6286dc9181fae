"""The command `clickup-receiver`, in which its threads wait a second instead of a minute."""

from __future__ import annotations

import threading
from datetime import timedelta

from clickup_receiver import cli
from clickup_receiver.webhooks import monitor

SHORTEST_SECONDS = 1
"""Shorter waits stay as they are."""
wait = threading.Event.wait


def wait_less(event: threading.Event, timeout: float | None = None) -> bool:
    """Wait for an event; a long timeout is divided by 60."""
    is_long = timeout is not None and timeout >= SHORTEST_SECONDS
    return wait(event, timeout / 60 if timeout is not None and is_long else timeout)


if __name__ == "__main__":
    threading.Event.wait = wait_less  # type: ignore[assignment, method-assign]
    monitor.SILENT_AFTER = timedelta(seconds=3)
    monitor.DELIVERY_GRACE = timedelta(0)
    cli.main()
