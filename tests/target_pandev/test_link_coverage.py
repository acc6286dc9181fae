"""Which commits name a task, and which closed tasks no commit names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import ReportingChange, Store
from tests.target_pandev.loading import TIMESTAMP, record, schema
from tests.target_pandev.test_pull_requests import PULL_REQUESTS

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

TASKS = schema(
    "tasks",
    {
        **dict.fromkeys(("workspace_id", "id", "name", "status", "status_type"), "string"),
        **dict.fromkeys(("date_done", "date_closed"), TIMESTAMP),
    },
    ["workspace_id", "id"],
)
COMMITS = schema(
    "commits",
    {
        **dict.fromkeys(
            ("repository_id", "sha", "message", "author_name", "author_email"), "string"
        ),
        **dict.fromkeys(("authored_at", "committed_at"), TIMESTAMP),
        "parents": "array",
    },
    ["repository_id", "sha"],
)
REPOSITORIES = schema("repositories", dict.fromkeys(("id", "host", "name"), "string"), ["id"])
HOSTED = {"id": "gitlab.example.com/group/shop", "host": "gitlab.example.com", "name": "shop"}
BRANCHES = schema(
    "branches",
    dict.fromkeys(("repository_id", "name", "head_sha"), "string"),
    ["repository_id", "name"],
)
COVERAGE = """
SELECT repository_id, week, commits, linked, unknown_only, without_reference
FROM link_coverage ORDER BY repository_id, week
"""
MONDAY, NEXT_MONDAY = date(2026, 3, 2), date(2026, 3, 9)


def task(task_id: str, status: str = "closed") -> dict[str, Any]:
    values = {"workspace_id": "900", "id": task_id, "status": status, "status_type": status}
    return record("tasks", values)


def commit(
    sha: str, message: str, day: str = "03T10:00", repository: str = "shop", **values: Any
) -> dict[str, Any]:
    commit = {
        "repository_id": repository,
        "sha": sha,
        "message": message,
        "author_name": "User One",
        "author_email": "user1@example.com",
        "committed_at": f"2026-03-{day}:00Z",
        "parents": ["0"],
    }
    return record("commits", {**commit, **values})


@pytest.fixture
def repositories(store: Loader) -> Loader:
    """Return a store with one known task and commits of two repositories in two weeks."""
    store.load(TASKS, task("86abc1d2e"))
    store.load(
        COMMITS,
        commit("c1", "CU-86abc1d2e fix it"),
        commit("c2", "CU-86abc1d2e and CU-86zzz9999"),
        commit("c3", "CU-86zzz9999 is not loaded"),
        commit("c4", "Read files as UTF-8"),
        commit("c5", "Tidy up", parents=[]),
        commit("c6", "Merge CU-86abc1d2e", parents=["1", "2"]),
        commit("c7", "Update it", author_name="renovate[bot]"),
        commit("c8", "Update it", author_email="1+dependabot[bot]@users.noreply.example.com"),
        commit("c9", "CU-86abc1d2e", day="08T23:30"),
        commit("c1", "Another one", repository="app"),
    )
    return store


def test_worked_example(repositories: Loader) -> None:
    """In the shop's first week c1 and c2 are linked; c3 is unknown; c4 and c5 name nothing.

    The merge c6 and the bots' c7 and c8 are left out.
    """
    assert repositories.rows(COVERAGE) == [
        ("app", MONDAY, 1, 0, 0, 1),
        ("shop", MONDAY, 6, 3, 1, 2),
    ]
    with Store(repositories.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange("Europe/Berlin"))
    assert repositories.rows(COVERAGE)[1:] == [
        ("shop", MONDAY, 5, 2, 1, 2),
        ("shop", NEXT_MONDAY, 1, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("rules", "row"),
    [
        (ReportingChange(counts_merges=True), (7, 4, 1, 2)),
        (ReportingChange(bots=["renovate*", "*@users.noreply.example.com"]), (6, 3, 1, 2)),
        (ReportingChange(bots=["*[bot]*", "user1@example.com"]), None),
        (ReportingChange(bots=["*[bot]*", "User%", "User_One", "one"]), (6, 3, 1, 2)),
        (ReportingChange(bots=[]), (8, 3, 1, 4)),
    ],
)
def test_which_commits_count_is_a_setting(
    repositories: Loader, rules: ReportingChange, row: tuple[int, ...] | None
) -> None:
    """A merge counts as linked; a pattern fits the whole name or address."""
    with Store(repositories.database, schema="pandev") as opened:
        opened.change_reporting(rules)
    counts = [counted[2:] for counted in repositories.rows(COVERAGE) if counted[0] == "shop"]
    assert counts == ([] if row is None else [row])


def test_coverage_follows_tasks_that_arrive_or_are_deleted(repositories: Loader) -> None:
    repositories.load(TASKS, task("86zzz9999"))
    assert repositories.rows(COVERAGE)[1] == ("shop", MONDAY, 6, 4, 0, 2)
    repositories.connection.execute("UPDATE tasks SET _sdc_deleted_at = now()")
    repositories.resolve_links()
    assert repositories.rows(COVERAGE)[1] == ("shop", MONDAY, 6, 0, 4, 2)


def test_deleted_commits_are_left_out(repositories: Loader) -> None:
    repositories.connection.execute(
        "UPDATE commits SET _sdc_deleted_at = now() WHERE sha IN ('c1', 'c5')"
    )
    assert repositories.rows(COVERAGE) == [("shop", MONDAY, 4, 2, 1, 1)]


def test_closed_tasks_that_nothing_names_are_listed(repositories: Loader) -> None:
    """86abc1d2e has commits, 86bbb0002 a branch, 86ccc0003 is open; 86ddd0004 has nothing."""
    repositories.load(
        TASKS, task("86bbb0002"), task("86ccc0003", "open"), task("86ddd0004", "done")
    )
    branch = {"repository_id": "shop", "name": "feature/CU-86bbb0002", "head_sha": "c1"}
    repositories.load(BRANCHES, record("branches", branch))
    listed = "SELECT task_id FROM closed_tasks_without_commits ORDER BY task_id"
    assert repositories.rows(listed) == [("86ddd0004",)]
    repositories.connection.execute("UPDATE branches SET _sdc_deleted_at = now()")
    repositories.connection.execute("UPDATE commits SET _sdc_deleted_at = now()")
    assert repositories.rows(listed) == [("86abc1d2e",), ("86bbb0002",), ("86ddd0004",)]


def test_commits_that_the_history_links_are_counted_apart(repositories: Loader) -> None:
    """The merge brought d1 and d2, whose messages name no task that exists."""
    repositories.load(
        COMMITS,
        commit("d1", "CU-86zzz9999 is not loaded", parents=["c1"]),
        commit("d2", "Tidy up", parents=["d1"]),
        commit("d3", "Merge branch 'CU-86abc1d2e'", parents=["c1", "d2"]),
    )
    assert repositories.rows(
        "SELECT linked, unknown_only, without_reference, linked_by_history FROM link_coverage "
        "WHERE repository_id = 'shop'"
    ) == [(3, 2, 3, 2)]
    unlinked = "SELECT repository_id, sha FROM unlinked_commits ORDER BY 1, 2"
    assert repositories.rows(unlinked) == [
        ("app", "c1"),
        ("shop", "c3"),
        ("shop", "c4"),
        ("shop", "c5"),
    ]


def test_an_unlinked_commit_is_shown_with_author_and_address(store: Loader) -> None:
    store.load(TASKS, task("86abc1d2e"))
    store.load(REPOSITORIES, record("repositories", HOSTED))
    store.load(
        COMMITS,
        commit("c1", "CU-86abc1d2e fix it", repository=HOSTED["id"]),
        commit(
            "c2", "CU-86zzz9999 fix it\n\nIn all places.", "04T09:00", HOSTED["id"],
            author_email=" User1@Example.com", authored_at="2026-03-02T09:00:00Z",
        ),
        commit("c3", "Tidy up", "05T09:00", HOSTED["id"]),
    )  # fmt: skip
    assert store.rows(
        "SELECT sha, repository_name, title, author_name, author_email, authored_at, committed_at, "
        "names_unknown_task, url FROM unlinked_commits ORDER BY sha"
    ) == [
        ("c2", "shop", "CU-86zzz9999 fix it", "User One", "user1@example.com",
         datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC), True,
         "https://gitlab.example.com/group/shop/-/commit/c2"),
        ("c3", "shop", "Tidy up", "User One", "user1@example.com", None,
         datetime(2026, 3, 5, 9, tzinfo=UTC), False,
         "https://gitlab.example.com/group/shop/-/commit/c3"),
    ]  # fmt: skip


def test_a_closed_task_with_linked_commits_is_not_listed(repositories: Loader) -> None:
    repositories.load(TASKS, task("86bbb0002"), task("86ccc0003"))
    pull_request = {"repository_id": "shop", "number": 7, "title": "CU-86bbb0002"}
    repositories.load(PULL_REQUESTS, record("pull_requests", pull_request))
    listed = "SELECT task_id FROM closed_tasks_without_commits ORDER BY task_id"
    assert repositories.rows(listed) == [("86ccc0003",)]
    repositories.connection.execute("UPDATE pull_requests SET _sdc_deleted_at = now()")
    assert repositories.rows(listed) == [("86bbb0002",), ("86ccc0003",)]
    repositories.connection.execute(
        "INSERT INTO inherited_references VALUES ('shop', 'c5', 'task_id', '86bbb0002', "
        "'commit', 'c6', 'merge', NULL, 1, now(), true)"
    )
    repositories.resolve_links()
    assert repositories.rows(listed) == [("86ccc0003",)]
