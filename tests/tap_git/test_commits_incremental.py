"""Incremental reads of commits: those that no head in the state reaches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_git.errors import ConfigurationError
from tap_git.tap import TapGit
from tests.tap_git.repository_builder import USER1, RepositoryBuilder
from tests.tap_git.runner import ORDERS

if TYPE_CHECKING:
    from tests.tap_git.runner import Read

STATES = Path(__file__).parents[1] / "fixtures" / "states"


def test_a_second_run_reads_no_commit_again(orders: RepositoryBuilder, read: Read) -> None:
    first = read(orders)
    second = read(orders, state=first.state)
    assert second.rows("commits") == []
    assert second.rows("repositories") == first.rows("repositories")
    assert second.rows("branches") == first.rows("branches")
    assert second.state == first.state
    assert second.state["bookmarks"]["commits"] == {
        "heads": {ORDERS: [str(orders.git.head.target)]}
    }


def test_a_state_of_an_earlier_commit_is_continued(orders: RepositoryBuilder, read: Read) -> None:
    """Written by the tap-git that was part of target-pandev (983fffe), of the same repository."""
    state = json.loads((STATES / "tap_git.json").read_text(encoding="utf-8"))
    new = orders.commit(b"third", str(orders.git.head.target))
    orders.set_reference("refs/heads/main", new)
    run = read(orders, state=state, start_date="2024-01-01T00:00:00Z")
    assert run.column("commits", "sha") == [new]
    assert run.heads == {ORDERS: [new]}


@pytest.mark.parametrize(
    "commits",
    [
        None,
        {"heads": None},
        {"heads": {ORDERS: None}},
        {"heads": {ORDERS: [7]}},
        {"lost_heads": []},
        {"lost_heads": {ORDERS: ["a" * 40]}},
        {"lost_heads": {ORDERS: [["a" * 40, "yesterday"]]}},
        {"start_date": "2024-01-01"},
        {"start_date": "2024-01-01T00:00:00"},
    ],
    ids=repr,
)
def test_a_damaged_state_is_rejected(commits: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^state: not a state of tap-git; pass the last"):
        TapGit(config={"repositories": ["/nowhere"]}, state={"bookmarks": {"commits": commits}})


def test_an_empty_repository_has_a_row_and_no_heads(tmp_path: Path, read: Read) -> None:
    run = read(RepositoryBuilder(tmp_path / "empty"))
    assert run.column("repositories", "id") == ["local/empty"]
    assert run.heads == {"local/empty": []}


def test_an_old_commit_pushed_later_is_read(orders: RepositoryBuilder, read: Read) -> None:
    first = read(orders)
    old = orders.commit(b"old", committer=USER1 + b" 1000000000 +0000")
    orders.set_reference("refs/remotes/origin/late", old)
    assert read(orders, state=first.state).column("commits", "sha") == [old]


def test_after_a_force_push_only_rewritten_commits_are_read(
    orders: RepositoryBuilder, read: Read
) -> None:
    first = read(orders)
    rewritten = orders.history(b"second, better", b"third", onto=first.rows("commits")[0]["sha"])
    orders.set_reference("refs/heads/main", rewritten[-1])
    second = read(orders, state=first.state)
    assert second.column("commits", "sha") == rewritten
    assert second.heads == {ORDERS: rewritten[-1:]}


def test_pruned_heads_in_the_state_are_ignored(orders: RepositoryBuilder, read: Read) -> None:
    state = {"bookmarks": {"commits": {"heads": {ORDERS: ["f" * 40, "no sha"]}}}}
    assert read(orders, state=state).column("commits", "message") == ["first", "second"]


def test_a_known_head_without_its_history_hides_no_commit(
    orders: RepositoryBuilder, read: Read
) -> None:
    orphan = orders.commit(b"orphan", "e" * 40)  # its parent was pruned
    state = {"bookmarks": {"commits": {"heads": {ORDERS: [orphan]}}}}
    assert read(orders, state=state).column("commits", "message") == ["first", "second"]


def test_heads_of_a_repository_no_longer_configured_are_kept(
    tmp_path: Path, orders: RepositoryBuilder, read: Read
) -> None:
    first = read(orders)
    assert read(RepositoryBuilder(tmp_path / "other"), state=first.state).heads == {
        **first.heads,
        "local/other": [],
    }


def test_an_earlier_start_date_reads_all_commits_again(
    orders: RepositoryBuilder, read: Read
) -> None:
    first = read(orders, start_date="2024-05-02T00:00:00Z")
    assert first.column("commits", "message") == ["second"]
    assert read(orders, state=first.state, start_date="2024-05-03").rows("commits") == []
    again = read(orders, state=first.state)
    assert again.column("commits", "message") == ["first", "second"]
    assert read(orders, state=again.state).rows("commits") == []


def test_replication_method_full_table_reads_every_commit(
    orders: RepositoryBuilder, read: Read
) -> None:
    first = read(orders)
    catalog = TapGit(config={"repositories": [orders.path]}).catalog_dict
    commits = next(entry for entry in catalog["streams"] if entry["stream"] == "commits")
    commits["replication_method"] = "FULL_TABLE"
    run = read(orders, state=first.state, catalog=catalog)
    assert run.column("commits", "message") == ["first", "second"]


def test_a_shallow_clone_is_read_completely_in_each_run(
    orders: RepositoryBuilder, read: Read
) -> None:
    first, second = read(orders).column("commits", "sha")
    Path(orders.git.path, "shallow").write_text(f"{second}\n")
    Path(orders.git.path, "objects", first[:2], first[2:]).unlink()
    run = read(orders)
    assert [(row["sha"], row["parents"]) for row in run.rows("commits")] == [(second, [first])]
    assert "heads" not in run.state["bookmarks"]["commits"]
    assert read(orders, state=run.state).rows("commits") == run.rows("commits")
