"""Which versions of a task `task_versions` keeps: every one but the present, in any order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scale import scaled
from tests.target_pandev.loading import TIMESTAMP, load, record, schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.target_pandev.loading import Loader

TRACKED = {
    "status": "string",
    "status_id": "string",
    "status_type": "string",
    "assignee_ids": "array",
    "group_assignee_ids": "array",
    "list_id": "string",
    "secondary_list_ids": "array",
    "priority": "integer",
    "points": "number",
    "time_estimate_ms": "number",
    "due_date": TIMESTAMP,
    "task_type_id": "string",
}
VALUES: dict[str, tuple[Any, Any]] = {
    "status": ("to do", "doing"),
    "status_id": ("s1", "s2"),
    "status_type": ("open", "custom"),
    "assignee_ids": (["183"], ["183", "184"]),
    "group_assignee_ids": (["g1"], []),
    "list_id": ("31", "32"),
    "secondary_list_ids": (["33"], None),
    "priority": (3, 2),
    "points": (0.5, 3),
    "time_estimate_ms": (3_600_000, None),
    "due_date": ("2026-02-01T00:00:00+00:00", None),
    "task_type_id": ("0", "1"),
}
"""A former value of each tracked field, which is never null, and a later one."""
FORMER = {name: former for name, (former, _) in VALUES.items()}
TASKS = schema(
    "tasks",
    {
        **dict.fromkeys(("workspace_id", "id", "name"), "string"),
        **TRACKED,
        "date_updated": TIMESTAMP,
    },
    ["workspace_id", "id"],
    bookmark="date_updated",
)
COLUMNS = ", ".join(f"to_jsonb({name})" for name in TRACKED)
STORED_FIELDS = f"""
SELECT extract(day FROM date_updated)::int, {COLUMNS} FROM task_versions ORDER BY read_at
"""  # noqa: S608 - our own names
STORED = "SELECT extract(day FROM date_updated)::int, status FROM task_versions ORDER BY 1, 2"
SEEN = [(1, "to do"), (2, "to do"), (3, "review"), (4, "to do"), (4, "renamed"), (5, "to do")]
"""Day and status of a task's versions; one status was renamed between two reads."""


def version(
    day: int, status: str | None = "to do", *, minute: int = 0, **changes: Any
) -> dict[str, Any]:
    """Return a version of the task, read on the day after its edit."""
    fields = {**FORMER, "status": status, **changes}
    key = {"workspace_id": "1", "id": "a"}
    date_updated = f"2026-01-{day:02}T00:00:00+00:00"
    return record(
        "tasks",
        {**key, **fields, "date_updated": date_updated},
        at=f"2026-01-{day + 1:02}T00:{minute:02}:00+00:00",
    )


def changed(field: str) -> dict[str, Any]:
    """Return the later value of a field, by its name."""
    return {field: VALUES[field][1]}


@pytest.mark.parametrize("batch", [1, 2, 10_000])
def test_every_version_but_the_present_one_is_kept(store: Loader, batch: int) -> None:
    """DESIGN 4.1."""
    store.load(TASKS, version(1))
    assert store.rows(STORED) == []
    versions = [version(*seen, minute=number) for number, seen in enumerate(SEEN)]
    store.load(TASKS, *versions, batch_size_rows=batch)
    assert store.rows(STORED) == sorted(SEEN[:-1])
    assert store.rows("SELECT status, date_updated::date::text FROM tasks") == [
        ("to do", "2026-01-05")
    ]


@pytest.mark.parametrize("field", TRACKED)
def test_the_former_value_of_each_field_is_kept(store: Loader, field: str) -> None:
    store.load(TASKS, version(1), version(2, **changed(field)))
    assert store.rows(STORED_FIELDS) == [(1, *FORMER.values())]
    assert store.rows("SELECT has_status_only FROM task_versions") == [(False,)]


@pytest.mark.parametrize("field", TRACKED)
def test_versions_that_differ_in_one_field_are_two(store: Loader, field: str) -> None:
    """Also if ClickUp gives both the same time, as after a status was renamed."""
    store.load(TASKS, version(1), version(1, minute=1, **changed(field)))
    assert store.rows(STORED_FIELDS) == [(1, *FORMER.values())]


@settings(
    max_examples=scaled(20, full=500), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.lists(st.sampled_from(list(TRACKED)), min_size=5, max_size=5),
    order=st.permutations([0, 1, 1, 2, 3, 4, 5]),
    batch=st.integers(1, 8),
    split=st.integers(0, 7),
)
def test_every_order_of_arrival_ends_in_the_same_rows(
    store: Loader, fields: Sequence[str], order: Sequence[int], batch: int, split: int
) -> None:
    """Two versions have the same time, and one is read twice."""
    days = (1, 2, 3, 4, 4, 5)
    changes = [changed(field) for field in fields]
    changes.insert(3, {})
    versions = [version(day, minute=number, **changes[number]) for number, day in enumerate(days)]
    messages = [versions[number] for number in order]
    store.load(TASKS, *messages[:split], batch_size_rows=batch)
    store.load(TASKS, *messages[split:], batch_size_rows=batch)
    expected = [
        (day, *{**FORMER, **change}.values()) for day, change in zip(days, changes, strict=True)
    ]
    assert store.rows(STORED_FIELDS) == expected[:-1]
    present = f"SELECT extract(day FROM date_updated)::int, {COLUMNS} FROM tasks"  # noqa: S608
    assert store.rows(present) == expected[-1:]
    store.connection.execute("TRUNCATE tasks, task_versions")


BOTH = """
SELECT DISTINCT status FROM task_versions UNION SELECT status FROM tasks ORDER BY 1
"""


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_version_that_comes_back_loses_none(
    store: Loader, order: tuple[int, ...], batch: int
) -> None:
    """Read as A, as B, and as A again with one date: which is the present one depends on the order.

    If A is stored, reading it again writes nothing, so that it is not known to be newer than B.
    """
    reads = [version(1, name, minute=minute) for minute, name in enumerate("ABA")]
    store.load(TASKS, *(reads[index] for index in order), batch_size_rows=batch)
    assert store.rows(BOTH) == [("A",), ("B",)]
    ((present,),) = store.rows("SELECT status FROM tasks")
    assert present == ("B" if batch == 1 and order == (0, 2, 1) else "A")


def test_concurrent_loads_lose_no_version(store: Loader) -> None:
    """The receiver and a poll may load versions of the same task at the same time."""
    versions = [version(day, f"status {day}") for day in range(1, 29)]
    with ThreadPoolExecutor() as executor:
        for part in (versions[::3], versions[1::3], versions[2::3]):
            executor.submit(load, store.database, TASKS, *part, batch_size_rows=1)
    assert store.rows(STORED) == [(day, f"status {day}") for day in range(1, 28)]


def test_a_change_of_another_field_is_a_version_too(store: Loader) -> None:
    """When a task was edited without a change of status limits when its status changed later."""
    store.load(TASKS, version(1, name="a"), version(2, name="b"), version(3, "review"))
    assert store.rows(STORED) == [(1, "to do"), (2, "to do")]


def test_equal_versions_are_one(store: Loader) -> None:
    """Also if they differ in a field that is not tracked, such as the name."""
    store.load(TASKS, version(1, name="a"))
    store.load(TASKS, version(1, name="b"), version(1, name="c"))
    assert store.rows(STORED) == []
    store.load(TASKS, version(2))
    assert store.rows(STORED) == [(1, "to do")]


def test_a_version_without_a_time_is_not_kept(store: Loader) -> None:
    timeless = version(1)
    timeless["record"]["date_updated"] = None
    for message in timeless, version(1, None), version(2, "open"), version(3):
        store.load(TASKS, message)
    assert store.rows(STORED) == [(1, None), (2, "open")]


def test_a_restored_task_keeps_the_version_before_its_deletion(store: Loader) -> None:
    """A version that was read after the deletion counts, whether or not it is newer."""
    store.load(TASKS, version(5))
    store.connection.execute("UPDATE tasks SET _sdc_deleted_at = '2026-01-02T00:00:00Z'")
    store.load(TASKS, version(3, "review"))
    assert store.rows("SELECT status, _sdc_deleted_at FROM tasks") == [("review", None)]
    assert store.rows(STORED) == [(5, "to do")]


def test_fields_that_the_stream_lacks_stay_empty(store: Loader) -> None:
    """A stream map or a selection may leave some of them out."""
    narrow = schema(
        "tasks",
        {**dict.fromkeys(("workspace_id", "id", "list_id"), "string"), "date_updated": TIMESTAMP},
        ["workspace_id", "id"],
        bookmark="date_updated",
    )
    key = {"workspace_id": "1", "id": "a"}
    for day in (1, 2):
        at = f"2026-01-0{day}T00:00:00+00:00"
        store.load(narrow, record("tasks", {**key, "list_id": str(day), "date_updated": at}))
    assert store.rows("SELECT list_id, status, points FROM task_versions") == [("1", None, None)]
