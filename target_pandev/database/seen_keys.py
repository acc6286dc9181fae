"""The rows that a table version contains, so that ACTIVATE_VERSION can delete all others.

Their keys are collected in a temporary table. So a version of any size takes no memory here, and an
interrupted one leaves nothing behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from psycopg import sql

from target_pandev.database.deletions import DeletionScope
from target_pandev.database.sql_text import escape_percent, identifier_list, key_value
from target_pandev.database.table import STAGING_TABLE

if TYPE_CHECKING:
    from datetime import datetime

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table

SeenKeysTable: TypeAlias = sql.Identifier
"""The temporary table of the keys of a version's rows."""
UNMARKED = sql.SQL("_sdc_deleted_at IS NULL")
NOT_SEEN = """
{missing} AND ({key}) IN (
    SELECT {stored_key}
    FROM {table} AS t
    LEFT JOIN {seen_keys} AS k ON k.key = {key_value}
    WHERE k.key IS NULL
)
"""
"""A join, which takes a file if the keys need more than `work_mem`: NOT IN would then compare every
row with every key. Citus calls `jsonb_build_array` in no UPDATE, but in a query in it."""


def create_seen_keys(connection: Connection, number: int) -> SeenKeysTable:
    """Create the temporary table of a version."""
    name = f"version_{number}"
    create = sql.SQL("CREATE TEMPORARY TABLE {} (key jsonb, read_at timestamptz)")
    connection.execute(create.format(sql.Identifier(name)))
    return sql.Identifier("pg_temp", name)


def add_staged_keys(connection: Connection, table: Table, seen_keys: SeenKeysTable) -> None:
    """Add the keys of the staged rows."""
    insert = sql.SQL("INSERT INTO {} SELECT {}, _sdc_extracted_at FROM {} AS s")
    connection.execute(insert.format(seen_keys, key_value(table.key, table="s"), STAGING_TABLE))


def stale_rows(
    connection: Connection, table: Table, seen_keys: SeenKeysTable, started_at: datetime
) -> DeletionScope:
    """Return the table's rows, of which those are missing that a version did not contain.

    Rows that were read after the version started are not missing.
    """
    query = sql.SQL(
        "SELECT pg_catalog.count(*), least(pg_catalog.min(read_at), %s) FROM {}"
    ).format(seen_keys)
    count, first_read_at = connection.execute(query, (started_at,)).fetchall()[0]
    missing = sql.SQL("{} AND _sdc_extracted_at < %(started_at)s").format(UNMARKED)
    if table.key:
        missing = sql.SQL(NOT_SEEN).format(
            missing=missing,
            key=escape_percent(identifier_list(table.key)),
            stored_key=escape_percent(identifier_list(table.key, table="t")),
            table=escape_percent(table.identifier),
            seen_keys=seen_keys,
            key_value=escape_percent(key_value(table.key, table="t")),
        )
    return DeletionScope(
        table.schema,
        table.name,
        table.key,
        workspace_id="",
        name="",
        in_workspace=UNMARKED,
        in_scope=UNMARKED,
        missing=missing,
        parameters={"started_at": first_read_at},
        replaced=0 if table.key else count,
    )
