"""Read stored rows as records, to compare them with what a tap emits. Nothing is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.columns import safe_identifier
from target_pandev.database.sql_text import escape_percent
from target_pandev.database.table import METADATA
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable

    from target_pandev.database.reader import StoreReader

TIMESTAMP = "timestamp with time zone"
COLUMN_TYPES = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL)
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass(%(table)s) AND a.attnum > 0 AND NOT a.attisdropped
"""
ROW = "SELECT pg_catalog.to_jsonb(t)::text FROM {table} AS t WHERE {has_key}"
SAMPLE = """
SELECT t.workspace_id, t.id FROM {table} AS t
WHERE t.workspace_id = ANY (%(workspace_ids)s)
ORDER BY pg_catalog.hashtextextended(t.id, %(seed)s), t.workspace_id, t.id
LIMIT %(size)s
"""
COUNT = "SELECT pg_catalog.count(*) FROM {table} WHERE workspace_id = ANY (%(workspace_ids)s)"
IDS = "SELECT id FROM {table} WHERE workspace_id = %(workspace_id)s AND _sdc_deleted_at IS NULL"


@dataclass(frozen=True)
class StoredRecord:
    """A row by the names of its columns: timestamps are datetimes, other values as in JSON.

    Numbers are exact. `deleted_at` is when the row was marked as deleted.
    """

    values: Mapping[str, Any]
    extracted_at: datetime
    deleted_at: datetime | None


class StoredRows:
    """The rows of a stream that has a key."""

    def __init__(self, reader: StoreReader, stream: str) -> None:
        self._reader = reader
        self._table = sql.Identifier(safe_identifier(stream))
        name = self._table.as_string()
        types = reader.query(COLUMN_TYPES, {"table": name})
        self._types = {str(name): str(type_) for name, type_ in types}
        primary_key = read_statement("primary_key").replace("%s", "%(table)s")
        self._key = [str(column) for (column,) in reader.query(primary_key, {"table": name})]

    @property
    def exists(self) -> bool:
        """Whether the store has a table for the stream."""
        return bool(self._key) and self._types.keys() >= METADATA.keys()

    def read(self, *key: str) -> StoredRecord | None:
        """Return the row with a key as it is now; None if there is none."""
        if not self.exists or len(key) != len(self._key):
            return None
        parameters = {f"key_{number}": value for number, value in enumerate(key)}
        has_key = sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(self._as_text(column), sql.Placeholder(name))
            for column, name in zip(self._key, parameters, strict=True)
        )
        rows = self._query(ROW, has_key=has_key, **parameters)
        return self._to_record(rows[0][0]) if rows else None

    def _as_text(self, column: str) -> Composable:
        """Return a column of the key as text; a text as it is, so that an index is used."""
        value = escape_percent(sql.Identifier("t", column))
        return value if self._types[column] == "text" else sql.SQL("{}::text").format(value)

    def _query(
        self, statement: str, *, has_key: Composable | None = None, **parameters: Any
    ) -> list[tuple[Any, ...]]:
        composed = sql.SQL(statement).format(
            table=escape_percent(self._table), has_key=has_key or sql.SQL("TRUE")
        )
        return self._reader.query(composed.as_string(), parameters)

    def _to_record(self, row: str) -> StoredRecord:
        values = json.loads(row, parse_float=Decimal)
        for name, type_ in self._types.items():
            if type_ == TIMESTAMP and values[name] is not None:
                values[name] = datetime.fromisoformat(values[name])
        return StoredRecord(values, values["_sdc_extracted_at"], values["_sdc_deleted_at"])


class StoredObjects(StoredRows):
    """The rows of a stream whose key is (workspace_id, id)."""

    def sample(
        self, workspace_ids: Sequence[str], size: int, *, seed: int
    ) -> list[tuple[str, str]]:
        """Return the keys of random rows, the same ones for a seed unless rows were added."""
        return self._query(SAMPLE, workspace_ids=list(workspace_ids), size=size, seed=seed)

    def count(self, workspace_ids: Sequence[str]) -> int:
        """Return the number of rows, also of those that are marked as deleted."""
        ((count,),) = self._query(COUNT, workspace_ids=list(workspace_ids))
        return int(count)

    def ids(self, workspace_id: str) -> set[str]:
        """Return the ids of a workspace's rows that are not marked as deleted."""
        return {str(object_id) for (object_id,) in self._query(IDS, workspace_id=workspace_id)}
