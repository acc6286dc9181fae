"""Create the store's schema or bring an older one up to date: numbered migrations, then views.

A migration is a file of `sql/migrations` and is applied once, by its number: a file that a store
has applied already may change without effect on that store. Migrations contain tables only; views
are files of `sql/views` and are created again when they change (`views`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from psycopg import errors, sql

from target_pandev.columns import NAME_BYTES
from target_pandev.database.connection import execute_each
from target_pandev.database.ide_time import INTERVALS_SINCE, derive_all_intervals
from target_pandev.database.people import PEOPLE_SINCE, derive_all_people
from target_pandev.database.private_tables import hide_private_tables
from target_pandev.database.reporting import CALENDAR_SINCE, derive_calendar
from target_pandev.database.resolved_links import RESOLVED_SINCE, resolve_all_links
from target_pandev.database.table_names import free_table_names
from target_pandev.database.transitions import DERIVED_SINCE, derive_all_transitions
from target_pandev.database.views import are_views_current, read_stored_views, update_views
from target_pandev.errors import StoreError
from target_pandev.sql import read_migrations, read_statement

if TYPE_CHECKING:
    from target_pandev.database.connection import Connection

DDL_LOCK_KEY = 0x70616E646576
"""Key of the advisory lock for schema changes: "pandev" in ASCII."""
DUPLICATE_NAME_ERRORS = (
    errors.DuplicateTable,
    errors.DuplicateColumn,
    errors.DuplicateFunction,
    errors.DuplicateObject,
)
"""Errors whose text names what is in the way, and no value of a row."""

logger = logging.getLogger("target-pandev")


def lock_ddl(connection: Connection) -> None:
    """Prevent schema changes by other loads until this transaction ends."""
    connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (DDL_LOCK_KEY,))


def migrate(connection: Connection, schema: str) -> None:
    """Make `schema` the connection's search path and bring it up to date. Raises `StoreError`."""
    validate_name(schema)
    try:
        identifier = sql.Identifier(schema).as_string()
        connection.execute("SELECT set_config('search_path', %s, false)", (identifier,))
        with connection.transaction():
            lock_ddl(connection)
            check_rights(connection, schema)
            if not _exists(connection):
                _create(connection, schema)
            _update(connection, schema)
    except errors.InsufficientPrivilege:
        raise StoreError(
            f"store_schema {schema}: the store's user may not create or change it; "
            "grant it CREATE on the database, or make it the owner of the schema"
        ) from None


def validate_name(schema: str) -> None:
    """Raise `StoreError` for a name that PostgreSQL rejects, truncates or keeps for itself."""
    if not schema:
        raise StoreError("store_schema: empty; choose a name")
    if len(schema.encode()) > NAME_BYTES:
        raise StoreError(f"store_schema: longer than {NAME_BYTES} bytes; choose a shorter name")
    if schema == "information_schema" or schema.startswith("pg_"):
        raise StoreError(f"store_schema {schema}: belongs to PostgreSQL; choose another name")


def check_rights(connection: Connection, schema: str) -> None:
    """Raise `StoreError` for a schema in which its owner could make this role run other code."""
    row = connection.execute(read_statement("schema_rights").encode(), [schema]).fetchone()
    if row is None:
        return
    owner, is_owner, may_create, creators = row
    if may_create and not is_owner:
        raise StoreError(
            f"store_schema {schema}: belongs to the role {owner}; connect as that role, or make "
            "the store's user the owner of the schema"
        )
    if creators:
        logger.warning(
            "store_schema %s: %s may create objects in it; revoke CREATE unless you trust them",
            schema,
            ", ".join(creators),
        )


def _exists(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT pg_catalog.to_regclass('schema_versions') IS NOT NULL"
    ).fetchone()
    return bool(row and row[0])


def _create(connection: Connection, schema: str) -> None:
    identifier = sql.Identifier(schema)
    namespace = connection.execute(
        "SELECT pg_catalog.to_regnamespace(%s)", (identifier.as_string(),)
    ).fetchall()[0][0]
    if namespace is None:  # IF NOT EXISTS would need the right to create it even if it exists
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(identifier))
    connection.execute(
        "CREATE TABLE schema_versions "
        "(version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)"
    )


def _update(connection: Connection, schema: str) -> None:
    """Apply the migrations that the schema lacks, and create the views that have changed."""
    row = connection.execute(
        "SELECT coalesce(pg_catalog.max(version), 0) FROM schema_versions"
    ).fetchone()
    stored_version = int(row[0]) if row else 0
    migrations = read_migrations()
    newest_version = migrations[-1][0]
    if stored_version > newest_version:
        raise StoreError(
            f"store_schema {schema}: its schema version is {stored_version}, this target-pandev "
            f"knows versions up to {newest_version}; update target-pandev"
        )
    if stored_version == newest_version and are_views_current(connection):
        return
    views = read_stored_views(connection, stored_version)
    for version, name, text in migrations:
        if version > stored_version:
            free_table_names(connection, schema, text, has_streams=stored_version > 0)
            _apply(connection, schema, version, name, text)
    update_views(connection, schema, views)
    hide_private_tables(connection, schema)
    if 0 < stored_version < CALENDAR_SINCE:
        derive_calendar(connection)
    if 0 < stored_version < PEOPLE_SINCE:
        derive_all_people(connection)
    if 0 < stored_version < INTERVALS_SINCE:
        derive_all_intervals(connection)
    if 0 < stored_version < DERIVED_SINCE:
        derive_all_transitions(connection)
    if 0 < stored_version < RESOLVED_SINCE:
        resolve_all_links(connection)


def _apply(connection: Connection, schema: str, version: int, name: str, text: str) -> None:
    logger.info("store: applying migration %s", name)
    try:
        execute_each(connection, text)
    except DUPLICATE_NAME_ERRORS as error:
        raise StoreError(
            f"store_schema {schema}: {error.diag.message_primary}, and target-pandev has one of "
            f"this name (migration {name}); rename or drop it, and run again"
        ) from None
    connection.execute(
        "INSERT INTO schema_versions (version, name, applied_at) VALUES (%s, %s, pg_catalog.now())",
        (version, name),
    )
