"""Log lines that strangers can cause: at most one of a kind every ten seconds."""

from __future__ import annotations

import logging
import time
from collections import Counter

INTERVAL_SECONDS = 10.0


class LogLimit(logging.Filter):
    """Omits a line if the same one was logged in the last ten seconds; the next one counts them."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[str, float] = {}
        self._omitted: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record."""
        line = record.getMessage()
        now = time.monotonic()
        if now - self._logged_at.get(line, -INTERVAL_SECONDS) < INTERVAL_SECONDS:
            self._omitted[line] += 1
            return False
        self._logged_at[line] = now
        if omitted := self._omitted.pop(line, 0):
            record.msg = f"{line}; {omitted:,} more since the last such line"
            record.args = None
        return True


def limited_logger(name: str) -> logging.Logger:
    """Return a logger of the receiver whose lines are limited."""
    logger = logging.getLogger(f"clickup-receiver.{name}")
    logger.filters = [LogLimit()]
    return logger
