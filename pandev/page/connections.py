"""Connections of the page to the store, which only read. They are opened when they are needed."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
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


@dataclass(frozen=True)
class ReaderSource:
    """A reader as a source of sections."""

    reader: StoreReader

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

    @contextmanager
    def reader(self) -> Iterator[StoreReader | None]:
        """Yield a connection; None if there is no store yet. Raises `StoreError`."""
        with self._free, ExitStack() as stack:
            reader, opened = self._take()
            stack.push(opened)
            yield reader
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
