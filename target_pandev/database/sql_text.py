"""Compose names and lists of names for SQL statements.

Every function in our SQL is qualified with `pg_catalog`: an unqualified one could be overloaded by
any role that may create in the schema, and would run with the rights of the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.sql import Composable, Composed

COMMA = sql.SQL(", ")


def identifier_list(names: Iterable[str], *, table: str | None = None) -> Composed:
    """Return identifiers separated by commas, each qualified by `table` if given."""
    qualifier = () if table is None else (table,)
    return COMMA.join(sql.Identifier(*qualifier, name) for name in names)


def unnest(arrays: Iterable[Composable]) -> Composed:
    """Return a FROM item with a column for each array and a row for each of their elements."""
    items = [sql.SQL("pg_catalog.unnest({})").format(array) for array in arrays]
    return sql.SQL("ROWS FROM ({})").format(COMMA.join(items))


def escape_percent(part: Composable) -> sql.SQL:
    """Return a part for a statement with parameters, in which psycopg expects `%` doubled."""
    return sql.SQL(part.as_string().replace("%", "%%"))


def key_value(key: Iterable[str], *, table: str | None = None) -> Composed:
    """Return the expression for a row's key as one value, whatever the types of its columns."""
    return sql.SQL("pg_catalog.jsonb_build_array({})").format(identifier_list(key, table=table))
