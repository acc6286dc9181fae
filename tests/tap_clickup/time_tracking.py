"""Time tracked in the shop: how to add it, and what a run requested and completed of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from fake_clickup.model import Member
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import EPOCH, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import TimeEntry
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

SLICE_LENGTH = timedelta(days=30)
INACCESSIBLE_WORKSPACE = "77"
QueryCondition: TypeAlias = "Callable[[Row], bool]"
"""Decides by the query parameters of a request."""


def slice_start(timestamp: datetime) -> datetime:
    """Return the start of the slice that contains a timestamp."""
    return EPOCH + (timestamp - EPOCH) // SLICE_LENGTH * SLICE_LENGTH


def slice_name(timestamp: datetime) -> str:
    """Return the name of the slice that contains a timestamp."""
    start = slice_start(timestamp)
    return f"{start:%Y-%m-%d}/{start + SLICE_LENGTH:%Y-%m-%d}"


def track(
    account: Account,
    start: datetime,
    duration: timedelta | None = MINUTE,
    *,
    task_id: str | None = accounts.TASK_ID,
    at: datetime | None = None,
    **fields: Any,
) -> TimeEntry:
    """Add a time entry and return it; by default the token's user made it at its start."""
    return account.add_time_entry(task_id, start=start, duration=duration, at=at or start, **fields)


def add_members(account: Account, numbers: range) -> list[int]:
    """Add a member for each number and return their ids, which sort after those of the shop."""
    workspace = account.workspaces[0]
    user_ids = [41000000 + number for number in numbers]
    for user_id in user_ids:
        person = accounts.person(user_id, f"Clerk {user_id}")
        workspace.users[user_id] = person
        workspace.members[user_id] = Member(person, 3, 1, joined_ms=2)
    return user_ids


def add_task_of_former_member(account: Account, user_id: int, at: datetime) -> None:
    """Add a task whose creator is no longer a member of the workspace."""
    workspace = account.workspaces[0]
    workspace.users[user_id] = accounts.person(user_id, f"Former {user_id}")
    account.create_task(accounts.LISTS["in_folder"], name="Farewell", at=at, creator_id=user_id)


def reject_time_entries(behaviour: Behaviour, condition: QueryCondition, *, status: int) -> None:
    """Respond with HTTP 400 or 401 to every request for time entries that meets a condition."""
    rejected_paths = {
        400: "/api/v2/list/x",
        401: f"/api/v2/team/{INACCESSIBLE_WORKSPACE}/time_entries",
    }

    def replace_path(request: Request, account: Account) -> None:
        account.foreign_workspaces.add(INACCESSIBLE_WORKSPACE)
        if request.path.endswith("/time_entries") and condition(_query(request)):
            request.path = rejected_paths[status]

    behaviour.on_request = replace_path


def _query(request: Request) -> Row:
    return {name: values[0] for name, values in request.query.items()}


def time_entry_queries(run_tap: TapRunner) -> list[Row]:
    """Return the query of each request for time entries in the last run, by start date."""
    queries = [_query(request) for request in run_tap.requests_to("/time_entries")]
    return sorted(queries, key=lambda query: (int(query["start_date"]), query["assignee"]))


def requested_starts(run_tap: TapRunner) -> list[int]:
    """Return the distinct start dates that the last run requested, in milliseconds."""
    return sorted({int(query["start_date"]) for query in time_entry_queries(run_tap)})


def requested_assignees(run_tap: TapRunner) -> list[list[str]]:
    """Return the users that each request of the last run named."""
    return [query["assignee"].split(",") for query in time_entry_queries(run_tap)]


def completed_slices(run: TapRun) -> dict[str, Row]:
    """Return the completed reads of time entries by the name of their slice."""
    rows = run.rows("completed_reads")
    return {row["scope"]: row for row in rows if row["stream"] == "time_entries"}


def entry_ids_by_slice(run: TapRun) -> dict[str, list[str]]:
    """Return the ids of the time entries in each completed slice."""
    return {name: [key[0] for key in row["keys"]] for name, row in completed_slices(run).items()}


def saved_state(run: TapRun) -> Row:
    """Return the state of the shop's time entries; it is empty if the run saved none."""
    bookmark = run.state["bookmarks"].get("time_entries", {})
    partitions: list[Row] = bookmark.get("partitions", [])
    return partitions[0] if partitions else {}
