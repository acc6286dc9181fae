"""Messages about one task and its statuses, by hour, and what the status views show of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
TEXTS = (
    "workspace_id", "id", "name", "status", "status_id", "status_type", "list_id", "space_id",
)  # fmt: skip
DATES = ("date_created", "date_updated", "date_done", "date_closed")
SCHEMAS = {
    "tasks": schema(
        "tasks",
        {**dict.fromkeys(TEXTS, "string"), **dict.fromkeys(DATES, TIMESTAMP)},
        KEY,
        bookmark="date_updated",
    ),
    "task_changes": schema(
        "task_changes",
        {
            **dict.fromkeys(("workspace_id", "id", "task_id", "list_id", "user_id"), "string"),
            **dict.fromkeys(("field", "from_value", "from_status_type"), "string"),
            **dict.fromkeys(("to_value", "to_status_type"), "string"),
            "changed_at": TIMESTAMP,
        },
        KEY,
    ),
    "statuses": schema(
        "statuses",
        dict.fromkeys(
            ("workspace_id", "scope_type", "scope_id", "status", "status_id", "status_type"),
            "string",
        ),
        ["workspace_id", "scope_type", "scope_id", "status"],
    ),
    "time_in_status": schema(
        "time_in_status",
        {
            **dict.fromkeys(("workspace_id", "task_id", "status"), "string"),
            "minutes": "number",
            "since": TIMESTAMP,
        },
        ["workspace_id", "task_id", "status"],
    ),
}
TYPES = {
    "to do": "open",
    "doing": "custom",
    "in progress": "custom",
    "review": "custom",
    "done": "done",
    "closed": "closed",
}
TASK = "86a1"
DAY = datetime(2026, 2, 10, tzinfo=UTC)
"""The task is created at its hour 0."""


def clock(hour: float) -> datetime:
    """Return an hour of the day."""
    return DAY + timedelta(hours=hour)


def hours(time: datetime) -> float:
    """Return the hour of a time, to the millisecond."""
    return round((time - DAY) / timedelta(hours=1), 7)


def change(
    hour: float, before: str | None, after: str, *, number: int = 0, task_id: str = TASK
) -> dict[str, Any]:
    """Return a change as a webhook reports it."""
    values = {
        "workspace_id": "900",
        "id": str(number or int(hour * 100)) + task_id.removeprefix(TASK),
        "task_id": task_id,
        "list_id": "31",
        "user_id": "183",
        "field": "status",
        "from_value": before,
        "from_status_type": TYPES.get(before or ""),
        "to_value": after,
        "to_status_type": TYPES[after],
        "changed_at": clock(hour).isoformat(),
    }
    return record("task_changes", values)


def seen(  # noqa: PLR0913 - what differs from the usual task is named
    hour: float,
    status: str,
    *,
    status_id: str | None = None,
    closed: float | None = None,
    done: float | None = None,
    task_id: str = TASK,
    created: float = 0,
) -> dict[str, Any]:
    """Return the task as it is read after its last edit at an hour.

    `closed` is when it was closed, `done` when it was done, by default at that time too.
    """
    date_closed = None if closed is None else clock(closed).isoformat()
    values = {
        "workspace_id": "900",
        "id": task_id,
        "name": "Ship it",
        "status": status,
        "status_id": status_id or f"s {status}",
        "status_type": TYPES[status],
        "list_id": "31",
        "space_id": "11",
        "date_created": clock(created).isoformat(),
        "date_updated": clock(hour).isoformat(),
        "date_done": date_closed if done is None else clock(done).isoformat(),
        "date_closed": date_closed if TYPES[status] == "closed" else None,
    }
    return record("tasks", values)


def in_status(status: str, *, since: float, minutes: float) -> dict[str, Any]:
    """Return the time that the task was in a status."""
    key = {"workspace_id": "900", "task_id": "86a1", "status": status}
    return record("time_in_status", {**key, "since": clock(since).isoformat(), "minutes": minutes})


def workflow(name: str, *, status_id: str | None = None) -> dict[str, Any]:
    """Return a status of the task's list."""
    key = {"workspace_id": "900", "scope_type": "list", "scope_id": "31", "status": name}
    return record(
        "statuses",
        {**key, "status_id": status_id or f"s {name}", "status_type": TYPES.get(name, "custom")},
    )


def load(store: Loader, *messages: dict[str, Any]) -> None:
    """Load messages one after the other, each in a run of its own."""
    for message in messages:
        store.load(SCHEMAS[message["stream"]], message)


def transitions(store: Loader) -> list[tuple[Any, ...]]:
    """Return from, to, the hours between which it was, who, of each transition."""
    rows = store.rows(
        "SELECT from_status, to_status, changed_after, changed_at, user_id, is_inferred "
        "FROM status_transitions "
        "ORDER BY changed_at, is_inferred DESC, length(change_id), change_id"
    )
    assert [row[5] for row in rows] == [row[4] is None for row in rows]
    return [(a, b, hours(after), hours(at), who) for a, b, after, at, who, _ in rows]


def cycle(store: Loader) -> list[tuple[Any, ...]]:
    """Return the hours of start and close, of elapsed, active and lead time, and the rest."""
    rows = store.rows(
        "SELECT started_at, closed_at, elapsed_ms, active_ms, lead_ms, reopened_count, "
        "is_inferred, basis FROM cycle_times"
    )
    return [
        (
            start and hours(start),
            hours(end),
            *(duration and duration / 3.6e6 for duration in durations),
            *rest,
        )
        for start, end, *durations, reopened, inferred, basis in rows
        for rest in [(reopened, inferred, basis)]
    ]
