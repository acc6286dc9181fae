"""The server's log, and waiting that logs its last lines."""

import contextlib
import logging
import os
import time

from target_pandev.embedded.folder import StoreFolder

logger = logging.getLogger(__name__)

LOG_INTERVAL_SECONDS = 5.0


class PatientWait:
    """Sleep in short steps up to a limit, and log the progress every few seconds."""

    def __init__(self, what: str, *, folder: StoreFolder, limit_seconds: float) -> None:
        self._what = what
        self._folder = folder
        self._limit_seconds = limit_seconds
        self._begin = time.monotonic()
        self._next_log_at = self._begin + LOG_INTERVAL_SECONDS

    def tick(self) -> bool:
        """Sleep for a short time; return False once the limit has passed."""
        now = time.monotonic()
        if now >= self._next_log_at:
            self._next_log_at = now + LOG_INTERVAL_SECONDS
            logger.info(
                "%s in %s: %.0f s of at most %.0f s; last lines of the server's log: %s",
                self._what,
                self._folder.path,
                now - self._begin,
                self._limit_seconds,
                log_tail(self._folder),
            )
        time.sleep(0.02)
        return now - self._begin < self._limit_seconds


def log_tail(folder: StoreFolder, *, since: int = 0) -> str:
    """Return the last lines of the log, from an offset on, as one line."""
    with contextlib.suppress(OSError), folder.log.open("rb") as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(since, size - 4096))
        return last_lines(log.read())
    return "no log"


def last_lines(output: bytes) -> str:
    """Return the end of what a program wrote, as one line."""
    lines = [line.strip() for line in os.fsdecode(output).splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "no output"
