"""Commits that the history links with tasks: by merges, pull requests and branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.target_pandev.history import (
    BRANCHES,
    COMMITS,
    LINKS,
    TASKS,
    branch,
    commit,
    inherited,
    task,
)
from tests.target_pandev.loading import COMPLETED_READS, completed, record
from tests.target_pandev.test_pull_requests import PULL_REQUESTS, pull

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

LATER = "2026-03-01T12:00:00Z"


def merged(message: str = "Merge branch 'CU-86abc1'") -> list[dict[str, Any]]:
    """Return a main line a, d, m, and commits b and c that came in by the merge m."""
    return [
        commit("a"),
        commit("b", "a", day=2),
        commit("c", "b", day=3),
        commit("d", "a", day=4),
        commit("m", "dc", message, day=5),
    ]


def test_commits_that_came_in_by_a_merge_are_linked(store: Loader) -> None:
    store.load(COMMITS, *merged())
    assert inherited(store) == [("b", "86abc1", "merge", "m"), ("c", "86abc1", "merge", "m")]


def test_a_merge_of_the_default_branch_links_nothing(store: Loader) -> None:
    """The commits of main came into the branch that the task is named by."""
    store.load(COMMITS, *merged("Merge branch 'main' into CU-86abc1"))
    assert inherited(store) == []


def test_only_the_merged_of_two_named_tasks_is_linked(store: Loader) -> None:
    store.load(COMMITS, *merged("Merge branch 'CU-86abc1' into CU-86abc2"))
    assert [row[:2] for row in inherited(store)] == [("b", "86abc1"), ("c", "86abc1")]


def test_an_octopus_merge_brings_the_commits_of_all_its_branches(store: Loader) -> None:
    store.load(
        COMMITS,
        commit("a"),
        commit("b", "a", day=2),
        commit("c", "a", day=3),
        commit("m", "abc", "Merge branches 'CU-86abc1' and 'CU-86abc2'", day=4),
    )
    assert [row[:2] for row in inherited(store)] == [
        ("b", "86abc1"),
        ("b", "86abc2"),
        ("c", "86abc1"),
        ("c", "86abc2"),
    ]


def test_a_commit_that_names_the_task_itself_needs_no_other_link(store: Loader) -> None:
    store.load(TASKS, task("86abc1"))
    history = merged()
    history[2] = commit("c", "b", "CU-86abc1", day=3)
    store.load(COMMITS, *history)
    assert store.rows(LINKS) == [
        ("b", "86abc1", "merge"),
        ("c", "86abc1", "commit"),
        ("m", "86abc1", "commit"),
    ]


def test_commits_of_a_pull_request_are_linked_with_its_task(store: Loader) -> None:
    """Also the merge commit, whose message names nothing here."""
    store.load(PULL_REQUESTS, pull(7, title="CU-86abc1", head_sha="c", merge_commit_sha="m"))
    assert inherited(store) == []
    store.load(COMMITS, *merged("Merge it"))
    assert inherited(store) == [
        ("b", "86abc1", "merge", "7"),
        ("c", "86abc1", "merge", "7"),
        ("m", "86abc1", "pull_request", "7"),
    ]


def test_a_squash_is_linked_by_its_pull_request(store: Loader) -> None:
    store.load(COMMITS, commit("a"), commit("s", "a", "Log in (#7)", day=4))
    store.load(PULL_REQUESTS, pull(7, head_branch="CU-86abc1", head_sha="c", merge_commit_sha="s"))
    assert inherited(store) == [("s", "86abc1", "pull_request", "7")]


def test_an_edited_pull_request_links_with_its_new_task(store: Loader) -> None:
    store.load(COMMITS, commit("a"), commit("s", "a", day=4))
    store.load(PULL_REQUESTS, pull(7, title="CU-86abc1", merge_commit_sha="s"))
    later = {"updated_at": "2026-03-08T08:00:00Z"}
    store.load(PULL_REQUESTS, pull(7, title="CU-86abc2", merge_commit_sha="s", **later))
    assert inherited(store) == [("s", "86abc2", "pull_request", "7")]
    store.load(PULL_REQUESTS, pull(7, _sdc_deleted_at="2026-03-20T00:00:00Z"))
    assert inherited(store) == []


OPEN = [
    commit("a"),
    commit("b", "a", day=2),
    commit("c", "b", day=3),
    commit("d", "a", day=4),
    commit("e", "c", day=5),
]
"""A main line a, d; the branch b, c, and e on top of it."""


def test_commits_of_a_branch_are_linked_until_they_are_on_main(store: Loader) -> None:
    store.load(BRANCHES, branch("main", "d"), branch("CU-86abc1", "c"))
    store.load(COMMITS, *OPEN)
    assert inherited(store) == [
        ("b", "86abc1", "branch_graph", "CU-86abc1"),
        ("c", "86abc1", "branch_graph", "CU-86abc1"),
    ]
    store.load(BRANCHES, branch("main", "c", read=LATER))
    assert inherited(store) == []


def test_links_stay_until_the_new_commits_of_main_arrive(store: Loader) -> None:
    """Within a run branches are loaded first."""
    store.load(COMMITS, *OPEN)
    store.load(BRANCHES, branch("main", "d"), branch("CU-86abc1", "c"), branch("CU-86abc2", "e"))
    store.load(BRANCHES, branch("main", "m", read=LATER))
    assert [row[:2] for row in inherited(store)] == [
        ("b", "86abc1"),
        ("b", "86abc2"),
        ("c", "86abc1"),
        ("c", "86abc2"),
        ("e", "86abc2"),
    ]
    store.load(COMMITS, commit("m", "dc", day=6))
    assert inherited(store) == [("e", "86abc2", "branch_graph", "CU-86abc2")]


def test_without_a_default_branch_no_branch_links_its_commits(store: Loader) -> None:
    store.load(COMMITS, *OPEN)
    store.load(BRANCHES, branch("CU-86abc1", "c"))
    assert inherited(store) == []
    store.load(BRANCHES, branch("main", "d"))
    assert [row[0] for row in inherited(store)] == ["b", "c"]


def test_a_default_branch_that_names_a_task_links_nothing(store: Loader) -> None:
    default = branch("release/DEV-2", "d")
    default["record"]["is_default"] = True
    store.load(COMMITS, *OPEN)
    store.load(BRANCHES, default, branch("topic", "c"))
    assert inherited(store) == []


def test_a_moved_branch_links_only_its_new_commits(store: Loader) -> None:
    store.load(COMMITS, *OPEN)
    store.load(BRANCHES, branch("main", "d"), branch("CU-86abc1", "e"))
    store.load(BRANCHES, branch("CU-86abc1", "b", read=LATER))
    assert [row[0] for row in inherited(store)] == ["b"]


def read_of(stream: str, keys: list[str], started: str) -> dict[str, Any]:
    return completed(
        stream,
        keys,
        started=started,
        where={"repository_id": {"in": ["r"]}},
        workspace_id="",
        scope="r",
        key_properties=["name" if stream == "branches" else "sha"],
    )


@pytest.mark.parametrize("hard", [False, True])
def test_a_deleted_branch_loses_its_links(store: Loader, *, hard: bool) -> None:
    store.load(COMMITS, *OPEN)
    store.load(BRANCHES, branch("main", "d"), branch("CU-86abc1", "c"))
    store.load(COMPLETED_READS, read_of("branches", ["main"], "11:00"), hard_delete=hard)
    assert inherited(store) == []
    store.load(BRANCHES, branch("CU-86abc1", "c", read=LATER))
    assert [row[0] for row in inherited(store)] == ["b", "c"]


@pytest.mark.parametrize("hard", [False, True])
def test_deleted_commits_lose_their_links_until_they_return(store: Loader, *, hard: bool) -> None:
    """As after a force-push of main that removed the merge."""
    store.load(COMMITS, *merged())
    store.load(COMPLETED_READS, read_of("commits", ["a", "d"], "11:00"), hard_delete=hard)
    assert inherited(store) == []
    for message in reversed(merged()):
        store.load(COMMITS, {**message, "time_extracted": LATER})
    assert [row[0] for row in inherited(store)] == ["b", "c"]


def test_commits_that_a_read_restores_are_linked_again(store: Loader) -> None:
    store.load(COMMITS, *merged())
    store.load(COMPLETED_READS, read_of("commits", ["a", "d"], "11:00"))
    store.load(COMPLETED_READS, read_of("commits", list("abcdm"), "12:00"))
    assert [row[0] for row in inherited(store)] == ["b", "c"]


def test_other_rules_derive_the_links_again(store: Loader) -> None:
    store.load(COMMITS, *merged("Merge branch 'T-86abc1'"), *OPEN[4:])
    store.load(BRANCHES, branch("main", "m"), branch("T-86abc2", "e"))
    store.load(PULL_REQUESTS, pull(7, title="T-86abc3", head_sha="c", merge_commit_sha="m"))
    assert inherited(store) == []
    store.load(COMMITS, task_id_prefix="T-")
    assert [row for row in inherited(store) if row[1] in {"86abc1", "86abc2", "86abc3"}] == [
        ("b", "86abc1", "merge", "m"),
        ("b", "86abc3", "merge", "7"),
        ("c", "86abc1", "merge", "m"),
        ("c", "86abc3", "merge", "7"),
        ("e", "86abc2", "branch_graph", "T-86abc2"),
        ("m", "86abc3", "pull_request", "7"),
    ]


def test_a_shallow_history_links_what_is_stored(store: Loader) -> None:
    """The commit a, on which the branch began, and its part b are older."""
    store.load(COMMITS, *merged()[2:])
    assert [row[0] for row in inherited(store)] == ["c"]
    store.load(COMMITS, *merged()[:2])
    assert [row[0] for row in inherited(store)] == ["b", "c"]


def test_a_task_that_arrives_late_is_linked(store: Loader) -> None:
    store.load(COMMITS, *merged("Merge branch 'DEV-2'"))
    assert store.rows(LINKS) == []
    store.load(TASKS, task("86abc1", "DEV-2"))
    assert store.rows(LINKS) == [
        ("b", "86abc1", "merge"),
        ("c", "86abc1", "merge"),
        ("m", "86abc1", "commit"),
    ]


def test_the_same_task_by_two_ids_is_one_link(store: Loader) -> None:
    """An id in the commit itself counts before the history, and its id before its custom id."""
    store.load(TASKS, task("86abc1", "DEV-2"))
    history = merged("Merge branch 'CU-86abc1', DEV-2")
    history[1] = commit("b", "a", "DEV-2: begin", day=2)
    store.load(COMMITS, *history)
    store.load(BRANCHES, branch("feature/DEV-2_CU-86abc1", "m"))
    assert store.rows(
        'SELECT object_key, task_id, via, kind FROM task_links ORDER BY object_key COLLATE "C"'
    ) == [
        ("b", "86abc1", "commit", "custom_id"),
        ("c", "86abc1", "merge", "task_id"),
        ("feature/DEV-2_CU-86abc1", "86abc1", "branch", "task_id"),
        ("m", "86abc1", "commit", "task_id"),
    ]


def test_repositories_with_the_same_commits_are_kept_apart(store: Loader) -> None:
    other = [record("commits", {**message["record"], "repository_id": "s"}) for message in OPEN]
    store.load(COMMITS, *OPEN, *other)
    store.load(BRANCHES, branch("main", "d"), branch("CU-86abc1", "c"))
    store.load(
        BRANCHES, branch("main", "c", repository="s"), branch("CU-86abc2", "e", repository="s")
    )
    assert store.rows(
        "SELECT repository_id, sha, reference FROM inherited_references ORDER BY 1, 2"
    ) == [("r", "b", "86abc1"), ("r", "c", "86abc1"), ("s", "e", "86abc2")]


def test_of_several_links_of_a_commit_the_nearest_counts(store: Loader) -> None:
    """The merge was derived first, and its pull request names the task as well."""
    store.load(COMMITS, *merged())
    store.load(PULL_REQUESTS, pull(7, title="CU-86abc1", head_sha="c", merge_commit_sha="m"))
    assert inherited(store) == [("b", "86abc1", "merge", "m"), ("c", "86abc1", "merge", "m")]
