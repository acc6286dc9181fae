"""Derive the intervals of active time from the events of editors, for the days that change.

The statements say how. The intervals of a day depend on the events of that day and of 15 minutes
around it only, so that a late event costs a day and not a history. A lock makes loads of events
derive one after the other: two of them may touch the same day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from psycopg import sql

from target_pandev.database.sql_text import unnest
from target_pandev.database.table import EVENTS_TABLE
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from psycopg.sql import Composable

    from target_pandev.database.connection import Connection
    from target_pandev.database.table import Table
    from target_pandev.database.tombstones import Deletion

LOCK_KEY = 0x696465
"""Key of an advisory lock: "ide" in ASCII."""

DELETED_EVENTS = sql.SQL("(SELECT * FROM {} AS k (email, occurred_at))").format(
    unnest([sql.SQL("%(emails)s::text[]"), sql.SQL("%(times)s::text[]::timestamptz[]")])
)

EmployeeDays: TypeAlias = "Sequence[Sequence[str]]"
"""Pairs of an e-mail address and a date in the time zone of reports."""


def lock_intervals(connection: Connection) -> None:
    """Prevent that another load changes intervals until this transaction ends."""
    connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (LOCK_KEY,))


def lock_deleted_days(
    connection: Connection, table: Table, deletions: Sequence[Deletion]
) -> EmployeeDays:
    """Return the days whose intervals deletions may change; none for another table.

    No other load changes intervals until this transaction ends.
    """
    if table.name != EVENTS_TABLE:
        return []
    lock_intervals(connection)
    email = table.key.index("email")
    occurred_at = table.key.index("occurred_at")
    keys = {
        "emails": [deletion.key[email] for deletion in deletions],
        "times": [deletion.key[occurred_at] for deletion in deletions],
    }
    return _days(connection, DELETED_EVENTS, keys)


def derive_intervals(connection: Connection, days: EmployeeDays) -> None:
    """Derive the intervals of some days from the events as they are now."""
    if not days:
        return
    parameters = {"emails": [email for email, _ in days], "days": [day for _, day in days]}
    connection.execute(read_statement("delete_ide_intervals").encode(), parameters)
    connection.execute(read_statement("insert_ide_intervals").encode(), parameters)


def derive_all_intervals(connection: Connection) -> None:
    """Derive all intervals again: after a change of the time zone, or of events of any days."""
    lock_intervals(connection)
    connection.execute("DELETE FROM ide_intervals")
    derive_intervals(connection, _days(connection, sql.Identifier(EVENTS_TABLE)))


def _days(
    connection: Connection, events: Composable, parameters: Mapping[str, Any] | None = None
) -> EmployeeDays:
    query = sql.SQL(read_statement("ide_days")).format(events=events)
    return [(str(email), str(day)) for email, day in connection.execute(query, parameters)]
