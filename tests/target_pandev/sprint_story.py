"""Messages about a sprint and its tasks, by day, and what the sprint views show of them.

The sprint is the list 31, from March 2, 9:00 to March 16, 9:00. Its tasks came in by 9:00 on the
next day, or later. All of it is in the past.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Day 0; the sprint ends on day 14."""
DAYS = 14
SPRINT, NEXT_SPRINT, BACKLOG = "31", "32", "30"
TYPES = {"to do": "open", "doing": "custom", "done": "done", "closed": "closed"}
KEY = ["workspace_id", "id"]
TEXTS = (
    *("workspace_id", "id", "name", "status", "status_type", "list_id"),
    *("parent_id", "top_level_parent_id"),
)
DATES = ("date_created", "date_updated", "date_done", "date_closed")
SCHEMAS = {
    "tasks": schema(
        "tasks",
        {
            **dict.fromkeys(TEXTS, "string"),
            **dict.fromkeys(DATES, TIMESTAMP),
            "points": "number",
            "secondary_list_ids": "array",
        },
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
    "sprints": schema(
        "sprints",
        {
            **dict.fromkeys(("workspace_id", "id", "name", "space_id"), "string"),
            "start_date": TIMESTAMP,
            "end_date": TIMESTAMP,
            "dates_inferred": "boolean",
        },
        KEY,
    ),
}


def day(number: float) -> str:
    """Return a time by its day in the sprint."""
    return (START + timedelta(days=number)).isoformat()


def sprint(
    sprint_id: str = SPRINT,
    *,
    start: str | None = day(0),
    end: str | None = day(DAYS),
    **values: Any,
) -> dict[str, Any]:
    """Return a sprint."""
    key = {"workspace_id": "900", "id": sprint_id, "name": f"Sprint {sprint_id}"}
    dates = {"start_date": start, "end_date": end, "dates_inferred": False}
    return record("sprints", {**key, **dates, **values})


def seen(
    task_id: str,
    edited: float,
    status: str = "to do",
    *,
    lists: tuple[str, ...] = (SPRINT,),
    read: float | None = None,
    **values: Any,
) -> dict[str, Any]:
    """Return a task as it was after an edit; the first of its lists is its home.

    It is read at once unless `read` says when, and created on day -20 unless `values` do.
    """
    task = {
        "workspace_id": "900",
        "id": task_id,
        "name": f"Task {task_id}",
        "status": status,
        "status_type": TYPES[status],
        "list_id": lists[0],
        "secondary_list_ids": list(lists[1:]),
        "date_created": day(-20),
        "date_updated": day(edited),
    }
    return record("tasks", {**task, **values}, at=day(edited if read is None else read))


def moved(task_id: str, at: float, before: str, after: str) -> dict[str, Any]:
    """Return the move of a task to another home, as a webhook reports it."""
    return _change(task_id, at, {"field": "list_id", "from_value": before, "to_value": after})


def changed(task_id: str, at: float, before: str, after: str) -> dict[str, Any]:
    """Return the change of a status, as a webhook reports it."""
    values = {"field": "status", "from_value": before, "to_value": after}
    types = {"from_status_type": TYPES[before], "to_status_type": TYPES[after]}
    return _change(task_id, at, {**values, **types})


def _change(task_id: str, at: float, values: dict[str, Any]) -> dict[str, Any]:
    key = {"workspace_id": "900", "id": f"{task_id}{round(at * 100)}{values['field'][0]}"}
    return record(
        "task_changes",
        {**key, "task_id": task_id, "changed_at": day(at), "user_id": "183", **values},
    )


def load(store: Loader, *messages: dict[str, Any]) -> None:
    """Load messages one after the other, each in a run of its own."""
    for message in messages:
        store.load(SCHEMAS[message["stream"]], message)


FLAGS = ("committed", "added", "removed", "done", "carried_over")


def tasks(store: Loader, sprint_id: str = SPRINT) -> dict[str, tuple[Any, ...]]:
    """Return by task the words for what it was, its points, and whether that is inferred."""
    columns = ", ".join(f"is_{flag}" for flag in FLAGS)
    rows = store.rows(
        f"SELECT task_id, points, is_inferred, {columns} FROM sprint_tasks "  # noqa: S608 - names of our own
        "WHERE sprint_id = %s ORDER BY task_id",
        sprint_id,
    )
    return {
        task_id: (
            " ".join(flag for flag, is_set in zip(FLAGS, flags, strict=True) if is_set),
            points,
            is_inferred,
        )
        for task_id, points, is_inferred, *flags in rows
    }


def report(store: Loader, sprint_id: str = SPRINT) -> tuple[Any, ...]:
    """Return the phase, and tasks and points committed, added, removed, done, carried over."""
    counts = ", ".join(f"{flag}_tasks, {flag}_points" for flag in FLAGS)
    (row,) = store.rows(
        f"SELECT phase, {counts} FROM sprint_report WHERE sprint_id = %s",  # noqa: S608 - names of our own
        sprint_id,
    )
    return row
