"""Who worked on which task, and when: from the history of a fake ClickUp's tasks. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import Account
    from fake_clickup.model import Task, User, Workspace

DAYS = 56
"""How far back the history goes."""
WORK_DAYS = 5
FIRST_HOUR, LAST_HOUR = 9, 17
REVIEW = timedelta(hours=2)
FORGOTTEN = 0.1
"""The share of tasks whose author names them neither in the branch nor in a message."""


@dataclass(frozen=True)
class Work:
    """The commits of one task: their times, and that of the merge if the task is done.

    `names_task` is false if the author forgot the id of the task.
    """

    task: Task
    author: User
    title: str
    commit_times: tuple[datetime, ...]
    merged_at: datetime | None
    names_task: bool

    @property
    def branch(self) -> str:
        """The name of the branch."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")
        return f"CU-{self.task.id}_{slug}" if self.names_task else f"fix/{slug}"


def find_works(account: Account, *, until: datetime) -> list[Work]:
    """Return the work on the tasks that were started within `DAYS` days, the oldest first."""
    workspace = account.workspaces[0]
    since = until - timedelta(days=DAYS)
    works = []
    for task in workspace.tasks.values():
        started_at, done_at = _find_times(workspace, task)
        if started_at and since < started_at < until:
            works.append(_make_work(workspace, task, started_at, done_at, until=until))
    return sorted(
        (work for work in works if work.commit_times), key=lambda work: work.commit_times[0]
    )


def _find_times(workspace: Workspace, task: Task) -> tuple[datetime | None, datetime | None]:
    """Return when work on a task was started the first time, and when it was done after that."""
    started_at = done_at = None
    for period in workspace.status_periods.get(task.id, ()):
        at = datetime.fromtimestamp(period.since_ms / 1000, UTC)
        if period.status.type == "custom":
            started_at, done_at = started_at or at, None
        elif period.status.type in {"done", "closed"}:
            done_at = done_at or at
    return started_at, done_at


def _make_work(
    workspace: Workspace,
    task: Task,
    started_at: datetime,
    done_at: datetime | None,
    *,
    until: datetime,
) -> Work:
    source = Random(task.id)  # noqa: S311 - the same history in each run
    end = min(done_at - REVIEW if done_at else until, until)
    author = workspace.users[(*task.assignee_ids, task.creator_id)[0]]
    words = " ".join(task.name.rpartition(": ")[2].split())
    names_task = source.random() > FORGOTTEN
    return Work(
        task=task,
        author=author,
        title=words[:1].upper() + words[1:50],
        commit_times=tuple(at for at in _generate_times(started_at, source) if at <= end),
        merged_at=done_at,
        names_task=names_task,
    )


def _generate_times(started_at: datetime, source: Random) -> Iterator[datetime]:
    """Yield the times of commits in order, however long the work goes on."""
    at = started_at
    for _ in range(source.choice((1, 2, 2, 3, 4))):
        at = _move_to_working_time(at + timedelta(hours=source.uniform(0.5, 20)), source)
        yield at


def _move_to_working_time(at: datetime, source: Random) -> datetime:
    """Return a time in working hours that is not earlier, on the next working day if need be."""
    if at.weekday() < WORK_DAYS and at.hour < LAST_HOUR:
        return at if at.hour >= FIRST_HOUR else at.replace(hour=FIRST_HOUR)
    days = 1 if at.weekday() < WORK_DAYS - 1 else 7 - at.weekday()
    return (at + timedelta(days=days)).replace(hour=source.randrange(FIRST_HOUR, LAST_HOUR))
