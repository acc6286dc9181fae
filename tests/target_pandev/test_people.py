"""Users, authors and addresses of editors are matched with employees, never by guess."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.target_pandev.ide import IDE_EVENTS, events, records
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

DOCUMENT = Path(__file__).parents[2] / "docs" / "guides" / "people.md"
EMPLOYEES = schema(
    "employees",
    {
        **dict.fromkeys(
            ("email", "name", "position", "team", "department", "github_login"), "string"
        ),
        "other_emails": {"type": ["array", "string", "null"]},
        "is_archived": "boolean",
    },
    ["email"],
)
USERS = schema(
    "users",
    {
        **dict.fromkeys(("workspace_id", "id", "username", "email"), "string"),
        "is_service_user": "boolean",
    },
    ["workspace_id", "id"],
)
REPOSITORIES = schema(
    "repositories", {"id": "string", "mailmap": {"type": ["array", "null"]}}, ["id"]
)
COMMITS = schema(
    "commits",
    {
        **dict.fromkeys(
            ("repository_id", "sha", "author_name", "author_email", "message"), "string"
        ),
        "authored_at": {"type": ["string", "null"], "format": "date-time"},
    },
    ["repository_id", "sha"],
)
AUTHORS = """
SELECT role, name, email, employee_email FROM commit_authors WHERE sha = %s ORDER BY role, name
"""


def employee(email: str, **values: Any) -> dict[str, Any]:
    return record("employees", {"email": email, **values})


def user(user_id: str, email: str | None, **values: Any) -> dict[str, Any]:
    username = f"user {user_id}"
    return record(
        "users",
        {"workspace_id": "900", "id": user_id, "username": username, "email": email, **values},
    )


def commit(sha: str, name: str, email: str, message: str = "", day: int = 1) -> dict[str, Any]:
    values = {"author_name": name, "author_email": email, "message": f"subject\n\n{message}"}
    authored_at = f"2026-03-{day:02}T10:00:00Z"
    key = {"repository_id": "r", "sha": sha}
    return record("commits", {**key, **values, "authored_at": authored_at})


def mailmap(*entries: tuple[str, str | None, str | None, str | None]) -> dict[str, Any]:
    """Return the repository; an entry is recorded address and name, new address and name."""
    names = ("email", "name", "new_email", "new_name")
    values = [dict(zip(names, entry, strict=True)) for entry in entries]
    return record("repositories", {"id": "r", "mailmap": values})


@pytest.mark.parametrize(
    ("address", "compared"),
    [
        ("  User1@Example.COM ", "user1@example.com"),
        ("12345+UserOne@users.noreply.github.com", "userone@users.noreply.github.com"),
        ("userone@users.noreply.github.com", "userone@users.noreply.github.com"),
        ("12-ab@users.noreply.github.com", "12-ab@users.noreply.github.com"),
        ("12-ab@users.noreply.gitlab.com", "ab@users.noreply.gitlab.com"),
        ("12+ab@example.com", "12+ab@example.com"),
        ("  ", None),
        (None, None),
    ],
)
def test_addresses_are_compared_in_one_form(
    store: Loader, address: str | None, compared: str | None
) -> None:
    assert store.rows("SELECT mail_address(%s)", address) == [(compared,)]


def test_users_are_matched_by_every_address_of_an_employee(store: Loader) -> None:
    """R88: former employees too, and the service user is apart from people."""
    store.load(
        EMPLOYEES,
        employee(" Ann@Example.com", name="Ann", team="Web", department="Tech", position="Dev"),
        employee("bob@example.com", other_emails=["Bob@Home.example"], is_archived=True),
        USERS,
        user("1", "ann@example.COM "),
        user("2", "bob@home.example"),
        user("3", "eve@example.com"),
        user("4", None),
        user("5", "bot@example.com", is_service_user=True),
    )
    rows = store.rows(
        "SELECT user_id, match, employee_email, employee_name, position, team, department, "
        "is_archived, is_service_user FROM people ORDER BY user_id"
    )
    nothing = (None, None, None, None, None)
    assert rows == [
        ("1", "matched", " Ann@Example.com", "Ann", "Dev", "Web", "Tech", False, False),
        ("2", "matched", "bob@example.com", None, None, None, None, True, False),
        ("3", "unmatched", *nothing, False, False),
        ("4", "unmatched", *nothing, False, False),
        ("5", "unmatched", *nothing, False, True),
    ]
    assert store.rows("SELECT user_id, name, email, reason FROM unmatched_people ORDER BY 1") == [
        ("3", "user 3", "eve@example.com", "no employee has this address"),
        ("4", "user 4", None, "no address"),
    ]


def test_an_address_of_two_employees_is_reported_and_matches_neither(store: Loader) -> None:
    store.load(
        EMPLOYEES,
        employee("ann@example.com", other_emails=["team@example.com"]),
        employee("bob@example.com", other_emails=["team@example.com", "bob@example.com"]),
        USERS,
        user("1", "Team@example.com"),
        user("2", "bob@example.com"),
        COMMITS,
        commit("c1", "Team", "team@example.com", day=1),
        commit("c2", "The Team", "team@example.com", day=2),
    )
    assert store.rows("SELECT user_id, match FROM people WHERE source = 'clickup' ORDER BY 1") == [
        ("1", "ambiguous"),
        ("2", "matched"),
    ]
    both = ["ann@example.com", "bob@example.com"]
    newest = datetime(2026, 3, 2, 10, tzinfo=UTC)
    several = "several employees have this address"
    no_user = "no user in ClickUp has an address of the employee"
    assert store.rows("SELECT * FROM unmatched_people ORDER BY source") == [
        ("clickup", "900", "1", "user 1", "team@example.com", several, both, None, None),
        ("employees", None, None, None, "ann@example.com", no_user, None, None, None),
        ("git", None, None, "The Team", "team@example.com", several, both, 2, newest),
    ]


def test_two_spellings_of_one_key_are_ambiguous(store: Loader) -> None:
    store.load(EMPLOYEES, employee("ann@example.com"), employee("Ann@example.com"))
    store.load(USERS, user("1", "ann@example.com"))
    assert store.rows("SELECT match FROM people") == [("ambiguous",)]
    store.load(
        EMPLOYEES,
        record("employees", {"email": "Ann@example.com", "_sdc_deleted_at": "2026-03-02T00:00Z"}),
    )
    assert store.rows("SELECT match, employee_email FROM people") == [
        ("matched", "ann@example.com")
    ]


def test_a_single_further_address_may_be_text(store: Loader) -> None:
    store.load(EMPLOYEES, employee("ann@example.com", other_emails="ann@home.example"))
    assert store.rows("SELECT address, is_ambiguous FROM employee_addresses ORDER BY 1") == [
        ("ann@example.com", False),
        ("ann@home.example", False),
    ]


def test_authors_are_matched_by_address_and_noreply_login(store: Loader) -> None:
    store.load(
        EMPLOYEES,
        employee("ann@example.com", github_login="AnnCodes"),
        COMMITS,
        commit("c1", "Ann", "ANN@example.com"),
        commit("c2", "ann", "77+anncodes@users.noreply.github.com"),
        commit("c3", "Eve", "eve@example.com"),
    )
    emails = store.rows("SELECT sha, employee_email FROM commit_authors ORDER BY sha")
    assert emails == [("c1", "ann@example.com"), ("c2", "ann@example.com"), ("c3", None)]


def test_addresses_of_editors_are_matched_and_reported(store: Loader) -> None:
    """Nia has a lone event, so no active time."""
    day = ("02 09:00:00", "02 09:10:00")
    store.load(
        EMPLOYEES,
        employee("ann@example.com", name="Ann", team="Web", other_emails=["ann@home.example"]),
        employee("bob@example.com", name="Bob"),
        employee("ben@example.com", name="Ben", other_emails=["Bob@example.com"]),
        IDE_EVENTS,
        *records(events("ann@home.example", *day, "03 09:00:00", "03 09:10:00")),
        *records(events("Bob@Example.com", *day)),
        *records(events("eve@example.com", *day)),
        *records(events("Eve@example.com", *day)),
        *records(events("nia@example.com", *day[:1])),
    )
    rows = store.rows(
        "SELECT source, email, match, employee_email, employee_name, team, name, user_id "
        "FROM people ORDER BY email"
    )
    nothing = (None, None, None, None, None)
    assert rows == [
        ("ide", "ann@home.example", "matched", "ann@example.com", "Ann", "Web", None, None),
        ("ide", "bob@example.com", "ambiguous", *nothing),
        ("ide", "eve@example.com", "unmatched", *nothing),
    ]
    assert store.rows(
        "SELECT source, email, reason, candidates FROM unmatched_people ORDER BY email"
    ) == [
        (
            "ide",
            "bob@example.com",
            "several employees have this address",
            ["ben@example.com", "bob@example.com"],
        ),
        ("ide", "eve@example.com", "no employee has this address", None),
    ]


def test_a_mailmap_corrects_commits_that_were_read_before(store: Loader) -> None:
    """An entry with a name takes precedence over one for any name; a new file replaces the old."""
    store.load(
        REPOSITORIES,
        record("repositories", {"id": "r", "mailmap": None}),
        COMMITS,
        commit("c1", "Ann", "Ann@Old.example"),
        commit("c2", "Build Server", "ci@example.com"),
        commit("c3", "ci", "ci@example.com", "Co-authored-by: Ann <ann@old.example>"),
        EMPLOYEES,
        employee("ann@example.com"),
    )
    assert store.rows(AUTHORS, "c1") == [("author", "Ann", "ann@old.example", None)]
    store.load(
        REPOSITORIES,
        mailmap(
            ("ann@old.example", None, "Ann@example.com", None),
            ("ci@example.com", None, None, "CI"),
            ("ci@example.com", "build server", "ann@example.com", "Ann A."),
        ),
    )
    ann = ("ann@example.com", "ann@example.com")
    assert store.rows(AUTHORS, "c1") == [("author", "Ann", *ann)]
    assert store.rows(AUTHORS, "c2") == [("author", "Ann A.", *ann)]
    assert store.rows(AUTHORS, "c3") == [
        ("author", "CI", "ci@example.com", None),
        ("co-author", "Ann", *ann),
    ]
    store.load(REPOSITORIES, {**mailmap(), "time_extracted": "2026-03-01T11:00:00Z"})
    assert store.rows(AUTHORS, "c2") == [("author", "Build Server", "ci@example.com", None)]


def test_a_person_counts_once_per_commit(store: Loader) -> None:
    """The author as a co-author, and a co-author by two addresses and twice by the same."""
    message = (
        "Co-authored-by: Ann <ann@home.example>\r\n"
        "co-authored-by: Bob <bob@example.com>\n"
        "  CO-AUTHORED-BY:Bobby<BOB@home.example>\n"
        "Co-authored-by: Eve <eve@example.com>\n"
        "Co-authored-by: Eve E. <Eve@example.com>\n"
        'Co-authored-by: "Nameless" <>\n'
        "Co-authored-by: no address\n"
        "see Co-authored-by: Mallory <mallory@example.com>\n"
        "Signed-off-by: Mallory <mallory@example.com>"
    )
    store.load(
        EMPLOYEES,
        employee("ann@example.com", other_emails=["ann@home.example"]),
        employee("bob@example.com", other_emails=["bob@home.example"]),
        COMMITS,
        commit("c1", "Ann", "ann@example.com", message),
    )
    assert store.rows(AUTHORS, "c1") == [
        ("author", "Ann", "ann@example.com", "ann@example.com"),
        ("co-author", "Bob", "bob@example.com", "bob@example.com"),
        ("co-author", "Eve", "eve@example.com", None),
        ("co-author", "Nameless", None, None),
    ]


def test_authors_of_deleted_commits_are_left_out(store: Loader) -> None:
    store.load(
        COMMITS, commit("c1", "Ann", "ann@example.com", "Co-authored-by: Bob <b@example.com>")
    )
    store.connection.execute("UPDATE commits SET _sdc_deleted_at = now()")
    assert store.rows("SELECT * FROM commit_authors") == []


def test_the_stream_map_of_the_document_fits_the_table(store: Loader) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names = ("id", "workEmail", "displayName", "department", "status")
    source = schema("employees", dict.fromkeys(names, "string"), ["id"])
    people = [
        ("7", "Ann@Example.com", "Ann A.", "Tech", "Active"),
        ("8", "bob@example.com", "Bob B.", "Tech", "Inactive"),
    ]
    records = [record("employees", dict(zip(names, values, strict=True))) for values in people]
    store.load(source, *records, **yaml.safe_load(example))
    assert store.rows("SELECT email, name, department, is_archived FROM employees ORDER BY 1") == [
        ("ann@example.com", "Ann A.", "Tech", False),
        ("bob@example.com", "Bob B.", "Tech", True),
    ]
