"""The stored links are those that resolving all references again would give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_pandev.database.resolved_links import LOCK_LINKS
from tests.support.scale import scaled
from tests.support.waiting import wait_until
from tests.target_pandev.history import BRANCHES, COMMITS, LINKS, TASKS, branch, commit, task
from tests.target_pandev.ide import IDE_EVENTS, USER1
from tests.target_pandev.ide import events as events_of
from tests.target_pandev.ide import records as records_of
from tests.target_pandev.loading import COMPLETED_READS, completed, load, schema
from tests.target_pandev.test_pull_requests import PULL_REQUESTS, pull

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.target_pandev.loading import Loader

    Message = dict[str, Any]
    Link = tuple[Any, ...]

SCHEMAS = {
    message["stream"]: message
    for message in (TASKS, COMMITS, BRANCHES, PULL_REQUESTS, IDE_EVENTS, COMPLETED_READS)
}
STATUSES = schema(
    "tasks",
    dict.fromkeys(("workspace_id", "id", "custom_id", "name", "status"), "string"),
    ["workspace_id", "id"],
)
STORED = "SELECT *, xmin::text FROM resolved_links ORDER BY 1, 2, 3, 4, 5"
REFERENCES = """
SELECT repository_id, source, object_key, 0, source, kind, reference, workspace_id, ordinal,
    occurred_at
FROM task_references
UNION ALL
SELECT repository_id, 'commit', sha, 1, via, kind, reference, workspace_id, ordinal, occurred_at
FROM inherited_references WHERE is_nearest
"""
LIVE_TASKS = "SELECT workspace_id, id, upper(custom_id) FROM tasks WHERE _sdc_deleted_at IS NULL"
WAITING = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
KINDS = ("task_id", "bare_id", "custom_id")


def read(message: Message, minute: int) -> Message:
    """Return a message of a row that was read, changed or deleted at a minute."""
    time = (datetime(2026, 3, 10, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()
    values = dict(message["record"])
    for name in ("_sdc_deleted_at", "updated_at", "started_at", "finished_at"):
        if name in values:
            values[name] = time
    return {**message, "record": values, "time_extracted": time}


def deleted(message: Message) -> Message:
    """Return the deletion of the row of a message."""
    return {**message, "record": {**message["record"], "_sdc_deleted_at": ""}}


def complete(stream: str, keys: Sequence[str], key: str) -> Message:
    """Return a read that found only these rows."""
    workspace = "900" if stream == "tasks" else ""
    return completed(
        stream, keys, started="11:00", key_properties=[key], workspace_id=workspace, scope=stream
    )


MESSAGES = [
    task("86abc1", "DEV-1"),
    task("86abc1", "DEV-2"),
    task("86abc1"),
    task("86abc1", "dev-3", workspace="901"),
    task("86abc2", "DEV-1"),
    task("86abc2", "DEV-3", workspace="901"),
    deleted(task("86abc1")),
    deleted(task("86abc2")),
    complete("tasks", ["86abc1"], "id"),
    complete("tasks", ["86abc1", "86abc2"], "id"),
    commit("a"),
    commit("b", "a", "CU-86abc1", day=2),
    commit("c", "a", "DEV-2, DEV-1 and CU-86abc1", day=3),
    commit("d", "a", "https://app.clickup.com/t/901/DEV-3 DEV-3 [86abc2]", day=4),
    commit("e", "c", "Work", day=5),
    commit("m", "ae", "Merge branch 'DEV-1'", day=6),
    commit("n", "ae", "Merge branch 'CU-86abc1'", day=7),
    deleted(commit("e")),
    complete("commits", ["a", "b", "c", "d", "m"], "sha"),
    complete("commits", ["a", "b", "c", "d", "e", "m", "n"], "sha"),
    branch("main", "b"),
    branch("DEV-3_86abc1", "e"),
    branch("DEV-3_86abc1", "d"),
    deleted(branch("DEV-3_86abc1", "e")),
    pull(7, title="CU-86abc2", head_sha="e", merge_commit_sha="m"),
    pull(7, title="DEV-2", head_branch="CU-86abc1", head_sha="e"),
    deleted(pull(7)),
    *records_of(events_of(USER1, "02 09:00:00", "02 09:10:00", branch="DEV-1_CU-86abc2")),
    *records_of(events_of(USER1, "02 10:00:00", branch="DEV-3")),
]
RUNS = st.lists(
    st.tuples(
        st.lists(
            st.builds(read, st.sampled_from(MESSAGES), st.integers(0, 30)), min_size=1, max_size=25
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def expected(store: Loader) -> Iterator[Link]:
    """Yield what the stored references mean, by the definition."""
    tasks = store.rows(LIVE_TASKS)
    nearest: dict[tuple[Any, ...], tuple[tuple[int, int], list[Any]]] = {}
    first: dict[tuple[Any, ...], tuple[tuple[int, int], tuple[str, str]]] = {}
    for *place, distance, via, kind, text, workspace, ordinal, time in store.rows(REFERENCES):
        meant = [
            (task_workspace, task_id)
            for task_workspace, task_id, custom_id in tasks
            if workspace in {None, task_workspace}
            and text == (custom_id if kind == "custom_id" else task_id)
        ]
        is_ambiguous = kind == "custom_id" and len(meant) > 1
        for key in meant:
            rank = (distance, KINDS.index(kind))
            if (*place, *key) not in nearest or rank < nearest[*place, *key][0]:
                values = [via, kind, text, ordinal, time, is_ambiguous]
                nearest[*place, *key] = (rank, values)
            is_only = sum(task_id == key[1] for _, task_id, _ in tasks) == 1
            if distance == 0 and is_only and not is_ambiguous:
                order = (ordinal, ("task_id", "custom_id", "bare_id").index(kind))
                first[*place,] = min((order, key), first.get((*place,), (order, key)))
    for key, (_, row) in nearest.items():
        yield (*key, *row, key[3:] == first.get(key[:3], ((), ()))[1])


def resolve_again(store: Loader) -> list[Link]:
    """Return all stored links after they were resolved again; an equal row is not written."""
    store.resolve_links()
    return store.rows(STORED)


@settings(
    max_examples=scaled(25, full=1000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(runs=RUNS)
def test_loads_in_any_order_leave_the_links_of_the_definition(
    store: Loader, runs: Sequence[tuple[Sequence[Message], bool]]
) -> None:
    store.load(*SCHEMAS.values())
    store.connection.execute(
        "TRUNCATE tasks, commits, branches, pull_requests, ide_events, ide_intervals, tombstones, "
        "completed_reads, recent_deletions, task_references, merged_commits, awaited_commits, "
        "inherited_references, resolved_links"
    )
    for messages, hard in runs:
        schemas = [SCHEMAS[name] for name in dict.fromkeys(m["stream"] for m in messages)]
        store.load(*schemas, *messages, hard_delete=hard, max_deleted_share=1)
        stored = store.rows(STORED)
        assert sorted(row[:-1] for row in stored) == sorted(expected(store))
        assert resolve_again(store) == stored


def test_an_older_record_of_a_restored_task_keeps_its_link(store: Loader) -> None:
    """The read that found the task again voids its deletion."""
    found = completed(
        "tasks",
        ["86abc1"],
        started="11:00",
        key_properties=["id"],
        workspace_id="900",
        scope="tasks",
    )
    first = read(task("86abc1"), 0)
    schemas = (SCHEMAS["tasks"], SCHEMAS["commits"], SCHEMAS["completed_reads"])
    named = read(commit("b", "a", "CU-86abc1"), 0)
    store.load(*schemas, first, named, read(deleted(task("86abc1")), 1), read(found, 1))
    links = store.rows(STORED)
    assert len(links) == 1
    store.load(SCHEMAS["tasks"], first)
    assert store.rows(LIVE_TASKS) == [("900", "86abc1", None)]
    assert store.rows(STORED) == links


def test_a_reference_and_its_task_do_not_miss_each_other(store: Loader) -> None:
    """Of two loads at the same time the later one sees what the other one has stored."""
    store.load(COMMITS, TASKS)
    with ThreadPoolExecutor(2) as executor, psycopg.connect(store.database) as other:
        other.execute(LOCK_LINKS)
        loads = [
            executor.submit(load, store.database, COMMITS, commit("a", message="DEV-1")),
            executor.submit(load, store.database, TASKS, task("86abc1", "DEV-1")),
        ]
        wait_until(lambda: store.rows(WAITING) == [(2,)] or any(run.done() for run in loads))
        assert store.rows(WAITING) == [(2,)]
        other.commit()
        for run in loads:
            run.result(30)
    assert store.rows(LINKS) == [("a", "86abc1", "commit")]


def test_new_rules_see_the_links_of_loads_before_them(store: Loader) -> None:
    """A load that has not seen the new references may have linked what the old ones named."""
    store.load(COMMITS, commit("a", message="CU-86abc1"))
    with ThreadPoolExecutor(1) as executor, psycopg.connect(store.database) as other:
        other.execute(LOCK_LINKS)
        other.execute(
            "INSERT INTO pandev.resolved_links VALUES ('r', 'commit', 'a', '900', '86abc1', "
            "'commit', 'task_id', '86abc1', 1, now(), false, true)"
        )
        run = executor.submit(load, store.database, COMMITS, task_id_prefix="T-")
        wait_until(lambda: store.rows(WAITING) == [(1,)] or run.done())
        assert store.rows(WAITING) == [(1,)]
        other.commit()
        run.result(30)
    assert store.rows(LINKS) == []


def test_a_task_that_keeps_its_ids_is_not_resolved_again(store: Loader) -> None:
    """So a load of such tasks need not wait for others that change links."""
    store.load(COMMITS, commit("a", message="DEV-1"))
    store.load(STATUSES, with_status("to do"))
    with psycopg.connect(store.database) as other:
        other.execute(LOCK_LINKS)
        store.load(STATUSES, read(with_status("doing"), 1))
    assert store.rows("SELECT status FROM tasks") == [("doing",)]
    assert store.rows(LINKS) == [("a", "86abc1", "commit")]


def with_status(status: str) -> Message:
    message = task("86abc1", "DEV-1")
    return {**message, "record": {**message["record"], "status": status}}


def test_links_follow_the_custom_id_of_a_task(store: Loader) -> None:
    store.load(TASKS, task("86abc1", "DEV-1"), task("86abc2", "DEV-2"))
    history = [commit("a"), commit("b", "a"), commit("m", "ab", "Merge branch 'DEV-1'")]
    store.load(COMMITS, *history, commit("c", message="DEV-2"))
    named = [("b", "86abc1", "merge"), ("c", "86abc2", "commit"), ("m", "86abc1", "commit")]
    assert store.rows(LINKS) == named
    store.load(TASKS, read(task("86abc1", "DEV-2"), 1))
    assert store.rows(LINKS) == [("c", "86abc1", "commit"), ("c", "86abc2", "commit")]
    store.load(TASKS, read(task("86abc2", "DEV-1"), 1))
    assert store.rows(LINKS) == [(sha, swapped(task_id), via) for sha, task_id, via in named]


def swapped(task_id: str) -> str:
    return {"86abc1": "86abc2", "86abc2": "86abc1"}[task_id]


def test_a_task_that_returns_is_linked_again(store: Loader) -> None:
    linked = [("a", "86abc1", "commit")]
    store.load(COMMITS, commit("a", message="DEV-1"))
    store.load(TASKS, task("86abc1", "DEV-1"))
    store.load(TASKS, read(deleted(task("86abc1")), 1))
    assert store.rows(LINKS) == []
    store.load(TASKS, read(task("86abc1", "DEV-1"), 2))
    assert store.rows(LINKS) == linked
    for minute, keys, links in [(3, [], []), (4, ["86abc1"], linked)]:
        found = read(complete("tasks", keys, "id"), minute)
        store.load(COMPLETED_READS, found, max_deleted_share=1)
        assert store.rows(LINKS) == links


def test_other_rules_resolve_all_links_again(store: Loader) -> None:
    store.load(TASKS, task("86abc1", "DEV-1"), task("86abc2", "DEV-1", workspace="901"))
    store.load(COMMITS, commit("a", message="T-86abc2"), commit("b", message="CU-86abc1"))
    assert store.rows(LINKS) == [("b", "86abc1", "commit")]
    store.load(COMMITS, task_id_prefix="T-")
    assert store.rows(LINKS) == [("a", "86abc2", "commit")]
    store.load(COMMITS, commit("c", message="DEV-1"))
    assert store.rows(LINKS)[1:] == [("c", "86abc1", "commit"), ("c", "86abc2", "commit")]
    store.load(COMMITS, repository_workspaces={"r": "900"})
    assert store.rows(LINKS) == [("c", "86abc1", "commit")]


def test_links_follow_the_versions_of_tables(store: Loader) -> None:
    def version(number: int, *messages: Message) -> None:
        stream = messages[0]["stream"]
        activate = {"type": "ACTIVATE_VERSION", "stream": stream, "version": number}
        versions = [{**read(message, number), "version": number} for message in messages]
        store.load(SCHEMAS[stream], *versions, activate, max_deleted_share=1)

    history = [commit("a"), commit("b", "a"), commit("m", "ab", "Merge branch 'CU-86abc1'")]
    version(1, task("86abc1"), task("86abc2"))
    version(1, *history)
    assert store.rows(LINKS) == [("b", "86abc1", "merge"), ("m", "86abc1", "commit")]
    version(2, task("86abc2"))
    assert store.rows(LINKS) == []
    version(3, task("86abc1"), task("86abc2"))
    version(3, *history[:2])
    assert store.rows(LINKS) == [("m", "86abc1", "commit")]
