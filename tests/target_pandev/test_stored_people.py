"""The stored people of commits are those that deriving all of them again would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scale import scaled
from tests.target_pandev.loading import COMPLETED_READS, completed, record
from tests.target_pandev.test_people import (
    COMMITS,
    EMPLOYEES,
    REPOSITORIES,
    commit,
    employee,
    mailmap,
)

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

ANN, BOB = "ann@example.com", "bob@example.com"
WITH_BOB = f"Co-authored-by: Bob <{BOB}>"
PEOPLE = "SELECT * FROM git_people ORDER BY identity"
CO_AUTHORED = "SELECT * FROM commit_people ORDER BY sha, place"
MATCHED = "SELECT sha, role, email, employee_email FROM commit_authors ORDER BY sha, role"
LATE = "2026-03-01T11:00:00+00:00"
DELETED = record("employees", {"email": ANN, "_sdc_deleted_at": LATE}, at=LATE)
NOT_FOUND = completed("employees", [BOB], started="11:00", key_properties=["email"])
REPLACED: dict[str, list[Any]] = {
    "by a record": [EMPLOYEES, DELETED],
    "by a completed read": [COMPLETED_READS, NOT_FOUND],
    "by a table version": [
        EMPLOYEES,
        {**employee(BOB), "version": 1, "time_extracted": LATE},
        {"type": "ACTIVATE_VERSION", "stream": "employees", "version": 1},
    ],
}
"""Messages that delete Ann, by what does."""


def derive_again(store: Loader) -> tuple[list[Any], list[Any]]:
    """Return the stored people after all of them were derived from nothing."""
    store.connection.execute("TRUNCATE git_people, commit_people")
    store.derive_people()
    return store.rows(PEOPLE), store.rows(CO_AUTHORED)


@pytest.mark.parametrize("hard_delete", [False, True])
@pytest.mark.parametrize("how", REPLACED)
def test_authors_do_not_match_a_deleted_employee(
    store: Loader, how: str, *, hard_delete: bool
) -> None:
    """Once the employee is back, the commits are theirs again."""
    store.load(EMPLOYEES, employee(ANN), employee(BOB), COMMITS, commit("c1", "Ann", ANN, WITH_BOB))
    both = [("c1", "author", ANN, ANN), ("c1", "co-author", BOB, BOB)]
    assert store.rows(MATCHED) == both
    store.load(*REPLACED[how], hard_delete=hard_delete, max_deleted_share=1)
    assert store.rows(MATCHED) == [("c1", "author", ANN, None), both[1]]
    back = {**employee(ANN), "time_extracted": "2026-03-01T12:00:00Z"}
    store.load(EMPLOYEES, back)
    assert store.rows(MATCHED) == both


def test_an_employee_that_a_completed_read_finds_again_is_an_author(store: Loader) -> None:
    store.load(EMPLOYEES, employee(ANN), employee(BOB), COMMITS, commit("c1", "Ann", ANN))
    store.load(COMPLETED_READS, NOT_FOUND, max_deleted_share=1)
    assert store.rows(MATCHED) == [("c1", "author", ANN, None)]
    found = completed("employees", [ANN, BOB], started="12:00", key_properties=["email"])
    store.load(COMPLETED_READS, found)
    assert store.rows(MATCHED) == [("c1", "author", ANN, ANN)]


def test_people_without_a_commit_are_deleted_with_the_last_one(store: Loader) -> None:
    """If rows are deleted, and not only marked."""
    with_dan = commit("c2", "Ann", ANN, "Co-authored-by: Dan <dan@example.com>")
    store.load(COMMITS, commit("c1", "Ann", ANN, WITH_BOB), with_dan, commit("c3", "C", ""))
    people = "SELECT name FROM git_people ORDER BY name"
    read = {"key_properties": ["sha"], "workspace_id": ""}
    found = completed("commits", ["c1", "c2"], started="11:00", **read)
    store.load(COMPLETED_READS, found)
    assert store.rows(people) == [("Ann",), ("Bob",), ("C",), ("Dan",)]
    found = completed("commits", ["c2"], started="12:00", **read)
    store.load(COMPLETED_READS, found, hard_delete=True)
    assert store.rows(people) == [("Ann",), ("C",), ("Dan",)]
    shown = "SELECT DISTINCT sha FROM commit_people"
    assert store.rows(shown) == [("c2",)]


def test_a_commit_without_author_and_message_has_a_row(store: Loader) -> None:
    commit = record("commits", {"repository_id": "r", "sha": "c1"})
    columns = {name: {"type": "string"} for name in ("repository_id", "sha")}
    store.load({**COMMITS, "schema": {"type": "object", "properties": columns}}, commit)
    assert store.rows("SELECT sha, role, name, email FROM commit_authors") == [
        ("c1", "author", None, None)
    ]


ADDRESSES = st.sampled_from([ANN, " Ann@Example.com", "ann@old.example", "ci@example.com", BOB, ""])
NAMES = st.sampled_from(["Ann", "Bob", "CI", ""])


def made_by(name: str, email: str, others: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a commit, whose sha is that of its content."""
    message = "\n".join(f"Co-authored-by: {who} <{address}>" for who, address in others)
    return commit(f"{name} {email} {message}", name, email, message)


COMMITTED = st.builds(made_by, NAMES, ADDRESSES, st.lists(st.tuples(NAMES, ADDRESSES), max_size=2))
ENTRIES = st.tuples(
    st.sampled_from(["ann@old.example", "ci@example.com"]),
    st.sampled_from([None, "ann", "ci"]),
    st.sampled_from([None, "Ann@example.com", BOB]),
    st.sampled_from([None, "Ann A."]),
)
MAILMAPS = st.lists(ENTRIES, max_size=2, unique_by=lambda entry: entry[:2])
STEPS = st.lists(
    st.one_of(
        st.lists(COMMITTED, min_size=1, max_size=3, unique_by=lambda row: row["record"]["sha"]).map(
            lambda rows: [COMMITS, *rows]
        ),
        MAILMAPS.map(lambda entries: [REPOSITORIES, mailmap(*entries)]),
        st.sampled_from([[], [ANN], ["ann@old.example", BOB], [BOB]]).map(
            lambda others: [EMPLOYEES, employee(ANN, other_emails=others)]
        ),
        st.sampled_from([None, "2026-03-01T00:00:00Z"]).map(
            lambda deleted: [EMPLOYEES, record("employees", {"email": BOB} | (
                {"_sdc_deleted_at": deleted} if deleted else {}))]
        ),
    ),
    max_size=6,
)  # fmt: skip


@pytest.mark.hypothesis  # which sees no @given within
def test_any_order_of_loads_ends_in_the_same_people(store: Loader) -> None:
    """Each load is read later than the one before it."""

    @settings(max_examples=scaled(15, full=400), suppress_health_check=[*HealthCheck])
    @given(steps=STEPS)
    def check(steps: list[list[dict[str, Any]]]) -> None:
        with psycopg.connect(store.database, autocommit=True) as connection:
            connection.execute(
                "TRUNCATE pandev.commits, pandev.employees, pandev.repositories, "
                "pandev.git_people, pandev.commit_people, pandev.tombstones"
            )
        for minute, (stream, *records) in enumerate(steps):
            read_at = f"2026-03-01T10:{minute:02}:00Z"
            store.load(stream, *({**message, "time_extracted": read_at} for message in records))
        stored = store.rows(PEOPLE), store.rows(CO_AUTHORED)
        again = derive_again(store)
        assert stored[1] == again[1]
        known = {row[0] for row in again[0]}
        assert [row for row in stored[0] if row[0] in known] == again[0]

    check()
