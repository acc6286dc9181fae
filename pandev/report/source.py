"""Where sections are read from, and what several of them need: it is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Source(Protocol):
    """The source of sections: a store, or a connection that only reads it."""

    def query(
        self, query: str, parameters: Mapping[str, Any], /
    ) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Return the column names and the rows of a query."""
        ...


class SharedReads:
    """A source that remembers single rows as long as a report or a page is being read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows: dict[tuple[str, str], Mapping[str, Any]] = {}

    def query(
        self, query: str, parameters: Mapping[str, Any], /
    ) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Return the column names and the rows of a query, which are not remembered."""
        return self._source.query(query, parameters)

    def read_row(self, statement: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the single row of a statement of this package, by the names of its columns."""
        key = (statement, repr(sorted(parameters.items())))
        if key not in self._rows:
            columns, (row,) = self.query(read_statement(statement, "pandev.sql"), parameters)
            self._rows[key] = dict(zip(columns, row, strict=True))
        return self._rows[key]
