"""Active time of people with several addresses, in editors and in commits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scale import scaled
from tests.target_pandev.ide import (
    PATH,
    USER1,
    USER2,
    Event,
    day_time,
    events,
    model_intervals,
)
from tests.target_pandev.loading import record
from tests.target_pandev.test_people import EMPLOYEES
from tests.target_pandev.test_task_time import TASK_TIME, Commit, load

if TYPE_CHECKING:
    from datetime import datetime

    from tests.target_pandev.ide import Interval
    from tests.target_pandev.loading import Loader

HOME = "user1@home.example"
PERSONS = {
    USER1: USER1,
    HOME: USER1,
    " User1@Home.example": USER1,
    "7+userone@users.noreply.github.com": USER1,
    "old@example.com": USER1,
    "ci@example.com": "ci@example.com",
    USER2: USER2,
}
"""The person of each address, if a commit is not by One from the address of the build server."""
MAILMAP = [
    {"email": "old@example.com", "new_email": HOME},
    {"email": "ci@example.com", "name": "one", "new_email": USER1},
]
EMPLOYEE = record("employees", {"email": USER1, "github_login": "userone", "other_emails": [HOME]})


def test_two_addresses_of_an_employee_are_one_person(store: Loader) -> None:
    """Worked example: 10 minutes at the office and 15 at home on a branch, 12 before a commit.

    The commit is by the address at GitHub, and an earlier one at 11:03 by the one that `.mailmap`
    replaces, so that 9 of the 12 minutes go to the task.
    """
    load(
        store,
        events=[
            *events(USER1, "02 10:00:00", "02 10:10:00", branch="CU-86a1"),
            *events("User1@Home.example", "02 20:00:00", "02 20:15:00", branch="CU-86a1"),
            *events(HOME, "02 11:00:00", "02 11:12:00", branch="main"),
        ],
        commits=[
            Commit(day_time("02 11:03:00"), "1", "no task", email="old@example.com"),
            Commit(day_time("02 11:30:00"), "2", "DEV-2", "7+UserOne@users.noreply.github.com"),
        ],
        more=[EMPLOYEES, EMPLOYEE],
        mailmap=MAILMAP,
    )
    assert store.rows(TASK_TIME) == [
        (USER1, "86a1", PATH, None, "CU-86a1", "branch", 25),
        (USER1, "86a2", PATH, None, "main", "commit", 9),
        (USER1, None, PATH, None, "main", "none", 3),
    ]
    assert store.rows(
        "SELECT DISTINCT email, employee_email, commit_date::text FROM task_time ORDER BY 3"
    ) == [(USER1, USER1, "2026-03-02"), (USER1, USER1, None)]


def test_addresses_without_an_employee_are_persons_of_their_own(store: Loader) -> None:
    """No employee has the first one, and two employees have the second one."""
    both = "pair@example.com"
    load(
        store,
        events=[
            *events("Eve@Example.com", "02 10:00:00", "02 10:10:00", branch="main"),
            *events("eve@example.com", "02 11:00:00", "02 11:10:00", branch="main"),
            *events(both, "02 10:00:00", "02 10:10:00", branch="CU-86a1"),
        ],
        commits=[Commit(day_time("02 12:00:00"), "1", "DEV-2", " EVE@example.com")],
        more=[
            EMPLOYEES,
            *(
                record("employees", {"email": email, "other_emails": [both]})
                for email in (USER1, USER2)
            ),
        ],
    )
    assert store.rows(
        "SELECT email, employee_email, task_id, active_ms / 60000 FROM task_time ORDER BY email"
    ) == [("eve@example.com", None, "86a2", 20), (both, None, "86a1", 10)]


def test_of_a_shared_address_commits_differ_by_the_name(store: Loader) -> None:
    """One and Two commit from the build server; by `.mailmap` only One is user 1."""
    load(
        store,
        events=events(USER1, "02 10:00:00", "02 10:10:00", branch="main"),
        commits=[
            Commit(day_time("02 10:05:00"), "1", "CU-86a1", "ci@example.com", name="Two"),
            Commit(day_time("02 10:20:00"), "2", "DEV-2", "CI@example.com", name="one "),
        ],
        more=[EMPLOYEES, EMPLOYEE],
        mailmap=MAILMAP,
    )
    assert store.rows(TASK_TIME) == [(USER1, "86a2", PATH, None, "main", "commit", 10)]


def person(commit: Commit) -> str:
    """Return the employee who wrote a commit, or the address."""
    is_one = (commit.email, commit.name) == ("ci@example.com", "One")
    return USER1 if is_one else PERSONS[commit.email]


def minutes(step: int) -> datetime:
    return day_time("02 23:00:00") + timedelta(minutes=5 * step)


BRANCHES = [None, "HEAD", "main", "topic", "CU-86a1", "x/DEV-2-CU-86a1", "CU-86zz9"]
CONTEXTS = st.sampled_from([(PATH, None), (PATH.upper(), None), (None, "orders"), (None, None)])
EVENTS = st.lists(
    st.builds(
        lambda email, step, branch, context: Event(
            email, minutes(step), branch=branch, path=context[0], project=context[1]
        ),
        st.sampled_from([USER1, HOME, USER2]),
        st.integers(0, 18),
        st.sampled_from(BRANCHES),
        CONTEXTS,
    ),
    max_size=30,
)
COMMIT_LISTS = st.lists(
    st.builds(
        Commit,
        at=st.integers(-2, 20).map(minutes),
        sha=st.sampled_from("abcdefghijkl"),
        message=st.sampled_from(["", "CU-86a1", "DEV-2 and CU-86a1", "CU-86zz9", "UTF-8 #1"]),
        email=st.sampled_from([*PERSONS]),
        name=st.sampled_from(["One", "Two"]),
        parents=st.sampled_from([0, 1, 1, 2]),
    ),
    max_size=12,
    unique_by=lambda commit: commit.sha,
)
NAMED = {"CU-86a1": "86a1", "x/DEV-2-CU-86a1": "86a2", "DEV-2 and CU-86a1": "86a2"}
"""The tasks that branches and messages name."""


def attribute(interval: Interval, minute: datetime, commits: list[Commit]) -> tuple[Any, ...]:
    """Return task and method for five minutes of an interval, by the rule."""
    if task_id := NAMED.get(interval.branch or ""):
        return task_id, "branch"
    if not interval.path and not interval.project:
        return None, "none"
    later = [
        commit
        for commit in commits
        if commit.at > minute and person(commit) == PERSONS[interval.email] and commit.parents < 2
    ]
    message = min(later, default=None, key=lambda commit: (commit.at, commit.sha))
    task_id = NAMED.get(message.message) if message else None
    return task_id, "commit" if task_id else "none"


def test_every_minute_is_attributed_once_by_the_rule(store: Loader) -> None:
    """Attributed and other time together are the total, for any events and commits.

    User 1 has two addresses in editors and more in commits, and may use both at the same time.
    """

    @settings(max_examples=scaled(10, full=500), suppress_health_check=[*HealthCheck])
    @given(events=EVENTS, commits=COMMIT_LISTS)
    def check(events: list[Event], commits: list[Commit]) -> None:
        store.rows(
            "WITH e AS (DELETE FROM ide_events), i AS (DELETE FROM ide_intervals), "
            "r AS (DELETE FROM task_references), l AS (DELETE FROM resolved_links), "
            "c AS (DELETE FROM commits) SELECT 1"
        )
        people = [EMPLOYEES, EMPLOYEE]
        load(store, events=events, commits=commits, more=people, mailmap=MAILMAP)
        expected: Counter[tuple[Any, ...]] = Counter()
        for interval in model_intervals(events, ZoneInfo("UTC")):
            minute = interval.started_at
            while minute < interval.ended_at:
                attributed = attribute(interval, minute, commits)
                email = PERSONS[interval.email]
                expected[(email, interval.work_date, *interval[4:], *attributed)] += 5
                minute += timedelta(minutes=5)
        rows = store.rows(
            "SELECT email, work_date, repository_path, branch, project, task_id, method, "
            "sum(active_ms)::bigint / 60000 FROM task_time GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        assert {row[:-1]: row[-1] for row in rows} == expected
        assert len(rows) == len(expected)
        sums = "SELECT sum(active_ms) FROM {}"
        assert store.rows(sums.format("task_time")) == store.rows(sums.format("ide_intervals"))

    check()
