"""Which commits a merge brought: a walk from both sides agrees with the whole graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from target_pandev import ancestry
from target_pandev.ancestry import BranchCommits, Commit, walk_branch, walk_branches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

Graph = dict[str, Commit]
requested: list[str] = []
"""The commits that the latest walks have requested."""


def graph(**commits: tuple[float, str]) -> Graph:
    """Return commits by name, each given by its time and its parents."""
    return {name: Commit(tuple(parents), time) for name, (time, parents) in commits.items()}


def run(stored: Mapping[str, Commit], heads: Iterable[str], base: str) -> BranchCommits | None:
    """Walk over stored commits; the names that were requested are added to `requested`."""
    walk = walk_branch(list(heads), base)
    try:
        wanted = next(walk)
        while True:
            requested.extend(sorted(wanted))
            wanted = walk.send({sha: stored[sha] for sha in wanted if sha in stored})
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def reachable(stored: Mapping[str, Commit], starts: Iterable[str]) -> set[str]:
    """Return everything that is reachable, commits that are not stored included."""
    found: set[str] = set()
    left = list(starts)
    while left:
        sha = left.pop()
        if sha not in found:
            found.add(sha)
            left += stored[sha].parents if sha in stored else ()
    return found


def brute_force(
    stored: Mapping[str, Commit], heads: Iterable[str], bases: Iterable[str]
) -> BranchCommits:
    branch = reachable(stored, heads) - reachable(stored, bases)
    return BranchCommits(frozenset(branch & stored.keys()), frozenset(branch - stored.keys()))


def is_right(result: BranchCommits | None, heads: Iterable[str], expected: BranchCommits) -> bool:
    """Return whether a result is the expected one.

    The base may reach a head that is not stored: the walk does not look for that.
    """
    if result == expected:
        return True
    return (
        result is not None
        and not result.loaded | expected.loaded
        and expected.missing <= result.missing <= set(heads)
    )


def test_the_base_is_not_walked_for_a_head_that_is_not_stored() -> None:
    """After a squash the branch is usually deleted, and its commits are never read."""
    stored = {f"{n}": Commit((f"{n - 1}",) if n else (), n) for n in range(1000)}
    requested.clear()
    assert run(stored, ["gone"], "999") == BranchCommits(frozenset(), frozenset({"gone"}))
    assert len(requested) == 2


def test_a_branch_with_the_base_merged_into_it_keeps_its_own_commits() -> None:
    """The base went from a to b and d; c and e are of the branch, which merged b in between."""
    stored = graph(a=(1, ""), b=(2, "a"), c=(3, "a"), m=(4, "cb"), d=(5, "b"), e=(6, "m"))
    assert run(stored, "e", "d") == BranchCommits(frozenset("cme"), frozenset())


def test_only_commits_since_the_branch_began_are_read() -> None:
    stored = {f"{n}": Commit((f"{n - 1}",) if n else (), n) for n in range(1000)}
    stored["x"] = Commit(("997",), 998.5)
    requested.clear()
    assert run(stored, "x", "999") == BranchCommits(frozenset("x"), frozenset())
    assert len(requested) < 10


def test_an_older_clock_on_the_base_does_not_widen_the_branch() -> None:
    """On the base, s follows f by parents, but has an earlier time than f and its parent e."""
    stored = graph(r=(1, ""), e=(4, "r"), f=(5, "e"), s=(3, "f"), c=(6, "f"), b=(7, "s"))
    assert run(stored, "c", "b") == BranchCommits(frozenset("c"), frozenset())


def test_commits_that_are_not_stored_are_named() -> None:
    stored = graph(b=(2, "a"), c=(3, "x"))
    assert run(stored, "c", "b") == BranchCommits(frozenset("c"), frozenset("x"))


def test_where_both_sides_reach_what_is_not_stored_nothing_is_missing() -> None:
    """As with a start date: the commit on which the branch began is older."""
    stored = graph(b=(3, "a"), m=(2, "z"), c=(4, "z"), d=(5, "m"), e=(6, "d"))
    assert run(stored, "c", "e") == BranchCommits(frozenset("c"), frozenset())


def test_a_walk_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ancestry, "MAX_VISITED", 5)
    stored = {f"{n}": Commit((f"{n - 1}",) if n else (), n) for n in range(10)} | graph(b=(1, ""))
    assert run(stored, "9", "b") is None


@st.composite
def histories(draw: st.DrawFn) -> tuple[Graph, list[str], str]:
    """Return a graph in which no commit is older than its parents, heads, and a base."""
    count = draw(st.integers(2, 14))
    stored: Graph = {}
    time = 0
    for number in range(count):
        earlier = st.integers(0, number - 1) if number else st.nothing()
        parents = draw(st.lists(earlier, max_size=min(number, 3), unique=True))
        time += draw(st.integers(0, 2))
        stored[f"{number}"] = Commit(tuple(map(str, parents)), time)
    names = st.integers(0, count - 1).map(str)
    heads = draw(st.lists(names, min_size=1, max_size=2, unique=True))
    base = draw(names)
    for absent in draw(st.sets(names, max_size=3)):
        del stored[absent]
    return stored, heads, base


@given(histories())
def test_the_walk_finds_what_the_whole_graph_says(history: tuple[Graph, list[str], str]) -> None:
    stored, heads, base = history
    assert is_right(run(stored, heads, base), heads, brute_force(stored, heads, [base]))


def run_branches(
    stored: Mapping[str, Commit], heads: Iterable[str], *bases: str
) -> dict[str, BranchCommits]:
    walk = walk_branches(list(heads), bases)
    try:
        wanted = next(walk)
        while True:
            wanted = walk.send({sha: stored[sha] for sha in wanted if sha in stored})
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


@given(histories(), st.integers(0, 9))
def test_one_walk_finds_the_commits_of_each_branch(
    history: tuple[Graph, list[str], str], number: int
) -> None:
    """Without those of two bases, one of which may be neither stored nor related."""
    stored, heads, base = history
    bases = [base, f"{number}"]
    for head, result in run_branches(stored, heads, *bases).items():
        assert is_right(result, [head], brute_force(stored, [head], bases))


@given(histories())
def test_a_result_changes_only_by_commits_that_it_awaits(
    history: tuple[Graph, list[str], str],
) -> None:
    """A commit that arrives and is not among them leaves the result as it was."""
    stored, heads, base = history
    for arriving in stored:
        before = {sha: commit for sha, commit in stored.items() if sha != arriving}
        result = run(before, heads, base)
        assert result
        if arriving not in result.awaited:
            assert result == run(stored, heads, base)


def test_a_long_walk_over_branches_knows_the_newer_commits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ancestry, "MAX_VISITED_OF_BRANCHES", 4)
    stored = {f"{n}": Commit((f"{n - 1}",) if n else (), n) for n in range(10)} | graph(b=(1, ""))
    assert run_branches(stored, "9", "b")["9"].loaded == frozenset("98765")
