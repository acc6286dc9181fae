"""Completed reads of git: they have no workspace, and a rewritten history is not a lost one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import COMPLETED_READS, TASKS, at, completed, record, schema, task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.target_pandev.loading import Loader

COMMITS = schema(
    "commits",
    {"repository_id": "string", "sha": "string", "message": "string"},
    ["repository_id", "sha"],
)
BRANCHES = schema(
    "branches",
    {"repository_id": "string", "name": "string", "head_sha": "string"},
    ["repository_id", "name"],
)
SHOP, APP = "git.example.com/shop", "git.example.com/app"
MARKED = "SELECT repository_id, sha, _sdc_deleted_at FROM commits WHERE _sdc_deleted_at IS NOT NULL"
HELP = (
    "nothing was marked; check that the token can still read all of them; "
    "if they were really deleted, run once with max_deleted_share 1"
)


def commits(shas: Iterable[str], *, of: str = SHOP, read: str = "10:00") -> list[dict[str, Any]]:
    return [
        record("commits", {"repository_id": of, "sha": sha}, at=at(read).isoformat())
        for sha in shas
    ]


def shas(count: int, prefix: str = "a") -> list[str]:
    return [f"{prefix}{number:04}" for number in range(count)]


def existing(
    keys: list[str], *, started: str, stream: str = "commits", **more: Any
) -> dict[str, Any]:
    """Return the record which says that exactly these rows of the shop exist."""
    values: dict[str, Any] = {
        "workspace_id": "",
        "scope": SHOP,
        "where": {"repository_id": {"in": [SHOP]}},
        "key_properties": ["sha"],
    }
    return completed(stream, keys, started=started, **{**values, **more})


def gone(keys: list[str], *, started: str) -> dict[str, Any]:
    """Return the record which says that these commits of the shop exist no longer."""
    where = {"repository_id": {"in": [SHOP]}, "sha": {"in": keys}}
    return existing([], started=started, where=where)


def marked(store: Loader) -> list[str]:
    return [sha for _, sha, _ in store.rows(f"{MARKED} ORDER BY sha")]


def test_a_read_without_a_workspace_marks_rows_of_its_repository(store: Loader) -> None:
    store.load(COMMITS, *commits(["a", "b", "c"]), *commits(["b"], of=APP))
    store.load(COMPLETED_READS, existing(["a", "c"], started="11:00"))
    assert store.rows(MARKED) == [(SHOP, "b", at("11:00"))]
    assert store.rows("SELECT workspace_id, stream, scope, count FROM completed_reads") == [
        ("", "commits", SHOP, 2)
    ]


def test_listed_commits_are_marked_and_come_back(store: Loader) -> None:
    store.load(COMMITS, *commits(["a", "b"]), *commits(["b"], of=APP))
    store.load(COMPLETED_READS, gone(["b", "unknown"], started="11:00"))
    assert store.rows(MARKED) == [(SHOP, "b", at("11:00"))]
    store.load(COMPLETED_READS, gone(["b"], started="12:00"))
    assert store.rows(MARKED) == [(SHOP, "b", at("11:00"))]
    store.load(COMMITS, *commits(["b"], read="13:00"))
    assert store.rows(MARKED) == []


@pytest.mark.parametrize("workspace_id", ["", None])
def test_a_stream_with_workspaces_needs_one(store: Loader, workspace_id: str | None) -> None:
    store.load(TASKS, task("a"))
    with pytest.raises(RejectedRecordsError):
        store.load(
            COMPLETED_READS, completed("tasks", [], started="11:00", workspace_id=workspace_id)
        )
    assert store.rows("SELECT field FROM rejected_records") == [("workspace_id",)]
    assert store.rows("SELECT id FROM tasks WHERE _sdc_deleted_at IS NOT NULL") == []


def test_a_share_of_the_repository_may_be_gone(store: Loader) -> None:
    """The listed commits are a fifth of the repository's, and 201 are more than the free ones."""
    store.load(COMMITS, *commits(shas(1_005)))
    store.load(COMPLETED_READS, gone(shas(201), started="11:00"))
    assert marked(store) == shas(201)


@pytest.mark.parametrize("is_list", [True, False])
def test_200_commits_per_day_may_be_gone_whatever_their_share(
    store: Loader, *, is_list: bool
) -> None:
    """A branch that was merged into one commit takes its own with it, in any repository."""
    store.load(COMMITS, *commits(shas(250)))
    reads = [
        gone(shas(count), started=started)
        if is_list
        else existing(shas(250)[count:], started=started)
        for count, started in ((200, "11:00"), (201, "12:00"))
    ]
    store.load(COMPLETED_READS, reads[0])
    assert marked(store) == shas(200)
    with pytest.raises(RejectedRecordsError):
        store.load(COMPLETED_READS, reads[1])
    assert marked(store) == shas(200)


def test_a_history_that_is_lost_is_refused(store: Loader) -> None:
    store.load(COMMITS, *commits(shas(300)))
    read = existing(shas(300)[250:], started="11:00")
    store.load(COMPLETED_READS, read, fail_on_rejected_records=False)
    assert marked(store) == []
    assert store.rows("SELECT key, reason FROM rejected_records") == [
        (
            f'["","commits","{SHOP}"]',
            (
                "250 of 300 rows of commits in this scope would be marked as deleted, "
                f"more than max_deleted_share 0.2 allows; {HELP}"
            ),
        )
    ]
    store.load(COMPLETED_READS, read, max_deleted_share=1)
    assert marked(store) == shas(250)


def test_a_history_that_is_rewritten_is_marked(store: Loader) -> None:
    """As many commits are new as are gone, up to the 200 that may be gone in any case."""
    store.load(COMMITS, *commits(shas(400)))
    new = shas(200, prefix="b")
    store.load(
        COMMITS, *commits(new, read="11:00"), COMPLETED_READS, existing(new, started="11:00")
    )
    assert marked(store) == shas(400)
    assert store.rows("SELECT count::int, free_count::int FROM recent_deletions") == [(200, 200)]


def test_branches_that_are_renamed_are_marked(store: Loader) -> None:
    def branches(names: list[str], read: str) -> list[dict[str, Any]]:
        return [
            record("branches", {"repository_id": SHOP, "name": name}, at=at(read).isoformat())
            for name in names
        ]

    def read_of(names: list[str], started: str) -> dict[str, Any]:
        return existing(names, started=started, stream="branches", key_properties=["name"])

    old, new = shas(15), shas(5, prefix="b")
    store.load(BRANCHES, *branches(old, "10:00"))
    store.load(COMPLETED_READS, read_of(old[11:], "11:00"), fail_on_rejected_records=False)
    names = "SELECT name FROM branches WHERE _sdc_deleted_at IS NOT NULL ORDER BY name"
    assert store.rows(names) == []
    store.load(BRANCHES, *branches(new, "12:00"), COMPLETED_READS, read_of(new, "12:00"))
    assert store.rows(names) == [(name,) for name in old]
