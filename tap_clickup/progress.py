"""Log the progress of a long read every ten seconds: a line for people, METRIC lines for tools."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

from singer_sdk import metrics

from tap_clickup.wording import format_count

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from datetime import datetime

LOG_INTERVAL_SECONDS = 10.0


class Gauge(StrEnum):
    """The METRIC lines logged in addition to the SDK's."""

    TASKS_READ = "tasks_read"
    TASKS_PER_SECOND = "tasks_per_second"
    SECONDS_LEFT = "seconds_left"


class Progress:
    """Logs the progress of a read from date `start` to date `end`.

    The remaining time is an estimate from the dates read so far, as if tasks were evenly
    distributed: ClickUp does not return the number of tasks. Without `start` the first date counts.
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
        self._start = start
        self._end = end
        self._now = now
        self._started = now()
        self._last_logged = self._started
        self._tasks_read = 0
        self.share: float | None = None
        """The estimated share of the tasks that were read, from 0 to 1; None if unknown."""

    def update(self, tasks: int, reached: datetime | None) -> None:
        """Add a number of tasks, the last of date `reached`; log if the interval has passed."""
        self._tasks_read += tasks
        self._start = self._start or reached
        self.share = self._estimate_share(reached) or self.share
        now = self._now()
        if now - self._last_logged < LOG_INTERVAL_SECONDS:
            return
        self._last_logged = now
        elapsed_seconds = now - self._started
        self._log(
            rate=self._tasks_read / elapsed_seconds,
            reached=reached,
            seconds_left=self._seconds_left(elapsed_seconds, reached),
        )

    def _log(self, *, rate: float, reached: datetime | None, seconds_left: float | None) -> None:
        left = "" if seconds_left is None else f", about {_format_duration(seconds_left)} left"
        self._logger.info(
            "workspace %s: %s read, %.0f per second%s%s",
            self._workspace_id,
            format_count(self._tasks_read, "task"),
            rate,
            f", up to {reached:%Y-%m-%d %H:%M}" if reached else "",
            left,
        )
        self._log_metric(Gauge.TASKS_READ, self._tasks_read)
        self._log_metric(Gauge.TASKS_PER_SECOND, round(rate, 1))
        if seconds_left is not None:
            self._log_metric(Gauge.SECONDS_LEFT, round(seconds_left))

    def _seconds_left(self, elapsed_seconds: float, reached: datetime | None) -> float | None:
        """Return the estimated time left, or None if the dates do not allow an estimate."""
        share = self._estimate_share(reached)
        return None if share is None else elapsed_seconds * (1 - share) / share

    def _estimate_share(self, reached: datetime | None) -> float | None:
        if reached is None or self._start is None or not self._start < reached <= self._end:
            return None
        return (reached - self._start) / (self._end - self._start)

    def _log_metric(self, gauge: Gauge, value: float) -> None:
        tags = {"stream": "tasks", "workspace_id": self._workspace_id}
        point = metrics.Point("gauge", gauge, value, tags)  # type: ignore[arg-type] # typed for the SDK's own metrics
        metrics.log(self._logger, point)


def _format_duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - seconds are readable up to 90
