"""Transitions, stays and cycle times: exact where a webhook reported them, inferred in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
TEXTS = ("workspace_id", "id", "name", "status", "status_id", "status_type", "list_id")
TASKS = schema(
    "tasks",
    {**dict.fromkeys(TEXTS, "string"), "date_created": TIMESTAMP, "date_updated": TIMESTAMP},
    KEY,
    bookmark="date_updated",
)
CHANGES = schema(
    "status_changes",
    {
        **dict.fromkeys(("workspace_id", "id", "task_id", "list_id", "user_id"), "string"),
        **dict.fromkeys(("from_status", "from_status_type"), "string"),
        **dict.fromkeys(("to_status", "to_status_type"), "string"),
        "changed_at": TIMESTAMP,
    },
    KEY,
)
STATUSES = schema(
    "statuses",
    dict.fromkeys(("workspace_id", "scope_type", "scope_id", "status", "status_id"), "string"),
    ["workspace_id", "scope_type", "scope_id", "status"],
)
TYPES = {
    "to do": "open",
    "doing": "custom",
    "in progress": "custom",
    "review": "custom",
    "done": "done",
    "closed": "closed",
}
DAY = datetime(2026, 2, 10, tzinfo=UTC)


def clock(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def change(hour: float, before: str | None, after: str, *, number: int = 0) -> dict[str, Any]:
    values = {
        "workspace_id": "900",
        "id": str(number or int(hour * 100)),
        "task_id": "86a1",
        "list_id": "31",
        "user_id": "183",
        "from_status": before,
        "from_status_type": TYPES.get(before or ""),
        "to_status": after,
        "to_status_type": TYPES[after],
        "changed_at": clock(hour).isoformat(),
    }
    return record("status_changes", values)


def seen(hour: float, status: str, *, status_id: str | None = None) -> dict[str, Any]:
    """Return the task as it is read after its last edit at an hour."""
    values = {
        "workspace_id": "900",
        "id": "86a1",
        "name": "Ship it",
        "status": status,
        "status_id": status_id or f"s {status}",
        "status_type": TYPES[status],
        "list_id": "31",
        "date_created": clock(0).isoformat(),
        "date_updated": clock(hour).isoformat(),
    }
    return record("tasks", values)


def load(store: Loader, *messages: dict[str, Any]) -> None:
    for message in messages:
        store.load(TASKS if message["stream"] == "tasks" else CHANGES, message)


def transitions(store: Loader) -> list[tuple[Any, ...]]:
    """Return from, to, the hours between which it was, who, of each transition."""
    rows = store.rows(
        "SELECT from_status, to_status, changed_after, changed_at, user_id, is_inferred "
        "FROM status_transitions ORDER BY changed_at, is_inferred DESC"
    )
    assert [row[5] for row in rows] == [row[4] is None for row in rows]
    return [(a, b, hours(after), hours(at), who) for a, b, after, at, who, _ in rows]


def hours(time: datetime) -> float:
    return (time - DAY) / timedelta(hours=1)


def test_changes_from_webhooks_are_exact(store: Loader) -> None:
    """R70 to R74: a transition from a webhook has both statuses, its timestamp and its actor."""
    load(store, change(1, None, "to do"), change(3, "to do", "doing"), change(5, "doing", "done"))
    assert transitions(store) == [
        (None, "to do", 1, 1, "183"),
        ("to do", "doing", 3, 3, "183"),
        ("doing", "done", 5, 5, "183"),
    ]


def test_a_read_after_each_change_adds_no_transition(store: Loader) -> None:
    load(store, seen(1, "to do"), change(3, "to do", "doing"), seen(3, "doing"))
    load(store, change(5, "doing", "done"), seen(5.5, "done"))
    assert transitions(store) == [("to do", "doing", 3, 3, "183"), ("doing", "done", 5, 5, "183")]


def test_a_gap_is_filled_by_an_inferred_transition_without_a_user(
    store: Loader,
) -> None:
    load(store, seen(1, "to do"), seen(4, "doing"), change(6, "review", "done"))
    assert transitions(store) == [
        ("to do", "doing", 1, 4, None),
        ("doing", "review", 4, 6, None),
        ("review", "done", 6, 6, "183"),
    ]


STORY = (
    seen(1, "to do"),
    change(2, "to do", "doing"),
    seen(4, "review"),
    change(6, "done", "closed"),
)


@pytest.mark.parametrize("order", [*permutations(range(len(STORY)))])
def test_every_order_of_arrival_gives_the_same_answer(
    store: Loader, order: tuple[int, ...]
) -> None:
    load(store, *(STORY[index] for index in order))
    steps = [(row[0], row[1], row[3], row[4]) for row in transitions(store)]
    assert steps == [
        ("to do", "doing", 2, "183"),
        ("doing", "review", 4, None),
        ("review", "done", 6, None),
        ("done", "closed", 6, "183"),
    ]


def test_a_renamed_status_is_not_a_transition(store: Loader) -> None:
    load(store, seen(1, "doing", status_id="s5"), seen(2, "in progress", status_id="s5"))
    assert transitions(store) == []
    load(store, seen(3, "review"))
    assert transitions(store) == [("in progress", "review", 2, 3, None)]


def test_a_renamed_status_is_known_in_a_change_too(store: Loader) -> None:
    """A webhook names a status without its id; the list's workflow has it."""
    names = {"workspace_id": "900", "scope_type": "list", "scope_id": "31"}
    store.load(STATUSES, record("statuses", {**names, "status": "In Progress", "status_id": "s5"}))
    load(store, seen(1, "doing", status_id="s5"), change(3, "in progress", "done"))
    assert transitions(store) == [("in progress", "done", 3, 3, "183")]


def test_the_same_name_in_other_case_is_not_a_transition(store: Loader) -> None:
    load(store, seen(1, "to do"), change(3, "To Do".upper(), "doing"))
    assert [row[:2] for row in transitions(store)] == [("TO DO", "doing")]


def test_durations_last_from_transition_to_transition(store: Loader) -> None:
    """R76: time in status is derived from transitions; the current status has no end."""
    load(store, change(1, None, "to do"), change(3, "to do", "doing"), seen(6, "closed"))
    rows = store.rows(
        "SELECT status, status_group, duration_ms, ended_at IS NULL, is_inferred "
        "FROM status_durations ORDER BY started_at"
    )
    assert [row if row[2] < 10**8 else (*row[:2], "grows", *row[3:]) for row in rows] == [
        ("to do", "OPEN", 2 * 3_600_000, False, False),
        ("doing", "IN_PROGRESS", 3 * 3_600_000, False, True),
        ("closed", "CLOSED", "grows", True, True),
    ]


def cycle(store: Loader) -> list[tuple[Any, ...]]:
    """Return the hours of start, close, cycle and lead, how often reopened, whether inferred."""
    rows = store.rows(
        "SELECT started_at, closed_at, cycle_ms, lead_ms, reopened_count, is_inferred "
        "FROM cycle_times"
    )
    return [
        (start and hours(start), hours(end), took and took / 3.6e6, lead / 3.6e6, *rest)
        for start, end, took, lead, *rest in rows
    ]


def test_the_cycle_is_from_the_first_progress_to_the_last_close(store: Loader) -> None:
    """R75: cycle times are derived from transitions, of a reopened task until its last close."""
    load(store, seen(0, "to do"), change(3, "to do", "doing"), change(5, "doing", "done"))
    load(store, change(6, "done", "doing"), change(9, "doing", "done"))
    load(store, change(10, "done", "closed"), seen(10, "closed"))
    assert cycle(store) == [(3, 9, 6, 9, 1, False)]


def test_cycle_time_needs_a_close_and_a_time_in_progress(
    store: Loader,
) -> None:
    load(store, seen(0, "to do"), change(5, "to do", "closed"), seen(5, "closed"))
    assert cycle(store) == [(None, 5, None, 5, 0, False)]
    load(store, change(7, "closed", "doing"), seen(7, "doing"))
    assert cycle(store) == []


def test_a_close_that_was_only_seen_is_marked_inferred(store: Loader) -> None:
    load(store, seen(0, "to do"), change(2, "to do", "doing"), seen(8, "closed"))
    assert cycle(store) == [(2, 8, 6, 8, 0, True)]


def test_a_status_that_is_renamed_after_a_change_to_it_is_known_too(store: Loader) -> None:
    """Its old name stays with its id in the list's workflow, marked as deleted or not."""
    names = {"workspace_id": "900", "scope_type": "list", "scope_id": "31", "status_id": "s5"}
    for name in ("doing", "in progress"):
        store.load(STATUSES, record("statuses", {**names, "status": name}))
    load(store, change(1, "to do", "doing"), seen(2, "in progress", status_id="s5"))
    assert transitions(store) == [("to do", "doing", 1, 1, "183")]


def test_an_inferred_transition_precedes_the_exact_one(store: Loader) -> None:
    load(store, *STORY)
    rows = store.rows("SELECT status, started_at, ended_at FROM status_durations")
    stays = {status: (hours(start), end and hours(end)) for status, start, end in rows}
    assert stays == {"doing": (2, 4), "review": (4, 6), "done": (6, 6), "closed": (6, None)}
