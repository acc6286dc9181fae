"""The demo's git repository: a branch per task, merged once the task is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pygit2

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from examples.demo.works import Work
    from fake_clickup.model import User

MAIN = "refs/heads/main"
REPOSITORY_ID = "git.example.com/acme/shop"
ORIGIN = f"https://{REPOSITORY_ID}.git"
STEPS = ("Add a failing test", "First version", "Handle the empty case", "Tidy up")
KEPT_BRANCHES = 3
"""Of so many merged branches one is not deleted."""


class Step(NamedTuple):
    """A commit or a merge that is to be made."""

    at: datetime
    number: int
    work: Work
    is_merge: bool


class Repository:
    """A repository that grows: `grow` adds what was done since it was called the last time.

    `heads` and `merges` are the newest commit of each branch, also of deleted ones, and its merge.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._repository = pygit2.init_repository(str(folder), initial_head="main")
        self._repository.remotes.create("origin", ORIGIN)
        self._tree = self._repository.TreeBuilder().write()
        self._grown_until: datetime | None = None
        self.heads: dict[str, str] = {}
        self.merges: dict[str, str] = {}

    def grow(self, works: Iterable[Work], *, until: datetime) -> int:
        """Make the commits and merges up to a time, and return how many these are."""
        steps = [
            step
            for step in sorted(_list_steps(works), key=lambda step: step[:2])
            if step.at <= until and (self._grown_until is None or step.at > self._grown_until)
        ]
        for step in steps:
            if step.is_merge:
                self._merge(step)
            else:
                self._commit(step)
        self._grown_until = until
        return len(steps)

    def _commit(self, step: Step) -> None:
        branch = f"refs/heads/{step.work.branch}"
        name = STEPS[step.number % len(STEPS)] if step.number else step.work.title
        names_task = step.work.names_task and not step.number  # later ones are linked by the merge
        message = f"CU-{step.work.task.id} {name}\n" if names_task else f"{name}\n"
        parents = self._heads(branch) or self._heads(MAIN)
        self.heads[step.work.branch] = self._create(branch, step, message, parents)
        if not self._heads(MAIN):
            self._repository.references.create(MAIN, self._heads(branch)[0])

    def _merge(self, step: Step) -> None:
        branch = f"refs/heads/{step.work.branch}"
        heads = self._heads(branch)
        if not heads or heads == self._heads(MAIN):
            return
        message = f"Merge branch '{step.work.branch}'\n"
        parents = [*self._heads(MAIN), *heads]
        self.merges[step.work.branch] = self._create(MAIN, step, message, parents)
        if len(self.merges) % KEPT_BRANCHES:
            self._repository.references.delete(branch)

    def _create(self, branch: str, step: Step, message: str, parents: list[pygit2.Oid]) -> str:
        """Make a commit the head of a branch, and return its id."""
        signature = _sign(step.work.author, step.at)
        head = self._repository.create_commit(
            None, signature, signature, message, self._tree, parents
        )
        self._repository.references.create(branch, head, force=True)
        return str(head)

    def _heads(self, branch: str) -> list[pygit2.Oid]:
        """Return the head of a branch as a list, empty if there is no such branch."""
        reference = self._repository.references.get(branch)
        return [reference.peel(pygit2.Commit).id] if reference else []


def _list_steps(works: Iterable[Work]) -> list[Step]:
    steps = []
    for work in works:
        for number, at in enumerate(work.commit_times):
            steps.append(Step(at, number, work, is_merge=False))
        if work.merged_at:
            steps.append(Step(work.merged_at, len(work.commit_times), work, is_merge=True))
    return steps


def _sign(user: User, at: datetime) -> pygit2.Signature:
    return pygit2.Signature(user.username or user.email, user.email, int(at.timestamp()))
