"""The commits of a repository that no earlier run has read, and those that are gone.

It does not know Singer and keeps no state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pygit2
from pygit2.enums import SortMode

from tap_git.errors import RepositoryError
from tap_git.graph import MISSING, CommitGraph
from tap_git.repository import explain_errors, open_repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from pygit2 import Oid

    from tap_git.repository import Repository

COMMIT_ORDER = SortMode.TOPOLOGICAL | SortMode.TIME | SortMode.REVERSE
"""Parents before their children, in the same order in every run."""
MAX_GONE = 1_000
"""If more commits are gone, those that exist are listed instead."""


@dataclass(frozen=True)
class Deletions:
    """The commits that no branch reaches any more.

    `gone` lists them. If they are too many, or some cannot be listed because the repository has
    pruned them, `existing` lists all that branches reach.
    """

    gone: tuple[str, ...] = ()
    existing: tuple[str, ...] | None = None
    lost_heads: tuple[str, ...] = ()
    """Earlier heads from which no longer all commits are reached."""


class History:
    """The commits of a repository, compared with those that earlier runs have read.

    Known heads are those of the last run, whose commits have all been read; lost heads are earlier
    ones that branches no longer reached then.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        known_heads: Iterable[str],
        lost_heads: Iterable[str] = (),
    ) -> None:
        self._repository = repository
        self._heads = _to_oids(repository.heads)
        self._known_heads = _to_oids(known_heads)
        self._lost_heads = {*self._known_heads, *_to_oids(lost_heads)}.difference(self._heads)
        self._graph: CommitGraph | None = None
        self._existing: list[str] = []

    def read_new_commits(self) -> Iterator[pygit2.Commit]:
        """Yield the commits that the repository's heads reach and known heads do not.

        Parents come before their children. Raises `RepositoryError`.
        """
        with explain_errors(self._repository.address.id):
            git = open_repository(self._repository.folder)
            if self._known_heads:
                self._graph = CommitGraph(git, self._repository.head_times)
                yield from self._read_difference(git, self._graph)
            else:
                yield from self._read_all(git)

    def _read_all(self, git: pygit2.Repository) -> Iterator[pygit2.Commit]:
        walker = git.walk(None, COMMIT_ORDER)
        for oid in self._heads:
            walker.push(oid)
        for commit in walker:
            self._existing.append(str(commit.id))
            yield commit

    def _read_difference(
        self, git: pygit2.Repository, graph: CommitGraph
    ) -> Iterator[pygit2.Commit]:
        difference = graph.find_difference(self._heads, self._known_heads)
        _assert_present(difference.missing)
        self._lost_heads -= difference.reached
        for oid in difference.parents_first():
            yield cast("pygit2.Commit", git[oid])

    def find_deletions(self) -> Deletions:
        """Return the commits that are gone, once all new ones were read.

        Of a repository that may lack commits, only the lost heads. Raises `RepositoryError`.
        """
        if self._repository.incomplete_reason is not None:
            return Deletions(lost_heads=_to_shas(self._lost_heads))
        if self._graph is None:
            existing = set(self._existing)
            lost_heads = [sha for sha in _to_shas(self._lost_heads) if sha not in existing]
            return Deletions(existing=tuple(sorted(existing)), lost_heads=tuple(lost_heads))
        with explain_errors(self._repository.address.id):
            return self._find_gone(self._graph)

    def _find_gone(self, graph: CommitGraph) -> Deletions:
        lost = self._lost_heads and graph.find_difference(self._lost_heads, self._heads).commits
        if not lost:
            return Deletions()
        # the difference may contain too many commits if clocks were wrong, this one does not
        existing = graph.find_reachable(self._heads)
        _assert_present({oid for oid in existing if graph.read(oid) is MISSING})
        gone = graph.find_reachable(self._lost_heads, without=existing)
        lost_heads = _to_shas(self._lost_heads & gone)
        if len(gone) > MAX_GONE or any(graph.read(oid) is MISSING for oid in gone):
            return Deletions(existing=_to_shas(existing), lost_heads=lost_heads)
        return Deletions(gone=_to_shas(gone), lost_heads=lost_heads)


def _assert_present(missing: AbstractSet[Oid]) -> None:
    if missing:
        raise RepositoryError(f"cannot be read: commit {_to_shas(missing)[0]} is missing")


def _to_oids(shas: Iterable[str]) -> list[Oid]:
    return [pygit2.Oid(hex=sha) for sha in sorted(shas)]


def _to_shas(oids: Iterable[Oid]) -> tuple[str, ...]:
    return tuple(sorted(map(str, oids)))
