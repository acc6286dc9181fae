"""Stores a completed read and marks, in the same transaction, the rows that it did not find.

No statement joins a temporary and a stored table, and no sub-query is correlated: so it works on a
store that is spread over machines, and stays one pass over the rows and one over the keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev import columns
from target_pandev.columns import RefusedFieldError
from target_pandev.completed_reads import Condition
from target_pandev.database.ddl import columns_of
from target_pandev.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg.sql import Composable, Composed

    from target_pandev.completed_reads import CompletedRead
    from target_pandev.database.connection import Connection

UNASKED = 10
"""So many rows of a stream a run marks whatever their share: two of five may well go at once."""
KEYS_IN_MEMORY = "SET LOCAL work_mem = '1GB'"
"""A limit, not a reservation: below what the keys take, PostgreSQL compares each row with each."""
CONTAINERS = {"spaces": "space_id", "folders": "folder_id", "lists": "list_id"}
"""Tables whose rows hide tasks, and the tasks' column that names them."""
MARKED = {"_sdc_extracted_at", "_sdc_deleted_at"}


@dataclass(frozen=True)
class Allowance:
    """How much may be marked as gone: a `share` of a scope's rows, or `rows` of any share."""

    share: float
    rows: int


def complete(
    connection: Connection, schema: str, read: CompletedRead, *, allowed: Allowance
) -> int:
    """Store a completed read; mark what is gone, as far as allowed, and unmark what it found.

    Returns how many rows count against those of any share. Nothing happens if the store has a read
    of the same scope that began at that moment or later. Raises `RefusedFieldError`; nothing is
    stored or marked then.
    """
    counted = 0
    with connection.transaction():
        if connection.execute(statement("completed_read"), _parameters(read)).fetchone() is None:
            return 0
        scope = _scope(connection, schema, read)
        connection.execute(KEYS_IN_MEMORY)
        if gone := _count(connection, scope, of=scope.table, where=scope.gone):
            counted = _guard(connection, scope, gone, allowed=allowed)
            _mark(connection, scope, "%(started_at)s", where=scope.gone)
        _mark(connection, scope, "NULL", where=scope.back)
    return counted


def _mark(connection: Connection, scope: Scope, moment: str, *, where: Composed) -> None:
    update = sql.SQL("UPDATE {} SET _sdc_deleted_at = {} WHERE {}")
    connection.execute(update.format(scope.table, sql.SQL(moment), where), scope.parameters)


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


@dataclass(frozen=True)
class Scope:
    """A read's stream in the store: its table, and in SQL which of its rows are meant."""

    name: str
    table: Composable
    tasks: Composable
    live: Composed
    """The workspace's rows that are not marked; without a workspace, those of the table."""
    shown: Composed
    """Those of the read's conditions that are not marked."""
    gone: Composed
    """Those of the read's conditions that it did not find and that were not seen since."""
    back: Composed
    """Those that it found although they are marked."""
    parameters: Mapping[str, Any]


def _scope(connection: Connection, schema: str, read: CompletedRead) -> Scope:
    name = columns.identifier(read.stream)
    types = columns_of(connection, sql.Identifier(schema, name))
    if not types.keys() >= MARKED:
        raise RefusedFieldError("stream", f"the store has no table for a stream {read.stream!r}")
    workspace = [Condition("workspace_id", (read.workspace_id,))] if "workspace_id" in types else []
    parameters: dict[str, Any] = {"started_at": read.started_at}
    where = [_fulfilled(each, types, parameters) for each in (*workspace, *read.conditions)]
    key, found = _found(read, types, parameters)
    parts = {"all": _all(where), "key": key, "found": found}
    return Scope(
        name=name,
        table=_quoted(schema, name),
        tasks=_quoted(schema, "tasks"),
        live=sql.SQL("{} AND _sdc_deleted_at IS NULL").format(_all(where[: len(workspace)])),
        shown=sql.SQL("{} AND _sdc_deleted_at IS NULL").format(_all(where)),
        gone=sql.SQL(
            "_sdc_deleted_at IS NULL AND _sdc_extracted_at < %(started_at)s "
            "AND {all} AND {key} NOT IN {found}"
        ).format(**parts),
        back=sql.SQL("_sdc_deleted_at <= %(started_at)s AND {all} AND {key} IN {found}").format(
            **parts
        ),
        parameters=parameters,
    )


def _quoted(*names: str) -> sql.SQL:
    """Return a name for a statement with parameters, where a percent sign must be doubled."""
    return sql.SQL(sql.Identifier(*names).as_string().replace("%", "%%"))


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
    return _quoted(name), sql.SQL(types[name])


def _guard(connection: Connection, scope: Scope, gone: int, *, allowed: Allowance) -> int:
    """Refuse to mark more than is allowed: a lost permission is no mass deletion.

    Returns how many of the rows of any share that takes.
    """
    measured, what, of = scope.table, f"rows of {scope.name} in this scope", scope.shown
    if column := CONTAINERS.get(scope.name):
        measured, of = scope.tasks, scope.live
        what = f"tasks, by the {scope.name} they are in,"
        hidden = sql.SQL("{} AND {} IN (SELECT id FROM {} WHERE {})").format(
            scope.live, sql.Identifier(column), scope.table, scope.gone
        )
        gone = _count(connection, scope, of=measured, where=hidden)
    live = _count(connection, scope, of=measured, where=of)
    if gone <= allowed.share * live:
        return 0
    if gone > allowed.rows:
        raise RefusedFieldError(
            "",
            f"{gone} of {live} {what} would be marked as gone, more than "
            f"max_deleted_share {allowed.share:g} allows: nothing was marked; see that the token "
            "may still read them all; if they are really gone, run once with max_deleted_share 1",
        )
    return gone


def _count(connection: Connection, scope: Scope, *, of: Composable, where: Composed) -> int:
    count = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(of, where)
    return int(connection.execute(count, scope.parameters).fetchall()[0][0])
