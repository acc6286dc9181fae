"""Reconcile a table with a completed read: store the read, and mark the rows that it did not find.

No statement joins a temporary with a stored table, and no subquery is correlated. So it works on a
store that is distributed over several machines, and takes one pass over the rows and one over the
keys, whatever `work_mem` is: PostgreSQL looks values up in an array by hash, but compares every row
with every key of a subquery if they need more memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from target_pandev.columns import encode_json, safe_identifier
from target_pandev.completed_reads import Condition
from target_pandev.database.ddl import column_types, primary_key
from target_pandev.database.deletions import PLAN_WITH_KEYS, DeletionScope, delete_missing
from target_pandev.database.ide_time import days_of_commits, derive_intervals
from target_pandev.database.links import settle_links
from target_pandev.database.sql_text import (
    COMMA,
    escape_percent,
    identifier_list,
    key_value,
    unnest,
)
from target_pandev.database.tombstones import forget_tombstones
from target_pandev.database.transitions import touch_rows
from target_pandev.deletion_limit import FREE_DELETIONS
from target_pandev.errors import InvalidFieldError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.sql import Composable, Composed

    from target_pandev.completed_reads import CompletedRead
    from target_pandev.database.connection import Connection
    from target_pandev.database.deletions import DeletionRules

MARK_COLUMNS = {"_sdc_extracted_at", "_sdc_deleted_at"}
UNMARKED = sql.SQL("_sdc_deleted_at IS NULL")
READ_BEFORE = sql.SQL("_sdc_extracted_at < %(started_at)s")
READ_SINCE = sql.SQL("_sdc_extracted_at >= %(started_at)s")
MARKED_BEFORE = sql.SQL("_sdc_deleted_at <= %(started_at)s")
GIT_FREE_DELETIONS = {"branches": FREE_DELETIONS, "commits": 200}
"""How many rows reads of git may delete in a day whatever their share, by table. The commits of a
branch that was merged into one commit are gone with the branch."""
TEXT = sql.SQL("text")
SEPARATOR = "/0"
"""Between the columns of a key that is compared as one text."""
ESCAPED = "pg_catalog.replace({}, '/', '/1')"
HAS_VALUES = sql.SQL("""
SELECT EXISTS (SELECT 1 FROM {table} WHERE {live} AND {column} IS NOT NULL)
    OR NOT EXISTS (SELECT 1 FROM {table} WHERE {live} AND {found})
""")
"""Whether a property of a condition has values, unless no row that was found is in the store.
Usually the first row answers it."""


def apply_completed_read(
    connection: Connection,
    schema: str,
    read: CompletedRead,
    rules: DeletionRules,
) -> bool:
    """Store a completed read, mark or delete missing rows, and restore the marked ones it found.

    Does nothing and returns False if a read of the same scope that started at the same time or
    later is stored. Raises `InvalidFieldError`; nothing is changed then.
    """
    with connection.transaction():
        if (
            connection.execute(read_statement("completed_read"), _parameters(read)).fetchone()
            is None
        ):
            return False
        scope, reappeared = _scope(connection, schema, read)
        connection.execute(PLAN_WITH_KEYS)
        missing = delete_missing(connection, scope, rules)
        found = sql.SQL("{} WHERE {}").format(scope.table, reappeared)
        touch_rows(connection, scope.table_name, found, scope.parameters, hard=False)
        restored = _restore(connection, scope, reappeared)
        if missing or restored:
            settle_links(connection, scope.table_name, _repositories(read))
        _check_conditions(connection, scope, read)
    return True


def _restore(connection: Connection, scope: DeletionScope, reappeared: Composable) -> int:
    """Restore marked rows, forget their deletions, and return how many rows there are."""
    restore = sql.SQL("UPDATE {} SET _sdc_deleted_at = NULL WHERE {} RETURNING {}").format(
        scope.table, reappeared, escape_percent(identifier_list(scope.key))
    )
    rows = connection.execute(restore, scope.parameters).fetchall()
    if not rows:
        return 0
    restored = _as_table(connection, scope, rows)
    keys = connection.execute(
        sql.SQL("SELECT {} FROM {} AS k").format(key_value(scope.key, table="k"), restored)
    )
    forget_tombstones(
        connection,
        stream=scope.table_name,
        workspace_id=scope.workspace_id,
        keys=[key for (key,) in keys],
        until=scope.parameters["started_at"],
    )
    if scope.table_name == "commits":
        derive_intervals(connection, days_of_commits(connection, restored))
    return len(rows)


def _as_table(
    connection: Connection, scope: DeletionScope, keys: Sequence[tuple[Any, ...]]
) -> Composed:
    """Return a subquery for keys of the table, with the names and types of its columns."""
    types = column_types(connection, sql.Identifier(scope.schema, scope.table_name))
    arrays = [
        sql.SQL("{}::{}[]").format(sql.Literal([*values]), sql.SQL(types[name]))
        for name, values in zip(scope.key, zip(*keys, strict=True), strict=True)
    ]
    return sql.SQL("(SELECT * FROM {} AS k ({}))").format(
        unnest(arrays), identifier_list(scope.key)
    )


def _repositories(read: CompletedRead) -> list[str] | None:
    """Return the repositories that a read is limited to, or None."""
    for condition in read.conditions:
        if condition.property == "repository_id" and condition.values is not None:
            return list(condition.values)
    return None


def _parameters(read: CompletedRead) -> dict[str, Any]:
    return {
        "workspace_id": read.workspace_id,
        "stream": read.stream,
        "scope": read.scope,
        "started_at": read.started_at,
        "finished_at": read.finished_at,
        "conditions": read.conditions_json,
        "key_properties": encode_json(read.key_properties),
        "count": read.count,
        "extracted_at": read.extracted_at,
        "hash": read.hash,
    }


def _scope(
    connection: Connection, schema: str, read: CompletedRead
) -> tuple[DeletionScope, Composable]:
    """Return the scope of a read, and the condition for marked rows that it found.

    Raises `InvalidFieldError`.
    """
    name = safe_identifier(read.stream)
    table = sql.Identifier(schema, name)
    types = column_types(connection, table)
    if not types.keys() >= MARK_COLUMNS:
        raise InvalidFieldError("stream", f"the store has no table for a stream {read.stream!r}")
    if not read.workspace_id and "workspace_id" in types:
        raise InvalidFieldError("workspace_id", "expected text, as the stream has workspaces")
    conditions = _Conditions(types, {"started_at": read.started_at})
    in_workspace = conditions.of_workspace(read.workspace_id)
    in_scope = _and(in_workspace, *map(conditions.of_property, read.conditions))
    is_git = name in GIT_FREE_DELETIONS
    counted = in_scope
    if is_git and read.is_list_of_missing_rows:
        others = [condition for condition in read.conditions if not read.lists_keys(condition)]
        counted = _and(in_workspace, *map(conditions.of_property, others))
    found = conditions.found(read)
    scope = DeletionScope(
        schema,
        name,
        primary_key(connection, table),
        workspace_id=read.workspace_id if "workspace_id" in types else "",
        name=read.scope,
        in_workspace=_and(in_workspace, UNMARKED),
        in_scope=_and(counted, UNMARKED),
        missing=_and(UNMARKED, READ_BEFORE, in_scope, conditions.missing(read)),
        parameters=conditions.parameters,
        replaced=_count_new(connection, table, counted, conditions.parameters) if is_git else 0,
        free_deletions=GIT_FREE_DELETIONS.get(name, FREE_DELETIONS),
    )
    return scope, _and(MARKED_BEFORE, in_scope, found)


def _count_new(
    connection: Connection, table: sql.Identifier, rows: Composable, parameters: Mapping[str, Any]
) -> int:
    """Return how many of some rows of git are new or changed since the read began.

    They replace missing ones, when a history is rewritten or a branch renamed.
    """
    count = sql.SQL("SELECT pg_catalog.count(*) FROM {} WHERE {}")
    statement = count.format(escape_percent(table), _and(rows, UNMARKED, READ_SINCE))
    return int(connection.execute(statement, parameters).fetchall()[0][0])


def _check_conditions(connection: Connection, scope: DeletionScope, read: CompletedRead) -> None:
    """Raise `InvalidFieldError` if a property of a condition is null in every row that was found.

    Such a row would never be marked.
    """
    types = column_types(connection, sql.Identifier(scope.schema, scope.table_name))
    conditions = _Conditions(types, {**scope.parameters})
    found = conditions.found(read)
    for condition in read.conditions:
        query = HAS_VALUES.format(
            table=scope.table,
            live=scope.in_workspace,
            column=conditions.column(condition.property),
            found=found,
        )
        row = connection.execute(query, conditions.parameters).fetchone()
        if row == (False,):
            raise InvalidFieldError(
                f"conditions.{condition.property}",
                "null in all rows, so no deletion could be marked; select the property and load "
                "the stream again (--full-refresh)",
            )


class _Conditions:
    """Builds conditions on the rows of a table; their values are added to the `parameters`."""

    def __init__(self, types: Mapping[str, str], parameters: dict[str, Any]) -> None:
        self._types = types
        self.parameters = parameters

    def of_workspace(self, workspace_id: str) -> Composable:
        """Return the condition for the rows of a workspace, if the table has workspaces."""
        if "workspace_id" not in self._types:
            return sql.SQL("true")
        return self.of_property(Condition("workspace_id", (workspace_id,)))

    def of_property(self, condition: Condition) -> Composable:
        """Return a condition of a completed read in SQL."""
        tests: list[tuple[str, str | list[str]]] = []
        if condition.values is not None:
            tests.append(("{name} = ANY ({value}::text[]::{type}[])", list(condition.values)))
        if condition.at_least is not None:
            tests.append(("{name} >= {value}::text::{type}", condition.at_least))
        if condition.before is not None:
            tests.append(("{name} < {value}::text::{type}", condition.before))
        name, type_ = self._column(condition.property, "conditions")
        return _and(
            *(
                sql.SQL(test).format(name=name, value=self._placeholder(value), type=type_)
                for test, value in tests
            )
        )

    def found(self, read: CompletedRead) -> Composed:
        """Return the condition for the rows whose keys were read."""
        return self._compare(read, "{} = ANY ({})", "({}) IN (SELECT * FROM {})")

    def missing(self, read: CompletedRead) -> Composed:
        """Return the condition for the rows whose keys were not read."""
        return self._compare(read, "{} <> ALL ({})", "({}) NOT IN (SELECT * FROM {})")

    def _compare(self, read: CompletedRead, with_array: str, with_rows: str) -> Composed:
        """Compare the key with an array, or if it has columns of several types, with rows."""
        columns = [self._column(name, "key_properties") for name in read.key_properties]
        names = [name for name, _ in columns]
        if len(columns) > 1 and all(type_ == TEXT for _, type_ in columns):
            parts = (sql.SQL(ESCAPED).format(name) for name in names)
            values = self._placeholder([_join_key(key) for key in zip(*read.keys, strict=True)])
            joined = sql.SQL(f" || '{SEPARATOR}' || ").join(parts)
            return sql.SQL(with_array).format(joined, sql.SQL("{}::text[]").format(values))
        arrays = [
            sql.SQL("{}::text[]::{}[]").format(self._placeholder(values), type_)
            for values, (_, type_) in zip(read.keys, columns, strict=True)
        ]
        if len(columns) == 1:
            return sql.SQL(with_array).format(*names, *arrays)
        return sql.SQL(with_rows).format(COMMA.join(names), unnest(arrays))

    def column(self, property_: str) -> Composable:
        """Return the column of a property of a condition. Raises `InvalidFieldError`."""
        return self._column(property_, "conditions")[0]

    def _placeholder(self, value: str | list[str]) -> sql.Placeholder:
        name = f"value_{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)

    def _column(self, property_: str, field: str) -> tuple[sql.SQL, sql.SQL]:
        """Return name and type of a property's column. Raises `InvalidFieldError`."""
        name = safe_identifier(property_)
        if name not in self._types:
            raise InvalidFieldError(field, f"its table has no column for {property_!r}")
        return escape_percent(sql.Identifier(name)), sql.SQL(self._types[name])


def _join_key(key: Sequence[str]) -> str:
    return SEPARATOR.join(value.replace("/", "/1") for value in key)


def _and(*conditions: Composable) -> Composable:
    return sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true")
