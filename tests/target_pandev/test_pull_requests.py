"""Pull requests in the store: their tasks, their commits, and how long they took."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests.target_pandev.loading import TIMESTAMP, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

TEXTS = (
    "title",
    "state",
    "head_branch",
    "base_branch",
    "head_sha",
    "merge_commit_sha",
    "author_login",
)
PULL_REQUESTS = schema(
    "pull_requests",
    {
        "repository_id": "string",
        "number": "integer",
        **dict.fromkeys((*TEXTS, "url"), "string"),
        **dict.fromkeys(("created_at", "merged_at", "closed_at", "updated_at"), TIMESTAMP),
    },
    ["repository_id", "number"],
    bookmark="updated_at",
)
COMMITS = schema(
    "commits",
    {
        "repository_id": "string",
        "sha": "string",
        "message": "string",
        "authored_at": TIMESTAMP,
        "committed_at": TIMESTAMP,
        "parents": {"type": "array", "items": {"type": "string"}},
    },
    ["repository_id", "sha"],
)
TASKS = schema(
    "tasks", dict.fromkeys(("workspace_id", "id", "name"), "string"), ["workspace_id", "id"]
)
HOUR_MS = 3_600_000


def pull(number: int, **values: Any) -> dict[str, Any]:
    """Return a pull request that was opened on day 4 and, if it has a merge, merged on day 6."""
    merged_at = "2026-03-06T08:00:00Z" if "merge_commit_sha" in values else None
    defaults = {
        "repository_id": "r",
        "number": number,
        "created_at": "2026-03-04T08:00:00Z",
        "merged_at": merged_at,
        "updated_at": merged_at or "2026-03-04T08:00:00Z",
    }
    return record("pull_requests", {**defaults, **values})


def commit(sha: str, day: int, *parents: str, authored: int | None = None) -> dict[str, Any]:
    """Return a commit of a day in March 2026."""
    values = {
        "repository_id": "r",
        "sha": sha,
        "message": sha,
        "authored_at": f"2026-03-{authored or day:02}T08:00:00Z",
        "committed_at": f"2026-03-{day:02}T08:00:00Z",
        "parents": list(parents),
    }
    return record("commits", values)


def task(name: str) -> dict[str, Any]:
    return record("tasks", {"workspace_id": "900", "id": name, "name": f"Task {name}"})


REFERENCES = "SELECT object_key, reference FROM task_references ORDER BY object_key, ordinal"
COMMITS_OF = "SELECT number, sha, is_loaded FROM merged_commits ORDER BY number, sha"
LEAD_TIMES = """
SELECT number, commit_count, first_commit_at, coding_ms, review_ms, lead_ms
FROM pull_request_lead_times ORDER BY number
"""


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 8, tzinfo=UTC)


def test_ids_are_found_in_the_title_and_the_head_branch(store: Loader) -> None:
    """R121: in the order of title and branch; each text ends before the other one begins."""
    store.load(
        PULL_REQUESTS,
        pull(7, title="Log in, CU-86abc1", head_branch="CU-86abc2_login"),
        pull(8, title="ends in CU-", head_branch="fedcba"),
        pull(9, title=None, head_branch="DEV-4"),
    )
    assert store.rows(REFERENCES) == [("7", "86abc1"), ("7", "86abc2"), ("9", "DEV-4")]


def test_an_edited_title_replaces_the_references(store: Loader) -> None:
    """An older version that arrives late changes nothing."""
    late = pull(7, title="CU-86abc1", updated_at="2026-03-04T09:00:00Z")
    edited = pull(7, title="CU-86abc2", updated_at="2026-03-04T10:00:00Z")
    for message in (late, edited, late):
        store.load(PULL_REQUESTS, pull(8, title="CU-86abc9"), message)
    assert store.rows(REFERENCES) == [("7", "86abc2"), ("8", "86abc9")]


def test_another_prefix_has_all_titles_looked_through_again(store: Loader) -> None:
    store.load(PULL_REQUESTS, pull(7, title="T-86abc1", head_branch="T-86abc2"))
    store.load(COMMITS, task_id_prefix="T-")
    assert store.rows(
        "SELECT reference FROM task_references WHERE kind = 'task_id' ORDER BY 1"
    ) == [
        ("86abc1",),
        ("86abc2",),
    ]


def test_task_activity_shows_pull_requests_when_merged_or_opened(store: Loader) -> None:
    store.load(TASKS, task("86abc1"))
    gone = {"_sdc_deleted_at": "2026-03-20T00:00:00Z"}
    who = {"author_login": "user1"}
    store.load(
        PULL_REQUESTS,
        pull(7, title="CU-86abc1 in", head_sha="h7", merge_commit_sha="m", **who),
        pull(8, title="Out", head_branch="CU-86abc1", head_sha="h8", **who),
        pull(9, title="CU-86abc1 gone"),
    )
    store.load(PULL_REQUESTS, pull(9, **gone))
    assert store.rows(
        "SELECT task_name, source, object_key, title, sha, author_name, author_email, occurred_at "
        "FROM task_activity ORDER BY object_key"
    ) == [
        ("Task 86abc1", "pull_request", "7", "CU-86abc1 in", "h7", "user1", None, day(6)),
        ("Task 86abc1", "pull_request", "8", "Out", "h8", "user1", None, day(4)),
    ]


MERGED = [commit("a", 1), commit("b", 2, "a"), commit("c", 3, "b"), commit("d", 4, "a")]
MERGE = commit("m", 6, "d", "c")


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("merge_commit_sha", ["m", None])
def test_lead_time_runs_from_the_first_commit_to_the_merge(
    store: Loader, order: tuple[int, ...], merge_commit_sha: str | None
) -> None:
    """In any order of arrival, and also if only git says which commit is the merge."""
    messages = [
        [PULL_REQUESTS, pull(7, head_sha="c", merge_commit_sha=merge_commit_sha)],
        [COMMITS, *MERGED],
        [COMMITS, MERGE],
    ]
    for index in order:
        store.load(*messages[index])
    assert store.rows(COMMITS_OF) == [(7, "b", True), (7, "c", True)]
    assert store.rows(LEAD_TIMES) == [(7, 2, day(2), 48 * HOUR_MS, 48 * HOUR_MS, 96 * HOUR_MS)]


def test_a_squash_has_the_commits_of_its_head_or_no_lead_time(store: Loader) -> None:
    """They are never guessed; they count as soon as the head arrives."""
    store.load(COMMITS, commit("a", 1), commit("s", 6, "a"))
    store.load(PULL_REQUESTS, pull(7, head_sha="c", merge_commit_sha="s"))
    assert store.rows(COMMITS_OF) == [(7, "c", False)]
    assert store.rows(LEAD_TIMES) == [(7, None, None, None, 48 * HOUR_MS, None)]
    store.load(COMMITS, commit("c", 5, "b"))
    assert store.rows(LEAD_TIMES) == [(7, None, None, None, 48 * HOUR_MS, None)]
    store.load(COMMITS, commit("b", 3, "a"))
    assert store.rows(LEAD_TIMES) == [(7, 2, day(3), 24 * HOUR_MS, 48 * HOUR_MS, 72 * HOUR_MS)]


def test_a_draft_opened_before_its_first_commit_has_no_coding_time(store: Loader) -> None:
    """Its commits were written again after it was opened; the lead time begins with the opening."""
    store.load(COMMITS, commit("a", 1), commit("b", 5, "a"), commit("m", 6, "a", "b"))
    store.load(PULL_REQUESTS, pull(7, head_sha="b", merge_commit_sha="m"))
    assert store.rows(LEAD_TIMES) == [(7, 1, day(5), 0, 48 * HOUR_MS, 48 * HOUR_MS)]


def test_lead_times_have_a_part_within_working_hours(store: Loader) -> None:
    """From Monday to Wednesday to Friday, each at 8:00; work is from 9 to 17."""
    store.load(COMMITS, commit("a", 1), commit("b", 2, "a"), commit("m", 6, "a", "b"))
    store.load(PULL_REQUESTS, pull(7, head_sha="b", merge_commit_sha="m"))
    assert store.rows(
        "SELECT coding_ms, working_coding_ms, review_ms, working_review_ms, lead_ms, "
        "working_lead_ms FROM pull_request_lead_times"
    ) == [tuple(hours * HOUR_MS for hours in (48, 16, 48, 16, 96, 32))]


def test_a_rebased_commit_counts_from_when_it_was_written(store: Loader) -> None:
    commits = (commit("a", 1), commit("b", 5, "a", authored=2), commit("m", 6, "a", "b"))
    store.load(COMMITS, *commits)
    store.load(PULL_REQUESTS, pull(7, head_sha="b", merge_commit_sha="m"))
    assert store.rows(LEAD_TIMES) == [(7, 1, day(2), 48 * HOUR_MS, 48 * HOUR_MS, 96 * HOUR_MS)]


def test_open_and_fast_forwarded_pull_requests_have_no_commits(store: Loader) -> None:
    """After a fast-forward nothing says where the branch began."""
    store.load(COMMITS, commit("a", 1), commit("b", 2, "a"), commit("c", 3, "b"))
    merged_at = "2026-03-06T08:00:00Z"
    store.load(
        PULL_REQUESTS,
        pull(7, head_sha="c"),
        pull(8, head_sha="c", merged_at=merged_at),
        pull(9, head_sha="c", merge_commit_sha="c"),
    )
    assert store.rows(COMMITS_OF) == []
    assert [row[:3] for row in store.rows(LEAD_TIMES)] == [
        (7, None, None),
        (8, None, None),
        (9, None, None),
    ]


def test_a_pull_request_that_is_not_merged_after_all_has_no_commits(store: Loader) -> None:
    store.load(COMMITS, *MERGED, MERGE)
    store.load(PULL_REQUESTS, pull(7, head_sha="c", merge_commit_sha="m"))
    later = {"updated_at": "2026-03-08T08:00:00Z", "merged_at": None}
    store.load(PULL_REQUESTS, pull(7, head_sha="c", merge_commit_sha="m", **later))
    assert store.rows(COMMITS_OF) == []


def test_lead_times_name_the_tasks(store: Loader) -> None:
    store.load(TASKS, task("86abc1"), task("86abc2"))
    store.load(
        PULL_REQUESTS,
        pull(7, title="CU-86abc2, CU-86abc1, CU-86abc3", head_branch="CU-86abc1"),
        pull(8, title="none"),
    )
    assert store.rows("SELECT number, task_ids FROM pull_request_lead_times ORDER BY 1") == [
        (7, ["86abc1", "86abc2"]),
        (8, None),
    ]
