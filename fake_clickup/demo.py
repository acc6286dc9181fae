"""A generated account for people to read: plausible names, and a history that makes sense.

Every space has the same workflow, whose names, types and colours agree. A task moves through it in
order, in working hours; its dates, assignees, sprint and time entries follow from that. For the
shapes that are hard for a client, see `generator`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from .account import Account
from .demo_names import FOLDERS, SPACES, TOPICS, WORK
from .model import (
    ADMIN,
    MEMBER,
    OWNER,
    Folder,
    Group,
    Member,
    Space,
    Status,
    StatusPeriod,
    Tag,
    Task,
    TaskList,
    TaskType,
    TimeEntry,
    User,
    Workspace,
)
from .random_data import DAY_MS, RandomData
from .storage import to_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOW = (
    ("to do", "open", "#87909e"),
    ("in progress", "custom", "#1090e0"),
    ("in review", "custom", "#7c4dff"),
    ("done", "done", "#33a02c"),
    ("closed", "closed", "#008844"),
)
DAYS_TO_NEXT_STATUS = ((0.5, 20.0), (0.5, 8.0), (0.2, 4.0), (1.0, 10.0))
"""The shortest and longest stay in each status but the last."""
NEVER_STARTED = 0.15
"""The share of tasks that stay in the backlog."""
RECENT_DAYS, RECENT_SHARE = 110, 0.7
"""So many of the tasks were created within these days, as by a team that has grown."""
DEFAULT_TYPE, MILESTONE, BUG = 0, 1, 1001
"""Task types: the first two are ClickUp's own, which no response lists."""
USERS = 8
COLORS = ("#7b68ee", "#2f6b8a", "#8a2f5c", "#4b8a2f")
TAGS = ("bug", "customer request", "tech debt")
LISTS = ("Backlog", "Bugs")
SPRINTS = 6
SPRINT_DAYS = 14
HOUR_MS = 3_600_000
FIRST_HOUR = 8
WORKING_HOURS = 9
SATURDAY = 5


def generate_demo(
    *, seed: int = 1, tasks: int = 300, spaces: int = 3, now: datetime | None = None
) -> Account:
    """Return an account of one workspace whose tasks were created in the year before `now`.

    About two thirds of them were updated in its last 90 days. Without `now` it is 00:00 UTC today.
    """
    today = datetime.combine(datetime.now(UTC).date(), time(), tzinfo=UTC)
    random_data = RandomData(seed, now_ms=to_ms(now or today))
    generator = DemoGenerator(random_data)
    generator.add_users()
    generator.add_task_types_and_groups()
    generator.add_spaces(spaces)
    generator.add_tasks(tasks)
    owner_id = next(iter(generator.workspace.users))
    return Account([generator.workspace], user_id=owner_id, token=random_data.token(owner_id))


@dataclass(frozen=True)
class Home:
    """A list for tasks, and the topic that their names begin with."""

    task_list: TaskList
    topic: str


class DemoGenerator:
    """Fills a workspace with users, spaces and tasks."""

    def __init__(self, random_data: RandomData) -> None:
        self.random_data = random_data
        self.random = random_data.random
        self.workspace = Workspace(random_data.numeric_id("907", digits=8), "Shop", COLORS[0])
        self._homes: list[Home] = []
        self._sprints: list[TaskList] = []
        self._names: dict[str, Iterator[str]] = {}

    def add_users(self) -> None:
        """Add an owner, an admin and members, all named `User` and a number."""
        joined_ms = self.random_data.days_ago_ms(700)
        for number in range(1, USERS + 1):
            user_id = int(self.random_data.numeric_id("4", digits=7))
            user = User(
                id=user_id,
                username=f"User {number}",
                email=f"user{number}@example.com",
                color=COLORS[number % len(COLORS)],
                initials=f"U{number}",
            )
            role = {1: OWNER, 2: ADMIN}.get(number, MEMBER)
            self.workspace.users[user_id] = user
            self.workspace.members[user_id] = Member(user, role, joined_ms, joined_ms)

    def add_task_types_and_groups(self) -> None:
        """Add a type for bugs, and a group with every other member."""
        self.workspace.task_types[BUG] = TaskType(BUG, "Bug", "Bugs", "Something does not work.")
        support = Group(
            id=str(uuid5(NAMESPACE_URL, self.workspace.id)),
            name="Support",
            handle="support",
            initials="SU",
            creator_id=next(iter(self.workspace.members)),
            created_ms=self.random_data.days_ago_ms(600),
            member_ids=tuple(self.workspace.members)[::2],
        )
        self.workspace.groups[support.id] = support

    def add_spaces(self, count: int) -> None:
        """Add spaces with a folder per topic; the first space has sprints."""
        for number in range(count):
            name = SPACES[number % len(SPACES)]
            repeat = number // len(SPACES)
            space = self._add_space(f"{name} {repeat + 1}" if repeat else name, sprints=not number)
            for index, topic in enumerate(FOLDERS[name]):
                folder = self._add_folder(space, topic, orderindex=index)
                for position, list_name in enumerate(LISTS):
                    task_list = self._add_list(folder, list_name, orderindex=position)
                    self._homes.append(Home(task_list, topic))
            if not number:
                self._add_sprints(space)

    def add_tasks(self, count: int) -> None:
        """Add tasks in all lists but the sprints."""
        tags = [Tag(name, COLORS[0], next(iter(self.workspace.users))) for name in TAGS]
        for number in range(count if self._homes else 0):
            home = self.random.choice(self._homes)
            self._add_task(home, number, bug=home.task_list.name == "Bugs", tags=tags)

    def _add_space(self, name: str, *, sprints: bool) -> Space:
        space_id = self.random_data.numeric_id("907", digits=8)
        statuses = tuple(
            Status(f"p{space_id}_{self.random_data.alphanumeric(length=8)}", *status, index)
            for index, status in enumerate(WORKFLOW)
        )
        space = Space(space_id, name, statuses, COLORS[1], sprints=sprints, points=sprints)
        self.workspace.spaces[space_id] = space
        return space

    def _add_folder(self, space: Space, name: str, *, orderindex: int) -> Folder:
        folder = Folder(self.random_data.numeric_id("9071", digits=8), name, space.id, orderindex)
        self.workspace.folders[folder.id] = folder
        return folder

    def _add_list(self, folder: Folder, name: str, *, orderindex: int) -> TaskList:
        list_id = self.random_data.numeric_id("9072", digits=8)
        task_list = TaskList(list_id, name, folder.space_id, folder.id, orderindex)
        self.workspace.lists[list_id] = task_list
        return task_list

    def _add_sprints(self, space: Space) -> None:
        """Add sprints of two weeks, from Monday on; the last is the current one."""
        folder = self._add_folder(space, "Sprints", orderindex=len(FOLDERS[SPACES[0]]))
        today = datetime.fromtimestamp(self.random_data.now_ms / 1000, UTC).date()
        current = today - timedelta(days=today.weekday())
        for number in range(1, SPRINTS + 1):
            first_day = current - timedelta(days=SPRINT_DAYS * (SPRINTS - number))
            start_ms = to_ms(datetime.combine(first_day, time(), tzinfo=UTC))
            sprint = self._add_list(folder, f"Sprint {number}", orderindex=number)
            sprint.start_ms = start_ms
            sprint.due_ms = start_ms + SPRINT_DAYS * DAY_MS - 1
            self._sprints.append(sprint)

    def _add_task(self, home: Home, number: int, *, bug: bool, tags: list[Tag]) -> None:
        task_list = home.task_list
        periods = self._generate_status_periods(task_list)
        current = periods[-1]
        started = len(periods) > 1
        finished_ms = [period.since_ms for period in periods if period.status.type == "done"]
        task = Task(
            id=self.random_data.task_id(),
            name=f"{home.topic}: {self._next_name(home.topic, bug=bug)}",
            list_id=task_list.id,
            status=current.status.name,
            creator_id=self._pick_user(),
            created_ms=periods[0].since_ms,
            updated_ms=current.since_ms,
            orderindex=f"{5_000_000 + number}.00000000000000000000000000000000",
            custom_item_id=self._pick_task_type(number, bug=bug),
            assignee_ids=self._pick_assignees(started=started),
            group_assignee_ids=tuple(self.workspace.groups) if number % 12 == 0 else (),
            tags=self._pick_tags(tags, bug=bug),
            done_ms=finished_ms[0] if finished_ms else None,
            closed_ms=current.since_ms if current.status.type == "closed" else None,
            other_list_ids=self._find_sprints(task_list, periods),
            **self._plan(periods[0].since_ms),
        )
        self.workspace.tasks[task.id] = task
        self.workspace.status_periods[task.id] = periods
        if started:
            self._add_time_entries(task, periods)

    def _generate_status_periods(self, task_list: TaskList) -> list[StatusPeriod]:
        """Return the statuses that a task reached until now, from its creation on."""
        statuses = self.workspace.statuses_of(task_list.id)
        longest_ago = RECENT_DAYS if self.random_data.chance(RECENT_SHARE) else 365
        created_ms = self._move_to_working_time(
            self.random_data.days_ago_ms(longest_ago * self.random.random())
        )
        periods = [StatusPeriod(statuses[0], min(created_ms, self.random_data.now_ms - HOUR_MS))]
        if self.random_data.chance(NEVER_STARTED):
            return periods
        for status, (shortest, longest) in zip(statuses[1:], DAYS_TO_NEXT_STATUS, strict=True):
            days = self.random.uniform(shortest, longest)
            since_ms = self._move_to_working_time(periods[-1].since_ms + round(days * DAY_MS))
            if since_ms >= self.random_data.now_ms:
                break
            periods.append(StatusPeriod(status, since_ms))
        return periods

    def _move_to_working_time(self, timestamp_ms: int) -> int:
        """Return a time in working hours on the same day, or on the Monday after a weekend."""
        day = datetime.fromtimestamp(timestamp_ms / 1000, UTC).date()
        if day.weekday() >= SATURDAY:
            day += timedelta(days=7 - day.weekday())
        start_ms = to_ms(datetime.combine(day, time(FIRST_HOUR), tzinfo=UTC))
        worked_ms = self.random.randrange(WORKING_HOURS * HOUR_MS)
        return max(start_ms + worked_ms, timestamp_ms)

    def _plan(self, created_ms: int) -> dict[str, Any]:
        """Return the priority, the estimates and the due date of a task."""
        planned_hours = self.random.choice((None, 2, 4, 8, 16))
        is_due = self.random_data.chance(1 / 3)
        return {
            "priority": self.random.choice((None, 1, 2, 3, 3, 3, 4)),
            "points": self.random.choice((None, 1, 2, 3, 5, 8)),
            "time_estimate_ms": planned_hours and planned_hours * HOUR_MS,
            "due_ms": self._move_to_working_time(created_ms + 30 * DAY_MS) if is_due else None,
        }

    def _find_sprints(self, task_list: TaskList, periods: list[StatusPeriod]) -> tuple[str, ...]:
        """Return the sprint in which the work on a task of the first space was started, if any."""
        started_ms = [period.since_ms for period in periods[1:2]]
        return tuple(
            sprint.id
            for sprint in self._sprints
            for since_ms in started_ms
            if sprint.space_id == task_list.space_id
            and (sprint.start_ms or 0) <= since_ms <= (sprint.due_ms or 0)
        )

    def _pick_task_type(self, number: int, *, bug: bool) -> int:
        if bug:
            return BUG
        return MILESTONE if number % 40 == 0 else DEFAULT_TYPE

    def _pick_tags(self, tags: list[Tag], *, bug: bool) -> tuple[Tag, ...]:
        if bug:
            return (tags[0],)
        return (self.random.choice(tags[1:]),) if self.random_data.chance(1 / 3) else ()

    def _next_name(self, topic: str, *, bug: bool) -> str:
        """Return the next combination of work and subject; they repeat when all were used."""
        key = f"{topic} {bug}"
        name = next(self._names.get(key, iter(())), None)
        if name is None:
            names = [
                f"{verb} {subject}"
                for verb in WORK["bug" if bug else "feature"]
                for subject in TOPICS[topic]
            ]
            self.random.shuffle(names)
            self._names[key] = iter(names)
            name = next(self._names[key])
        return name

    def _pick_user(self) -> int:
        return self.random.choice(list(self.workspace.users))

    def _pick_assignees(self, *, started: bool) -> tuple[int, ...]:
        size = self.random.choice((1, 1, 1, 2) if started else (0, 0, 1))
        return tuple(self.random.sample(list(self.workspace.users), size))

    def _add_time_entries(self, task: Task, periods: list[StatusPeriod]) -> None:
        """Add time of the assignees, from the start of the work until it was done."""
        ends = [period.since_ms for period in periods if period.status.type == "done"]
        end_ms = ends[0] if ends else self.random_data.now_ms
        for user_id in task.assignee_ids:
            for _ in range(self.random.choice((0, 1, 1, 2))):
                length_ms = self.random.randrange(2, 17) * HOUR_MS // 4
                start_ms = self._move_to_working_time(
                    self.random.randint(periods[1].since_ms, max(periods[1].since_ms, end_ms))
                )
                if start_ms + length_ms < self.random_data.now_ms:
                    self._add_time_entry(task, user_id, start_ms, length_ms)

    def _add_time_entry(self, task: Task, user_id: int, start_ms: int, length_ms: int) -> None:
        entry = TimeEntry(
            id=self.random_data.numeric_id("5", digits=18),
            user_id=user_id,
            task_id=task.id,
            start_ms=start_ms,
            end_ms=start_ms + length_ms,
            at_ms=start_ms + length_ms,
        )
        self.workspace.time_entries[entry.id] = entry
        self.workspace.add_time_spent(entry)
        # A new entry moves `date_updated` to its own `at`, as ClickUp does.
        latest = self.workspace.tasks[task.id]
        updated_ms = max(latest.updated_ms or 0, entry.at_ms)
        self.workspace.tasks[task.id] = replace(latest, updated_ms=updated_ms)
