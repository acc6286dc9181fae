"""Finds, makes and widens the table of a stream, under the lock for changes of the schema."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from psycopg import errors, sql

from target_pandev import columns
from target_pandev.database.connection import StoreError
from target_pandev.database.migrate import lock_ddl
from target_pandev.database.table import METADATA, STAGE, StreamSchema, Table
from target_pandev.sql import read_migrations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composed

    from target_pandev.columns import Column
    from target_pandev.database.connection import Connection

logger = logging.getLogger("target-pandev")

OWN_TABLES = frozenset(
    name
    for _, _, text in read_migrations()
    for name in re.findall(r"(?m)^CREATE TABLE (\w+)", text)
)
"""The tables that the store comes with."""
RESERVED = {*METADATA, "_sdc_deleted_at", "_sdc_row"}
"""Properties that are left out: the load has columns of its own of these names."""
CONVERSIONS = {"jsonb": "to_jsonb({})", "text": "to_jsonb({}) #>> '{{}}'"}
"""How a column's values become those of another type without loss, where a cast would not do."""


def ensure_table(connection: Connection, schema: str, stream: StreamSchema) -> Table:
    """Return the table of a stream, made or widened if it is not one that the store comes with.

    A column whose property has another type than before takes the type that holds both. A table of
    the store's own takes the properties it has columns for, as they are, and no other: what was not
    promised is not stored. Raises `StoreError`.
    """
    if taken := RESERVED & set(stream.key):
        raise StoreError(
            f"stream {stream.name}: the store has a column of its own by the name of the key's "
            f"{taken.pop()}; rename that property by stream_maps"
        )
    name = columns.identifier(stream.name)
    identifier = sql.Identifier(schema, name)
    with connection.transaction():
        lock_ddl(connection)
        have = columns_of(connection, identifier)
        plan = _plan(stream.properties, have, widens=name not in OWN_TABLES)
        if have and not METADATA.keys() <= have.keys():
            raise StoreError(
                f"stream {stream.name}: the store has a table of this name for another use; "
                "rename the stream by stream_maps (__alias__), or load it into another store_schema"
            )
        missing = [each for each in plan if each.name not in have]
        wider = [each for each in plan if each.type != have.get(each.name, each.type)]
        if name in OWN_TABLES:
            plan = [each for each in plan if each.name in have]
            _tell_left_out(stream.name, missing)
        elif not have:
            connection.execute(_create(identifier, plan, stream.key))
        elif missing or wider:
            _widen(connection, identifier, stream.name, missing, wider)
        _check_key(connection, identifier, stream)
    version = next((each.name for each in plan if each.property == stream.replication_key), None)
    plan = [columns.of_key(each) if each.property in stream.key else each for each in plan]
    plan.sort(key=lambda each: each.name)  # a row's hash does not depend on the tap's order
    return Table(schema, name, tuple(plan), tuple(map(columns.identifier, stream.key)), version)


def _plan(
    properties: Mapping[str, Mapping[str, Any]], have: Mapping[str, str], *, widens: bool
) -> list[Column]:
    plan = []
    for name, schema in properties.items():
        if name in RESERVED:
            continue
        wanted, stored = columns.column_type(schema), have.get(columns.identifier(name))
        if stored and not widens:
            plan.append(columns.column(name, stored))
        else:
            type_ = columns.wider(stored, wanted) if stored else wanted
            plan.append(columns.column(name, type_, wanted))
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
    parts += [_definition(name, f"{type_} NOT NULL") for name, type_ in METADATA.items()]
    parts.append(_definition("_sdc_deleted_at", "timestamp with time zone"))
    if key:
        names = (sql.Identifier(columns.identifier(each)) for each in key)
        parts.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(names)))
    return sql.SQL("CREATE TABLE {} ({})").format(identifier, sql.SQL(", ").join(parts))


def _widen(
    connection: Connection,
    identifier: sql.Identifier,
    stream: str,
    missing: Sequence[Column],
    wider: Sequence[Column],
) -> None:
    changes = [
        sql.SQL("ADD COLUMN {}").format(_definition(each.name, each.type)) for each in missing
    ]
    for each in wider:
        changes.append(_retype(each.name, each.type))
        logger.info("%s: the column %s becomes %s", stream, each.property, each.type)
    try:
        alter = sql.SQL("ALTER TABLE {} {}").format(identifier, sql.SQL(", ").join(changes))
        connection.execute(alter)
    except errors.FeatureNotSupported:
        names = ", ".join(f"{each.property} ({each.type})" for each in wider)
        raise StoreError(
            f"stream {stream}: a view or rule keeps a column from its new type: {names}; drop what "
            "uses the column, run again, then make it anew"
        ) from None


def _retype(name: str, type_: str) -> Composed:
    column = sql.Identifier(name)
    conversion = sql.SQL(CONVERSIONS.get(type_, "{}")).format(column)
    return sql.SQL("ALTER COLUMN {} TYPE {} USING {}").format(column, sql.SQL(type_), conversion)


def fit_stage(connection: Connection, table: Table) -> bool:
    """Give staged rows the types that the table's columns have, if those are no longer the plan's.

    Another load may have widened the table since; it cannot do so again until the end of the
    transaction. Returns whether the stage is another one now.
    """
    connection.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(table.identifier))
    have = columns_of(connection, table.identifier)
    changes = [
        _retype(each.name, have[each.name])
        for each in table.columns
        if have.get(each.name, each.type) != each.type
    ]
    if changes:
        alter = sql.SQL("ALTER TABLE {} {}").format(STAGE, sql.SQL(", ").join(changes))
        connection.execute(alter)
    return bool(changes)


def _definition(name: str, type_: str) -> Composed:
    return sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_))


def key_of(connection: Connection, identifier: sql.Identifier) -> list[str]:
    """Return the columns of a table's key, in its order."""
    rows = connection.execute(
        "SELECT a.attname FROM pg_index AS i JOIN pg_attribute AS a "
        "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        "WHERE i.indrelid = to_regclass(%s) AND i.indisprimary "
        "ORDER BY array_position(i.indkey::int2[], a.attnum)",
        (identifier.as_string(),),
    )
    return [str(name) for (name,) in rows]


def _check_key(connection: Connection, identifier: sql.Identifier, stream: StreamSchema) -> None:
    stored = set(key_of(connection, identifier))
    asked = set(map(columns.identifier, stream.key))
    if stored != asked:
        raise StoreError(
            f"stream {stream.name}: its key is ({', '.join(sorted(asked)) or 'none'}), its table "
            f"in the store has ({', '.join(sorted(stored)) or 'none'}); rename the stream by "
            "stream_maps (__alias__), or load it into another store_schema"
        )
