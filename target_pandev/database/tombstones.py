"""Deletions that a source reports: recorded as tombstones, and applied to rows read before them.

A deletion may arrive before the row that it deletes. So it is recorded, and each load applies the
recorded ones to the rows that it loads. `TOMBSTONE_LOCK_KEY` prevents that a row and its deletion
miss each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.columns import encode_json
from target_pandev.database.sql_text import escape_percent, identifier_list, key_value, unnest
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.sql import Composable, Composed

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table

TOMBSTONE_LOCK_KEY = 0x746F6D6273
"""Key of an advisory lock: "tombs" in ASCII. Loads share it; adding tombstones takes it alone."""
LOCK_TOMBSTONES_SHARED = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock_shared({})").format(
    TOMBSTONE_LOCK_KEY
)
LOCK_TOMBSTONES_EXCLUSIVE = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({})").format(
    TOMBSTONE_LOCK_KEY
)
MARK_TOMBSTONED = (
    "UPDATE {table} AS t SET _sdc_deleted_at = tombstone._sdc_deleted_at FROM tombstone"
)
DELETE_TOMBSTONED = "DELETE FROM {table} AS t USING tombstone"


@dataclass(frozen=True)
class Deletion:
    """The row with this key was deleted at `deleted_at`; both are text that PostgreSQL reads."""

    key: tuple[str, ...]
    deleted_at: str


def record_deletions(
    connection: Connection, table: Table, deletions: Sequence[Deletion], *, hard: bool
) -> None:
    """Add tombstones, and mark or delete the rows that were read before them."""
    types = {column.name: column.type for column in table.columns}
    arrays = []
    parameters: dict[str, Any] = {
        "stream": table.name,
        "deleted_at": [deletion.deleted_at for deletion in deletions],
    }
    for index, name in enumerate(table.key):
        values = f"key_{index}"
        parameters[values] = [deletion.key[index] for deletion in deletions]
        array = sql.SQL("{}::text[]::{}[]").format(sql.Placeholder(values), sql.SQL(types[name]))
        arrays.append(array)
    add = sql.SQL(read_statement("add_tombstones")).format(
        workspace_id=_workspace_id(table.key, "deletion"),
        key_value=escape_percent(key_value(table.key, table="deletion")),
        deletions=unnest([*arrays, sql.SQL("%(deleted_at)s::timestamptz[]")]),
        key=escape_percent(identifier_list(table.key)),
    )
    deleted_keys = sql.SQL("SELECT * FROM {}").format(unnest(arrays))
    with connection.transaction():
        connection.execute(LOCK_TOMBSTONES_EXCLUSIVE)
        connection.execute(add, parameters)
        connection.execute(_apply_sql(table, deleted_keys, hard=hard), parameters)


def apply_tombstones(
    connection: Connection, table: Table, stage: sql.Identifier, *, hard: bool
) -> None:
    """Mark or delete the rows with staged keys that were read before their tombstones."""
    exists = "SELECT EXISTS (SELECT 1 FROM tombstones WHERE stream = %s)"
    row = connection.execute(exists, (table.name,)).fetchone()
    if row and row[0]:
        key = escape_percent(identifier_list(table.key))
        keys = sql.SQL("SELECT {} FROM {}").format(key, stage)
        connection.execute(_apply_sql(table, keys, hard=hard), {"stream": table.name})


def forget_tombstones(
    connection: Connection,
    *,
    stream: str,
    workspace_id: str,
    keys: Sequence[Sequence[Any]],
    until: str,
) -> None:
    """Forget the deletions of rows that exist, up to the time when they were found.

    An older version of such a row, which may be loaded again, must not be taken for deleted.
    """
    connection.execute(
        read_statement("forget_tombstones").encode(),
        {
            "stream": stream,
            "workspace_id": workspace_id,
            "keys": [encode_json(key) for key in keys],
            "until": until,
        },
    )


def delete_with_tombstones(delete: Composable, key: Sequence[str]) -> Composed:
    """Return a DELETE that adds tombstones of %(started_at)s for %(stream)s."""
    return sql.SQL(read_statement("delete_with_tombstones")).format(
        delete=delete,
        workspace_id=_workspace_id(key, "deleted"),
        key_value=escape_percent(key_value(key, table="deleted")),
    )


def _apply_sql(table: Table, keys: Composable, *, hard: bool) -> Composed:
    """Return the statement that applies tombstones to the rows with some keys."""
    change = sql.SQL(DELETE_TOMBSTONED if hard else MARK_TOMBSTONED)
    identifier = escape_percent(table.identifier)
    return sql.SQL(read_statement("apply_tombstones")).format(
        table=identifier,
        stored_key=escape_percent(identifier_list(table.key, table="t")),
        keys=keys,
        key=escape_percent(identifier_list(table.key)),
        row_of_key=_equal_keys(table, "k"),
        workspace_id=_workspace_id(table.key, "t"),
        key_value=escape_percent(key_value(table.key, table="t")),
        change=change.format(table=identifier),
        same_key=_equal_keys(table, "tombstone"),
    )


def _equal_keys(table: Table, other: str) -> Composable:
    """Return the condition that a stored row (t) has the key of another one."""
    equal = sql.SQL("t.{name} = {other}.{name}")
    names = map(sql.Identifier, table.key)
    return escape_percent(
        sql.SQL(" AND ").join(equal.format(name=name, other=sql.SQL(other)) for name in names)
    )


def _workspace_id(key: Sequence[str], table: str) -> Composable:
    if "workspace_id" not in key:
        return sql.SQL("''")
    return sql.SQL("{}::text").format(sql.Identifier(table, "workspace_id"))
