"""At which hours of the week a team works; never what a single person does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.loading import TIMESTAMP, record, schema
from tests.target_pandev.test_people import EMPLOYEES, REPOSITORIES, employee, mailmap

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
SCHEMAS = [
    schema(
        "users",
        {**dict.fromkeys((*KEY, "email"), "string"), "is_service_user": "boolean"},
        KEY,
    ),
    schema(
        "time_entries",
        {**dict.fromkeys((*KEY, "user_id", "marker"), "string"), "started_at": TIMESTAMP},
        KEY,
    ),
    schema(
        "task_changes",
        {
            **dict.fromkeys((*KEY, "task_id", "user_id", "field", "to_value"), "string"),
            "changed_at": TIMESTAMP,
        },
        KEY,
    ),
    schema(
        "commits",
        {
            **dict.fromkeys(("repository_id", "sha", "author_email"), "string"),
            "authored_at": TIMESTAMP,
        },
        ["repository_id", "sha"],
    ),
]
HOURS = "SELECT weekday, hour, events, people FROM work_hours ORDER BY weekday, hour"


def user(user_id: str, *, is_service_user: bool = False) -> dict[str, Any]:
    email = f"user{user_id}@example.com"
    values = {"workspace_id": "900", "id": user_id, "email": email}
    return record("users", {**values, "is_service_user": is_service_user})


def entry(key: str, user_id: str, day: str, *, marker: str | None = None) -> dict[str, Any]:
    values = {"user_id": user_id, "started_at": f"2026-03-{day}:00Z", "marker": marker}
    return record("time_entries", {"workspace_id": "900", "id": key, **values})


def change(key: str, user_id: str | None, day: str, field: str = "status") -> dict[str, Any]:
    values = {"task_id": "a", "field": field, "to_value": "done", "user_id": user_id}
    changed_at = f"2026-03-{day}:00Z"
    key_values = {"workspace_id": "900", "id": key}
    return record("task_changes", {**key_values, **values, "changed_at": changed_at})


def commit(repository: str, sha: str, email: str, day: str) -> dict[str, Any]:
    values = {"author_email": email, "authored_at": f"2026-03-{day}:00Z"}
    return record("commits", {"repository_id": repository, "sha": sha, **values})


@pytest.fixture
def team(store: Loader) -> Loader:
    """Return a store with four users who have events, and others that are not counted."""
    store.load(
        *SCHEMAS,
        *(user(number) for number in "12345"),
        user("9", is_service_user=True),
        entry("e1", "1", "02T09:10"),
        entry("e2", "2", "02T09:50"),
        change("1", "3", "09T09:00"),
        commit("shop", "c1", " User4@Example.com", "02T09:30"),
        commit("fork", "c1", " User4@Example.com", "02T09:30"),
        entry("e3", "1", "04T22:30"),
        # none of these is an event of a person, or of a status
        entry("e4", "9", "02T09:00"),
        change("2", None, "02T09:00"),
        change("3", "2", "02T09:00", field="priority"),
        commit("shop", "c2", "bot@example.com", "02T09:00"),
        entry("e0", "1", "02T09:00", marker="pandev:" + "0" * 32),
    )
    return store


def test_worked_example(team: Loader) -> None:
    """On Mondays at nine four people have events, of two weeks; the one commit counts once.

    With five people the result is there. On Wednesdays at 22 there is one person: left out.
    """
    team.load(*SCHEMAS, change("4", "5", "03T14:20"), change("5", "1", "03T14:40"))
    assert team.rows(HOURS) == [(1, 9, 4, 4), (2, 14, 2, 2)]


def test_an_employee_with_two_users_and_addresses_is_one_person(team: Loader) -> None:
    """User 1 has two accounts, 1 and 5, and a commit is by user 2's private address.

    So there are four people, and with user 6 five: nothing is shown for the other account.
    """
    team.load(
        EMPLOYEES,
        employee("user1@example.com", other_emails=["User5@example.com"]),
        employee("user2@example.com", other_emails=["user2@home.example"]),
        *SCHEMAS,
        user("5"),
        entry("e5", "5", "02T09:15"),
        commit("shop", "c3", "User2@home.example", "09T09:20"),
    )
    assert team.rows(HOURS) == []
    team.load(*SCHEMAS, user("6"), entry("e6", "6", "02T09:15"))
    assert team.rows(HOURS) == [(1, 9, 7, 5)]


def test_commits_are_counted_for_the_author_by_mailmap(team: Loader) -> None:
    team.load(
        REPOSITORIES,
        mailmap(("old@example.com", None, "user5@example.com", None)),
        *SCHEMAS,
        commit("r", "c3", "Old@example.com", "02T09:20"),
    )
    assert team.rows(HOURS) == [(1, 9, 5, 5)]


def test_nothing_is_shown_of_fewer_than_five_people(team: Loader) -> None:
    assert team.rows(HOURS) == []


def test_hours_are_those_of_the_time_zone_of_reports(team: Loader) -> None:
    """22:30 on Wednesday is half an hour before midnight in Berlin."""
    team.load(*SCHEMAS, entry("e5", "5", "04T23:30"), entry("e6", "2", "04T23:40"))
    assert team.rows(HOURS) == [(1, 9, 4, 4), (3, 23, 2, 2)]
    with Store(team.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange("Europe/Berlin"))
    assert team.rows(HOURS) == [(1, 10, 4, 4), (4, 0, 2, 2)]


def test_hours_before_1970_are_those_of_their_day(team: Loader) -> None:
    """A clock was wrong: 28 December 1969 was a Sunday, 1 January 1970 a Thursday."""
    for at in ("1969-12-28T23:30", "1970-01-01T00:10"):
        for number in "1245":
            row = entry(f"{at}/{number}", number, "02T09:00")
            row["record"]["started_at"] = f"{at}:00Z"
            team.load(*SCHEMAS, row)
    assert team.rows(HOURS) == [(1, 9, 4, 4), (4, 0, 4, 4), (7, 23, 4, 4)]
