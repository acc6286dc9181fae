"""Results of queries that are kept until something is written to the store's database."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Rows = tuple[Sequence[str], Sequence[tuple[Any, ...]]]

VERSION: Final = """
SELECT pg_catalog.concat(
    pg_catalog.pg_current_snapshot(), ' ', date_trunc('minute', pg_catalog.clock_timestamp())
)
"""
"""What changes with every write: PostgreSQL's snapshot says which transactions are visible. It
changes every minute too, because ages are those of the present time.
https://www.postgresql.org/docs/current/functions-info.html"""
MAX_ROWS: Final = 20_000


class ResultCache:
    """The latest results of one version, as long as they have no more rows than `MAX_ROWS`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._version = ""
        self._results: OrderedDict[str, Rows] = OrderedDict()
        self._row_count = 0

    def query(
        self,
        version: str,
        statement: str,
        parameters: Mapping[str, Any],
        read: Callable[[str, Mapping[str, Any]], Rows],
    ) -> Rows:
        """Return the result of a query, which is read unless the version has it already.

        The version must be older than the read: a result is then never older than its version.
        """
        key = f"{statement}\0{parameters!r}"
        with self._lock:
            if version != self._version:
                self._clear(version)
            elif result := self._results.get(key):
                self._results.move_to_end(key)
                return result
        result = read(statement, parameters)
        with self._lock:
            if version == self._version and key not in self._results:
                self._results[key] = result
                self._row_count += len(result[1]) + 1
                while self._row_count > MAX_ROWS:
                    _, (_, rows) = self._results.popitem(last=False)
                    self._row_count -= len(rows) + 1
        return result

    def _clear(self, version: str) -> None:
        self._version = version
        self._results.clear()
        self._row_count = 0
