"""Read what a plan is made of from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pandev.worklogs.errors import WorklogError
from pandev.worklogs.facts import ActiveTime, Facts, JournalEntry, Member, Period, TimeEntry
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from pandev.worklogs.rules import WorklogRules


class Store(Protocol):
    """A store that runs one statement at a time, each in a transaction of its own."""

    def now(self) -> datetime:
        """Return the time by its clock."""

    def query(
        self, query: str, parameters: Mapping[str, Any], /
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and the rows of a statement."""


def query(store: Store, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of the statement of a name."""
    return store.query(read_statement(f"worklog_{name}", "pandev.sql"), parameters)[1]


def read_period(store: Store, rules: WorklogRules, last_day: date | None) -> Period:
    """Return the days to plan, by default up to the last closed one. Raises `WorklogError`."""
    parameters = {
        "now": store.now(),
        "last_day": last_day,
        "days": rules.days,
        "grace_hours": rules.grace_hours,
    }
    (row,) = query(store, "period", parameters)
    period = Period(*row)
    if period.last_day > period.closed_day:
        raise WorklogError(
            f"{period.last_day} is not closed yet; the last closed day is {period.closed_day} in "
            f"the time zone {period.time_zone}"
        )
    return period


def read_facts(store: Store, period: Period) -> Facts:
    """Return all facts as the store has them."""
    days = {"first_day": period.first_day, "last_day": period.last_day}
    journal = [JournalEntry(*row) for row in query(store, "journal", days)]
    bounds = {"starts_at": period.starts_at, "ends_at": period.ends_at}
    return Facts(
        period=period,
        active=[ActiveTime(*row) for row in query(store, "active_time", days)],
        members=[Member(*row) for row in query(store, "members", {})],
        entries=[TimeEntry(*row) for row in query(store, "stored_entries", days | bounds)],
        journal={(entry.workspace_id, entry.marker): entry for entry in journal},
        now=store.now(),
    )


def to_time_entries(store: Store, records: Sequence[Mapping[str, Any]]) -> list[TimeEntry]:
    """Return the finished entries of tasks among records of the tap, with their work dates."""
    finished = [
        record
        for record in records
        if record["task_id"]
        and record["user_id"]
        and record["started_at"]
        and record["duration_ms"] is not None
    ]
    days = _work_dates(store, [record["started_at"] for record in finished])
    return [
        TimeEntry(
            record["workspace_id"],
            record["id"],
            record["user_id"],
            record["task_id"],
            record["space_id"],
            day,
            record["duration_ms"],
            record["marker"],
        )
        for record, day in zip(finished, days, strict=True)
    ]


def _work_dates(store: Store, times: Iterable[str]) -> list[date]:
    return [day for (day,) in query(store, "work_dates", {"times": list(times)})]
