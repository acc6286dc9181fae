"""Active time next to tracked time and estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.target_pandev.ide import IDE_EVENTS, USER1, USER2, day_time, events, records
from tests.target_pandev.loading import record, schema
from tests.target_pandev.test_people import EMPLOYEES, employee

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

TIMES = schema(
    "time_entries",
    {
        **dict.fromkeys(("workspace_id", "id", "task_id", "user_id"), "string"),
        "started_at": {"type": ["string", "null"], "format": "date-time"},
        "duration_ms": "integer",
        "is_running": "boolean",
        "marker": {"type": ["string", "null"]},
    },
    ["workspace_id", "id"],
)
PEOPLE = schema("users", dict.fromkeys(("workspace_id", "id", "email"), "string"),
                ["workspace_id", "id"])  # fmt: skip
ESTIMATES = schema(
    "tasks",
    {"workspace_id": "string", "id": "string", "time_estimate_ms": "number"},
    ["workspace_id", "id"],
)


def entry(
    name: str, start: str, minutes: int | None, task_id: str | None, *, marker: str | None = None
) -> dict[str, Any]:
    values = {
        "workspace_id": "900",
        "id": name,
        "task_id": task_id,
        "user_id": "1",
        "started_at": day_time(start).isoformat(),
        "duration_ms": minutes and minutes * 60_000,
        "is_running": minutes is None,
        "marker": marker,
    }
    return record("time_entries", values)


def test_the_comparison_can_be_summed_in_any_way(store: Loader) -> None:
    """R83: two days of one task; a running timer, and an entry over midnight, which counts once."""
    estimated = {"workspace_id": "900", "id": "86a1", "time_estimate_ms": 3_600_000}
    user = {"workspace_id": "900", "id": "1", "email": "User1@example.com"}
    store.load(
        *(ESTIMATES, record("tasks", estimated)),
        *(PEOPLE, record("users", user)),
        TIMES,
        entry("1", "02 09:00:00", 20, "86a1"),
        entry("2", "02 23:50:00", 30, "86a1"),
        entry("3", "03 09:00:00", None, "86a1"),
        entry("4", "03 10:00:00", 7, None),
        IDE_EVENTS,
        *records(
            [
                *events(USER1, "02 09:00:00", "02 09:10:00", branch="CU-86a1"),
                *events(USER1, "03 09:00:00", "03 09:10:00", branch="CU-86a1"),
                *events(USER2, "03 09:00:00", "03 09:15:00", branch="CU-86a1"),
                *events(USER1, "04 09:00:00", "04 09:02:00", branch="main"),
            ]
        ),
    )
    assert store.rows(
        "SELECT task_id, email, work_date::text, ide_ms / 60000, worklog_ms / 60000, "
        "estimate_ms / 60000 FROM task_time_comparison ORDER BY task_id, email, work_date, ide_ms"
    ) == [
        ("86a1", USER1, "2026-03-02", 10, 50, None),
        ("86a1", USER1, "2026-03-03", 10, None, None),
        ("86a1", USER2, "2026-03-03", 15, None, None),
        ("86a1", None, None, None, None, 60),
        (None, USER1, "2026-03-03", None, 7, None),
        (None, USER1, "2026-03-04", 2, None, None),
    ]
    assert store.rows(
        "SELECT task_id, sum(ide_ms) / 60000, sum(worklog_ms) / 60000, sum(estimate_ms) / 60000 "
        "FROM task_time_comparison GROUP BY task_id ORDER BY task_id"
    ) == [("86a1", 35, 50, 60), (None, 2, 7, None)]


def test_time_that_was_written_back_is_apart_from_tracked_time(store: Loader) -> None:
    """R11: 10 minutes in the editor, of which 6 were written, next to 4 that the person tracked."""
    user = {"workspace_id": "900", "id": "1", "email": USER1}
    store.load(
        *(PEOPLE, record("users", user), TIMES, ESTIMATES),
        record("tasks", {"workspace_id": "900", "id": "86a1"}),
        entry("1", "02 09:00:00", 4, "86a1"),
        entry("2", "02 09:00:00", 6, "86a1", marker="pandev:" + "0" * 32),
        IDE_EVENTS,
        *records([*events(USER1, "02 09:00:00", "02 09:10:00", branch="CU-86a1")]),
    )
    assert store.rows(
        "SELECT ide_ms / 60000, worklog_ms / 60000, written_ms / 60000 FROM task_time_comparison"
    ) == [(10, 4, 6)]


def test_time_of_an_employee_is_one_row_whatever_the_address(store: Loader) -> None:
    """Worked example: 10 minutes in an editor and 4 tracked by the user of another address.

    Without the employee both addresses are persons of their own.
    """
    user = {"workspace_id": "900", "id": "1", "email": "User1@Home.example"}
    store.load(
        *(PEOPLE, record("users", user), TIMES, ESTIMATES),
        record("tasks", {"workspace_id": "900", "id": "86a1"}),
        entry("1", "02 09:00:00", 4, "86a1"),
        *(IDE_EVENTS, *records(events(USER1, "02 09:00:00", "02 09:10:00", branch="CU-86a1"))),
    )
    times = (
        "SELECT email, employee_email, ide_ms / 60000, worklog_ms / 60000 "
        "FROM task_time_comparison ORDER BY email"
    )
    assert store.rows(times) == [
        (USER1, None, 10, None),
        ("user1@home.example", None, None, 4),
    ]
    store.load(EMPLOYEES, employee(USER1, other_emails=["user1@home.example"]))
    assert store.rows(times) == [(USER1, USER1, 10, 4)]
