"""A git repository with pull requests: one for each way to merge, small enough to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.code_hosts import Pull
from tests.tap_git.repository_builder import RepositoryBuilder

if TYPE_CHECKING:
    from pathlib import Path


def build_merged_repository(path: Path, *, origin: str) -> list[Pull]:
    """Write the repository and return its pull requests.

    Each commit is a day later than the one before; the first one is of May 1, 2024, 08:00 UTC.
    """
    git = RepositoryBuilder(path, origin=origin)
    start = git.commit(b"start")
    begin = git.commit(b"begin to log in", start)  # May 2
    end = git.commit(b"log in", begin)  # May 3
    other = git.commit(b"other work", start)  # May 4
    merge = git.commit(b"Merge branch 'login'", other, end)  # May 5
    kept = git.commit(b"tidy", merge)  # May 6
    squash = git.commit(b"Tidy (#2)", merge)  # May 7
    unread = git.commit(b"deleted with its branch", squash)  # May 8
    last = git.commit(b"Add a cart (#3)", squash)  # May 9
    opened = git.commit(b"work in progress", last)  # May 10
    git.set_reference("refs/heads/main", last)
    git.set_reference("refs/heads/CU-86abc1d3_tidy", kept)
    git.set_reference("refs/heads/user1/CU-86abc1d4-open", opened)
    return [
        Pull(
            1, "CU-86abc1d2 Log in", "login", end,
            created_at="2024-05-03T20:00:00Z",
            updated_at="2024-05-05T08:00:00Z",
            merged_at="2024-05-05T08:00:00Z",
            merge_sha=merge,
        ),
        Pull(
            2, "Tidy", "CU-86abc1d3_tidy", kept,
            created_at="2024-05-06T09:00:00Z",
            updated_at="2024-05-07T08:00:00Z",
            merged_at="2024-05-07T08:00:00Z",
            squash_sha=squash,
        ),
        Pull(
            3, "Add a cart, CU-86abc1d2", "cart", unread,
            created_at="2024-05-08T09:00:00Z",
            updated_at="2024-05-09T08:00:00Z",
            merged_at="2024-05-09T08:00:00Z",
            squash_sha=last,
            author=None,
        ),
        Pull(
            4, "Pay", "user1/CU-86abc1d4-open", opened,
            created_at="2024-05-10T09:00:00Z",
            updated_at="2024-05-10T09:00:00Z",
        ),
        Pull(
            5, "Drop", "drop", opened,
            created_at="2024-05-10T10:00:00Z",
            updated_at="2024-05-11T10:00:00Z",
            closed_at="2024-05-11T10:00:00Z",
        ),
    ]  # fmt: skip
