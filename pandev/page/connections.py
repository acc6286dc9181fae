"""Connections of the page to the store, which only read. They are opened when they are needed."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import Empty, LifoQueue
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Final

from target_pandev.errors import StoreError
from target_pandev.open_store import open_existing_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_pandev.database import StoreReader
    from target_pandev.open_store import StoreSettings

MAX_CONNECTIONS: Final = 4
SET_TIMEOUT: Final = "SELECT pg_catalog.set_config('statement_timeout', '10s', false)"
"""A person has left by then."""
VERSION: Final = "SELECT pg_catalog.pg_current_snapshot()"
"""What changes with every write: PostgreSQL's snapshot says which transactions are visible.
https://www.postgresql.org/docs/current/functions-info.html"""


@dataclass(frozen=True)
class ReaderSource:
    """A reader as a source of sections. `version` is that of the store before the first of them."""

    reader: StoreReader
    version: str

    def query(
        self, query: str, parameters: Mapping[str, Any], /
    ) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Return the column names and the rows of a query."""
        return self.reader.query_table(query, parameters)


class Connections:
    """A few connections that requests share; one that fails is closed."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._idle: LifoQueue[tuple[StoreReader, ExitStack]] = LifoQueue()
        self._free = BoundedSemaphore(MAX_CONNECTIONS)
        self._version_lock = Lock()
        self._idle_lock = Lock()
        self._is_closed = False

    @contextmanager
    def source(self) -> Iterator[ReaderSource | None]:
        """Yield a source for one request; None if there is no store yet. Raises `StoreError`."""
        with self._free, self._use() as source:
            yield source

    def read_version(self) -> str | None:
        """Return the version of the store, even if all sources are in use; None without one."""
        with self._version_lock, self._use() as source:
            return source.version if source else None

    @contextmanager
    def _use(self) -> Iterator[ReaderSource | None]:
        with ExitStack() as stack:
            reader, opened = self._take()
            stack.push(opened)
            yield ReaderSource(reader, _read_version(reader)) if reader else None
            stack.pop_all()  # it is closed only after an error
            self._put_back(reader, opened)

    def close(self) -> None:
        """Close the connections: those in use once they are not."""
        with self._idle_lock:
            self._is_closed = True
        while not self._idle.empty():
            self._idle.get_nowait()[1].close()

    def _put_back(self, reader: StoreReader | None, opened: ExitStack) -> None:
        with self._idle_lock:
            if reader and not self._is_closed:
                self._idle.put((reader, opened))
                return
        opened.close()

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
