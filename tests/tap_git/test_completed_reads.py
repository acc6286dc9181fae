"""Completed reads of tap-git: which branches and commits exist, and which are gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import tap_git.history
from tap_git.tap import TapGit
from tests.tap_git.repository_builder import DAY_S, START_S, USER1, RepositoryBuilder
from tests.tap_git.runner import ORDERS, ORIGIN, GitRun

if TYPE_CHECKING:
    from tests.tap_git.runner import Message, Read

OF_ORDERS = {"repository_id": {"in": [ORDERS]}}


def reads(run: GitRun, stream: str) -> list[Message]:
    return [read for read in run.rows("completed_reads") if read["stream"] == stream]


def gone(run: GitRun) -> list[str]:
    """Return the commits that a run lists as gone; it must list no others as existing."""
    listed = []
    for read in reads(run, "commits"):
        assert read["keys"] == []
        listed += read["conditions"]["sha"]["in"]
    return listed


def existing(run: GitRun) -> set[str]:
    """Return the commits that exist, of a run that lists them all."""
    (read,) = reads(run, "commits")
    assert read["conditions"] == OF_ORDERS
    assert read["count"] == len(read["keys"])
    return {sha for (sha,) in read["keys"]}


def test_the_first_run_lists_all_branches_and_commits(
    orders: RepositoryBuilder, read: Read
) -> None:
    orders.set_reference("refs/remotes/origin/topic", str(orders.git.head.target))
    run = read(orders)
    (branches,) = reads(run, "branches")
    opened_at = next(m["time_extracted"] for m in run.messages if m["type"] == "RECORD")
    assert datetime.fromisoformat(branches["started_at"]) == datetime.fromisoformat(opened_at)
    assert branches["finished_at"] >= branches["started_at"]
    assert {**branches, "started_at": None, "finished_at": None} == {
        "workspace_id": "",
        "stream": "branches",
        "scope": ORDERS,
        "started_at": None,
        "finished_at": None,
        "conditions": OF_ORDERS,
        "key_properties": ["name"],
        "count": 2,
        "keys": [["main"], ["topic"]],
    }
    assert existing(run) == set(run.column("commits", "sha"))
    order = [m["stream"] for m in run.messages if m["type"] == "RECORD"]
    assert order == [
        "repositories",
        "branches",
        "branches",
        "completed_reads",
        "commits",
        "commits",
        "completed_reads",
    ]


def test_commits_are_only_listed_if_some_are_gone(orders: RepositoryBuilder, read: Read) -> None:
    first = read(orders)
    orders.set_reference("refs/heads/main", orders.commit(b"third", str(orders.git.head.target)))
    orders.set_reference("refs/heads/topic", str(orders.git.head.target))
    second = read(orders, state=first.state)
    assert [row["keys"] for row in reads(second, "branches")] == [[["main"], ["topic"]]]
    assert reads(second, "commits") == []
    orders.git.references.delete("refs/heads/topic")
    third = read(orders, state=second.state)
    assert [row["keys"] for row in reads(third, "branches")] == [[["main"]]]
    assert reads(third, "commits") == []
    assert third.state["bookmarks"]["commits"] == second.state["bookmarks"]["commits"]


def test_commits_before_a_force_push_are_gone(orders: RepositoryBuilder, read: Read) -> None:
    first = read(orders)
    root, amended = first.column("commits", "sha")
    orders.set_reference("refs/heads/main", orders.commit(b"second, better", root))
    second = read(orders, state=first.state)
    (completed,) = reads(second, "commits")
    assert completed["conditions"] == {**OF_ORDERS, "sha": {"in": [amended]}}
    assert completed["key_properties"] == ["sha"]
    assert (completed["count"], completed["keys"]) == (0, [])


def test_commits_of_a_deleted_branch_are_gone_until_it_is_restored(
    orders: RepositoryBuilder, read: Read
) -> None:
    topic = orders.history(b"t1", b"t2", onto=str(orders.git.head.target))
    orders.set_reference("refs/heads/topic", topic[-1])
    first = read(orders)
    orders.git.references.delete("refs/heads/topic")
    second = read(orders, state=first.state)
    assert gone(second) == sorted(topic)
    assert second.rows("commits") == []
    orders.set_reference("refs/heads/again", topic[0])
    third = read(orders, state=second.state)
    assert third.column("commits", "sha") == topic[:1]
    assert gone(third) == topic[1:]
    orders.set_reference("refs/heads/topic", topic[1])
    fourth = read(orders, state=third.state)
    assert fourth.column("commits", "sha") == topic[1:]
    assert reads(fourth, "commits") == []
    assert fourth.state["bookmarks"]["commits"]["lost_heads"] == {ORDERS: []}


def test_deletions_are_reported_again_for_a_week(orders: RepositoryBuilder, read: Read) -> None:
    """A target that refused them marks them once they are confirmed."""
    topic = orders.commit(b"topic", str(orders.git.head.target))
    orders.set_reference("refs/heads/topic", topic)
    first = read(orders)
    orders.git.references.delete("refs/heads/topic")
    second = read(orders, state=first.state)
    third = read(orders, state=second.state)
    assert gone(third) == [topic]
    assert third.state == second.state
    lost_heads = third.state["bookmarks"]["commits"]["lost_heads"][ORDERS]
    ((_, since),) = lost_heads
    lost_heads[0][1] = (datetime.fromisoformat(since) - timedelta(days=8)).isoformat()
    fourth = read(orders, state=third.state)
    assert reads(fourth, "commits") == []
    assert fourth.state["bookmarks"]["commits"]["lost_heads"] == {ORDERS: []}


def test_existing_commits_are_listed_if_many_are_gone(
    orders: RepositoryBuilder, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tap_git.history, "MAX_GONE", 2)
    kept = str(orders.git.head.target)
    orders.set_reference("refs/heads/topic", orders.history(b"1", b"2", b"3", onto=kept)[-1])
    first = read(orders)
    orders.git.references.delete("refs/heads/topic")
    run = read(orders, state=first.state)
    assert run.rows("commits") == []
    assert existing(run) == {kept, first.column("commits", "sha")[0]}


def test_existing_commits_are_listed_if_the_gone_ones_were_pruned(
    orders: RepositoryBuilder, read: Read
) -> None:
    state = {"bookmarks": {"commits": {"heads": {ORDERS: [str(orders.git.head.target), "f" * 40]}}}}
    run = read(orders, state=state)
    assert run.rows("commits") == []
    assert existing(run) == {str(commit.id) for commit in orders.git.walk(orders.git.head.target)}
    assert existing(read(orders, state=run.state)) == existing(run)


def test_wrong_clocks_do_not_make_commits_gone(orders: RepositoryBuilder, read: Read) -> None:
    """`late` is newer than everything, and only reached through its child, which is older."""

    def commit(message: bytes, *parents: str, day: int) -> str:
        return orders.commit(
            message, *parents, committer=USER1 + b" %d +0000" % (START_S + day * DAY_S)
        )

    base = commit(b"base", day=10)
    late = commit(b"late", base, day=99)
    child = commit(b"child", late, day=1)
    other = commit(b"other", base, day=50)
    for name, sha in {"main": child, "late": late, "other": other}.items():
        orders.set_reference(f"refs/heads/{name}", sha)
    first = read(orders)
    orders.git.references.delete("refs/heads/late")
    assert reads(read(orders, state=first.state), "commits") == []


def test_commits_before_the_start_date_exist(orders: RepositoryBuilder, read: Read) -> None:
    run = read(orders, start_date="2024-05-02T00:00:00Z")
    assert run.column("commits", "message") == ["second"]
    assert existing(run) == {str(commit.id) for commit in orders.git.walk(orders.git.head.target)}


def shallow(repository: RepositoryBuilder) -> str:
    Path(repository.git.path, "shallow").write_text(f"{repository.git.head.target}\n")
    return "it is a shallow clone"


def single_branch(repository: RepositoryBuilder) -> str:
    repository.git.config["remote.origin.fetch"] = "+refs/heads/main:refs/remotes/origin/main"
    return "it is a clone of some branches only"


def broken(repository: RepositoryBuilder) -> str:
    Path(repository.git.path, "refs", "heads", "missing").write_text("1" * 40 + "\n")
    return "refs/heads/missing points to no commit"


@pytest.mark.parametrize("damage", [shallow, single_branch, broken])
def test_what_a_clone_may_lack_is_not_gone(
    orders: RepositoryBuilder, read: Read, caplog: pytest.LogCaptureFixture, damage: Any
) -> None:
    topic = orders.commit(b"topic", str(orders.git.head.target))
    orders.set_reference("refs/heads/topic", topic)
    first = read(orders)
    orders.git.references.delete("refs/heads/topic")
    reason = damage(orders)
    caplog.clear()
    with caplog.at_level("INFO"):
        second = read(orders, state=first.state)
    assert second.rows("completed_reads") == []
    assert f"{ORDERS}: deletions are not marked: {reason}" in caplog.text


def test_what_was_gone_while_a_branch_was_broken_is_reported_later(
    orders: RepositoryBuilder, read: Read
) -> None:
    topic = orders.commit(b"topic", str(orders.git.head.target))
    orders.set_reference("refs/heads/topic", topic)
    first = read(orders)
    orders.git.references.delete("refs/heads/topic")
    broken(orders)
    second = read(orders, state=first.state)
    Path(orders.git.path, "refs", "heads", "missing").unlink()
    assert gone(read(orders, state=second.state)) == [topic]


def test_a_mirror_clone_is_complete(tmp_path: Path, read: Read) -> None:
    mirror = RepositoryBuilder(tmp_path / "mirror", origin=ORIGIN, bare=True)
    mirror.git.config["remote.origin.fetch"] = "+refs/*:refs/*"
    mirror.set_reference("refs/heads/main", mirror.commit(b"first"))
    assert existing(read(mirror)) == {str(mirror.git.head.target)}


@pytest.mark.parametrize(
    ("stream_maps", "expected"),
    [
        ({"commits": {"sha": "md5(sha)"}}, {"branches"}),
        ({"commits": {"message": "md5(message)"}}, {"branches", "commits"}),
        ({"branches": {"repository_id": None, "__key_properties__": ["name"]}}, {"commits"}),
        ({"branches": {"__alias__": "refs"}}, {"refs", "commits"}),
        ({"commits": None}, {"branches"}),
        ({"completed_reads": None}, set()),
    ],
)
def test_completed_reads_fit_the_mapped_streams(
    orders: RepositoryBuilder, read: Read, stream_maps: Any, expected: set[str]
) -> None:
    run = read(orders, stream_maps=stream_maps)
    assert set(run.column("completed_reads", "stream")) == expected


def test_a_deselected_key_or_stream_has_no_completed_reads(
    orders: RepositoryBuilder, read: Read
) -> None:
    catalog = TapGit(config={"repositories": [orders.path]}).catalog_dict
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if entry["stream"] == "branches" and metadata["breadcrumb"] == []:
                metadata["metadata"]["selected"] = False
    assert read(orders, catalog=catalog).column("completed_reads", "stream") == ["commits"]
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if entry["stream"] == "completed_reads" and metadata["breadcrumb"] == []:
                metadata["metadata"]["selected"] = False
    assert read(orders, catalog=catalog).rows("completed_reads") == []
