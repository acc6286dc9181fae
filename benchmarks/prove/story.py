"""What people do in ClickUp during the story. It only edits an account, and reads no clock.

Equal seeds and sizes make equal edits in the same order, whatever is read meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import Account
    from fake_clickup.model import Task, Workspace

NAMES = ("Check", "Call", "Order", "Measure", "Ship", "Paint", "Test", "Print")
QUARTER = timedelta(minutes=15)


class StatusChange(NamedTuple):
    """A change of a task's status: what it was, what it became, and when."""

    task_id: str
    from_status: str
    to_status: str
    at_ms: int


@dataclass(frozen=True)
class Sizes:
    """How many edits of each kind are made; `read_edits` are those during the back-fill.

    They last until the peer's is over, which reads more pages than ours.
    """

    read_edits: int = 150
    morning_statuses: int = 60
    morning_edits: int = 20
    webhook_statuses: int = 120
    webhook_edits: int = 15
    deletions: int = 40
    archived_lists: int = 2
    edits_in_archived_lists: int = 20


class StoryClock:
    """The clock of the edits: it only goes on when the story says so."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(0, UTC)

    def __call__(self) -> float:
        """Return the seconds since the epoch."""
        return self.now.timestamp()


class Story:
    """The edits of an account's first workspace; `status_changes` are those after the back-fill."""

    def __init__(self, account: Account, *, seed: int, sizes: Sizes) -> None:
        self.sizes = sizes
        self.clock = StoryClock()
        self.status_changes: list[StatusChange] = []
        self.read_edits_made = 0
        self._account = account
        self._random = Random(f"prove {seed}")  # noqa: S311 - the same story in every run
        tasks = self._workspace.tasks.values()
        self._first_created_ms = max(task.created_ms for task in tasks) + 1
        account.clock = self.clock

    @property
    def _workspace(self) -> Workspace:
        return self._account.workspaces[0]

    def edit_while_read(self) -> bool:
        """Change one task of those that a back-fill reads; False once all such edits were made."""
        if self.read_edits_made == self.sizes.read_edits:
            return False
        self.read_edits_made += 1
        kind = self.read_edits_made % 4
        self._tick(20)
        task = self._pick_task()
        changes = (
            {"name": self._new_name()},
            {"priority": self._random.choice((1, 2, 3, 4))},
            {"due_ms": self._now_ms + 86_400_000 * self._random.randint(1, 30)},
            {"assignee_ids": (self._pick_member(),)},
        )[kind]
        self._account.update_task(task.id, **changes)
        return True

    def morning(self) -> Iterator[None]:
        """Work for some hours, one edit per step; only the next poll can show it."""
        edits = [
            *[self._change_status] * self.sizes.morning_statuses,
            *[self._rename, self._create, self._track, self._move] * self.sizes.morning_edits,
        ]
        self._random.shuffle(edits)
        for edit in edits:
            self._tick(20)
            edit()
            yield

    def webhook_hour(self) -> Iterator[None]:
        """Work while webhooks report it, one edit per step."""
        edits = [
            *[self._change_status] * self.sizes.webhook_statuses,
            *[self._rename, self._create, self._track] * self.sizes.webhook_edits,
        ]
        self._random.shuffle(edits)
        for edit in edits:
            self._tick(0.1)
            edit()
            yield

    def evening(self) -> None:
        """Delete, archive and move; correct and delete time entries."""
        for _ in range(self.sizes.deletions):
            self._tick(0.1)
            self._account.delete_task(self._pick_task(is_single=True, is_old=True).id)
        for _ in range(self.sizes.deletions // 2):
            self._tick(0.1)
            self._account.delete_time_entry(self._pick_entry())
            self._correct_entry()
            self._move()
        archived = [self._archive_list() for _ in range(self.sizes.archived_lists)]
        for number in range(self.sizes.edits_in_archived_lists):
            self._tick(0.1)
            list_id = archived[number % len(archived)]
            task_ids = [task.id for task in self._live_tasks() if task.list_id == list_id]
            self._account.update_task(self._random.choice(task_ids), name=self._new_name())

    @property
    def _now_ms(self) -> int:
        return round(self.clock() * 1000)

    def _tick(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)

    def _live_tasks(self) -> list[Task]:
        return [task for task in self._workspace.tasks.values() if not task.archived]

    def _pick_task(self, *, is_single: bool = False, is_old: bool = False) -> Task:
        """Return one of the tasks that are neither archived nor in anything archived.

        A single one has no subtasks, and an old one was created before the first day of the story.
        The hours until the evening take minutes here, and ClickUp's search may lag by minutes.
        """
        archived = {
            list_id
            for list_id in self._workspace.lists
            if self._workspace.is_archived_list(list_id)
        }
        parents = {task.parent_id for task in self._workspace.tasks.values()}
        return self._random.choice(
            [
                task
                for task in self._live_tasks()
                if task.list_id not in archived
                and not (is_single and task.id in parents)
                and not (is_old and task.created_ms >= self._first_created_ms)
            ]
        )

    def _pick_member(self) -> int:
        """Return a member other than the token's user."""
        return self._random.choice(
            [user_id for user_id in self._workspace.members if user_id != self._account.user_id]
        )

    def _pick_entry(self) -> str:
        return self._random.choice(
            [
                entry.id
                for entry in self._workspace.time_entries.values()
                if entry.task_id in self._workspace.tasks
            ]
        )

    def _new_name(self) -> str:
        return f"{self._random.choice(NAMES)} part {self._random.randint(1, 9_999)}"

    def _change_status(self) -> None:
        task = self._pick_task()
        names = [status.name for status in self._workspace.statuses_of(task.list_id)]
        status = self._random.choice([name for name in names if name != task.status])
        with self._account.acting_as(self._pick_member()):
            after = self._account.update_task(task.id, status=status)
        change = StatusChange(task.id, task.status, status, after.updated_ms or 0)
        self.status_changes.append(change)

    def _rename(self) -> None:
        with self._account.acting_as(self._pick_member()):
            self._account.update_task(self._pick_task().id, name=self._new_name())

    def _create(self) -> None:
        list_id = self._pick_task().list_id
        with self._account.acting_as(self._pick_member()):
            self._account.create_task(list_id, name=self._new_name())

    def _track(self) -> None:
        """Add a time entry of a member other than the token's user."""
        duration = QUARTER * self._random.randint(1, 8)
        with self._account.acting_as(self._pick_member()):
            start = self.clock.now - duration
            self._account.add_time_entry(self._pick_task().id, start=start, duration=duration)

    def _correct_entry(self) -> None:
        entry = self._workspace.time_entries[self._pick_entry()]
        minutes = self._random.randint(1, 240)
        self._account.update_time_entry(entry.id, end_ms=entry.start_ms + minutes * 60_000)

    def _move(self) -> None:
        """Move a task to another list, in any space, whose workflow has its status too."""
        task = self._pick_task(is_single=True)
        status = self._workspace.status_of(task)
        places = [
            list_id
            for list_id in self._workspace.lists
            if list_id != task.list_id
            and not self._workspace.is_archived_list(list_id)
            and (status.name, status.type)
            in [(other.name, other.type) for other in self._workspace.statuses_of(list_id)]
        ]
        if places:
            self._account.move_task(task.id, self._random.choice(places))

    def _archive_list(self) -> str:
        list_id = self._pick_task().list_id
        self._account.archive(list_id)
        return list_id
