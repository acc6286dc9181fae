"""New commits in graphs with merges, clocks that are wrong, and many heads; `git` agrees."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pygit2
import pytest

from tap_git.graph import CommitGraph, Difference
from tests.tap_git.repository_builder import DAY_S, START_S, USER1, RepositoryBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.tap_git.runner import Read


@pytest.fixture
def repository(tmp_path: Path) -> RepositoryBuilder:
    return RepositoryBuilder(tmp_path / "graph")


def difference(
    repository: RepositoryBuilder, include: Iterable[str], exclude: Iterable[str]
) -> Difference:
    graph = CommitGraph(repository.git, {})
    return graph.find_difference(
        [pygit2.Oid(hex=sha) for sha in include], [pygit2.Oid(hex=sha) for sha in exclude]
    )


def commits_of(
    repository: RepositoryBuilder, include: Iterable[str], exclude: Iterable[str]
) -> list[str]:
    return [str(oid) for oid in difference(repository, include, exclude).parents_first()]


def ask_git(path: str, include: Iterable[str], exclude: Iterable[str]) -> set[str]:
    """Return what git finds; with every commit read, so that no clock matters."""
    git = ["git", "-C", path, "rev-list", "--stdin"]
    reached, hidden = (
        set(
            subprocess.run(
                git, input="\n".join(heads), text=True, capture_output=True, check=True
            ).stdout.split()
        )
        for heads in (include, exclude)
    )
    return reached - hidden


def random_graph(repository: RepositoryBuilder, seed: int, *, skew_s: int) -> list[str]:
    """Write 60 commits with up to three parents, whose clocks are wrong by up to `skew_s`."""
    generator = random.Random(seed)  # noqa: S311 - not for cryptography
    shas: list[str] = []
    for number in range(60):
        time_s = START_S + number * 60 + generator.randint(-skew_s, skew_s)
        count = min(generator.choice([0, 1, 1, 1, 1, 2, 2, 3]), len(shas))
        parents = generator.sample(shas[-15:], min(count, len(shas[-15:])))
        stamp = USER1 + b" %d +0000" % time_s
        shas.append(repository.commit(b"%d" % number, *parents, committer=stamp))
    return shas


def samples(shas: list[str], seed: int) -> Iterator[tuple[list[str], list[str]]]:
    generator = random.Random(seed)  # noqa: S311 - not for cryptography
    for _ in range(20):
        yield (
            generator.sample(shas, generator.randint(1, 4)),
            generator.sample(shas, generator.randint(1, 8)),
        )


@pytest.fixture(params=[0, 3, 1_000])
def max_steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Search for merge bases at once, after some steps, or not in a graph as small as these."""
    monkeypatch.setattr("tap_git.graph.MAX_STEPS", request.param)


@pytest.mark.usefixtures("max_steps")
@pytest.mark.parametrize("seed", range(4))
def test_the_difference_is_that_of_git(repository: RepositoryBuilder, seed: int) -> None:
    shas = random_graph(repository, seed, skew_s=0)
    sizes = set()
    for include, exclude in samples(shas, seed):
        commits = commits_of(repository, include, exclude)
        assert set(commits) == ask_git(repository.path, include, exclude)
        assert len(commits) == len(set(commits))
        sizes.add(len(commits))
    assert len(sizes) > 3


@pytest.mark.usefixtures("max_steps")
@pytest.mark.parametrize("seed", range(4))
def test_wrong_clocks_leave_out_no_commit(repository: RepositoryBuilder, seed: int) -> None:
    shas = random_graph(repository, seed, skew_s=100_000)
    expected = set()
    for include, exclude in samples(shas, seed):
        new = ask_git(repository.path, include, exclude)
        assert set(commits_of(repository, include, exclude)) >= new
        expected |= new
    assert expected


def test_parents_come_before_their_children(repository: RepositoryBuilder) -> None:
    shas = random_graph(repository, 5, skew_s=100_000)
    commits = commits_of(repository, shas[-6:], [])
    parents = {sha: [str(oid) for oid in repository.git[sha].parent_ids] for sha in commits}  # type: ignore[attr-defined]
    assert len(commits) > 25
    for position, sha in enumerate(commits):
        assert set(parents[sha]) & set(commits) <= set(commits[:position])


def test_a_commit_that_is_older_than_its_parent_is_hidden(repository: RepositoryBuilder) -> None:
    """The walk visits the parent first, and hides it and its own parent afterwards."""
    root, parent = repository.history(b"root", b"parent")
    old = repository.commit(b"old", parent, committer=USER1 + b" %d +0000" % (START_S + 1))
    assert commits_of(repository, [parent], [old]) == []
    assert commits_of(repository, [old], [parent]) == [old]
    assert commits_of(repository, [old], [root]) == [parent, old]


def test_only_commits_near_the_new_ones_are_read(repository: RepositoryBuilder) -> None:
    """A new commit on one of many heads reads itself, whatever the number of heads."""
    main = repository.history(*(b"%d" % number for number in range(300)))
    topics = [repository.commit(b"topic", sha) for sha in main]
    new = repository.commit(b"new", topics[7])
    times = {sha: int(repository.git[sha].commit_time) for sha in topics}  # type: ignore[attr-defined]
    graph = CommitGraph(repository.git, times)
    read = note_reads(graph)
    found = graph.find_difference(
        [pygit2.Oid(hex=new), *(pygit2.Oid(hex=sha) for sha in topics)],
        [pygit2.Oid(hex=sha) for sha in topics],
    )
    assert {str(oid) for oid in found.commits} == {new}
    assert read == {new}


def note_reads(graph: CommitGraph) -> set[str]:
    """Return the commits that a graph reads from now on."""
    read: set[str] = set()
    read_node = graph.read

    def note(oid: pygit2.Oid) -> object:
        read.add(str(oid))
        return read_node(oid)

    graph.read = note  # type: ignore[method-assign, assignment]
    return read


def test_a_branch_from_the_middle_of_history_is_not_walked_to(
    repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is left to libgit2; the new commits are pushed late, so the walk meets them last."""
    monkeypatch.setattr("tap_git.graph.MAX_STEPS", 20)
    main = repository.history(*(b"%d" % number for number in range(300)))
    old = USER1 + b" %d +0000" % (START_S + DAY_S + 90)
    new = [repository.commit(b"first", main[1], committer=old)]
    new.append(repository.commit(b"second", new[0], committer=old))
    graph = CommitGraph(repository.git, {})
    read = note_reads(graph)
    found = graph.find_difference([pygit2.Oid(hex=new[1])], [pygit2.Oid(hex=main[-1])])
    assert [str(oid) for oid in found.parents_first()] == new
    assert read == {*new, main[1], *main[-21:]}


def test_a_head_that_is_older_than_a_late_branch_hides_its_begin(
    repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first search is for heads newer than the end of the line, of which it is none."""
    monkeypatch.setattr("tap_git.graph.MAX_STEPS", 0)
    main = repository.history(*(b"%d" % number for number in range(9)))

    def commit(parent: str, hours: int) -> str:
        stamp = USER1 + b" %d +0000" % (START_S + hours * 3_600)
        return repository.commit(b"topic", parent, committer=stamp)

    first = commit(main[0], 1)
    head = commit(first, 2)
    last = commit(first, 3)
    assert commits_of(repository, [last], [main[-1], head]) == [last]


def test_reached_heads_are_those_that_new_commits_build_on(
    repository: RepositoryBuilder,
) -> None:
    base, left, right = repository.history(b"base", b"left", b"right")
    lost = repository.commit(b"lost", base)
    merge = repository.commit(b"merge", right, base)
    found = difference(repository, [merge, left], [right, left, lost])
    assert {str(oid) for oid in found.commits} == {merge}
    assert {str(oid) for oid in found.reached} == {right, left}


def test_a_missing_parent_is_named(tmp_path: Path, read: Read) -> None:
    repository = RepositoryBuilder(tmp_path / "broken")
    repository.set_reference("refs/heads/main", repository.commit(b"first"))
    first = read(repository)
    missing = "e" * 40
    repository.set_reference("refs/heads/main", repository.commit(b"second", missing))
    found = difference(repository, [str(repository.git.head.target)], [])
    assert {str(oid) for oid in found.missing} == {missing}
    with pytest.raises(SystemExit):
        read(repository, state=first.state)
