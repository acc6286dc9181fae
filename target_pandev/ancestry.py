"""Find the commits of a branch: reachable from its heads, but not from its base. Pure.

The base is the commit before a merge, or the heads of the default branch and of others that
branches begin from.

The walk goes from newer to older commits, from both sides at once, and ends where both have met. So
it reads the commits since the branch began, not the whole history. It requests commits as it goes:
who runs it reads them for many walks at once.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

MAX_VISITED = 10_000
"""A walk that has visited so many commits is given up."""
MAX_VISITED_OF_BRANCHES = 20_000
"""The walk for all branches of a repository ends there: it knows the newer commits of each."""


@dataclass(frozen=True)
class Commit:
    """The parents of a commit, and its time as seconds."""

    parents: tuple[str, ...]
    committed_at: float


@dataclass(frozen=True)
class BranchCommits:
    """The result of a walk: commits of the branch, and those of them that are not stored."""

    loaded: frozenset[str]
    missing: frozenset[str]
    awaited: frozenset[str] = field(default=frozenset(), compare=False)
    """All commits that the walk met and that are not stored, also those of the base: once one of
    them is, the result may be another one."""


CommitWalk: TypeAlias = "Generator[frozenset[str], Mapping[str, Commit], BranchCommits | None]"
BranchesWalk: TypeAlias = (
    "Generator[frozenset[str], Mapping[str, Commit], dict[str, BranchCommits]]"
)


def walk_branch(heads: Collection[str], base: str) -> CommitWalk:
    """Yield the commits to read; return those reachable from the heads but not from the base.

    Each yield is answered with the commits that are stored. Returns None if the walk is given up.
    """
    walk = _Walk(heads, [base])
    while not walk.is_finished:
        if walk.visited > MAX_VISITED:
            return None
        yield from walk.step()
    return walk.result()


def walk_branches(heads: Collection[str], bases: Collection[str]) -> BranchesWalk:
    """Yield the commits to read; return for each head those that it reaches, but no base does.

    If the walk takes too long, the oldest commits of the branches that began first are left out.
    """
    walk = _Walk(heads, bases)
    while not walk.is_finished and walk.visited <= MAX_VISITED_OF_BRANCHES:
        yield from walk.step()
    return {head: walk.result_of(head) for head in heads}


class _Walk:
    """The commits seen so far, and those to visit, newest first."""

    def __init__(self, heads: Collection[str], bases: Collection[str]) -> None:
        self.requested: set[str] = set()
        self.visited = 0
        self._is_base: dict[str, bool] = {}
        self._commits: dict[str, Commit] = {}
        self._queue: list[tuple[float, str]] = []
        self._queued: set[str] = set()
        self._queued_of_branch = 0
        self._missing: set[str] = set()
        self._oldest = float("inf")
        for base in bases:
            self.mark(base, is_base=True)
        for head in heads:
            self.mark(head, is_base=False)

    @property
    def is_finished(self) -> bool:
        """Whether no unvisited commit can change the result.

        The base may still reach a commit of the branch while it has unvisited commits that are
        newer than the oldest one of the branch, and any commit that is not stored. If the heads are
        not stored, as after a squash on a code host, the base is not walked to look for them.
        """
        if self.requested or self._queued_of_branch:
            return False
        if not self._queue or self._oldest == float("inf"):
            return True
        return -self._queue[0][0] < self._oldest and not self._missing

    def step(self) -> Generator[frozenset[str], Mapping[str, Commit], None]:
        """Read the requested commits, or visit one."""
        if self.requested:
            self.receive((yield frozenset(self.requested)))
        else:
            self.visit_newest()

    def mark(self, sha: str, *, is_base: bool) -> None:
        """Note that a commit is reachable, from the base or from a head."""
        if sha not in self._is_base:
            self._is_base[sha] = is_base
            self.requested.add(sha)
        elif is_base and not self._is_base[sha]:
            self._is_base[sha] = True
            self._missing.discard(sha)
            if sha in self._queued:
                self._queued_of_branch -= 1
            elif sha in self._commits:
                self._enqueue(sha)  # its ancestors belong to the base as well

    def receive(self, commits: Mapping[str, Commit]) -> None:
        """Accept the requested commits; one that is absent is not stored."""
        requested, self.requested = self.requested, set()
        for sha in requested & commits.keys():
            self._commits[sha] = commits[sha]
            self._enqueue(sha)
        self._missing |= {sha for sha in requested - commits.keys() if not self._is_base[sha]}

    def _enqueue(self, sha: str) -> None:
        heapq.heappush(self._queue, (-self._commits[sha].committed_at, sha))
        self._queued.add(sha)
        self._queued_of_branch += not self._is_base[sha]

    def visit_newest(self) -> None:
        """Mark the parents of the newest commit."""
        _, sha = heapq.heappop(self._queue)
        self._queued.remove(sha)
        self.visited += 1
        commit = self._commits[sha]
        is_base = self._is_base[sha]
        if not is_base:
            self._queued_of_branch -= 1
            self._oldest = min(self._oldest, commit.committed_at)
        for parent in commit.parents:
            self.mark(parent, is_base=is_base)

    def result(self) -> BranchCommits:
        """Return the commits that only the heads reach."""
        missing = frozenset(self._missing)
        branch = {sha for sha, is_base in self._is_base.items() if not is_base}
        return BranchCommits(frozenset(branch - missing), missing, self._absent())

    def result_of(self, head: str) -> BranchCommits:
        """Return the commits that one head reaches and the base does not."""
        loaded: set[str] = set()
        missing: set[str] = set()
        stack = [head]
        while stack:
            sha = stack.pop()
            if self._is_base.get(sha, True) or sha in loaded or sha in self._queued:
                continue
            if sha not in self._commits:
                missing.add(sha)
                continue
            loaded.add(sha)
            stack.extend(self._commits[sha].parents)
        return BranchCommits(frozenset(loaded), frozenset(missing), self._absent())

    def _absent(self) -> frozenset[str]:
        return frozenset(self._is_base.keys() - self._commits.keys() - self.requested)
