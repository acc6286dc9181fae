"""Derive the intervals of active time from the events of editors, for the days that change.

The statements say how. The events of an interval are those of its day and of 15 minutes around it,
so that a late event costs a day and not a history. Its commit is the next one of the person in the
repository: a commit changes the days since the one before it, an employee or a `.mailmap` those of
the person. Loads of all these derive one after the other (`people`): two may touch the same day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from psycopg import sql

from target_pandev.database.people import ALLOW_HASH_JOIN, LOCK_PEOPLE
from target_pandev.database.sql_text import unnest
from target_pandev.database.table import EVENTS_TABLE, FORCE_KEY_LOOKUP, STAGING_TABLE
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from psycopg.sql import Composable

    from target_pandev.database.connection import Connection
    from target_pandev.database.people import Persons
    from target_pandev.database.table import Table
    from target_pandev.database.tombstones import Deletion

INTERVALS_SINCE = 40
"""The migration since which intervals are derived as they are: older stores derive all again."""
DELETED_EVENTS = sql.SQL("(SELECT * FROM {} AS k (email, occurred_at))").format(
    unnest([sql.SQL("%(emails)s::text[]"), sql.SQL("%(times)s::text[]::timestamptz[]")])
)

PEOPLE_TABLES = {"employees", "repositories"}
EDITOR_REPOSITORIES = sql.SQL(read_statement("editor_repositories"))
EmployeeDays: TypeAlias = "Sequence[Sequence[str]]"
"""Pairs of an e-mail address and a date in the time zone of reports."""


def days_of_events(
    connection: Connection, table: Table, deletions: Sequence[Deletion]
) -> EmployeeDays:
    """Return the days whose intervals the deletion of events may change; none for another table."""
    if table.name != EVENTS_TABLE:
        return []
    email = table.key.index("email")
    occurred_at = table.key.index("occurred_at")
    keys = {
        "emails": [deletion.key[email] for deletion in deletions],
        "times": [deletion.key[occurred_at] for deletion in deletions],
    }
    return _days(connection, "ide_days", keys, events=DELETED_EVENTS)


def days_of_load(connection: Connection, table_name: str, persons: Persons) -> EmployeeDays:
    """Return the days whose intervals the staged rows of a table change, apart from events.

    `persons` have other commits than before.
    """
    if table_name == "commits":
        return days_of_commits(connection, STAGING_TABLE)
    return _days_of_people(connection, persons) if table_name in PEOPLE_TABLES else []


def days_of_commits(connection: Connection, keys: Composable) -> EmployeeDays:
    """Return the days whose intervals lead to other commits, now that those of some keys exist."""
    connection.execute(FORCE_KEY_LOOKUP)
    return _days(connection, "days_of_commits", keys=keys)


def days_of_deletions(connection: Connection, table_name: str, persons: Persons) -> EmployeeDays:
    """Return the days whose intervals change with the deletion of rows other than events."""
    if table_name == "commits":
        return _days(connection, "days_of_gone_commits")
    return _days_of_people(connection, persons) if table_name in PEOPLE_TABLES else []


def derive_intervals(connection: Connection, days: EmployeeDays) -> None:
    """Derive the intervals of some days from the events as they are now."""
    if not days:
        return
    parameters = {"emails": [email for email, _ in days], "days": [day for _, day in days]}
    connection.execute(ALLOW_HASH_JOIN)
    connection.execute(read_statement("delete_ide_intervals").encode(), parameters)
    insert = sql.SQL(read_statement("insert_ide_intervals")).format(
        editor_repositories=EDITOR_REPOSITORIES
    )
    connection.execute(insert, parameters, prepare=False)


def derive_all_intervals(connection: Connection) -> None:
    """Derive all intervals again: after a change of the time zone, or of events of any days."""
    connection.execute(LOCK_PEOPLE)
    connection.execute("DELETE FROM ide_intervals")
    events = sql.Identifier(EVENTS_TABLE)
    derive_intervals(connection, _days(connection, "ide_days", events=events))


def _days_of_people(connection: Connection, persons: Persons) -> EmployeeDays:
    """Return the days whose person or repository has changed, and those of some persons."""
    return _days(
        connection,
        "days_of_changed_people",
        {"persons": [*persons]},
        editor_repositories=EDITOR_REPOSITORIES,
    )


def _days(
    connection: Connection,
    statement: str,
    parameters: Mapping[str, Any] | None = None,
    **relations: Composable,
) -> EmployeeDays:
    query = sql.SQL(read_statement(statement)).format(**relations)
    return [(str(email), str(day)) for email, day in connection.execute(query, parameters)]
