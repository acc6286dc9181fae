"""Check that a role may write to a schema, by a write that is rolled back.

Privileges alone do not show it: the server may be a read-only replica, or its disk may be full.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import errors, sql

from target_pandev.database.connection import connect, translate_errors
from target_pandev.database.migrate import check_rights, validate_name
from target_pandev.errors import StoreError
from target_pandev.sql import read_migrations

if TYPE_CHECKING:
    from target_pandev.database.connection import Connection


@dataclass(frozen=True)
class WriteCheck:
    """A server on which a load would find or create its schema.

    `schema_version` is None as long as there is no store in the schema.
    """

    server_version: str
    schema_version: int | None
    newest_version: int


def check_writable(conninfo: str, schema: str) -> WriteCheck:
    """Return what a load would find. Creates nothing, and raises `StoreError` as a load would."""
    validate_name(schema)
    with closing(connect(conninfo)) as connection:
        with translate_errors(connection, f"store_schema {schema}"):
            version = _try_write(connection, schema)
        newest_version = read_migrations()[-1][0]
        if version is not None and version > newest_version:
            raise StoreError(
                f"store_schema {schema}: its schema version is {version}, this target-pandev knows "
                f"versions up to {newest_version}; update target-pandev"
            )
        server_version = connection.info.parameter_status("server_version") or "of unknown version"
        return WriteCheck(server_version.split()[0], version, newest_version)


def _try_write(connection: Connection, schema: str) -> int | None:
    """Return the version of the store in a schema in which this role can create a table."""
    try:
        version = _read_version(connection, schema)
        with connection.transaction(force_rollback=True):
            _create(connection, schema)
    except errors.InsufficientPrivilege:
        raise StoreError(
            f"store_schema {schema}: the store's user may not create or change it; "
            "grant it CREATE on the database, or make it the owner of the schema"
        ) from None
    except errors.ReadOnlySqlTransaction:
        raise StoreError(
            "store_url: the server takes no writes, as a standby or by "
            "default_transaction_read_only; use the address of the primary"
        ) from None
    return version


def _read_version(connection: Connection, schema: str) -> int | None:
    """Return the version of the store in a schema; None if there is none."""
    table = sql.Identifier(schema, "schema_versions")
    (row,) = connection.execute(
        "SELECT pg_catalog.to_regclass(%s) IS NOT NULL", [table.as_string()]
    ).fetchall()
    if not row[0]:
        return None
    query = sql.SQL("SELECT pg_catalog.max(version) FROM {}").format(table)
    (row,) = connection.execute(query).fetchall()
    return None if row[0] is None else int(row[0])


def _create(connection: Connection, schema: str) -> None:
    """Create a table in the schema, and the schema if there is none."""
    check_rights(connection, schema)
    identifier = sql.Identifier(schema)
    (row,) = connection.execute(
        "SELECT pg_catalog.to_regnamespace(%s) IS NOT NULL", [identifier.as_string()]
    ).fetchall()
    if not row[0]:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(identifier))
    table = sql.Identifier(schema, f"write_check_{connection.info.backend_pid}")
    connection.execute(sql.SQL("CREATE TABLE {} ()").format(table))
