"""People who work on an account of `demo`: one edit after another, as a team makes them.

Tasks are started, moved on, tracked, planned, added to the current sprint, created, reopened and,
rarely, deleted. Every edit is made by a member other than the token's user, in whose name
ClickUp reports it to webhooks.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from .demo_names import TOPICS, WORK
from .storage import to_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from .account import Account
    from .model import Task, Workspace

HOUR_MS = 3_600_000
QUARTER_HOURS = (1, 2, 3, 4, 6, 8)


class MadeEdit(NamedTuple):
    """What a person did with a task; `kind` is one of those in `People`."""

    kind: str
    task_id: str
    user_id: int


class People:
    """The members of an account's first workspace at work; equal seeds make equal choices."""

    def __init__(self, account: Account, *, seed: int = 1) -> None:
        self._account = account
        self._random = Random(f"people {seed}")  # noqa: S311 - a demo has to be repeatable
        self._edits: dict[str, tuple[int, Callable[[Task, datetime], Task | None]]] = {
            "start": (6, self._start),
            "advance": (8, self._advance),
            "track": (6, self._track),
            "create": (4, self._create),
            "plan": (3, self._plan),
            "schedule": (2, self._schedule),
            "reopen": (1, self._reopen),
            "delete": (1, self._delete),
        }

    @property
    def _workspace(self) -> Workspace:
        return self._account.workspaces[0]

    def edit(self, at: datetime | None = None) -> MadeEdit | None:
        """Make one edit at a time, by default now; return None if no task allows any.

        The times must not decrease. A task that was changed later than `at` is left alone.
        """
        at = at or datetime.now(UTC)
        kinds = list(self._edits)
        weights = [weight for weight, _ in self._edits.values()]
        with self._account.lock:
            for kind in dict.fromkeys(self._random.choices(kinds, weights, k=20)):
                if not (tasks := self._candidates(kind, at)):
                    continue
                task = self._random.choice(tasks)
                user_id = self._pick_user(task)
                with self._account.acting_as(user_id):
                    edited = self._edits[kind][1](task, at) or task
                return MadeEdit(kind, edited.id, user_id)
        return None

    def _candidates(self, kind: str, at: datetime) -> list[Task]:
        """Return the tasks that an edit of a kind fits; `create` adds one next to them."""
        latest_ms = to_ms(at)
        tasks = [
            task
            for task in self._workspace.tasks.values()
            if not task.archived and (task.updated_ms or 0) < latest_ms
        ]
        types = {
            "start": {"open", "unstarted"},
            "advance": {"custom", "done"},
            "track": {"custom"},
            "create": {"open", "unstarted", "custom", "done", "closed"},
            "plan": {"open", "unstarted", "custom"},
            "schedule": {"open", "unstarted", "custom"},
            "reopen": {"done"},
            "delete": {"open"},
        }[kind]
        found = [task for task in tasks if self._workspace.status_of(task).type in types]
        if kind == "schedule":
            return [task for task in found if self._open_sprints(task, at)]
        return found

    def _open_sprints(self, task: Task, at: datetime) -> list[str]:
        """Return the running sprints of the task's space that do not have it yet."""
        space_id = self._workspace.lists[task.list_id].space_id
        return [
            sprint.id
            for sprint in self._workspace.lists.values()
            if sprint.space_id == space_id
            and sprint.start_ms is not None
            and sprint.start_ms <= to_ms(at) <= (sprint.due_ms or 0)
            and sprint.id not in task.other_list_ids
        ]

    def _pick_user(self, task: Task) -> int:
        """Return one of the assignees, or else another member, never the token's user."""
        others = [member for member in self._workspace.members if member != self._account.user_id]
        assigned = [user_id for user_id in task.assignee_ids if user_id in others]
        return self._random.choice(assigned or others)

    def _next_status(self, task: Task, step: int) -> str:
        names = [status.name for status in self._workspace.statuses_of(task.list_id)]
        return names[min(names.index(task.status) + step, len(names) - 1)]

    def _start(self, task: Task, at: datetime) -> None:
        assignees = task.assignee_ids or (self._account.actor_id,)
        self._account.update_task(
            task.id, at=at, status=self._next_status(task, 1), assignee_ids=assignees
        )

    def _advance(self, task: Task, at: datetime) -> None:
        self._account.update_task(task.id, at=at, status=self._next_status(task, 1))

    def _track(self, task: Task, at: datetime) -> None:
        duration = timedelta(minutes=15 * self._random.choice(QUARTER_HOURS))
        self._account.add_time_entry(task.id, start=at - duration, duration=duration, at=at)

    def _create(self, task: Task, at: datetime) -> Task:
        """Create and return a bug about the topic of a task, in its list."""
        topic = task.name.partition(":")[0]
        subjects = TOPICS.get(topic, ("the page",))
        work = f"{self._random.choice(WORK['bug'])} {self._random.choice(subjects)}"
        return self._account.create_task(
            task.list_id,
            name=f"{topic}: {work}",
            at=at,
            custom_item_id=task.custom_item_id,
        )

    def _plan(self, task: Task, at: datetime) -> None:
        estimate_ms = self._random.choice((2, 4, 8, 16, 24)) * HOUR_MS
        self._account.update_task(
            task.id,
            at=at,
            time_estimate_ms=estimate_ms,
            points=self._random.choice((1, 2, 3, 5, 8)),
            priority=self._random.choice((1, 2, 3, 4)),
        )

    def _schedule(self, task: Task, at: datetime) -> None:
        sprint_ids = (*task.other_list_ids, self._open_sprints(task, at)[0])
        self._account.update_task(task.id, at=at, other_list_ids=sprint_ids)

    def _reopen(self, task: Task, at: datetime) -> None:
        self._account.update_task(task.id, at=at, status=self._next_status(task, -2))

    def _delete(self, task: Task, at: datetime) -> None:  # noqa: ARG002 - a deletion has no time
        self._account.delete_task(task.id)
