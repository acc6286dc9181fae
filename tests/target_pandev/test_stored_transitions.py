"""The stored transitions are those that deriving all of them again would give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from target_pandev.database.table import LOCK_TASK_VERSIONS
from target_pandev.sql import read_statement
from tests.support.scale import scaled
from tests.target_pandev.loading import COMPLETED_READS, load, record
from tests.target_pandev.status_story import (
    SCHEMAS,
    TASK,
    change,
    clock,
    hours,
    in_status,
    seen,
    transitions,
    workflow,
)
from tests.target_pandev.test_subfolders import FOLDERS, LISTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.target_pandev.loading import Loader

STREAMS = {**SCHEMAS, "lists": LISTS, "folders": FOLDERS, "completed_reads": COMPLETED_READS}
EXAMPLES = scaled(10, full=500)
STORED = "SELECT *, xmin::text FROM task_transitions ORDER BY workspace_id, task_id, number"
TO_STATUS = "SELECT number, to_status FROM task_transitions ORDER BY number"
OTHER = TASK + "x"


def list_of(folder: str | None, list_id: str = "31") -> dict[str, Any]:
    values = {"workspace_id": "900", "id": list_id, "space_id": "11", "folder_id": folder}
    return record("lists", values)


def folder(name: str, parent: str | None) -> dict[str, Any]:
    values = {"workspace_id": "900", "id": name, "space_id": "11", "parent_folder_id": parent}
    return record("folders", values)


def status(scope_type: str, scope_id: str, name: str, status_id: str) -> dict[str, Any]:
    key = {"workspace_id": "900", "scope_type": scope_type, "scope_id": scope_id, "status": name}
    return record("statuses", {**key, "status_id": status_id, "status_type": "custom"})


MESSAGES = [
    seen(1, "to do"),
    seen(3, "doing"),
    seen(8, "review"),
    seen(11, "closed", closed=11),
    seen(12, "closed", closed=11),
    seen(4, "doing", task_id=OTHER),
    seen(6, "doing", task_id=OTHER),
    change(2, "to do", "in progress"),
    change(5, "doing", "review"),
    change(5.0001, "review", "doing"),
    change(11, "review", "closed"),
    change(5, "to do", "doing", task_id=OTHER),
    in_status("to do", since=0, minutes=30),
    in_status("doing", since=0.5, minutes=90),
    in_status("review", since=0.7, minutes=1),
    workflow("doing", status_id="s in progress"),
    workflow("in progress", status_id="s in progress"),
    status("space", "11", "doing", "s1"),
    status("folder", "21", "to do", "s2"),
    status("folder", "22", "doing", "s2"),
    list_of(None),
    list_of("21"),
    folder("21", None),
    folder("21", "22"),
]


def load_each(store: Loader, *messages: dict[str, Any], **more: Any) -> None:
    for message in messages:
        store.load(STREAMS[message["stream"]], message, **more)


def derive_again(store: Loader) -> list[tuple[Any, ...]]:
    """Return all stored transitions after they were derived again; an equal row is not written."""
    store.derive_transitions()
    return store.rows(STORED)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    runs=st.lists(
        st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=8), min_size=1, max_size=6
    )
)
def test_loads_in_any_order_leave_no_outdated_transition(
    store: Loader, runs: Sequence[Sequence[dict[str, Any]]]
) -> None:
    store.connection.execute(
        "TRUNCATE tasks, task_versions, task_changes, task_transitions, time_in_status, statuses, "
        "lists, folders"
    )
    for run in runs:
        streams = {message["stream"]: STREAMS[message["stream"]] for message in run}
        store.load(*streams.values(), *run)
        stored = store.rows(STORED)
        assert derive_again(store) == stored


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_versions_of_the_same_edit_follow_the_order_of_their_reads(
    store: Loader, order: Sequence[int]
) -> None:
    read = [
        {**seen(4, status), "time_extracted": clock(hour).isoformat()}
        for hour, status in ((10, "review"), (11, "to do"), (12, "doing"))
    ]
    load_each(store, *(read[number] for number in order))
    assert [row[1] for row in store.rows(TO_STATUS)] == ["review", "to do", "doing"]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (seen(5, "review"), [("review", 0, 5, None)]),
        (seen(5, "review", created=5), [("review", 5, 5, None)]),
        (seen(5, "review", created=6), []),
        (seen(5, "review", done=4), [("review", 0, 5, None)]),
        (seen(5, "done", done=4), [("done", 4, 4, 4)]),
        (seen(5, "closed", closed=5), [("closed", 0, 5, 5)]),
        (seen(5, "closed", closed=4.9999), [("closed", 0, 5, 4.9999)]),
        (seen(5, "closed", closed=4), [("closed", 4, 4, 4)]),
        (seen(5, "closed", closed=4, done=3), [("closed", 3, 3, 3)]),
        (seen(5, "closed", closed=3, done=4), [("closed", 3, 3, 4)]),
        (seen(5, "closed", closed=1, created=1), [("closed", 1, 1, 1)]),
        (seen(5, "closed", closed=1, created=2), [("closed", 2, 5, 1)]),
    ],
)
def test_a_task_of_which_only_its_row_is_known(
    store: Loader, task: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    load_each(store, task)
    rows = store.rows("SELECT to_status, changed_after, changed_at, done_at FROM task_transitions")
    assert [(status, *(at and hours(at) for at in times)) for status, *times in rows] == expected
    stored = store.rows(STORED)
    assert derive_again(store) == stored


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (seen(3, "doing"), [(None, "doing", 0, 3)]),
        (change(3, "to do", "doing"), [(None, "to do", 0, 3), ("to do", "doing", 3, 3)]),
        (in_status("doing", since=3, minutes=60), [(None, "doing", 3, 3)]),
    ],
    ids=["version", "change", "time in status"],
)
def test_a_task_with_history_is_compared_with_it(
    store: Loader, earlier: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    """Next to a task without history, whichever arrives first."""
    tasks = [seen(5, "closed", closed=4), seen(5, "review", task_id=OTHER)]
    for messages in ([earlier, *tasks], [*tasks, earlier]):
        store.connection.execute("TRUNCATE tasks, task_versions, task_changes, time_in_status")
        store.connection.execute("TRUNCATE task_transitions")
        store.load(*SCHEMAS.values(), *messages)
        assert [row[:4] for row in transitions(store)] == [
            *expected,
            ("doing", "closed", 4, 4),
            (None, "review", 0, 5),
        ]
        stored = store.rows(STORED)
        assert derive_again(store) == stored


def test_a_version_with_the_same_status_writes_no_transition(store: Loader) -> None:
    load_each(store, seen(1, "to do"), change(2, "to do", "doing"), seen(2, "doing"))
    stored = store.rows(STORED)
    assert len(stored) == 2
    load_each(store, seen(5, "doing"))
    assert store.rows(STORED) == stored
    assert derive_again(store) == stored


def test_a_later_version_shows_that_a_change_was_undone(store: Loader) -> None:
    load_each(store, seen(4, "doing"), change(5, "doing", "review"))
    load_each(store, seen(6, "doing"))
    assert [row[:2] for row in transitions(store)] == [
        (None, "doing"),
        ("doing", "review"),
        ("review", "doing"),
    ]
    stored = store.rows(STORED)
    assert derive_again(store) == stored


def test_a_version_of_a_closed_task_may_show_when_it_was_closed(store: Loader) -> None:
    load_each(store, seen(5, "closed", closed=5))
    assert transitions(store) == [(None, "closed", 0, 5, None)]
    load_each(store, seen(9, "closed", closed=5))
    assert transitions(store) == [(None, "closed", 5, 5, None)]


def test_a_new_name_reaches_a_status_that_only_a_change_names(store: Loader) -> None:
    load_each(store, list_of("21"), status("folder", "21", "to do", "s2"), change(1, None, "to do"))
    now = "SELECT to_status, to_status_now FROM task_transitions"
    assert store.rows(now) == [("to do", "to do")]
    load_each(store, status("folder", "22", "ready", "s2"))
    assert store.rows(now) == [("to do", "ready")]
    stored = store.rows(STORED)
    assert derive_again(store) == stored


@pytest.mark.parametrize("last", range(3))
def test_a_workflow_may_arrive_after_the_task(store: Loader, last: int) -> None:
    messages = [list_of("21"), folder("21", "22"), status("folder", "22", "doing", "s2")]
    messages.append(messages.pop(last))
    load_each(store, list_of(None), folder("21", None))
    load_each(store, seen(5, "review"), in_status("doing", since=1, minutes=60), *messages)
    assert store.rows("SELECT to_status_type FROM task_transitions WHERE number = 1") == [
        ("custom",)
    ]


MANY_LISTS = """
INSERT INTO lists (workspace_id, id, name, _sdc_extracted_at, _sdc_hash)
SELECT '900', n::text, '', now(), gen_random_uuid() FROM generate_series(1, 500) AS n
"""
SCOPES = sql.SQL(
    "SELECT '900' AS workspace_id, n::text AS scope_id, NULL AS status_id "
    "FROM generate_series(1, 1000) AS n"
)


def removed_rows(plan: dict[str, Any]) -> float:
    """Return how many pairs of rows the joins of a plan have compared in vain."""
    here = plan.get("Rows Removed by Join Filter", 0) * plan["Actual Loops"]
    return float(here + sum(map(removed_rows, plan.get("Plans", []))))


def test_lists_are_not_compared_with_each_changed_scope(store: Loader) -> None:
    """In tables of which PostgreSQL has no statistics yet. 4,000 lists took 52 seconds."""
    store.connection.execute(MANY_LISTS.encode())
    tasks = sql.SQL(read_statement("tasks_of_workflows")).format(changed_scopes=SCOPES)
    explain = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) {}").format(tasks)
    ((explained,),) = store.connection.execute(explain).fetchall()
    assert removed_rows(explained[0]["Plan"]) == 0


def test_a_name_that_arrives_later_explains_a_change(store: Loader) -> None:
    load_each(store, seen(1, "to do"), change(2, "todo", "doing"))
    assert [row[:2] for row in transitions(store)][1:] == [("to do", "todo"), ("todo", "doing")]
    load_each(store, status("list", "99", "todo", "s to do"))
    assert [row[:2] for row in transitions(store)][1:] == [("todo", "doing")]


def deleted(message: dict[str, Any], hour: float) -> dict[str, Any]:
    """Return the deletion of the row that a message has loaded."""
    key = {name: message["record"][name] for name in STREAMS[message["stream"]]["key_properties"]}
    return record(message["stream"], {**key, "_sdc_deleted_at": clock(24 * 30 + hour).isoformat()})


def test_a_deleted_time_in_status_shows_no_transition(store: Loader) -> None:
    earlier = in_status("doing", since=1, minutes=60)
    load_each(store, seen(5, "review"), earlier)
    assert [row[1] for row in transitions(store)] == ["doing", "review"]
    load_each(store, deleted(earlier, 1))
    assert [row[1] for row in transitions(store)] == ["review"]
    load_each(store, {**earlier, "time_extracted": clock(24 * 30 + 2).isoformat()})
    assert [row[1] for row in transitions(store)] == ["doing", "review"]


def completed_read(hour: float, *statuses: str) -> dict[str, Any]:
    """Return a complete read of the times in status of all tasks."""
    values = {
        "workspace_id": "900",
        "stream": "time_in_status",
        "scope": "all",
        "started_at": clock(24 * 30 + hour).isoformat(),
        "finished_at": clock(24 * 30 + hour).isoformat(),
        "conditions": {},
        "key_properties": ["task_id", "status"],
        "count": len(statuses),
        "keys": [[TASK, status] for status in statuses],
    }
    return record("completed_reads", values)


def test_completed_reads_mark_and_restore_times_in_status(store: Loader) -> None:
    load_each(store, seen(5, "review"), in_status("doing", since=1, minutes=60))
    load_each(store, completed_read(1))
    assert [row[1] for row in transitions(store)] == ["review"]
    load_each(store, completed_read(2, "doing"))
    assert [row[1] for row in transitions(store)] == ["doing", "review"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (seen(5, "review"), ["doing"]),
        (change(2, "to do", "doing"), ["review"]),
        (workflow("todo", status_id="s to do"), ["to do", "doing", "review"]),
    ],
    ids=["task", "change", "status"],
)
def test_transitions_follow_rows_that_are_deleted_for_good(
    store: Loader, message: dict[str, Any], expected: list[str]
) -> None:
    load_each(store, workflow("todo", status_id="s to do"), change(2, "to do", "doing"))
    load_each(store, seen(5, "review"))
    load_each(store, deleted(message, 1), hard_delete=True)
    assert [row[1] for row in transitions(store)][-len(expected) :] == expected
    assert derive_again(store) == store.rows(STORED)


@pytest.mark.parametrize("message", [seen(3, "doing"), change(2, "to do", "doing")])
def test_a_load_waits_for_others_that_touch_tasks(store: Loader, message: dict[str, Any]) -> None:
    """Otherwise neither would see what the other one has stored."""
    load_each(store, seen(1, "to do"))
    with ThreadPoolExecutor(1) as executor, psycopg.connect(store.database) as other:
        other.execute(LOCK_TASK_VERSIONS)
        run = executor.submit(load, store.database, STREAMS[message["stream"]], message)
        with pytest.raises(TimeoutError):
            run.result(1)
        other.commit()
        run.result(30)
    assert [row[1] for row in transitions(store)] == ["to do", "doing"]
