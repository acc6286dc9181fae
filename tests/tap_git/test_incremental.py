"""What a run brings after an earlier one: commits that no remembered head reaches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tap_git import TapGit
from tests.tap_git.repository import USER1, Work
from tests.tap_git.running import ORDERS

if TYPE_CHECKING:
    from tests.tap_git.running import Read


def test_a_second_run_brings_no_commit_and_the_same_other_rows(orders: Work, read: Read) -> None:
    first = read(orders)
    second = read(orders, state=first.state)
    assert second.rows("commits") == []
    assert second.rows("repositories") == first.rows("repositories")
    assert second.rows("branches") == first.rows("branches")
    assert second.state == first.state
    assert second.state["bookmarks"]["commits"] == {
        "heads": {ORDERS: [str(orders.git.head.target)]}
    }


def test_an_empty_repository_is_a_row_and_an_empty_set_of_heads(tmp_path: Path, read: Read) -> None:
    run = read(Work(tmp_path / "empty"))
    assert run.column("repositories", "id") == ["local/empty"]
    assert run.heads == {"local/empty": []}


def test_an_old_commit_that_is_pushed_late_is_not_lost(orders: Work, read: Read) -> None:
    first = read(orders)
    old = orders.commit(b"old", committer=USER1 + b" 1000000000 +0000")
    orders.point("refs/remotes/origin/late", old)
    assert read(orders, state=first.state).column("commits", "sha") == [old]


def test_a_force_push_brings_the_rewritten_commits_only(orders: Work, read: Read) -> None:
    first = read(orders)
    rewritten = orders.history(b"second, better", b"third", onto=first.rows("commits")[0]["sha"])
    orders.point("refs/heads/main", rewritten[-1])
    second = read(orders, state=first.state)
    assert second.column("commits", "sha") == rewritten
    assert second.heads == {ORDERS: rewritten[-1:]}


def test_remembered_heads_that_were_pruned_are_passed_over(orders: Work, read: Read) -> None:
    state = {"bookmarks": {"commits": {"heads": {ORDERS: ["f" * 40, "no sha"]}}}}
    assert read(orders, state=state).column("commits", "message") == ["first", "second"]


def test_a_remembered_head_that_lost_its_history_hides_nothing(orders: Work, read: Read) -> None:
    orphan = orders.commit(b"orphan", "e" * 40)  # its parent was pruned
    state = {"bookmarks": {"commits": {"heads": {ORDERS: [orphan]}}}}
    assert read(orders, state=state).column("commits", "message") == ["first", "second"]


def test_the_heads_of_a_repository_that_is_not_configured_now_are_kept(
    tmp_path: Path, orders: Work, read: Read
) -> None:
    first = read(orders)
    assert read(Work(tmp_path / "other"), state=first.state).heads == {
        **first.heads,
        "local/other": [],
    }


def test_commits_before_the_start_date_are_left_out_until_it_is_earlier(
    orders: Work, read: Read
) -> None:
    first = read(orders, start_date="2024-05-02T00:00:00Z")
    assert first.column("commits", "message") == ["second"]
    assert read(orders, state=first.state, start_date="2024-05-03").rows("commits") == []
    again = read(orders, state=first.state)
    assert again.column("commits", "message") == ["first", "second"]
    assert read(orders, state=again.state).rows("commits") == []


def test_a_catalog_that_asks_for_the_full_table_gets_every_commit(orders: Work, read: Read) -> None:
    first = read(orders)
    catalog = TapGit(config={"repositories": [orders.path]}).catalog_dict
    commits = next(entry for entry in catalog["streams"] if entry["stream"] == "commits")
    commits["replication_method"] = "FULL_TABLE"
    run = read(orders, state=first.state, catalog=catalog)
    assert run.column("commits", "message") == ["first", "second"]


def test_a_shallow_clone_names_true_parents_and_is_read_whole_each_time(
    orders: Work, read: Read
) -> None:
    first, second = read(orders).column("commits", "sha")
    Path(orders.git.path, "shallow").write_text(f"{second}\n")
    Path(orders.git.path, "objects", first[:2], first[2:]).unlink()
    run = read(orders)
    assert [(row["sha"], row["parents"]) for row in run.rows("commits")] == [(second, [first])]
    assert "heads" not in run.state["bookmarks"]["commits"]
    assert read(orders, state=run.state).rows("commits") == run.rows("commits")
