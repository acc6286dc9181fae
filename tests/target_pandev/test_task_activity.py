"""What task_activity shows of commits, branches and pull requests, and its sum for each task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.target_pandev.history import BRANCHES, COMMITS, TASKS, branch, commit, task
from tests.target_pandev.loading import record, schema
from tests.target_pandev.test_pull_requests import PULL_REQUESTS, pull

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

REPOSITORIES = schema(
    "repositories",
    {**dict.fromkeys(("id", "host", "path", "name", "default_branch"), "string")},
    ["id"],
)


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 8, tzinfo=UTC)


def repository(repository_id: str = "r", host: str = "local") -> dict[str, Any]:
    values = {"id": repository_id, "host": host, "path": "shop/orders", "name": "orders"}
    return record("repositories", values)


@pytest.fixture
def shop(store: Loader) -> Loader:
    """Return a store in which a task has a branch with two commits that was merged, and others."""
    store.load(TASKS, task("86abc1", "DEV-1"), task("86abc2"))
    store.load(REPOSITORIES, repository())
    store.load(
        COMMITS,
        commit("a"),
        commit("b", "a", "CU-86abc1: begin", day=2, authored_at="2026-03-01T09:00:00Z"),
        commit("c", "b", "Go on", day=3, author_email="User2@Example.com"),
        commit("m", "ac", "Merge branch 'CU-86abc1'", day=5),
    )
    return store


def test_worked_example(shop: Loader) -> None:
    """The commit c came in by the merge m; the branch shows it, which is linked as well."""
    shop.load(BRANCHES, branch("main", "m"), branch("CU-86abc1", "c"))
    shop.load(PULL_REQUESTS, pull(7, title="CU-86abc1 in", url="https://git.example.com/7"))
    assert shop.rows(
        "SELECT source, object_key, via, is_merge, author_email, authored_at, occurred_at, url, "
        "repository_name FROM task_activity ORDER BY occurred_at, source"
    ) == [
        ("commit", "b", "commit", False, "user1@example.com", datetime(2026, 3, 1, 9, tzinfo=UTC),
         day(2), None, "orders"),
        ("branch", "CU-86abc1", "branch", False, "user2@example.com", day(3), day(3), None,
         "orders"),
        ("commit", "c", "merge", False, "user2@example.com", day(3), day(3), None, "orders"),
        ("pull_request", "7", "pull_request", False, None, None, day(4),
         "https://git.example.com/7", "orders"),
        ("commit", "m", "commit", True, "user1@example.com", day(5), day(5), None, "orders"),
    ]  # fmt: skip


def test_the_summary_of_a_task_is_one_row(shop: Loader) -> None:
    """Two commits of two authors, without the merge; first and last activity include it."""
    shop.load(BRANCHES, branch("main", "m"), branch("CU-86abc1", "c"))
    shop.load(PULL_REQUESTS, pull(7, title="CU-86abc1 in"))
    assert shop.rows(
        "SELECT task_id, task_name, first_activity_at, last_activity_at, commits, branches, "
        "pull_requests, authors FROM task_activity_summary"
    ) == [("86abc1", "Task 86abc1", day(2), day(5), 2, 1, 1, 2)]


def test_a_branch_without_commits_of_its_own_shows_no_author(shop: Loader) -> None:
    """Its newest commit is one of main, by another author, about another task."""
    shop.load(BRANCHES, branch("main", "m"), branch("CU-86abc2", "m"))
    assert shop.rows(
        "SELECT object_key, sha, author_name, author_email, authored_at, occurred_at "
        "FROM task_activity WHERE source = 'branch'"
    ) == [("CU-86abc2", "m", None, None, None, day(5))]
    shop.load(COMMITS, commit("e", "m", "More", day=6))
    shop.load(BRANCHES, branch("CU-86abc2", "e", read="2026-03-01T12:00:00Z"))
    assert shop.rows(
        "SELECT source, sha, author_name, occurred_at FROM task_activity "
        "WHERE task_id = '86abc2' ORDER BY source"
    ) == [("branch", "e", "User 1", day(6)), ("commit", "e", "User 1", day(6))]


def test_rows_without_any_time_are_left_out(shop: Loader) -> None:
    """As a branch whose commits are older than the start date, until its commit arrives."""
    shop.load(BRANCHES, branch("CU-86abc2", "x"))
    shop.load(COMMITS, commit("y", "a", "CU-86abc2", committed_at=None, authored_at=None))
    of_task = "SELECT source, occurred_at FROM task_activity WHERE task_id = '86abc2'"
    assert shop.rows(of_task) == []
    shop.load(COMMITS, commit("x", "a", "old", day=4))
    assert shop.rows(of_task) == [("branch", day(4))]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("github.com", "https://github.com/shop/orders/commit/b"),
        ("github.example.com", "https://github.example.com/shop/orders/commit/b"),
        ("gitlab.com", "https://gitlab.com/shop/orders/-/commit/b"),
        ("gitlab.example.com", "https://gitlab.example.com/shop/orders/-/commit/b"),
        ("bitbucket.org", "https://bitbucket.org/shop/orders/commits/b"),
        ("git.example.com", None),
        ("local", None),
    ],
)
def test_a_commit_has_its_address(store: Loader, host: str, url: str | None) -> None:
    name = f"{host}/shop/orders"
    store.load(TASKS, task("86abc1"))
    store.load(REPOSITORIES, repository(name, host))
    store.load(COMMITS, commit("b", "", "CU-86abc1", repository_id=name))
    assert store.rows("SELECT url FROM task_activity") == [(url,)]


def test_one_task_by_two_ids_is_one_row_of_each_object(shop: Loader) -> None:
    shop.load(COMMITS, commit("e", "a", "DEV-1, CU-86abc1: more", day=6))
    shop.load(PULL_REQUESTS, pull(7, title="DEV-1", head_sha="c", merge_commit_sha="m"))
    assert shop.rows("SELECT object_key, via FROM task_activity ORDER BY object_key") == [
        ("7", "pull_request"),
        ("b", "commit"),
        ("c", "merge"),
        ("e", "commit"),
        ("m", "commit"),
    ]
