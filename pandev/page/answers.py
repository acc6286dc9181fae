"""Pages as they were read last: shown at once, with their time, while newer ones are being read.

A page is read again when something was written to the store since, or when time alone has changed
what it shows. A request waits for that only briefly, unless the last page is too old. Requests for
the same page share one read.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from threading import BoundedSemaphore, Lock, Thread
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pandev.report.selection import Calendar

Key = TypeVar("Key")
PATIENCE_SECONDS: Final = 0.15
"""A page that takes longer than this to read is shown as it was read last."""
MAX_AGE_SECONDS: Final = 600
"""An older one is not shown."""
MAX_BYTES: Final = 16_000_000
MAX_READS: Final = 2
"""Pages that are read at the same time."""


@dataclass(frozen=True)
class Page:
    """A page as it was read."""

    html: bytes
    calendar: Calendar
    read_at: datetime
    version: str | None
    """The version of the store before the read; None without a store."""
    problem: str = ""
    """Why some of its figures could not be read."""
    lasts_seconds: float = math.inf
    """After how long it would show something else without a write: another age or day."""


@dataclass(frozen=True)
class Answer:
    """A page to show, and whether it is the last one because a newer one takes long."""

    page: Page
    is_old: bool = False
    error: str = ""
    """Why a newer one could not be read; empty if that was not tried."""


@dataclass(frozen=True)
class _Kept:
    page: Page
    began: float
    error: str = ""


class Answers(Generic[Key]):
    """The latest pages by their address, as long as they have no more bytes than `MAX_BYTES`."""

    def __init__(
        self,
        read: Callable[[Key], Page],
        read_version: Callable[[], str | None],
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._read_version = read_version
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._lock = Lock()
        self._free = BoundedSemaphore(MAX_READS)
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._reads: dict[Key, Future[_Kept]] = {}
        self._bytes = 0

    @property
    def is_reading(self) -> bool:
        """Whether a page is being read."""
        with self._lock:
            return bool(self._reads)

    def get(self, key: Key) -> Answer:
        """Return the current page, or the last one with its time. Raises what the read raised."""
        asked = self._clock()
        version = self._read_version()
        kept = self._find(key)
        while kept is None or not _is_current(kept, asked, version):
            is_shown = kept is not None and asked - kept.began <= MAX_AGE_SECONDS
            left = max(0, asked + self._patience_seconds - self._clock()) if is_shown else None
            read = self.start(key)
            if kept and not wait([read], left).done:
                return Answer(kept.page, is_old=True, error=kept.error)
            kept = read.result()
        return Answer(kept.page)

    def start(self, key: Key) -> Future[_Kept]:
        """Return the read of a page that is going on, or begin one."""
        with self._lock:
            if read := self._reads.get(key):
                return read
            read = self._reads[key] = Future()
        # A daemon: it must not keep a process from its end.
        Thread(target=self._run, args=(key, read), daemon=True).start()
        return read

    def _run(self, key: Key, read: Future[_Kept]) -> None:
        try:
            with self._free:
                began = self._clock()
                kept = _Kept(self._read(key), began)
        except Exception as error:  # noqa: BLE001 - those who wait for it raise it
            self._end(key, None, str(error))
            read.set_exception(error)
        else:
            self._end(key, kept, kept.page.problem)
            read.set_result(kept)

    def _find(self, key: Key) -> _Kept | None:
        with self._lock:
            if kept := self._kept.get(key):
                self._kept.move_to_end(key)
            return kept

    def _end(self, key: Key, kept: _Kept | None, error: str = "") -> None:
        """Keep what was read; after an error the last page with it."""
        with self._lock:
            del self._reads[key]
            last = self._kept.pop(key, None)
            self._bytes -= len(last.page.html) if last else 0
            if error:
                kept = last and replace(last, error=error)
            if kept is None or kept.page.version is None:
                return
            self._kept[key] = kept
            self._bytes += len(kept.page.html)
            while self._bytes > MAX_BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.page.html)


def _is_current(kept: _Kept, asked: float, version: str | None) -> bool:
    """Whether a new read would show the same, or the page was read after this request came."""
    is_same = version is not None and kept.page.version == version
    return kept.began >= asked or (is_same and asked - kept.began < kept.page.lasts_seconds)
