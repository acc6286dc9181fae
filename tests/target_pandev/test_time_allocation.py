"""Where booked time goes, by day, person and task, with the task's type, list and space."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
SCHEMAS = [
    schema("users", dict.fromkeys((*KEY, "username"), "string"), KEY),
    schema("spaces", dict.fromkeys((*KEY, "name"), "string"), KEY),
    schema("lists", dict.fromkeys((*KEY, "name", "space_id"), "string"), KEY),
    schema("task_types", dict.fromkeys((*KEY, "name"), "string"), KEY),
    schema(
        "tasks",
        {
            **dict.fromkeys((*KEY, "name", "parent_id", "list_id", "space_id"), "string"),
            "task_type_id": "string",
            "tags": "array",
        },
        KEY,
    ),
    schema(
        "time_entries",
        {
            **dict.fromkeys((*KEY, "task_id", "user_id"), "string"),
            "started_at": TIMESTAMP,
            "duration_ms": "integer",
            "is_running": "boolean",
            "marker": "string",
        },
        KEY,
    ),
]
MINUTE = 60_000


def row(stream: str, key: str, **values: Any) -> dict[str, Any]:
    return record(stream, {"workspace_id": "900", "id": key, **values})


def entry(key: str, task_id: str | None, started: str, minutes: int | None) -> dict[str, Any]:
    """Return a time entry of user 1; a timer that runs has no duration."""
    return row(
        "time_entries",
        key,
        task_id=task_id,
        user_id="1",
        started_at=f"2026-03-{started}:00Z",
        duration_ms=None if minutes is None else minutes * MINUTE,
        is_running=minutes is None,
    )


@pytest.fixture
def booked(store: Loader) -> Loader:
    """Return a store with a bug and its subtask, and what user 1 has booked on March 2 and 3."""
    store.load(
        *SCHEMAS,
        row("users", "1", username="User One"),
        row("spaces", "11", name="Shop"),
        row("lists", "31", name="Bugs", space_id="11"),
        row("task_types", "1001", name="Bug"),
        row("tasks", "a", list_id="31", space_id="11", task_type_id="1001", tags=["web", "api"]),
        row("tasks", "b", parent_id="a", list_id="31", space_id="11", task_type_id="0"),
        entry("e1", "a", "02T10:00", 60),
        entry("e2", "a", "02T23:30", 20),
        entry("e3", "b", "02T12:00", 30),
        entry("e4", None, "03T09:00", 15),
        entry("e5", "unread", "03T10:00", 5),
        entry("e6", "a", "03T11:00", None),
    )
    return store


def test_worked_example(booked: Loader) -> None:
    """The timer that runs is left out, and the bug has no time of its subtask."""
    rows = booked.rows(
        "SELECT work_date, author_name, task_id, task_type, list_name, space_name, "
        "booked_ms / 60000, entries FROM time_allocation ORDER BY work_date, task_id"
    )
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    assert rows == [
        (monday, "User One", "a", "Bug", "Bugs", "Shop", 80, 2),
        (monday, "User One", "b", "task", "Bugs", "Shop", 30, 1),
        (tuesday, "User One", "unread", "unknown task", None, None, 5, 1),
        (tuesday, "User One", None, "no task", None, None, 15, 1),
    ]


def test_days_are_those_of_the_time_zone_of_reports(booked: Loader) -> None:
    """In Berlin the entry of 23:30 is one of the next day."""
    with Store(booked.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange("Europe/Berlin"))
    rows = booked.rows(
        "SELECT extract(day FROM work_date)::integer, booked_ms / 60000 FROM time_allocation "
        "WHERE task_id = 'a' ORDER BY 1"
    )
    assert rows == [(2, 60), (3, 20)]


def test_tags_may_double_by_the_query_of_the_comment(booked: Loader) -> None:
    """Both tags have the 80 minutes of the bug; time without a tag is a row of its own."""
    ((comment,),) = booked.rows(
        "SELECT col_description('time_allocation'::regclass, attnum) FROM pg_attribute "
        "WHERE attrelid = 'time_allocation'::regclass AND attname = 'tags'"
    )
    query = comment[comment.index("SELECT") :]
    assert sorted((tag or "", ms / MINUTE) for tag, ms in booked.rows(query)) == [
        ("", 50),
        ("api", 80),
        ("web", 80),
    ]


def test_time_of_deleted_tasks_counts_and_that_of_deleted_entries_not(booked: Loader) -> None:
    booked.connection.execute("UPDATE tasks SET _sdc_deleted_at = now() WHERE id = 'a'")
    booked.connection.execute("UPDATE time_entries SET _sdc_deleted_at = now() WHERE id = 'e2'")
    rows = booked.rows(
        "SELECT task_type, booked_ms / 60000 FROM time_allocation WHERE task_id = 'a'"
    )
    assert rows == [("Bug", 60)]


def test_time_that_was_written_back_is_not_booked_time(booked: Loader) -> None:
    """R11: it has a column of its own, and is not among the entries of people."""
    values = {"task_id": "b", "user_id": "1", "duration_ms": 7 * MINUTE, "is_running": False}
    marker = "pandev:" + "0" * 32
    written = row("time_entries", "e7", started_at="2026-03-02T09:00:00Z", marker=marker, **values)
    booked.load(*SCHEMAS, written)
    assert booked.rows(
        "SELECT booked_ms / 60000, entries, written_ms / 60000 FROM time_allocation "
        "WHERE task_id = 'b'"
    ) == [(30, 1, 7)]
