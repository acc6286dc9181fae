"""Tells whoever waits how far a long reading is: a line to read, and METRIC lines for machines."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

from singer_sdk import metrics

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from datetime import datetime

LOG_INTERVAL_SECONDS = 10.0


class Gauge(StrEnum):
    """What the METRIC lines tell, beside the SDK's own."""

    TASKS_READ = "tasks_read"
    TASKS_PER_SECOND = "tasks_per_second"
    SECONDS_LEFT = "seconds_left"


class Progress:
    """The progress of a reading that goes from one date to another.

    What is left is reckoned from how far the dates have come, as if work were spread evenly over
    them: ClickUp does not tell how many tasks there are. Without `start` the first date is it.
    """

    def __init__(
        self,
        logger: logging.Logger,
        workspace_id: str,
        *,
        start: datetime | None,
        end: datetime,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logger = logger
        self._workspace_id = workspace_id
        self._start, self._end = start, end
        self._now = now
        self._began = self._told = now()
        self._read = 0

    def update(self, tasks: int, reached: datetime | None) -> None:
        """Count tasks; tell of it every ten seconds. `reached` is the date of the last one."""
        self._read += tasks
        self._start = self._start or reached
        now = self._now()
        if now - self._told < LOG_INTERVAL_SECONDS:
            return
        self._told = now
        seconds = now - self._began
        rate, left = self._read / seconds, self._left(seconds, reached)
        self._logger.info(
            "workspace %s: %s tasks read, %.0f a second%s%s",
            self._workspace_id,
            f"{self._read:,}",
            rate,
            f", up to {reached:%Y-%m-%d %H:%M}" if reached else "",
            f", about {_minutes(left)} left" if left is not None else "",
        )
        self._measure(Gauge.TASKS_READ, self._read)
        self._measure(Gauge.TASKS_PER_SECOND, round(rate, 1))
        if left is not None:
            self._measure(Gauge.SECONDS_LEFT, round(left))

    def _left(self, seconds: float, reached: datetime | None) -> float | None:
        if reached is None or self._start is None or not self._start < reached <= self._end:
            return None
        share = (reached - self._start) / (self._end - self._start)
        return seconds * (1 - share) / share

    def _measure(self, gauge: Gauge, value: float) -> None:
        tags = {"stream": "tasks", "workspace_id": self._workspace_id}
        point = metrics.Point("gauge", gauge, value, tags)  # type: ignore[arg-type] # its metrics are the SDK's own
        metrics.log(self._logger, point)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - as people say it
