"""Connections of the page to the store, which only read. They are opened when they are needed."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

from pandev.page.result_cache import VERSION, ResultCache
from target_pandev.errors import StoreError
from target_pandev.open_store import open_existing_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_pandev.database import StoreReader
    from target_pandev.open_store import StoreSettings

MAX_CONNECTIONS: Final = 4
SET_TIMEOUT: Final = "SELECT pg_catalog.set_config('statement_timeout', '10s', false)"
"""A person has left by then."""


@dataclass(frozen=True)
class ReaderSource:
    """A reader as a source of sections. `version` is the one that the request began with."""

    reader: StoreReader
    cache: ResultCache
    version: str

    def query(
        self, query: str, parameters: Mapping[str, Any], /
    ) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Return the column names and the rows of a query, from the cache if it has them."""
        return self.cache.query(self.version, query, parameters, self.reader.query_table)


class Connections:
    """A few connections that requests share, with their results; one that fails is closed."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._cache = ResultCache()
        self._idle: LifoQueue[tuple[StoreReader, ExitStack]] = LifoQueue()
        self._free = BoundedSemaphore(MAX_CONNECTIONS)

    @contextmanager
    def source(self) -> Iterator[ReaderSource | None]:
        """Yield a source for one request; None if there is no store yet. Raises `StoreError`."""
        with self._free, ExitStack() as stack:
            reader, opened = self._take()
            stack.push(opened)
            yield ReaderSource(reader, self._cache, _read_version(reader)) if reader else None
            stack.pop_all()  # it is closed only after an error
            if reader:
                self._idle.put((reader, opened))
            else:
                opened.close()

    def close(self) -> None:
        """Close the connections that are not in use."""
        while not self._idle.empty():
            self._idle.get_nowait()[1].close()

    def _take(self) -> tuple[StoreReader | None, ExitStack]:
        """Return a connection that works: the server may have been restarted since its last use."""
        while True:
            try:
                reader, opened = self._idle.get_nowait()
            except Empty:
                return self._open()
            try:
                reader.query("SELECT 1")
            except StoreError:
                opened.close()
            else:
                return reader, opened

    def _open(self) -> tuple[StoreReader | None, ExitStack]:
        with ExitStack() as stack:
            reader = stack.enter_context(open_existing_store(self._settings))
            if reader:
                reader.query(SET_TIMEOUT)
            return reader, stack.pop_all()


def _read_version(reader: StoreReader) -> str:
    ((version,),) = reader.query(VERSION)
    return str(version)
