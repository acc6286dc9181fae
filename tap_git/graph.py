"""Which commits some heads reach and others do not.

libgit2's walk inserts each hidden head into a sorted list and searches this list for each commit:
with 4,000 heads and 104,000 commits, a new commit cost it 1.8 s of CPU, and `git rev-list` 0.03 s.
So the graph is walked here, from the newest commit on, as git does. The command git is not run: in
a partial clone it may fetch while it reads, by commands that the repository configures.

If the walk gets long, as a new branch leaves the others far back in history, the rest is left to
libgit2's search for a merge base: it walks without such a list, but returns a single commit.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, NamedTuple, cast

import pygit2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from pygit2 import Oid


class Node(NamedTuple):
    """What the walk needs of a commit."""

    time_s: int
    parents: Sequence[Oid]


MAX_STEPS = 1_000
"""How many commits are walked before merge bases are searched."""
MAX_SEARCHES = 2
"""For how many commits they are searched: each search reads about what `git rev-list` reads."""
MISSING = Node(0, ())
"""A commit that is not in the repository: its history was pruned."""


@dataclass(frozen=True)
class Difference:
    """The commits that the included heads reach and the excluded ones do not.

    If commits claim to be older than their parents, some that the excluded heads reach may be among
    them. None is ever left out.
    """

    commits: Mapping[Oid, Node]
    reached: AbstractSet[Oid]
    """Excluded heads that the walk met: the included heads reach them."""
    missing: AbstractSet[Oid]
    """Commits that are reached and not in the repository."""

    def parents_first(self) -> Iterator[Oid]:
        """Yield the commits, parents before children, otherwise by time."""
        children: dict[Oid, list[Oid]] = {oid: [] for oid in self.commits}
        pending: dict[Oid, int] = {}
        for oid, node in self.commits.items():
            parents = {parent for parent in node.parents if parent in children}
            pending[oid] = len(parents)
            for parent in parents:
                children[parent].append(oid)
        queue = [self._position(oid) for oid, count in pending.items() if not count]
        heapq.heapify(queue)
        while queue:
            oid = heapq.heappop(queue)[-1]
            yield oid
            for child in children[oid]:
                pending[child] -= 1
                if not pending[child]:
                    heapq.heappush(queue, self._position(child))

    def _position(self, oid: Oid) -> tuple[int, str, Oid]:
        return self.commits[oid].time_s, str(oid), oid


class CommitGraph:
    """The commits of a repository; each is read once."""

    def __init__(self, git: pygit2.Repository, head_times: Mapping[str, int]) -> None:
        """Create it with the times of commits that were read before."""
        self._git = git
        self._head_times = {pygit2.Oid(hex=sha): time_s for sha, time_s in head_times.items()}
        self._nodes: dict[Oid, Node] = {}

    def read(self, oid: Oid) -> Node:
        """Return a commit, or `MISSING`."""
        node = self._nodes.get(oid)
        if node is None:
            commit = cast("pygit2.Commit | None", self._git.get(oid))
            node = Node(commit.commit_time, commit.parent_ids) if commit else MISSING
            self._nodes[oid] = node
        return node

    def read_time(self, oid: Oid) -> int:
        """Return the time of a commit."""
        time_s = self._head_times.get(oid)
        return self.read(oid).time_s if time_s is None else time_s

    def find_difference(self, include: Iterable[Oid], exclude: Iterable[Oid]) -> Difference:
        """Return the commits that the heads in `include` reach, without those of `exclude`.

        The walk ends when only excluded commits are left. It reads no excluded head that is older
        than all included commits.
        """
        excluded = set(exclude)
        walk = _Walk(self)
        for oid in excluded:
            walk.add(oid, hidden=True)
        reached = set()
        for oid in include:
            walk.add(oid, hidden=False)
            reached |= {oid} & excluded
        walk.run(max_visited=MAX_STEPS)
        if bases := self._find_bases(walk.pending(), excluded):
            walk.end_at(bases)
        walk.run()
        commits = {oid: node for oid, node in walk.visited.items() if not walk.is_hidden[oid]}
        for node in commits.values():
            reached |= excluded.intersection(node.parents)
        missing = {oid for oid, node in commits.items() if node is MISSING}
        return Difference(commits, reached, missing)

    def _find_bases(self, pending: Sequence[Oid], excluded: AbstractSet[Oid]) -> list[Oid]:
        """Return the newest excluded commit in the history of each commit, or none if unknown."""
        bases: list[Oid] = []
        if len(pending) > MAX_SEARCHES:
            return bases
        for oid in pending:
            base = self._find_base(oid, excluded)
            if base is None:
                return []
            bases.append(base)
        return bases

    def _find_base(self, oid: Oid, excluded: AbstractSet[Oid]) -> Oid | None:
        """Return the newest commit in the history of another, itself included, that is excluded.

        None if there is none, or if the commits down to it are not a line: there may be several
        then. Heads that are older than the line cannot reach it, so they are not searched.
        """
        since_s = self.read_time(oid)
        while True:
            heads = [head for head in excluded if self.read_time(head) >= since_s]
            base = self._merge_base(oid, heads)
            if base is None:
                return None
            line = self._read_line(oid, {*excluded, base})
            if line is None:
                return None
            oldest_s = min((node.time_s for node in line), default=since_s)
            if oldest_s >= since_s:
                return base
            since_s = oldest_s

    def _read_line(self, oid: Oid, ends: AbstractSet[Oid]) -> list[Node] | None:
        """Return the commits down to one of the ends; None if one of them has not one parent."""
        line = []
        while oid not in ends:
            node = self.read(oid)
            if len(node.parents) != 1:
                return None
            line.append(node)
            oid = node.parents[0]
        return line

    def _merge_base(self, oid: Oid, heads: Sequence[Oid]) -> Oid | None:
        """Return a commit that is reached from both sides, and none of whose children is."""
        if not heads:
            return None
        try:
            return cast("Oid | None", self._git.merge_base_many([oid, *heads]))
        except (KeyError, pygit2.GitError):  # a commit is missing
            return None

    def find_reachable(
        self, heads: Iterable[Oid], *, without: AbstractSet[Oid] = frozenset()
    ) -> set[Oid]:
        """Return all commits that heads reach, also missing ones, except `without` and beyond.

        Unlike `find_difference` it reads them all, and depends on no clock.
        """
        reached = set(heads) - without
        stack = list(reached)
        while stack:
            for parent in self.read(stack.pop()).parents:
                if parent not in reached and parent not in without:
                    reached.add(parent)
                    stack.append(parent)
        return reached


@dataclass
class _Walk:
    """A walk from the newest commit on: a commit is hidden once an excluded head reaches it."""

    graph: CommitGraph
    is_hidden: dict[Oid, bool] = field(default_factory=dict)
    """The commits that were queued."""
    visited: dict[Oid, Node] = field(default_factory=dict)
    queue: list[tuple[int, int, Oid]] = field(default_factory=list)
    """The newest first, by its negative time."""
    visible_in_queue: int = 0

    def add(self, oid: Oid, *, hidden: bool) -> None:
        """Queue a commit, or hide it if it is queued or visited already."""
        was_hidden = self.is_hidden.get(oid)
        if was_hidden is None:
            self.is_hidden[oid] = hidden
            self.visible_in_queue += not hidden
            heapq.heappush(self.queue, (-self.graph.read_time(oid), len(self.is_hidden), oid))
        elif hidden and not was_hidden:
            self._hide(oid)

    def pending(self) -> list[Oid]:
        """Return the queued commits that are not hidden."""
        return [oid for *_, oid in self.queue if not self.is_hidden[oid]]

    def end_at(self, bases: Iterable[Oid]) -> None:
        """Hide commits, and drop the others from the queue: all that is pending ends at these."""
        for oid in bases:
            self.add(oid, hidden=True)
        self.queue = [entry for entry in self.queue if not self.is_hidden[entry[-1]]]
        heapq.heapify(self.queue)

    def run(self, *, max_visited: float = inf) -> None:
        """Visit commits, and queue their parents, until only hidden commits are queued."""
        while self.visible_in_queue and len(self.visited) < max_visited:
            oid = heapq.heappop(self.queue)[-1]
            node = self.visited[oid] = self.graph.read(oid)
            hidden = self.is_hidden[oid]
            self.visible_in_queue -= not hidden
            for parent in node.parents:
                self.add(parent, hidden=hidden)

    def _hide(self, oid: Oid) -> None:
        """Hide a commit, and its ancestors as far as they were queued or visited."""
        stack = [oid]
        while stack:
            oid = stack.pop()
            if self.is_hidden[oid]:
                continue
            self.is_hidden[oid] = True
            if oid in self.visited:
                stack.extend(self.visited[oid].parents)
            else:
                self.visible_in_queue -= 1
