"""Keep `git_people` and `commit_people`: who made the commits, in the transaction of a load.

The addresses and names that commits have are stored once each, with the person that they are by the
`.mailmap` of their repository and by the employees. They are resolved again when one of these
changes. A lock makes such loads follow one another: each sees what the others have stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from psycopg import sql

from target_pandev.database.table import STAGING_TABLE
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Collection

    from psycopg.sql import Composable

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table

PEOPLE_SINCE = 36
"""The migration since which people are stored: older stores derive all once."""
LOCK_KEY = 0x70656F706C65
"""Key of an advisory lock: "people" in ASCII."""
LOCK_PEOPLE = sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({})").format(LOCK_KEY)
LOCKED_TABLES = {"commits", "repositories", "employees", "ide_events"}
COMMIT_COLUMNS = {
    "author_email": "text", "author_name": "text", "message": "text",
    "authored_at": "timestamptz", "committed_at": "timestamptz",
}  # fmt: skip
ALLOW_HASH_JOIN = "SET LOCAL enable_hashjoin = on"
"""The statements read all people, and not the rows of a stage."""
UNRESOLVED = sql.SQL("i.address IS NULL")
OF_STAGED_REPOSITORIES = sql.SQL("i.repository_id IN (SELECT s.id FROM {} AS s)").format(
    STAGING_TABLE
)
EVERYONE = sql.SQL("true")

Persons: TypeAlias = "set[str]"
"""Persons as in `git_people` and `ide_intervals`."""


def lock_people(connection: Connection, table_name: str) -> None:
    """Prevent that another load changes people until this transaction ends, if this one may."""
    if table_name in LOCKED_TABLES:
        connection.execute(LOCK_PEOPLE)


def derive_people(connection: Connection, table: Table) -> Persons:
    """Derive the people that the staged rows of a table affect.

    Returns the persons who have other commits than before, among those that were stored.
    """
    names = {column.name for column in table.columns}
    if table.name == "commits" and names >= {"repository_id", "sha"}:
        _add_people(connection, STAGING_TABLE, names)
    elif table.name == "repositories" and names >= {"id", "mailmap"}:
        return _resolve(connection, OF_STAGED_REPOSITORIES)
    elif table.name == "employees":
        return _resolve(connection, EVERYONE)
    return set()


def derive_all_people(connection: Connection) -> None:
    """Derive all people, of a store that has none yet."""
    _add_people(connection, sql.Identifier("commits"), COMMIT_COLUMNS)


def settle_people(connection: Connection, table_name: str, *, hard: bool) -> Persons:
    """Derive people again after rows of a table were deleted or restored.

    A repository or commit that is only marked as deleted keeps its people. Returns the persons who
    have other commits than before.
    """
    if table_name == "employees" or (hard and table_name == "repositories"):
        return _resolve(connection, EVERYONE)
    if hard and table_name == "commits":
        connection.execute(read_statement("delete_commit_people").encode())
    return set()


def _add_people(connection: Connection, commits: Composable, names: Collection[str]) -> None:
    columns = {
        name: sql.SQL(f"c.{name}" if name in names else f"NULL::{type_}")
        for name, type_ in COMMIT_COLUMNS.items()
    }
    statement = sql.SQL(read_statement("add_commit_people")).format(commits=commits, **columns)
    if connection.execute(statement).rowcount:
        _resolve(connection, UNRESOLVED)


def _resolve(connection: Connection, in_scope: Composable) -> Persons:
    connection.execute(ALLOW_HASH_JOIN)
    statement = sql.SQL(read_statement("resolve_git_people")).format(in_scope=in_scope)
    rows = connection.execute(statement).fetchall()
    return {str(person) for persons in rows for person in persons if person is not None}
