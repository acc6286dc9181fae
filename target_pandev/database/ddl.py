"""Find, create and widen the table of a stream, under the lock for schema changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from psycopg import errors, sql

from target_pandev.columns import (
    VERSION_TYPES,
    as_key_column,
    common_type,
    infer_column_type,
    make_column,
    safe_identifier,
)
from target_pandev.database.migrate import lock_ddl
from target_pandev.database.sql_text import COMMA, identifier_list
from target_pandev.database.table import METADATA, STAGING_TABLE, StreamSchema, Table
from target_pandev.database.table_names import NEW_TABLE
from target_pandev.errors import StoreError
from target_pandev.sql import read_migrations, read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from psycopg.sql import Composed

    from target_pandev.columns import Column
    from target_pandev.database.connection import Connection

logger = logging.getLogger("target-pandev")


def _read_own_tables() -> frozenset[str]:
    """Return the tables that the migrations create, by the names that they have now."""
    names: set[str] = set()
    for _, _, text in read_migrations():
        for created, former, new in NEW_TABLE.findall(text):
            names.discard(former)
            names.add(created or new)
    return frozenset(names)


OWN_TABLES = _read_own_tables()
RESERVED = {*METADATA, "_sdc_deleted_at", "_sdc_row"}
"""Properties that are not loaded, because the load has its own columns of these names."""
CONVERSIONS = {"jsonb": "pg_catalog.to_jsonb({})", "text": "pg_catalog.to_jsonb({}) #>> '{{}}'"}
"""Conversions of a column to another type without loss, for types where a cast is not enough."""


def ensure_table(connection: Connection, schema: str, stream: StreamSchema) -> Table:
    """Return the table of a stream, created or widened if a migration did not create it.

    A column whose property has a new type takes the type that represents both. A table of the
    migrations is not changed: properties without a column are not loaded, because only promised
    data is stored. Raises `StoreError`.
    """
    if taken := RESERVED & set(stream.key):
        raise StoreError(
            f"stream {stream.name}: the key's property {taken.pop()} has the name of a column that "
            "the store adds; rename that property by stream_maps"
        )
    name = safe_identifier(stream.name)
    identifier = sql.Identifier(schema, name)
    with connection.transaction():
        lock_ddl(connection)
        existing = column_types(connection, identifier)
        if existing and not METADATA.keys() <= existing.keys():
            raise StoreError(
                f"stream {stream.name}: the store uses the table of this name for another purpose; "
                "rename the stream by stream_maps (__alias__), or load it into another store_schema"
            )
        columns = _plan_columns(stream.properties, existing, widen=name not in OWN_TABLES)
        missing = [column for column in columns if column.name not in existing]
        widened = [
            column for column in columns if column.type != existing.get(column.name, column.type)
        ]
        if name in OWN_TABLES:
            columns = [column for column in columns if column.name in existing]
            _warn_unknown_properties(stream.name, missing)
        elif not existing:
            connection.execute(_create(identifier, columns, stream.key))
        elif missing or widened:
            _widen(connection, identifier, stream.name, missing, widened)
        _check_key(connection, identifier, stream)
    version = next(
        (
            column.name
            for column in columns
            if column.property == stream.replication_key and column.type in VERSION_TYPES
        ),
        None,
    )
    columns = [
        as_key_column(column) if column.property in stream.key else column for column in columns
    ]
    columns.sort(key=lambda column: column.name)  # the tap's order must not change a row's hash
    return Table(schema, name, tuple(columns), tuple(map(safe_identifier, stream.key)), version)


def _plan_columns(
    properties: Mapping[str, Mapping[str, Any]], existing: Mapping[str, str], *, widen: bool
) -> list[Column]:
    columns = []
    for name, schema in properties.items():
        if name in RESERVED:
            continue
        inferred = infer_column_type(schema)
        stored = existing.get(safe_identifier(name))
        if stored and not widen:
            columns.append(make_column(name, stored))
        else:
            type_ = common_type(stored, inferred) if stored else inferred
            columns.append(make_column(name, type_, inferred))
    return columns


def column_types(connection: Connection, identifier: sql.Identifier) -> dict[str, str]:
    """Return the types of the columns that a load writes; empty if the table does not exist."""
    rows = connection.execute(
        "SELECT attname, pg_catalog.format_type(atttypid, NULL) FROM pg_attribute "
        "WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = ''",
        (identifier.as_string(),),
    )
    return {str(name): str(type_) for name, type_ in rows}


def _warn_unknown_properties(stream: str, missing: Sequence[Column]) -> None:
    if missing:
        names = ", ".join(sorted(column.property for column in missing))
        logger.warning("%s: the store has no column for %s, not loaded", stream, names)


def _create(identifier: sql.Identifier, columns: Sequence[Column], key: Sequence[str]) -> Composed:
    parts = [_definition(column.name, column.type) for column in columns]
    parts += [_definition(name, f"{type_} NOT NULL") for name, type_ in METADATA.items()]
    parts.append(_definition("_sdc_deleted_at", "timestamp with time zone"))
    if key:
        names = identifier_list(map(safe_identifier, key))
        parts.append(sql.SQL("PRIMARY KEY ({})").format(names))
    return sql.SQL("CREATE TABLE {} ({})").format(identifier, COMMA.join(parts))


def _widen(
    connection: Connection,
    identifier: sql.Identifier,
    stream: str,
    missing: Sequence[Column],
    widened: Sequence[Column],
) -> None:
    changes = [
        sql.SQL("ADD COLUMN {}").format(_definition(column.name, column.type)) for column in missing
    ]
    for column in widened:
        changes.append(_alter_type(column.name, column.type))
        logger.info(
            "%s: changing the type of column %s to %s", stream, column.property, column.type
        )
    try:
        alter = sql.SQL("ALTER TABLE {} {}").format(identifier, COMMA.join(changes))
        connection.execute(alter)
    except errors.FeatureNotSupported:
        names = ", ".join(f"{column.property} ({column.type})" for column in widened)
        raise StoreError(
            f"stream {stream}: a view or rule prevents a column from changing its type: {names}; "
            "drop what uses the column, run again, then recreate it"
        ) from None


def _alter_type(name: str, type_: str) -> Composed:
    column = sql.Identifier(name)
    conversion = sql.SQL(CONVERSIONS.get(type_, "{}")).format(column)
    return sql.SQL("ALTER COLUMN {} TYPE {} USING {}").format(column, sql.SQL(type_), conversion)


def align_staging_types(connection: Connection, table: Table) -> bool:
    """Change the types of staged columns to those of the table, and return whether any differed.

    Another load may have widened the table in the meantime; it cannot do so again before the end
    of this transaction.
    """
    connection.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(table.identifier))
    existing = column_types(connection, table.identifier)
    changes = [
        _alter_type(column.name, existing[column.name])
        for column in table.columns
        if existing.get(column.name, column.type) != column.type
    ]
    if changes:
        alter = sql.SQL("ALTER TABLE {} {}").format(STAGING_TABLE, COMMA.join(changes))
        connection.execute(alter)
    return bool(changes)


def _definition(name: str, type_: str) -> Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))


def primary_key(connection: Connection, identifier: sql.Identifier) -> list[str]:
    """Return the columns of a table's primary key, in its order."""
    rows = connection.execute(read_statement("primary_key").encode(), (identifier.as_string(),))
    return [str(name) for (name,) in rows]


def _check_key(connection: Connection, identifier: sql.Identifier, stream: StreamSchema) -> None:
    stored = set(primary_key(connection, identifier))
    declared = set(map(safe_identifier, stream.key))
    if stored != declared:
        raise StoreError(
            f"stream {stream.name}: its key is {_key_text(declared)}, the key of its table in the "
            f"store is {_key_text(stored)}; rename the stream by stream_maps (__alias__), or load "
            "it into another store_schema"
        )


def _key_text(names: set[str]) -> str:
    return f"({', '.join(sorted(names)) or 'none'})"
