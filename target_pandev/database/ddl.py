"""Finds, makes and widens the table of a stream, under the lock for changes of the schema."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev import columns
from target_pandev.database.connection import StoreError
from target_pandev.database.migrate import lock_ddl
from target_pandev.database.table import METADATA, StreamSchema, Table
from target_pandev.sql import migrations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composed

    from target_pandev.columns import Column
    from target_pandev.database.connection import Connection

logger = logging.getLogger("target-pandev")

OWN_TABLES = frozenset(
    name for _, _, text in migrations() for name in re.findall(r"(?m)^CREATE TABLE (\w+)", text)
)
"""The tables that the store comes with."""


def ensure_table(connection: Connection, schema: str, stream: StreamSchema) -> Table:
    """Return the table of a stream, made or widened if it is not one that the store comes with.

    Columns that exist keep their type. A table of the store's own takes the properties it has
    columns for and no other: what was not promised is not stored. Raises `StoreError`.
    """
    name = columns.identifier(stream.name)
    identifier = sql.Identifier(schema, name)
    with connection.transaction():
        lock_ddl(connection)
        have = columns_of(connection, identifier)
        plan = _plan(stream.properties, have)
        if have and not METADATA.keys() <= have.keys():
            raise StoreError(
                f"stream {stream.name}: the store has a table of this name for another use; "
                "rename the stream by stream_maps (__alias__), or load it into another store_schema"
            )
        missing = [each for each in plan if each.name not in have]
        if name in OWN_TABLES:
            plan = [each for each in plan if each.name in have]
            _tell_left_out(stream.name, missing)
        elif not have:
            connection.execute(_create(identifier, plan, stream.key))
        elif missing:
            connection.execute(_widen(identifier, missing))
        _check_key(connection, identifier, stream)
    version = next((each.name for each in plan if each.property == stream.replication_key), None)
    return Table(schema, name, tuple(plan), tuple(map(columns.identifier, stream.key)), version)


def _plan(properties: Mapping[str, Mapping[str, Any]], have: Mapping[str, str]) -> list[Column]:
    plan = []
    for name, schema in properties.items():
        if not name.startswith("_sdc_"):
            stored = have.get(columns.identifier(name))
            plan.append(columns.column(name, stored or columns.column_type(schema)))
    return plan


def columns_of(connection: Connection, identifier: sql.Identifier) -> dict[str, str]:
    """Return the types of a table's columns; of one that does not exist, none."""
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
        "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        (identifier.as_string(),),
    )
    return {str(name): str(type_) for name, type_ in rows}


def _tell_left_out(stream: str, missing: Sequence[Column]) -> None:
    if missing:
        names = ", ".join(sorted(each.property for each in missing))
        logger.warning("%s: the store has no column for %s, left out", stream, names)


def _create(identifier: sql.Identifier, plan: Sequence[Column], key: Sequence[str]) -> Composed:
    parts = [_definition(each.name, each.type) for each in plan]
    parts += [_definition(name, type_) for name, type_ in METADATA.items()]
    parts.append(_definition("_sdc_deleted_at", "timestamp with time zone"))
    if key:
        names = (sql.Identifier(columns.identifier(each)) for each in key)
        parts.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(names)))
    return sql.SQL("CREATE TABLE {} ({})").format(identifier, sql.SQL(", ").join(parts))


def _widen(identifier: sql.Identifier, missing: Sequence[Column]) -> Composed:
    additions = (
        sql.SQL("ADD COLUMN {}").format(_definition(each.name, each.type)) for each in missing
    )
    return sql.SQL("ALTER TABLE {} {}").format(identifier, sql.SQL(", ").join(additions))


def _definition(name: str, type_: str) -> Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))


def _check_key(connection: Connection, identifier: sql.Identifier, stream: StreamSchema) -> None:
    rows = connection.execute(
        "SELECT a.attname FROM pg_index AS i JOIN pg_attribute AS a "
        "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        "WHERE i.indrelid = to_regclass(%s) AND i.indisprimary",
        (identifier.as_string(),),
    )
    stored, asked = {row[0] for row in rows}, set(map(columns.identifier, stream.key))
    if stored != asked:
        raise StoreError(
            f"stream {stream.name}: its key is ({', '.join(sorted(asked)) or 'none'}), its table "
            f"in the store has ({', '.join(sorted(stored)) or 'none'}); rename the stream by "
            "stream_maps (__alias__), or load it into another store_schema"
        )
