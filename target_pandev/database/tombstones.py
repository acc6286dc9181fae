"""Deletions that a source tells: kept, and laid on the rows that were read before.

A deletion may come before the row that it deletes, so it is kept, and each load lays those that
there are on what it brings. `TOMBSTONES_LOCK` keeps a row and its deletion from passing each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from target_pandev.database.table import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.sql import Composable, Composed

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table

TOMBSTONES_LOCK = 0x746F6D6273
"""Key of an advisory lock: "tombs" in ASCII. Loads share it, who adds tombstones has it alone."""
SHARE_TOMBSTONES = sql.SQL("SELECT pg_advisory_xact_lock_shared({})").format(TOMBSTONES_LOCK)
ADD_TOMBSTONES = sql.SQL("SELECT pg_advisory_xact_lock({})").format(TOMBSTONES_LOCK)
KEEP_NEWEST = (
    "ON CONFLICT (workspace_id, stream, key) DO UPDATE SET deleted_at = excluded.deleted_at "
    "WHERE b.deleted_at < excluded.deleted_at"
)


@dataclass(frozen=True)
class Deletion:
    """The row of a key is gone since a moment; both as text that PostgreSQL reads."""

    key: tuple[str, ...]
    deleted_at: str


def bury(
    connection: Connection, table: Table, deletions: Sequence[Deletion], *, hard: bool
) -> None:
    """Keep deletions, and lay them on the rows that were read before."""
    types = {each.name: each.type for each in table.columns}
    arrays = [sql.SQL("%s::text[]::{}[]").format(sql.SQL(types[name])) for name in table.key]
    keys = sql.SQL(", ").join(arrays)
    values = [list(column) for column in zip(*(each.key for each in deletions), strict=True)]
    add = sql.SQL(
        "INSERT INTO tombstones AS b (workspace_id, stream, key, deleted_at) "
        "SELECT {workspace}, %s, {key}, max(u.deleted_at) "
        "FROM unnest({keys}, %s::timestamptz[]) AS u ({names}, deleted_at) "
        "GROUP BY 1, 3 {keep_newest}"
    ).format(
        workspace=_workspace(table.key, "u"),
        key=key_value(table.key, "u"),
        keys=keys,
        names=_names(table.key),
        keep_newest=sql.SQL(KEEP_NEWEST),
    )
    moments = [each.deleted_at for each in deletions]
    with connection.transaction():
        connection.execute(ADD_TOMBSTONES)
        connection.execute(add, (table.name, *values, moments))
        found = sql.SQL("SELECT * FROM unnest({})").format(keys)
        connection.execute(_lay(table, found, hard=hard), (*values, table.name))


def lay(connection: Connection, table: Table, staged: Composable, *, hard: bool) -> None:
    """Lay the tombstones of a table on the rows whose keys are staged, if it has any."""
    there_are = "SELECT EXISTS (SELECT FROM tombstones WHERE stream = %s)"
    row = connection.execute(there_are, (table.name,)).fetchone()
    if row and row[0]:
        keys = sql.SQL("SELECT {} FROM {}").format(_names(table.key), staged)
        connection.execute(_lay(table, keys, hard=hard), (table.name,))


def leaving_tombstones(delete: Composed, key: Sequence[str]) -> Composed:
    """Return a DELETE that leaves tombstones of %(started_at)s for %(stream)s."""
    return sql.SQL(
        "WITH gone AS ({delete} RETURNING *) "
        "INSERT INTO tombstones AS b (workspace_id, stream, key, deleted_at) "
        "SELECT {workspace}, %(stream)s, {key}, %(started_at)s FROM gone {keep_newest}"
    ).format(
        delete=delete,
        workspace=_workspace(key, "gone"),
        key=key_value(key, "gone"),
        keep_newest=sql.SQL(KEEP_NEWEST),
    )


def _lay(table: Table, keys: Composable, *, hard: bool) -> Composed:
    """Mark or delete what was read before its tombstone, among the rows of some keys."""
    change = "DELETE FROM {table} AS t USING tombstones AS b "
    if not hard:
        change = "UPDATE {table} AS t SET _sdc_deleted_at = b.deleted_at FROM tombstones AS b "
    return sql.SQL(
        change + "WHERE ({names}) IN ({keys}) AND b.workspace_id = {workspace} "
        "AND b.stream = %s AND b.key = {key} AND t._sdc_extracted_at < b.deleted_at "
        "AND coalesce(t._sdc_deleted_at < b.deleted_at, true)"
    ).format(
        table=quoted(table.schema, table.name),
        names=_names(table.key, "t"),
        keys=keys,
        workspace=_workspace(table.key, "t"),
        key=key_value(table.key, "t"),
    )


def key_value(key: Sequence[str], *of: str) -> Composed:
    """Return in SQL the value that stands for a row's key, whatever its types."""
    return sql.SQL("jsonb_build_array({})").format(_names(key, *of))


def _names(key: Sequence[str], *of: str) -> Composed:
    return sql.SQL(", ").join(quoted(*of, each) for each in key)


def _workspace(key: Sequence[str], of: str) -> Composable:
    if "workspace_id" not in key:
        return sql.SQL("''")
    return sql.SQL("{}::text").format(quoted(of, "workspace_id"))
