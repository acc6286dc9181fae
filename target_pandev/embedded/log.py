"""What the server says in its log, and patience that repeats it."""

import contextlib
import logging
import os
import time

from target_pandev.embedded.folder import StoreFolder

logger = logging.getLogger(__name__)

TELL_EVERY = 5.0


class Wait:
    """Sleeps in short steps up to a limit, and tells every few seconds what it waits for."""

    def __init__(self, what: str, *, folder: StoreFolder, limit: float) -> None:
        self._what = what
        self._folder = folder
        self._limit = limit
        self._begin = time.monotonic()
        self._next_word = self._begin + TELL_EVERY

    def step(self) -> bool:
        """Sleep a moment; return False when the limit has passed."""
        now = time.monotonic()
        if now >= self._next_word:
            self._next_word = now + TELL_EVERY
            logger.info(
                "%s in %s: %.0f s of at most %.0f s; the server says: %s",
                self._what,
                self._folder.path,
                now - self._begin,
                self._limit,
                last_words(self._folder),
            )
        time.sleep(0.02)
        return now - self._begin < self._limit


def last_words(folder: StoreFolder, *, since: int = 0) -> str:
    """Return the last lines of the log, from an offset on, as one line."""
    with contextlib.suppress(OSError), folder.log.open("rb") as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(since, size - 4096))
        return last_lines(log.read())
    return "no log"


def last_lines(output: bytes) -> str:
    """Return the end of what a program wrote, as one line."""
    lines = [line.strip() for line in os.fsdecode(output).splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "it said nothing"
