"""How the time that was booked on closed tasks compares with their estimates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
SCHEMAS = [
    schema("lists", dict.fromkeys((*KEY, "name"), "string"), KEY),
    schema(
        "tasks",
        {
            **dict.fromkeys((*KEY, "parent_id", "list_id", "status", "status_type"), "string"),
            "time_estimate_ms": "number",
            "date_done": TIMESTAMP,
            "date_updated": TIMESTAMP,
        },
        KEY,
        bookmark="date_updated",
    ),
    schema(
        "time_entries",
        {
            **dict.fromkeys((*KEY, "task_id", "marker"), "string"),
            "duration_ms": "integer",
            "is_running": "boolean",
        },
        KEY,
    ),
]
MINUTE = 60_000
ROWS = """
SELECT task_id, to_char(closed_at, 'MM-DD HH24:MI'), estimate_ms / 60000, booked_ms / 60000, ratio
FROM planning_accuracy ORDER BY task_id
"""
MONTHS = """
SELECT list_name, month, tasks, estimate_ms / 60000, booked_ms / 60000, bias, p50_ratio, p85_ratio
FROM monthly_planning_accuracy ORDER BY month, list_name
"""
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def row(stream: str, key: str, **values: Any) -> dict[str, Any]:
    return record(stream, {"workspace_id": "900", "id": key, **values})


def task(key: str, closed: str | None, minutes: int | None, **values: Any) -> dict[str, Any]:
    """Return a task with an estimate; one that is not closed is in progress."""
    return row(
        "tasks",
        key,
        list_id=values.pop("list_id", "31"),
        status="done" if closed else "doing",
        status_type="closed" if closed else "custom",
        time_estimate_ms=None if minutes is None else minutes * MINUTE,
        date_done=closed and f"2026-{closed}:00Z",
        date_updated=f"2026-{closed or '04-15T10:00'}:00Z",
        **values,
    )


def entry(key: str, task_id: str, minutes: int, **values: Any) -> dict[str, Any]:
    """Return a time entry."""
    return row("time_entries", key, task_id=task_id, duration_ms=minutes * MINUTE, **values)


@pytest.fixture
def planned(store: Loader) -> Loader:
    """Return a store with four closed tasks in two lists."""
    store.load(
        *SCHEMAS,
        row("lists", "31", name="Shop"),
        row("lists", "32", name="Site"),
        task("a", "03-10T09:00", 60),
        task("b", "03-31T23:30", 120),
        task("c", "04-02T09:00", 30),
        task("d", "03-20T09:00", 100, list_id="32"),
        entry("1", "a", 60),
        entry("2", "a", 30),
        entry("3", "b", 60),
        entry("4", "c", 30),
        entry("5", "d", 200),
    )
    return store


def test_worked_example(planned: Loader) -> None:
    """The median of 0.5 and 1.5 is 1, and 85 % of the way between them is 1.35."""
    assert planned.rows(ROWS) == [
        ("a", "03-10 09:00", 60, 90, Decimal("1.500")),
        ("b", "03-31 23:30", 120, 60, Decimal("0.500")),
        ("c", "04-02 09:00", 30, 30, Decimal("1.000")),
        ("d", "03-20 09:00", 100, 200, Decimal("2.000")),
    ]
    ratios = {name: Decimal(name) for name in ("0.833", "1.000", "1.250", "1.350", "1.500")}
    one, two = ratios["1.000"], Decimal("2.000")
    assert planned.rows(MONTHS) == [
        ("Shop", MARCH, 2, 180, 150, ratios["0.833"], one, ratios["1.350"]),
        ("Site", MARCH, 1, 100, 200, two, two, two),
        (None, MARCH, 3, 280, 350, ratios["1.250"], ratios["1.500"], Decimal("1.850")),
        ("Shop", APRIL, 1, 30, 30, one, one, one),
        (None, APRIL, 1, 30, 30, one, one, one),
    ]


def test_months_are_those_of_the_time_zone_of_reports(planned: Loader) -> None:
    """In Berlin the task of 31 March 23:30 was closed in April."""
    with Store(planned.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange("Europe/Berlin"))
    months = "SELECT month, tasks FROM monthly_planning_accuracy WHERE list_id = '31' ORDER BY 1"
    assert planned.rows(months) == [(MARCH, 1), (APRIL, 2)]


def test_time_of_a_running_timer_does_not_count(planned: Loader) -> None:
    """Nor does a task whose only time it is, nor what was written back or deleted."""
    planned.load(
        *SCHEMAS,
        entry("6", "c", 5, is_running=True),
        entry("7", "c", 7, marker="pandev:" + "0" * 32),
        entry("8", "c", 9),
        *(task("e", "04-03T09:00", 10), entry("9", "e", 5, is_running=True)),
    )
    planned.connection.execute("UPDATE time_entries SET _sdc_deleted_at = now() WHERE id = '8'")
    assert planned.rows(ROWS)[2:] == [
        ("c", "04-02 09:00", 30, 30, Decimal("1.000")),
        ("d", "03-20 09:00", 100, 200, Decimal("2.000")),
    ]


@pytest.mark.parametrize("minutes", [0, None])
def test_tasks_without_an_estimate_are_left_out(planned: Loader, minutes: int | None) -> None:
    planned.load(*SCHEMAS, task("e", "03-10T09:00", minutes), entry("6", "e", 10))
    assert [values[0] for values in planned.rows(ROWS)] == ["a", "b", "c", "d"]


def test_a_parent_and_its_subtask_are_not_added_up(planned: Loader) -> None:
    """Both have a row with their own time; the month has the subtask only.

    The estimate of a parent may include that of its subtask. Without one of the subtask it counts.
    """
    parents = (
        "SELECT task_id, booked_ms / 60000, has_estimated_subtasks FROM planning_accuracy "
        "WHERE task_id IN ('p', 's') ORDER BY task_id"
    )
    month = (
        "SELECT tasks, estimate_ms / 60000, booked_ms / 60000 FROM monthly_planning_accuracy "
        "WHERE list_id = '33'"
    )
    parent = task("p", "03-12T09:00", 100, list_id="33")
    planned.load(
        *SCHEMAS,
        parent,
        task("s", "03-11T09:00", 60, list_id="33", parent_id="p"),
        entry("6", "p", 10),
        entry("7", "s", 90),
    )
    assert planned.rows(parents) == [("p", 10, True), ("s", 90, False)]
    assert planned.rows(month) == [(1, 60, 90)]
    planned.connection.execute("UPDATE tasks SET time_estimate_ms = 0 WHERE id = 's'")
    assert planned.rows(parents) == [("p", 10, False)]
    assert planned.rows(month) == [(1, 100, 10)]


def test_a_reopened_task_counts_when_it_is_closed_again(planned: Loader) -> None:
    """With all its time, in the month of the last close."""
    planned.load(*SCHEMAS, task("a", None, 60), entry("6", "a", 30))
    assert [values[0] for values in planned.rows(ROWS)] == ["b", "c", "d"]
    planned.load(*SCHEMAS, task("a", "04-20T12:00", 60))
    assert planned.rows(ROWS)[0] == ("a", "04-20 12:00", 60, 120, Decimal("2.000"))
    shop = "SELECT month, tasks FROM monthly_planning_accuracy WHERE list_id = '31' ORDER BY 1"
    assert planned.rows(shop) == [(MARCH, 1), (APRIL, 2)]
