"""Write a bare git repository with many branches by `git fast-import`, and add commits to it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pygit2

from benchmarks.processes import FailedRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 1_500_000_000
STEP_S = 1_000
"""Between two commits of the main branch."""
TOPIC_COMMITS = 10
MAIN = "refs/heads/main"


def write_repository(folder: Path, *, commits: int, heads: int) -> pygit2.Repository:
    """Write a repository: from its main branch, topic branches fork at even distances."""
    path = folder / "large.git"
    git = pygit2.init_repository(str(path), bare=True, initial_head="main")
    command = ["git", f"--git-dir={path}", "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:  # noqa: S603 - our own command
        for line in _fast_import_lines(commits - heads * TOPIC_COMMITS, heads):
            process.stdin.write(line.encode())  # type: ignore[union-attr] # a pipe
    if process.returncode:
        raise FailedRunError(f"git fast-import ended with exit code {process.returncode}")
    git.compress_references()
    return git


def add_commit(
    git: pygit2.Repository, branch: str, parent: pygit2.Oid, *, time_s: int
) -> pygit2.Oid:
    """Write a commit on top of another one and point a branch to it."""
    user = pygit2.Signature("Nine", "user9@example.com", time_s, 0)
    tree = git.TreeBuilder().write()
    oid = git.create_commit(None, user, user, "new", tree, [parent])
    git.references.create(branch, oid, force=True)
    return oid


def topic(number: int) -> str:
    """Return the reference of a topic branch."""
    return f"refs/heads/topic-{number}"


def _fast_import_lines(main_commits: int, heads: int) -> Iterator[str]:
    """Yield the commands of all commits: https://git-scm.com/docs/git-fast-import."""
    distance = main_commits // heads
    mark = fork = topics = 0
    for position in range(main_commits):
        time_s = START_S + position * STEP_S
        mark += 1
        yield _format_commit(MAIN, mark, fork, time_s)
        fork = mark
        if position % distance or topics == heads:
            continue
        parent = fork
        for number in range(TOPIC_COMMITS):
            mark += 1
            yield _format_commit(topic(topics), mark, parent, time_s + number + 1)
            parent = mark
        topics += 1


def _format_commit(reference: str, mark: int, parent: int, time_s: int) -> str:
    lines = [
        f"commit {reference}",
        f"mark :{mark}",
        f"committer Nine <user9@example.com> {time_s} +0000",
        "data 20",
        f"commit {mark:>13}",
        *([f"from :{parent}"] if parent else []),
    ]
    return "\n".join(lines) + "\n"
