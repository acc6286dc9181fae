"""The stored commits of intervals are those that deriving all of them again would give."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL

from target_pandev.database.ide_time import derive_all_intervals
from target_pandev.database.table import FORCE_KEY_LOOKUP
from target_pandev.sql import read_statement
from tests.support.scale import scaled
from tests.target_pandev.ide import (
    COMMITS,
    IDE_EVENTS,
    PATH,
    REPOSITORIES,
    USER1,
    USER2,
    Event,
    day_time,
    events,
    records,
)
from tests.target_pandev.large_store import FILL
from tests.target_pandev.loading import COMPLETED_READS, completed, record
from tests.target_pandev.test_people import EMPLOYEES
from tests.target_pandev.test_task_time import REPOSITORY, Commit, repository
from tests.target_pandev.test_views_cost import LARGE_TABLES, MAX_ROWS, scans

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

HOME = "user1@home.example"
INTERVALS = """
SELECT email, to_char(started_at, 'DD HH24:MI'), to_char(ended_at, 'DD HH24:MI'), commit_sha
FROM ide_intervals ORDER BY email, started_at
"""
ALL = "SELECT * FROM ide_intervals ORDER BY email, started_at"
WRITTEN = "SELECT work_date::text, xmin::text FROM ide_intervals ORDER BY 1"
TEN_MINUTES = events(USER1, "02 10:00:00", "02 10:10:00")
OF_COMMITS: Any = {"key_properties": ["sha"], "workspace_id": ""}
WHOLE = (USER1, "02 10:00", "02 10:10")


def commit(sha: str, time: str, email: str = USER1, **values: Any) -> dict[str, Any]:
    return Commit(day_time(f"{time}:00"), sha, "", email, **values).record()


def employee(*others: str, email: str = USER1, read: str = "10:00", **values: Any) -> Any:
    values = {"email": email, "other_emails": [*others], **values}
    return record("employees", values, at=f"2026-03-01T{read}:00Z")


def test_a_commit_cuts_an_interval_that_is_stored(store: Loader) -> None:
    """It is authored before one that the interval leads to; a merge and another's commit do not."""
    store.load(IDE_EVENTS, *records(TEN_MINUTES), REPOSITORIES, repository())
    assert store.rows(INTERVALS) == [(*WHOLE, None)]
    store.load(COMMITS, commit("b", "03 09:00"))
    assert store.rows(INTERVALS) == [(*WHOLE, "b")]
    store.load(
        COMMITS,
        commit("a", "02 10:04"),
        commit("m", "02 10:05", parents=2),
        commit("o", "02 10:06", USER2),
    )
    assert store.rows(INTERVALS) == [
        (USER1, "02 10:00", "02 10:04", "a"),
        (USER1, "02 10:04", "02 10:10", "b"),
    ]


def test_a_commit_derives_only_the_days_since_the_one_before_it(store: Loader) -> None:
    days = [f"0{day} {time}" for day in (2, 3, 4, 5) for time in ("10:00:00", "10:10:00")]
    store.load(IDE_EVENTS, *records(events(USER1, *days)), REPOSITORIES, repository())
    store.load(COMMITS, commit("a", "02 12:00"), commit("c", "05 12:00"))
    before = dict(store.rows(WRITTEN))
    merge = commit("m", "02 11:00", parents=2)
    store.load(COMMITS, commit("a", "02 12:00"), merge, commit("b", "04 12:00"))
    after = dict(store.rows(WRITTEN))
    changed = {day for day in before if before[day] != after[day]}
    assert changed == {"2026-03-03", "2026-03-04"}


@pytest.mark.parametrize("hard_delete", [False, True])
def test_a_deleted_commit_gets_no_time_until_it_is_back(
    store: Loader, *, hard_delete: bool
) -> None:
    """It is back by a completed read if it was only marked, else by a later record."""
    store.load(
        REPOSITORIES, repository(), COMMITS, commit("a", "02 11:00"), commit("b", "02 12:00")
    )
    store.load(IDE_EVENTS, *records(TEN_MINUTES))
    assert store.rows(INTERVALS) == [(*WHOLE, "a")]
    read = completed("commits", ["b"], started="11:00", **OF_COMMITS)
    store.load(COMPLETED_READS, read, hard_delete=hard_delete)
    assert store.rows(INTERVALS) == [(*WHOLE, "b")]
    again = completed("commits", ["a", "b"], started="12:00", **OF_COMMITS)
    later = {**commit("a", "02 11:00"), "time_extracted": "2026-03-01T12:00:00Z"}
    store.load(*((COMMITS, later) if hard_delete else (COMPLETED_READS, again)))
    assert store.rows(INTERVALS) == [(*WHOLE, "a")]


def test_a_commit_that_a_record_deletes_gets_no_time(store: Loader) -> None:
    store.load(REPOSITORIES, repository(), COMMITS, commit("a", "02 11:00"))
    store.load(IDE_EVENTS, *records(TEN_MINUTES))
    deleted_at = "2026-03-01T11:00:00+00:00"
    values = {"repository_id": REPOSITORY, "sha": "a", "_sdc_deleted_at": deleted_at}
    store.load(COMMITS, record("commits", values, at=deleted_at))
    assert store.rows(INTERVALS) == [(*WHOLE, None)]


def test_another_address_of_an_employee_brings_its_commits(store: Loader) -> None:
    """And takes them away again, whether the employee or the file `.mailmap` names it."""
    store.load(REPOSITORIES, repository(), COMMITS, commit("a", "02 11:00", HOME))
    store.load(IDE_EVENTS, *records(TEN_MINUTES))
    assert store.rows(INTERVALS) == [(*WHOLE, None)]
    store.load(EMPLOYEES, employee(HOME))
    assert store.rows(INTERVALS) == [(*WHOLE, "a")]
    store.load(EMPLOYEES, employee(read="11:00"))
    assert store.rows(INTERVALS) == [(*WHOLE, None)]
    named = repository(mailmap=[{"email": HOME, "new_email": USER1}])
    store.load(REPOSITORIES, {**named, "time_extracted": "2026-03-01T12:00:00Z"})
    assert store.rows(INTERVALS) == [(*WHOLE, "a")]
    store.load(REPOSITORIES, {**repository(), "time_extracted": "2026-03-01T13:00:00Z"})
    assert store.rows(INTERVALS) == [(*WHOLE, None)]


def test_an_employee_who_arrives_last_has_the_time_of_all_addresses(store: Loader) -> None:
    store.load(IDE_EVENTS, *records(events(HOME, "02 10:00:00", "02 10:10:00")))
    store.load(EMPLOYEES, employee(HOME))
    people = "SELECT email, person, employee_email FROM ide_intervals"
    assert store.rows(people) == [(HOME, USER1, USER1)]
    store.load(EMPLOYEES, employee(read="11:00"))
    assert store.rows(people) == [(HOME, HOME, None)]


def test_a_repository_that_arrives_last_brings_its_commits(store: Loader) -> None:
    """Until another one has the same name, of which a heartbeat says no more."""
    heartbeats = [
        Event(USER1, event.at, "wakatime", path=None, project="Orders") for event in TEN_MINUTES
    ]
    store.load(IDE_EVENTS, *records(heartbeats), COMMITS, commit("a", "02 11:00"))
    assert store.rows(INTERVALS) == [(*WHOLE, None)]
    store.load(REPOSITORIES, repository())
    assert store.rows(INTERVALS) == [(*WHOLE, "a")]
    store.load(REPOSITORIES, repository("mirror.example.com/shop/orders"))
    assert store.rows(INTERVALS) == [(*WHOLE, None)]


def test_days_of_a_commit_are_found_by_key(store: Loader) -> None:
    """The newest commit of its author, in tables of which PostgreSQL has no statistics yet."""
    store.connection.execute(FILL.replace("ANALYZE;", "").encode())
    stage = "CREATE TEMPORARY TABLE stage AS SELECT 'r' AS repository_id, 'shatask2977' AS sha"
    with store.connection.transaction():
        store.connection.execute(f"{FORCE_KEY_LOOKUP}; {stage}".encode())
        days = SQL(read_statement("days_of_commits")).format(keys=SQL("pg_temp.stage"))
        explain = SQL("EXPLAIN (ANALYZE, FORMAT JSON) {}").format(days)
        ((explained,),) = store.connection.execute(explain).fetchall()
    read = [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert {"commits", "ide_intervals"} <= {table for table, _ in read}
    assert [scan for scan in read if scan[1] > MAX_ROWS] == []


STEP = timedelta(minutes=5)
EVENTS = st.lists(
    st.builds(
        lambda email, step, context: Event(
            email, day_time("02 23:30:00") + step * STEP, path=context[0], project=context[1]
        ),
        st.sampled_from([USER1, HOME, USER2]),
        st.integers(0, 12),
        st.sampled_from([(PATH, None), (None, "orders")]),
    ),
    min_size=1,
    max_size=8,
).map(lambda rows: [IDE_EVENTS, *records(rows)])
COMMITTED = st.lists(
    st.builds(
        lambda step, email, parents: Commit(
            day_time("02 23:30:00") + step * STEP,
            f"{email} {step} {parents}",
            "",
            email,
            parents=parents,
        ).record(),
        st.integers(-2, 14),
        st.sampled_from([USER1, HOME, USER2, "ci@example.com"]),
        st.sampled_from([1, 1, 2]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row["record"]["sha"],
).map(lambda rows: [COMMITS, *rows])


def found(steps: list[int]) -> list[dict[str, Any]]:
    """Return the messages of a read that finds only some commits of user 1."""
    shas = [f"{email} {step} 1" for step in steps for email in (USER1, HOME)]
    return [COMPLETED_READS, completed("commits", shas, started="10:59", **OF_COMMITS)]


READS = st.lists(st.integers(-2, 14), max_size=8).map(found)
STEPS = st.lists(
    st.one_of(
        EVENTS,
        COMMITTED,
        READS,
        st.sampled_from([[], [HOME], [HOME, "ci@example.com"]]).map(
            lambda others: [EMPLOYEES, employee(*others)]
        ),
        st.sampled_from([[], [{"email": "ci@example.com", "new_email": HOME}]]).map(
            lambda mailmap: [REPOSITORIES, repository(mailmap=mailmap)]
        ),
        st.just([REPOSITORIES, repository("mirror.example.com/shop/Orders")]),
    ),
    max_size=8,
)


def read_at(message: dict[str, Any], minute: int) -> dict[str, Any]:
    """Return a message as it is read in a minute, in which a completed read starts."""
    time = f"2026-03-01T10:{minute:02}:00Z"
    started = {"started_at": time} if message["stream"] == "completed_reads" else {}
    return {**message, "record": message["record"] | started, "time_extracted": time}


@pytest.mark.hypothesis  # which sees no @given within
def test_any_order_of_loads_ends_in_the_same_intervals(store: Loader) -> None:
    """Each load is read later than the one before it."""

    @settings(max_examples=scaled(20, full=500), suppress_health_check=[*HealthCheck])
    @given(steps=STEPS)
    def check(steps: list[list[Any]]) -> None:
        store.connection.execute(
            "TRUNCATE ide_events, ide_intervals, commits, employees, repositories, git_people, "
            "completed_reads, tombstones, recent_deletions"
        )
        for minute, (stream, *rows) in enumerate(steps):
            store.load(stream, *(read_at(row, minute) for row in rows), max_deleted_share=1)
        stored = store.rows(ALL)
        with store.connection.transaction():
            derive_all_intervals(store.connection)
        assert stored == store.rows(ALL)

    check()
