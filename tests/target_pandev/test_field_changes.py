"""Changes of a task's fields other than the status: exact from webhooks, inferred from versions."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests.target_pandev.loading import record
from tests.target_pandev.status_story import SCHEMAS
from tests.target_pandev.test_status_views import USERS
from tests.target_pandev.test_task_versions import TASKS, version

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

CHANGES = """
SELECT field, from_value, to_value, to_char(changed_after, 'DD HH24:MI'),
    to_char(changed_at, 'DD HH24:MI'), user_id
FROM task_field_changes
ORDER BY changed_at, is_inferred DESC, length(change_id), change_id, field, from_value, to_value
"""


def change(
    at: str, field: str, before: str | None, after: str | None, *, number: int = 0
) -> dict[str, Any]:
    """Return a change of a day and time in January as a webhook reports it."""
    day, time = at.split(" ")
    values = {
        "workspace_id": "1",
        "id": str(number or 10),
        "task_id": "a",
        "user_id": "183",
        "field": field,
        "from_value": before,
        "to_value": after,
        "changed_at": f"2026-01-{day}T{time}:00+00:00",
    }
    return record("task_changes", values)


def load(store: Loader, *messages: dict[str, Any]) -> None:
    """Load messages one after the other, each in a run of its own."""
    for message in messages:
        store.load(TASKS if message["stream"] == "tasks" else SCHEMAS["task_changes"], message)


def test_versions_show_changes_without_an_actor(store: Loader) -> None:
    """At the latest when the task was edited, and not before the edit that was read before."""
    load(
        store,
        version(1, due_date=None),
        version(2, due_date=None),
        version(
            4,
            list_id="32",
            assignee_ids=["184", "185"],
            priority=None,
            points=1.50,
            time_estimate_ms=7_200_000,
            due_date="2026-02-01T12:00:00+01:00",
        ),
    )
    bounds = ("02 00:00", "04 00:00", None)
    assert store.rows(CHANGES) == [
        ("assignee_ids", "183", None, *bounds),
        ("assignee_ids", None, "184", *bounds),
        ("assignee_ids", None, "185", *bounds),
        ("due_date", None, "2026-02-01T11:00:00.000+00:00", *bounds),
        ("list_id", "31", "32", *bounds),
        ("points", "0.5", "1.5", *bounds),
        ("priority", "3", None, *bounds),
        ("time_estimate_ms", "3600000", "7200000", *bounds),
    ]


DUE = "2026-02-01T00:00:00+00:00"
ESTIMATE = (
    change("03 12:00", "time_estimate_ms", "3600000", "5400000", number=9),
    change("03 12:00", "time_estimate_ms", "5400000", "7200000", number=10),
    change("04 12:00", "time_estimate_ms", "9000000", None, number=11),
    change("04 13:00", "due_date", DUE, "2026-02-08T00:00:00+00:00", number=12),
    version(3, time_estimate_ms=7_200_000),
    version(6, time_estimate_ms=1_800_000, due_date="2026-02-08T00:00:00+00:00"),
)


def test_what_webhooks_do_not_explain_is_inferred(store: Loader) -> None:
    """Each change begins with the value that the one before it has set, or another one is missing.

    Of two changes in one millisecond the one with the lower number is the first.
    """
    load(store, version(1), *ESTIMATE)
    estimate = "time_estimate_ms"
    assert store.rows(CHANGES) == [
        (estimate, "3600000", "7200000", "01 00:00", "03 00:00", None),
        (estimate, "7200000", "3600000", "03 00:00", "03 12:00", None),
        (estimate, "3600000", "5400000", "03 12:00", "03 12:00", "183"),
        (estimate, "5400000", "7200000", "03 12:00", "03 12:00", "183"),
        (estimate, "7200000", "9000000", "03 12:00", "04 12:00", None),
        (estimate, "9000000", None, "04 12:00", "04 12:00", "183"),
        ("due_date", f"{DUE[:19]}.000+00:00", "2026-02-08T00:00:00.000+00:00",
         "04 13:00", "04 13:00", "183"),
        (estimate, None, "1800000", "04 12:00", "06 00:00", None),
    ]  # fmt: skip


ASSIGNEES = (
    version(1),
    change("02 00:00", "assignee_ids", None, "184", number=1),
    version(2, assignee_ids=["183", "184"]),
    change("03 00:00", "assignee_ids", "183", None, number=2),
    version(4, assignee_ids=["185"]),
)


@pytest.mark.parametrize("order", [*permutations(range(len(ASSIGNEES)))][::7])
def test_each_assignee_is_compared_alone_in_any_order_of_arrival(
    store: Loader, order: tuple[int, ...]
) -> None:
    load(store, *(ASSIGNEES[index] for index in order))
    assert store.rows(CHANGES) == [
        ("assignee_ids", None, "184", "02 00:00", "02 00:00", "183"),
        ("assignee_ids", "183", None, "03 00:00", "03 00:00", "183"),
        ("assignee_ids", "184", None, "02 00:00", "04 00:00", None),
        ("assignee_ids", None, "185", "02 00:00", "04 00:00", None),
    ]


@pytest.mark.parametrize("milliseconds", [-999, 0, 999])
def test_the_date_of_a_version_may_differ_from_that_of_its_change(
    store: Loader, milliseconds: int
) -> None:
    changed = change("02 00:00", "priority", "3", "2")
    second = (
        f"01T23:59:59.{1000 + milliseconds:03}"
        if milliseconds < 0
        else (f"02T00:00:00.{milliseconds:03}")
    )
    changed["record"]["changed_at"] = f"2026-01-{second}+00:00"
    load(store, version(1), changed, version(2, priority=2))
    assert [row[:3] for row in store.rows(CHANGES)] == [("priority", "3", "2")]
    assert store.rows("SELECT is_inferred, change_id FROM task_field_changes") == [(False, "10")]


def test_a_change_without_an_edit_counts_from_when_it_was_read(store: Loader) -> None:
    load(store, version(1), version(1, minute=5, points=3), version(2, points=5))
    assert store.rows(CHANGES) == [
        ("points", "0.5", "3", "01 00:00", "02 00:00", None),
        ("points", "3", "5", "02 00:00", "02 00:00", None),
    ]


def test_the_present_version_is_the_last_of_those_read_at_once(store: Loader) -> None:
    """For 300 tasks, since PostgreSQL keeps the order of few rows that a sort finds equal."""
    for points in (8, 3):
        present = [version(1, id=f"task{number}", points=points) for number in range(300)]
        store.load(TASKS, *present)
    changes = "SELECT DISTINCT field, from_value, to_value FROM task_field_changes"
    assert store.rows(changes) == [("points", "8", "3")]


def test_changes_by_the_service_user_are_marked(store: Loader) -> None:
    """R11: of an inferred change it is not known whose it was."""
    key = {"workspace_id": "1", "id": "183"}
    store.load(USERS, record("users", {**key, "is_service_user": True}))
    load(store, version(1), change("02 00:00", "priority", "3", "2"), version(3, points=3))
    actors = "SELECT field, is_service_user FROM task_field_changes ORDER BY changed_at, field"
    assert store.rows(actors) == [("priority", True), ("points", None), ("priority", None)]
