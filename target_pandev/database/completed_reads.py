"""Stores a completed read and marks, in the same transaction, the rows that it did not find.

No statement joins a temporary and a stored table, and no sub-query is correlated: so it works on a
store that is spread over machines, and stays one pass over the rows and one over the keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev import columns
from target_pandev.columns import RefusedFieldError
from target_pandev.completed_reads import Condition
from target_pandev.database.ddl import columns_of, key_of
from target_pandev.database.deletions import KEYS_IN_MEMORY, Scope, remove
from target_pandev.database.table import quoted
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg.sql import Composed

    from target_pandev.completed_reads import CompletedRead
    from target_pandev.database.connection import Connection
    from target_pandev.database.deletions import DeletionRules

MARKED = {"_sdc_extracted_at", "_sdc_deleted_at"}


def complete(
    connection: Connection, schema: str, read: CompletedRead, rules: DeletionRules, *, unasked: int
) -> int:
    """Store a completed read; mark or delete what is gone, and unmark what it found.

    Up to `unasked` rows may go whatever their share; returns how many of these that took. Nothing
    happens if the store has a read of the same scope that began at that moment or later. Raises
    `RefusedFieldError`; nothing is stored or marked then.
    """
    with connection.transaction():
        if (
            connection.execute(read_statement("completed_read"), _parameters(read)).fetchone()
            is None
        ):
            return 0
        scope, back = _scope(connection, schema, read)
        connection.execute(KEYS_IN_MEMORY)
        taken = remove(connection, scope, rules, unasked=unasked)
        update = sql.SQL("UPDATE {} SET _sdc_deleted_at = NULL WHERE {}")
        connection.execute(update.format(scope.table, back), scope.parameters)
    return taken


def _parameters(read: CompletedRead) -> dict[str, Any]:
    return {
        "workspace_id": read.workspace_id,
        "stream": read.stream,
        "scope": read.scope,
        "started_at": read.started_at,
        "finished_at": read.finished_at,
        "conditions": read.conditions_json,
        "key_properties": columns.json_text(read.key_properties),
        "count": read.count,
        "read_at": read.read_at,
        "hash": read.hash,
    }


def _scope(connection: Connection, schema: str, read: CompletedRead) -> tuple[Scope, Composed]:
    """Return what a read was of, and in SQL the rows that it found although they are marked."""
    name = columns.identifier(read.stream)
    types = columns_of(connection, sql.Identifier(schema, name))
    if not types.keys() >= MARKED:
        raise RefusedFieldError("stream", f"the store has no table for a stream {read.stream!r}")
    workspace = [Condition("workspace_id", (read.workspace_id,))] if "workspace_id" in types else []
    parameters: dict[str, Any] = {"started_at": read.started_at}
    where = [_fulfilled(each, types, parameters) for each in (*workspace, *read.conditions)]
    key, found = _found(read, types, parameters)
    parts = {"all": _all(where), "key": key, "found": found}
    scope = Scope(
        schema,
        name,
        key_of(connection, sql.Identifier(schema, name)),
        live=sql.SQL("{} AND _sdc_deleted_at IS NULL").format(_all(where[: len(workspace)])),
        shown=sql.SQL("{} AND _sdc_deleted_at IS NULL").format(_all(where)),
        gone=sql.SQL(
            "_sdc_deleted_at IS NULL AND _sdc_extracted_at < %(started_at)s "
            "AND {all} AND {key} NOT IN {found}"
        ).format(**parts),
        parameters=parameters,
    )
    back = sql.SQL("_sdc_deleted_at <= %(started_at)s AND {all} AND {key} IN {found}")
    return scope, back.format(**parts)


def _all(conditions: list[Composed]) -> Composed:
    return sql.SQL(" AND ").join([sql.SQL("true").format(), *conditions])


def _fulfilled(
    condition: Condition, types: Mapping[str, str], parameters: dict[str, Any]
) -> Composed:
    """Return a condition in SQL, its values added to the parameters."""
    name, type_ = _column(condition.property, types, "conditions")
    parts = []
    for test, value in _tests(condition):
        place = f"p{len(parameters)}"
        parameters[place] = value
        parts.append(sql.SQL(test).format(name=name, value=sql.Placeholder(place), type=type_))
    return sql.SQL(" AND ").join(parts)


def _tests(condition: Condition) -> Iterator[tuple[str, str | list[str]]]:
    if condition.values is not None:
        yield "{name} = ANY ({value}::text[]::{type}[])", list(condition.values)
    if condition.at_least is not None:
        yield "{name} >= {value}::text::{type}", condition.at_least
    if condition.before is not None:
        yield "{name} < {value}::text::{type}", condition.before


def _found(
    read: CompletedRead, types: Mapping[str, str], parameters: dict[str, Any]
) -> tuple[Composed, Composed]:
    """Return in SQL a row's key, and the keys that were read."""
    names, arrays = [], []
    for place, (each, values) in enumerate(zip(read.key_properties, read.keys, strict=True)):
        name, type_ = _column(each, types, "key_properties")
        parameters[f"k{place}"] = values
        names.append(name)
        arrays.append(sql.SQL("{}::text[]::{}[]").format(sql.Placeholder(f"k{place}"), type_))
    comma = sql.SQL(", ")
    found = sql.SQL("(SELECT * FROM unnest({}))").format(comma.join(arrays))
    return sql.SQL("({})").format(comma.join(names)), found


def _column(property_: str, types: Mapping[str, str], field: str) -> tuple[sql.SQL, sql.SQL]:
    name = columns.identifier(property_)
    if name not in types:
        raise RefusedFieldError(field, f"its table has no column for {property_!r}")
    return quoted(name), sql.SQL(types[name])
