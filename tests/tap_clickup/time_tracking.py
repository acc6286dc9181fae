"""Time tracked in the shop, and what a run asked of it and completed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from fake_clickup.model import Member
from tests.tap_clickup import accounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import TimeEntry
    from tests.tap_clickup.runner import Reader, Row, Run

MINUTE = timedelta(minutes=1)
SLICE = timedelta(days=30)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TASK = "86task001"
FOREIGN = "77"
When: TypeAlias = "Callable[[Row], bool]"
"""Whether a question, by parameter, is meant."""


def now() -> datetime:
    """Return the moment in whole milliseconds, as ClickUp keeps it.

    A run whose start date it is reads one slice of time entries, as those of the future lie in it.
    """
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def border(at: datetime) -> datetime:
    """Return the beginning of the whole slice that holds a moment."""
    return EPOCH + (at - EPOCH) // SLICE * SLICE


def slice_of(at: datetime) -> str:
    """Return the name of the slice that holds a moment."""
    return f"{border(at):%Y-%m-%d}/{border(at) + SLICE:%Y-%m-%d}"


def track(
    account: Account, start: datetime, duration: timedelta | None = MINUTE, **fields: Any
) -> TimeEntry:
    """Return a new entry, by default of the token's user on the shop's task, last edited then."""
    task_id = fields.pop("task_id", TASK)
    at = fields.pop("at", start)
    return account.add_time_entry(task_id, start=start, duration=duration, at=at, **fields)


def hire(account: Account, numbers: range) -> list[int]:
    """Return the ids of as many new members; they come behind those of the shop."""
    workspace = account.workspaces[0]
    user_ids = [41000000 + number for number in numbers]
    for user_id in user_ids:
        person = accounts.person(user_id, f"Clerk {user_id}")
        workspace.people[user_id] = person
        workspace.members[user_id] = Member(person, 3, 1, joined_ms=2)
    return user_ids


def remember(account: Account, user_id: int, at: datetime) -> None:
    """Let a task of that moment name somebody who has left."""
    workspace = account.workspaces[0]
    workspace.people[user_id] = accounts.person(user_id, f"Former {user_id}")
    account.create_task(accounts.LISTS["in_folder"], name="Farewell", at=at, creator_id=user_id)


def refuse(behaviour: Behaviour, when: When, *, status: int) -> None:
    """Let the local ClickUp refuse questions for time entries, as often as they are asked."""
    path = {400: "/api/v2/list/x", 401: f"/api/v2/team/{FOREIGN}/time_entries"}[status]

    def swap(request: Request, account: Account) -> None:
        account.foreign_workspaces.add(FOREIGN)
        if request.path.endswith("/time_entries") and when(_question(request)):
            request.path = path

    behaviour.on_request = swap


def _question(request: Request) -> Row:
    return {name: values[0] for name, values in request.query.items()}


def questions(read: Reader) -> list[Row]:
    """Return the questions of a run for time entries, by the beginning of what they ask for."""
    found = [_question(request) for request in read.asked("/time_entries")]
    return sorted(found, key=lambda one: (int(one["start_date"]), one["assignee"]))


def starts(read: Reader) -> list[int]:
    """Return the beginnings of the slices of a run in milliseconds."""
    return sorted({int(one["start_date"]) for one in questions(read)})


def asked_people(read: Reader) -> list[list[str]]:
    return [one["assignee"].split(",") for one in questions(read)]


def completed(run: Run) -> dict[str, Row]:
    """Return the completed reads of time entries by the names of their slices."""
    rows = run.rows("completed_reads")
    return {row["scope"]: row for row in rows if row["stream"] == "time_entries"}


def keys(run: Run) -> dict[str, list[str]]:
    """Return the ids of the entries that each completed slice holds."""
    return {name: [key[0] for key in row["keys"]] for name, row in completed(run).items()}


def state_of(run: Run) -> Row:
    """Return what the state holds of the shop's time entries."""
    bookmark = run.state["bookmarks"].get("time_entries", {})
    found: list[Row] = bookmark.get("partitions", [])
    return found[0] if found else {}
