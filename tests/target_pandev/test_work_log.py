"""Who did what on which day, with and without a task."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.history import COMMITS as HISTORY
from tests.target_pandev.loading import TIMESTAMP, record, schema
from tests.target_pandev.status_story import SCHEMAS as STATUS_SCHEMAS
from tests.target_pandev.test_links import merged

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
USERS = schema(
    "users",
    {**dict.fromkeys((*KEY, "username", "email"), "string"), "is_service_user": "boolean"},
    KEY,
)
COMMITS = schema(
    "commits",
    {
        **dict.fromkeys(("repository_id", "sha", "author_name", "author_email"), "string"),
        "message": "string",
        "authored_at": TIMESTAMP,
        "parents": "array",
    },
    ["repository_id", "sha"],
)
REPOSITORIES = schema("repositories", {"id": "string", "mailmap": "array"}, ["id"])
EMPLOYEES = schema(
    "employees", {"email": "string", "name": "string", "other_emails": "array"}, ["email"]
)
ENTRIES = schema(
    "time_entries",
    {
        **dict.fromkeys((*KEY, "task_id", "user_id", "marker"), "string"),
        "started_at": TIMESTAMP,
        "duration_ms": "integer",
        "is_running": "boolean",
    },
    KEY,
)
ALL_SCHEMAS = [
    USERS, COMMITS, REPOSITORIES, EMPLOYEES, ENTRIES,
    STATUS_SCHEMAS["tasks"], STATUS_SCHEMAS["task_changes"],
]  # fmt: skip
MINUTE = 60_000
TUESDAY, WEDNESDAY = date(2026, 2, 10), date(2026, 2, 11)
LOG = """
SELECT person, work_date, task_id, kind, events
FROM work_log ORDER BY work_date, person NULLS LAST, task_id NULLS LAST, kind
"""


def user(user_id: str, *, is_service_user: bool = False) -> dict[str, Any]:
    values = {"username": f"user{user_id}", "email": f" User{user_id}@Example.com"}
    key = {"workspace_id": "900", "id": user_id}
    return record("users", {**key, **values, "is_service_user": is_service_user})


def task(task_id: str) -> dict[str, Any]:
    """Return a task that was created on Monday and is open."""
    at = "2026-02-09T08:00:00Z"
    values = {"name": f"Task {task_id}", "status": "to do", "status_id": "s to do"}
    dates = {"status_type": "open", "date_created": at, "date_updated": at}
    return record("tasks", {"workspace_id": "900", "id": task_id, **values, **dates})


def change(number: int, task_id: str, before: str, after: str, at: str) -> dict[str, Any]:
    types = {"to do": "open", "doing": "custom", "closed": "closed"}
    values = {
        "workspace_id": "900",
        "id": str(number),
        "task_id": task_id,
        "user_id": "1",
        "field": "status",
        "from_value": before,
        "from_status_type": types[before],
        "to_value": after,
        "to_status_type": types[after],
        "changed_at": f"2026-02-{at}:00Z",
    }
    return record("task_changes", values)


def entry(key: str, task_id: str | None, at: str, minutes: int | None) -> dict[str, Any]:
    """Return a time entry of user 1; a timer that runs has no duration."""
    values = {
        "task_id": task_id,
        "user_id": "1",
        "started_at": f"2026-02-{at}:00Z",
        "duration_ms": None if minutes is None else minutes * MINUTE,
        "is_running": minutes is None,
    }
    return record("time_entries", {"workspace_id": "900", "id": key, **values})


def commit(sha: str, message: str, at: str, **values: Any) -> dict[str, Any]:
    """Return a commit of user 1, unless the values say otherwise."""
    usual = {
        "repository_id": "shop",
        "author_name": "User One",
        "author_email": "user1@example.com",
        "parents": ["c0"],
    }
    key = {"sha": sha, "message": message, "authored_at": f"2026-02-{at}:00Z"}
    return record("commits", {**usual, **key, **values})


def log(store: Loader, kind: str = "commit") -> list[tuple[Any, ...]]:
    """Return the rows of a kind: person, task and number of events."""
    return store.rows(
        "SELECT person, task_id, events FROM work_log WHERE kind = %s "
        "ORDER BY person NULLS LAST, task_id NULLS LAST",
        kind,
    )


def test_worked_example(store: Loader) -> None:
    """User 1 works on two tasks on Tuesday, and on Wednesday closes the first one.

    On Tuesday: two commits for the first task, which was started, and 90 minutes; one commit and 15
    minutes without a task. The timer that runs does not count.
    """
    store.load(
        *ALL_SCHEMAS,
        user("1"),
        task("86a1"),
        task("86a2"),
        change(1, "86a1", "to do", "doing", "10T09:00"),
        commit("c1", "CU-86a1 first", "10T10:00"),
        commit("c2", "CU-86a1 second", "10T16:00"),
        commit("c3", "Tidy up", "10T17:00"),
        entry("e1", "86a1", "10T09:00", 60),
        entry("e2", "86a1", "10T14:00", 30),
        entry("e3", None, "10T18:00", 15),
        entry("e4", "86a2", "11T09:00", None),
        change(2, "86a1", "doing", "closed", "11T12:00"),
    )
    person = "user1@example.com"
    assert [row for row in store.rows(LOG) if row[0]] == [
        (person, TUESDAY, "86a1", "commit", 2),
        (person, TUESDAY, "86a1", "status_change", 1),
        (person, TUESDAY, "86a1", "worklog", 2),
        (person, TUESDAY, None, "commit", 1),
        (person, TUESDAY, None, "worklog", 1),
        (person, WEDNESDAY, "86a1", "done", 1),
    ]
    times = store.rows(
        "SELECT to_char(first_at, 'HH24:MI'), to_char(last_at, 'HH24:MI'), duration_ms, "
        "inferred_events, person_name, task_name, workspace_id FROM work_log "
        "WHERE task_id = '86a1' AND work_date = %s AND kind IN ('commit', 'worklog') ORDER BY kind",
        TUESDAY,
    )
    assert times == [
        ("10:00", "16:00", None, 0, "User One", "Task 86a1", "900"),
        ("09:00", "14:00", 90 * MINUTE, 0, "user1", "Task 86a1", "900"),
    ]


def test_days_are_those_of_the_time_zone_of_reports(store: Loader) -> None:
    """In Berlin 23:30 is half past midnight of the next day."""
    store.load(*ALL_SCHEMAS, user("1"), task("86a1"), commit("c1", "CU-86a1", "10T23:30"))
    store.load(*ALL_SCHEMAS, entry("e1", "86a1", "10T23:30", 20))
    days = "SELECT DISTINCT work_date FROM work_log"
    assert store.rows(days) == [(TUESDAY,)]
    with Store(store.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange("Europe/Berlin"))
    assert store.rows(days) == [(WEDNESDAY,)]


def test_a_commit_of_two_tasks_is_one_of_each_of_them(store: Loader) -> None:
    store.load(
        *ALL_SCHEMAS,
        task("86a1"),
        task("86a2"),
        commit("c1", "CU-86a1 CU-86a2", "10T10:00"),
    )
    assert log(store) == [("user1@example.com", "86a1", 1), ("user1@example.com", "86a2", 1)]


def test_commits_that_a_merge_brought_are_work_on_its_task(store: Loader) -> None:
    """The merge m names the task and brought b and c; a and d were there before."""
    store.load(*ALL_SCHEMAS, task("86abc1"))
    store.load(HISTORY, *merged())
    assert store.rows(LOG)[:4] == [
        ("user1@example.com", date(2026, 3, 1), None, "commit", 1),
        ("user1@example.com", date(2026, 3, 2), "86abc1", "commit", 1),
        ("user1@example.com", date(2026, 3, 3), "86abc1", "commit", 1),
        ("user1@example.com", date(2026, 3, 4), None, "commit", 1),
    ]


def test_a_commit_that_names_no_known_task_is_not_hidden(store: Loader) -> None:
    """Neither the id of an unknown task nor that of several tasks makes a link."""
    store.load(*ALL_SCHEMAS, commit("c1", "CU-86zz", "10T10:00"))
    store.load(*ALL_SCHEMAS, commit("c2", "DEV-1", "10T11:00"))
    store.connection.execute(
        "INSERT INTO tasks (workspace_id, id, custom_id, _sdc_extracted_at, _sdc_hash) "
        "VALUES ('900', '86a1', 'DEV-1', now(), gen_random_uuid()), "
        "('901', '86b1', 'DEV-1', now(), gen_random_uuid())"
    )
    store.resolve_links()
    assert log(store) == [("user1@example.com", None, 2)]


def test_merges_bots_and_deleted_commits_are_not_work(store: Loader) -> None:
    store.load(
        *ALL_SCHEMAS,
        task("86a1"),
        commit("c1", "CU-86a1 work", "10T10:00"),
        commit("c2", "Merge CU-86a1", "10T11:00", parents=["c1", "c0"]),
        commit("c3", "CU-86a1 update", "10T12:00", author_name="renovate[bot]"),
        commit("c4", "CU-86a1 gone", "10T13:00"),
    )
    store.connection.execute("UPDATE commits SET _sdc_deleted_at = now() WHERE sha = 'c4'")
    assert log(store) == [("user1@example.com", "86a1", 1)]


def test_a_commit_in_two_repositories_counts_once(store: Loader) -> None:
    store.load(
        *ALL_SCHEMAS,
        task("86a1"),
        commit("c1", "CU-86a1", "10T10:00"),
        commit("c1", "CU-86a1", "10T10:00", repository_id="fork"),
        commit("c2", "Tidy up", "10T10:00"),
        commit("c2", "Tidy up", "10T10:00", repository_id="fork"),
    )
    assert log(store) == [("user1@example.com", "86a1", 1), ("user1@example.com", None, 1)]


def test_an_employee_is_one_person_in_clickup_and_git(store: Loader) -> None:
    """By another address of theirs, and by the .mailmap of the repository."""
    mailmap = {"email": "laptop@example.com", "new_email": "user1@example.com"}
    store.load(
        *ALL_SCHEMAS,
        user("1"),
        task("86a1"),
        record("repositories", {"id": "shop", "mailmap": [mailmap]}),
        commit("c1", "CU-86a1", "10T10:00", author_email="laptop@example.com"),
        commit("c2", "CU-86a1", "10T11:00", author_email="private@example.com"),
        entry("e1", "86a1", "10T12:00", 30),
    )
    assert [row[0] for row in store.rows(LOG)] == [
        "private@example.com", "user1@example.com", "user1@example.com",
    ]  # fmt: skip
    employee = {"email": "user9@example.com", "name": "User Nine"}
    addresses = ["user1@example.com", "private@example.com"]
    store.load(*ALL_SCHEMAS, record("employees", {**employee, "other_emails": addresses}))
    rows = store.rows("SELECT person, person_name, kind, events FROM work_log ORDER BY kind")
    assert rows == [
        ("user9@example.com", "User Nine", "commit", 2),
        ("user9@example.com", "User Nine", "worklog", 1),
    ]


def test_an_inferred_closing_has_no_person(store: Loader) -> None:
    """The first load finds a closed task: its day is ClickUp's date, its user is unknown."""
    closed = task("86a1")
    closed["record"] |= {
        "status": "closed",
        "status_type": "closed",
        "date_closed": "2026-02-10T12:00:00Z",
        "date_updated": "2026-02-10T12:00:00Z",
    }
    store.load(*ALL_SCHEMAS, closed)
    assert store.rows(LOG) == [(None, TUESDAY, "86a1", "done", 1)]
    assert store.rows("SELECT inferred_events FROM work_log") == [(1,)]


def test_the_first_status_is_not_a_change(store: Loader) -> None:
    store.load(*ALL_SCHEMAS, task("86a1"))
    assert store.rows(LOG) == []


@pytest.mark.parametrize("deleted", ["tasks", "users"])
def test_work_remains_when_its_task_or_user_is_deleted(store: Loader, deleted: str) -> None:
    store.load(*ALL_SCHEMAS, user("1"), task("86a1"), entry("e1", "86a1", "10T12:00", 30))
    store.connection.execute(f"UPDATE {deleted} SET _sdc_deleted_at = now()")  # noqa: S608 - names of our own
    assert log(store, "worklog") == [("user1@example.com", "86a1", 1)]


def test_the_service_user_is_marked(store: Loader) -> None:
    store.load(*ALL_SCHEMAS, user("1", is_service_user=True), task("86a1"))
    store.load(*ALL_SCHEMAS, entry("e1", "86a1", "10T12:00", 30))
    assert store.rows("SELECT is_service_user FROM work_log") == [(True,)]


def test_time_that_was_written_back_is_not_the_work_of_a_person(store: Loader) -> None:
    """R11: no person has tracked it."""
    written = entry("1", "a", "10T09:00", 30)
    written["record"]["marker"] = "pandev:" + "0" * 32
    store.load(*ALL_SCHEMAS, user("1"), task("a"), written, entry("2", "a", "10T12:00", 20))
    assert store.rows("SELECT events, duration_ms FROM work_log WHERE kind = 'worklog'") == [
        (1, 20 * MINUTE)
    ]
