"""Whole new readings of a table, as ACTIVATE_VERSION ends them: what they did not bring is gone.

Which rows a reading has brought stands in a temporary table, so a reading of any size takes no
memory here and leaves no trace if it is cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from psycopg import sql

from target_pandev.database.deletions import Scope
from target_pandev.database.table import STAGE
from target_pandev.database.tombstones import key_value

if TYPE_CHECKING:
    from datetime import datetime

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table

Brought: TypeAlias = sql.Identifier
"""The temporary table of what a reading has brought."""
GONE = "_sdc_deleted_at IS NULL AND _sdc_extracted_at < %(started_at)s"


def begin(connection: Connection, number: int) -> Brought:
    """Return a new temporary table for what a reading brings."""
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (key jsonb, read_at timestamptz)").format(
            sql.Identifier(f"version_{number}")
        )
    )
    return sql.Identifier("pg_temp", f"version_{number}")


def note(connection: Connection, table: Table, brought: Brought) -> None:
    """Note the staged rows as brought."""
    connection.execute(
        sql.SQL("INSERT INTO {} SELECT {}, _sdc_extracted_at FROM {} AS s").format(
            brought, key_value(table.key, "s"), STAGE
        )
    )


def replaced(connection: Connection, table: Table, brought: Brought, began_at: datetime) -> Scope:
    """Return what a reading that began then has replaced: rows it did not bring, not seen since."""
    query = sql.SQL("SELECT count(*), least(min(read_at), %s) FROM {}").format(brought)
    count, started_at = connection.execute(query, (began_at,)).fetchall()[0]
    gone: Any = sql.SQL(GONE)
    if table.key:
        gone = sql.SQL("{} AND {} NOT IN (SELECT key FROM {})").format(
            gone, key_value(table.key), brought
        )
    return Scope(
        table.schema,
        table.name,
        table.key,
        live=sql.SQL("_sdc_deleted_at IS NULL").format(),
        shown=sql.SQL("_sdc_deleted_at IS NULL").format(),
        gone=sql.SQL("{}").format(gone),
        parameters={"started_at": started_at},
        replaced=0 if table.key else count,
    )
