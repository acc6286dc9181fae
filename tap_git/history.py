"""The commits of a repository that no earlier run has read.

It does not know Singer and keeps no state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pygit2
from pygit2.enums import SortMode

from tap_git.errors import RepositoryError
from tap_git.graph import CommitGraph
from tap_git.repository import explain_errors, open_repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygit2 import Oid

    from tap_git.repository import Repository

COMMIT_ORDER = SortMode.TOPOLOGICAL | SortMode.TIME | SortMode.REVERSE
"""Parents before their children, in the same order in every run."""


class History:
    """The commits of a repository, compared with the heads whose commits are known."""

    def __init__(self, repository: Repository, *, known_heads: Iterable[str]) -> None:
        self._repository = repository
        self._heads = _to_oids(repository.heads)
        self._known_heads = _to_oids(known_heads)

    def read_new_commits(self) -> Iterator[pygit2.Commit]:
        """Yield the commits that the repository's heads reach and known heads do not.

        Parents come before their children. Raises `RepositoryError`.
        """
        with explain_errors(self._repository.address.id):
            git = open_repository(self._repository.folder)
            if self._known_heads:
                yield from self._read_difference(git)
            else:
                yield from self._read_all(git)

    def _read_all(self, git: pygit2.Repository) -> Iterator[pygit2.Commit]:
        walker = git.walk(None, COMMIT_ORDER)
        for oid in self._heads:
            walker.push(oid)
        yield from walker

    def _read_difference(self, git: pygit2.Repository) -> Iterator[pygit2.Commit]:
        graph = CommitGraph(git, self._repository.head_times)
        difference = graph.find_difference(self._heads, self._known_heads)
        if difference.missing:
            missing = min(map(str, difference.missing))
            raise RepositoryError(f"cannot be read: commit {missing} is missing")
        for oid in difference.parents_first():
            yield cast("pygit2.Commit", git[oid])


def _to_oids(shas: Iterable[str]) -> list[Oid]:
    return [pygit2.Oid(hex=sha) for sha in sorted(shas)]
