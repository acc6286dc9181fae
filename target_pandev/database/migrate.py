"""Makes the store's schema or brings an older one up to date: numbered files, each applied once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from psycopg import errors, sql

from target_pandev.database.connection import StoreError
from target_pandev.sql import migrations

if TYPE_CHECKING:
    from target_pandev.database.connection import Connection

DDL_LOCK = 0x70616E646576
"""Key of the advisory lock under which the schema changes: "pandev" in ASCII."""

logger = logging.getLogger("target-pandev")


def lock_ddl(connection: Connection) -> None:
    """Let no other load change the schema until this transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (DDL_LOCK,))


def migrate(connection: Connection, schema: str) -> None:
    """Make `schema` the connection's own and apply what it lacks. Raises `StoreError`."""
    try:
        connection.execute("SELECT set_config('search_path', %s, false)", (_quoted(schema),))
        with connection.transaction():
            lock_ddl(connection)
            if not _exists(connection):
                _create(connection, schema)
            _apply(connection, schema)
    except errors.InsufficientPrivilege:
        raise StoreError(
            f"store_schema {schema}: the store's user may not make or change it; "
            "grant it CREATE on the database, or make it the owner of the schema"
        ) from None


def _quoted(schema: str) -> str:
    return sql.Identifier(schema).as_string()


def _exists(connection: Connection) -> bool:
    row = connection.execute("SELECT to_regclass('schema_versions') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _create(connection: Connection, schema: str) -> None:
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    connection.execute(
        "CREATE TABLE schema_versions "
        "(version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)"
    )


def _apply(connection: Connection, schema: str) -> None:
    row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_versions").fetchone()
    have, known = row[0] if row else 0, migrations()
    newest = known[-1][0]
    if have > newest:
        raise StoreError(
            f"store_schema {schema}: made by a newer target-pandev (its schema has version {have}, "
            f"this one knows {newest}); update target-pandev"
        )
    for version, name, text in known:
        if version > have:
            logger.info("store: applying %s", name)
            connection.execute(text.encode())
            connection.execute(
                "INSERT INTO schema_versions VALUES (%s, %s, now())", (version, name)
            )
