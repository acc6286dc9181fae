"""Generated tasks with all their awkward shapes, and time entries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .model import Attachment, CustomField, StatusPeriod, Tag, Task, TimeEntry
from .random_data import DAY_MS

if TYPE_CHECKING:
    from .model import TaskList, Workspace
    from .random_data import RandomData
    from .sizes import Sizes

DEEPEST = 3
MILESTONE = 1
"""The id of ClickUp's own type for milestones."""
POINTS = (None, None, 0, 0.5, 3)
ESTIMATES_MS = (None, None, 3_600_000, 1.5e6 + 0.5)
TAG_NAMES = ("urgent", "needs words", "customer")
OPTIONS = ("Web", "Phone", "Desk")


class TaskGenerator:
    """Fills the lists of a workspace with tasks, and adds time entries."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        random_data: RandomData,
        sizes: Sizes,
        sprint_lists: list[TaskList],
    ) -> None:
        self.workspace = workspace
        self.random_data = random_data
        self.sizes = sizes
        self.sprint_lists = sprint_lists
        self.user_ids = list(workspace.users)
        self.tags = [Tag(name, "#6a3fb5", self.user_ids[0]) for name in TAG_NAMES]
        field_ids = (random_data.uuid(), random_data.uuid(), random_data.uuid())
        born = random_data.days_ago_ms(500)
        self.fields = (
            CustomField(
                field_ids[0],
                "Channel",
                "drop_down",
                born,
                options=tuple((random_data.uuid(), name) for name in OPTIONS),
            ),
            CustomField(field_ids[1], "Reference", "short_text", born),
            CustomField(field_ids[2], "Promised for", "date", born),
        )
        self.parents: dict[str, list[tuple[Task, int]]] = {
            list_id: [] for list_id in workspace.lists
        }

    def make(self) -> None:
        """Add all tasks and time entries."""
        list_ids = list(self.workspace.lists)
        for number in range(self.sizes.tasks if list_ids else 0):
            # The first round visits every list, so that no awkward place stays empty.
            early = number < len(list_ids)
            list_id = list_ids[number] if early else self.random_data.random.choice(list_ids)
            self._add_task(list_id, number=number)
        self._edit_in_bulk()
        self._forget_dates()
        self._record_statuses()
        tasks = list(self.workspace.tasks.values())
        for number in range(self.sizes.time_entries if tasks else 0):
            self._add_time_entry(self.random_data.random.choice(tasks).id, number=number)
        for number in range(self.sizes.taskless_entries):
            self._add_time_entry(None, number=number)
        for number in range(self.sizes.running_timers if tasks else 0):
            self._add_time_entry(tasks[number % len(tasks)].id, number=number, runs=True)

    def _add_task(self, list_id: str, *, number: int) -> None:
        random_data = self.random_data
        parent, depth = self._pick_parent(list_id)
        created = random_data.timestamp_ms(
            after_ms=parent.created_ms if parent else random_data.days_ago_ms(365)
        )
        task = Task(
            id=random_data.task_id(old=number % 40 == 7),
            name=random_data.task_name(),
            list_id=list_id,
            status=random_data.random.choice(self.workspace.statuses_of(list_id)).name,
            creator_id=random_data.random.choice(self.user_ids),
            created_ms=created,
            updated_ms=random_data.timestamp_ms(after_ms=created),
            orderindex=f"{5_000_000 + number}.00000000000000000000000000000000",
            parent_id=parent.id if parent else None,
            **self._build_details(number, created=created),
        )
        task = self._finish(task)
        self.workspace.tasks[task.id] = task
        if depth < DEEPEST:
            self.parents[list_id].append((task, depth))

    def _pick_parent(self, list_id: str) -> tuple[Task | None, int]:
        """Return a parent for one task in four, and the depth of the new task."""
        candidates = self.parents[list_id][-20:]
        if not candidates or not self.random_data.chance(1 / 4):
            return None, 0
        parent, depth = self.random_data.random.choice(candidates)
        return parent, depth + 1

    def _build_details(self, number: int, *, created: int) -> dict[str, Any]:
        random_data = self.random_data
        in_sprint = bool(self.sprint_lists) and random_data.chance(1 / 6)
        return {
            "custom_id": f"DEV-{number + 1}" if number % 5 == 3 else None,
            "custom_item_id": self._pick_task_type(number),
            "description": f"What to do about it, part {number}."
            if random_data.chance(1 / 2)
            else "",
            "assignee_ids": random_data.sample(self.user_ids, most=3),
            "group_assignee_ids": self._pick_groups(number),
            "watcher_ids": random_data.sample(self.user_ids, most=2),
            "tags": tuple(self.tags[: random_data.random.randint(0, len(self.tags))]),
            "priority": random_data.random.choice((None, None, 1, 2, 3, 4)),
            "points": random_data.random.choice(POINTS),
            "time_estimate_ms": random_data.random.choice(ESTIMATES_MS),
            "start_ms": created + DAY_MS if random_data.chance(1 / 3) else None,
            "due_ms": created + 8 * DAY_MS + 1 if random_data.chance(1 / 2) else None,
            "archived": random_data.chance(1 / 25),
            "other_list_ids": (random_data.random.choice(self.sprint_lists).id,)
            if in_sprint
            else (),
            "checklist": ("Ask", "Answer") if random_data.chance(1 / 10) else (),
            "custom_fields": self._build_custom_fields(),
            "attachments": self._build_attachments(),
        }

    def _pick_task_type(self, number: int) -> int | None:
        """Return the default type for most tasks, as 0 or null, else a custom one or milestone."""
        if number % 50 == 9:
            return MILESTONE
        custom = [*self.workspace.task_types]
        if custom and number % 7 == 2:
            return custom[number % len(custom)]
        return None if number % 11 == 5 else 0

    def _pick_groups(self, number: int) -> tuple[str, ...]:
        """Return one group for one task in nine, both for one in 45."""
        groups = [*self.workspace.groups]
        if number % 45 == 4:
            return tuple(groups)
        return tuple(groups[:1]) if number % 9 == 4 else ()

    def _build_custom_fields(self) -> tuple[CustomField, ...]:
        """Return the fields, set or unset; 0 is the first option of the drop-down field."""
        if self.random_data.chance(1 / 2):
            return self.fields
        choice = self.random_data.random.randrange(len(OPTIONS))
        promised = str(self.random_data.days_ago_ms(self.random_data.random.randint(-60, 60)))
        values = (choice, f"R{self.random_data.random.randint(1, 999)}", promised)
        pairs = zip(self.fields, values, strict=True)
        return tuple(replace(field, value=value) for field, value in pairs)

    def _build_attachments(self) -> tuple[Attachment, ...]:
        if not self.random_data.chance(1 / 30):
            return ()
        owner = self.random_data.random.choice(self.user_ids)
        return (
            Attachment(
                self.random_data.uuid(), "sketch.png", owner, self.random_data.days_ago_ms(20)
            ),
        )

    def _finish(self, task: Task) -> Task:
        kind = self.workspace.status_of(task).type
        closed = task.updated_ms if kind == "closed" else None
        done = task.updated_ms if kind in {"done", "closed"} else None
        return replace(task, closed_ms=closed, done_ms=done)

    def _edit_in_bulk(self) -> None:
        """Let one task in eight share its `date_updated` with a few others."""
        rest = list(self.workspace.tasks.values())
        self.random_data.random.shuffle(rest)
        rest = rest[: len(rest) // 8]
        while rest:
            size = self.random_data.random.randint(2, 12)
            group, rest = rest[:size], rest[size:]
            latest = max(task.updated_ms or task.created_ms for task in group)
            for task in group:
                self.workspace.tasks[task.id] = replace(task, updated_ms=latest)

    def _forget_dates(self) -> None:
        tasks = list(self.workspace.tasks.values())[: self.sizes.undated_tasks]
        for task in tasks:
            self.workspace.tasks[task.id] = replace(task, updated_ms=None)

    def _record_statuses(self) -> None:
        """Give each task the first status of its list, and its own from its last edit on."""
        for task in self.workspace.tasks.values():
            first = self.workspace.statuses_of(task.list_id)[0]
            status = self.workspace.status_of(task)
            periods = [StatusPeriod(first, task.created_ms)]
            if status.name != first.name:
                periods.append(StatusPeriod(status, task.updated_ms or task.created_ms))
            self.workspace.status_periods[task.id] = periods

    def _add_time_entry(self, task_id: str | None, *, number: int, runs: bool = False) -> None:
        """Make one entry of up to four hours, most of them within the last 90 days."""
        random_data = self.random_data
        start = random_data.days_ago_ms(
            0.1 if runs else random_data.random.random() ** 2 * 300 + 0.2
        )
        length = 0 if number % 25 == 0 else random_data.random.randrange(60_000, 4 * 3_600_000)
        entry = TimeEntry(
            id=random_data.numeric_id("5", digits=18),
            user_id=random_data.random.choice(self.user_ids),
            task_id=task_id,
            start_ms=start,
            end_ms=None if runs else start + length,
            at_ms=start + length + 500,
            description="" if number % 2 else 'Paired with "a colleague"',
            billable=number % 3 == 0,
            tags=(self.tags[0],) if number % 7 == 0 else (),
        )
        self.workspace.time_entries[entry.id] = entry
        self.workspace.add_time_spent(entry)
