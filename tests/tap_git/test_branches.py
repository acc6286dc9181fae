"""Which references are branches, which is the default branch, and which are walked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
import pytest

from tests.tap_git.repository_builder import RepositoryBuilder
from tests.tap_git.runner import ORIGIN

if TYPE_CHECKING:
    from tests.tap_git.runner import Read


def test_origin_takes_precedence_and_both_branches_are_walked(
    orders: RepositoryBuilder, read: Read
) -> None:
    shared, mine = (orders.commit(message) for message in (b"shared", b"mine"))
    orders.set_reference("refs/remotes/origin/topic", shared)
    orders.set_reference("refs/heads/topic", mine)
    run = read(orders)
    assert {row["name"]: row["head_sha"] for row in run.rows("branches")}["topic"] == shared
    assert {shared, mine} <= set(run.column("commits", "sha"))


def test_tags_other_remotes_and_broken_references_are_left_out(
    orders: RepositoryBuilder, read: Read
) -> None:
    loose = orders.commit(b"loose")
    for name in ("refs/tags/v1", "refs/remotes/fork/x", "refs/stash", "refs/heads/HEAD"):
        orders.set_reference(
            name, loose if name != "refs/heads/HEAD" else str(orders.git.head.target)
        )
    heads = Path(orders.git.path, "refs", "heads")
    (heads / "missing").write_text("1" * 40 + "\n")
    (heads / "dangling").write_text("ref: refs/heads/nowhere\n")
    run = read(orders)
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["first", "second"]


def test_branch_names_that_are_not_text_stay_distinct(
    orders: RepositoryBuilder, read: Read
) -> None:
    heads = os.fsencode(Path(orders.git.path, "refs", "heads"))
    for name in (b"\xf6", b"\xfc"):
        Path(os.fsdecode(heads + b"/" + name)).write_text(f"{orders.git.head.target}\n")
    assert read(orders).column("branches", "name") == ["\\xf6", "\\xfc", "main"]


@pytest.mark.parametrize(
    ("head", "origin_head", "branches", "bare", "expected"),
    [
        ("topic", "develop", ["develop", "main", "topic"], False, "develop"),
        ("topic", "deleted", ["main", "master", "topic"], False, "main"),
        ("topic", None, ["master", "topic"], False, "master"),
        ("topic", None, ["other", "topic"], False, "topic"),
        ("topic", None, ["main", "topic"], True, "topic"),
        ("unborn", None, ["other"], False, None),
    ],
)
def test_the_default_branch_is_origins_or_a_common_one(  # noqa: PLR0913 a table
    tmp_path: Path,
    read: Read,
    *,
    head: str,
    origin_head: str | None,
    branches: list[str],
    bare: bool,
    expected: str | None,
) -> None:
    repository = RepositoryBuilder(tmp_path / "work", bare=bare)
    sha = repository.commit(b"one")
    for name in branches:
        repository.set_reference(f"refs/heads/{name}", sha)
    if origin_head:
        repository.set_reference(f"refs/remotes/origin/{origin_head}", sha)
        repository.set_reference("refs/remotes/origin/HEAD", f"refs/remotes/origin/{origin_head}")
        if origin_head == "deleted":
            repository.git.references.delete("refs/remotes/origin/deleted")
    repository.git.set_head(f"refs/heads/{head}")
    run = read(repository)
    assert run.column("repositories", "default_branch") == [expected]
    assert [row["name"] for row in run.rows("branches") if row["is_default"]] == (
        [expected] if expected else []
    )


def test_a_detached_head_is_walked_but_is_not_a_branch(
    orders: RepositoryBuilder, read: Read
) -> None:
    orders.git.set_head(pygit2.Oid(hex=orders.commit(b"detached", str(orders.git.head.target))))
    run = read(orders)
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["first", "second", "detached"]


def test_a_repository_with_only_branches_of_origin_is_read(tmp_path: Path, read: Read) -> None:
    repository = RepositoryBuilder(tmp_path / "fetched", origin=ORIGIN)
    repository.set_reference("refs/remotes/origin/main", repository.commit(b"fetched"))
    run = read(repository)
    assert run.column("branches", "name") == ["main"]
    assert run.column("commits", "message") == ["fetched"]
