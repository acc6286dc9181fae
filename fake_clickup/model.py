"""The contents of a ClickUp workspace, in ClickUp's terms.

Pure data and look-ups: `account` edits it, `hierarchy`, `tasks` and `time_entries` render it.
Timestamps are whole milliseconds since the epoch (`_ms`), as in ClickUp.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

OWNER, ADMIN, MEMBER, GUEST = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Status:
    """One step of a workflow; `type` is open, unstarted, custom, done or closed."""

    id: str
    name: str
    type: str
    color: str
    orderindex: int


@dataclass(frozen=True, slots=True)
class User:
    """A current or former member; an invited user has neither username nor colour."""

    id: int
    username: str | None
    email: str
    color: str | None
    initials: str
    picture: str | None = None


@dataclass(slots=True)
class Member:
    """The membership of a user; `joined_ms` is None while the invitation is pending."""

    user: User
    role: int
    invited_ms: int
    joined_ms: int | None
    invited_by: User | None = None


@dataclass(slots=True)
class Space:
    """A space; `made_by_api` spaces lack some feature keys in ClickUp's responses."""

    id: str
    name: str
    statuses: tuple[Status, ...]
    color: str | None = None
    archived: bool = False
    sprints: bool = False
    points: bool = False
    made_by_api: bool = False


@dataclass(slots=True)
class Folder:
    """A folder, or the hidden folder that every folderless list has.

    `parent_id` is the folder that a subfolder is in.
    """

    id: str
    name: str
    space_id: str
    orderindex: int = 0
    hidden: bool = False
    archived: bool = False
    statuses: tuple[Status, ...] | None = None
    parent_id: str | None = None


@dataclass(slots=True)
class TaskList:
    """A list; `label` is its colour label, which ClickUp calls status, but not a workflow."""

    id: str
    name: str
    space_id: str
    folder_id: str
    orderindex: int = 0
    archived: bool = False
    statuses: tuple[Status, ...] | None = None
    content: str = ""
    start_ms: int | None = None
    due_ms: int | None = None
    label: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag; its name is its only key."""

    name: str
    color: str
    creator: int


@dataclass(frozen=True, slots=True)
class TaskType:
    """A custom task type. The default type has the id 0, and no response lists it."""

    id: int
    name: str
    name_plural: str
    description: str


@dataclass(slots=True)
class Group:
    """A user group, which people see as a team."""

    id: str
    name: str
    handle: str
    initials: str
    creator_id: int
    created_ms: int
    member_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field and its value on one task; None if it is not set.

    `options` are pairs of id and name: of a `drop_down`, whose value is the index of one, or of
    `labels`, whose value is a list of ids. The values of `users` and `tasks` are lists of ids.
    """

    id: str
    name: str
    type: str
    created_ms: int
    value: Any = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a task."""

    id: str
    title: str
    user_id: int
    date_ms: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a task."""

    id: str
    text: str
    user_id: int
    date_ms: int


@dataclass(frozen=True, slots=True)
class Task:
    """One version of a task; an edit replaces it by another version.

    `priority` is 1 (urgent) to 4 (low). `status` is the name of a status of the home list.
    `custom_item_id` is the id of its type: 0 or None for the default type, 1 for a milestone.
    `other_list_ids` are lists the task was added to. `updated_ms` is None on the rare task whose
    responses lack the key.
    """

    id: str
    name: str
    list_id: str
    status: str
    creator_id: int
    created_ms: int
    updated_ms: int | None
    orderindex: str = "1.00000000000000000000000000000000"
    custom_id: str | None = None
    custom_item_id: int | None = 0
    description: str = ""
    parent_id: str | None = None
    assignee_ids: tuple[int, ...] = ()
    group_assignee_ids: tuple[str, ...] = ()
    watcher_ids: tuple[int, ...] = ()
    tags: tuple[Tag, ...] = ()
    priority: int | None = None
    start_ms: int | None = None
    due_ms: int | None = None
    closed_ms: int | None = None
    done_ms: int | None = None
    points: float | None = None
    time_estimate_ms: float | None = None
    archived: bool = False
    other_list_ids: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Tracked time of one user; `end_ms` is None while the timer runs, `at_ms` is the last change.

    `mobile` entries lack the fields that the mobile app does not send: they are null or absent.
    """

    id: str
    user_id: int
    task_id: str | None
    start_ms: int
    end_ms: int | None
    at_ms: int
    description: str = ""
    billable: bool = False
    source: str = "clickup"
    tags: tuple[Tag, ...] = ()
    mobile: Literal["null", "absent"] | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook; `client_id` is the plain token if a personal token created it (recorded)."""

    id: str
    user_id: int
    endpoint: str
    events: tuple[str, ...]
    client_id: str
    secret: str
    space_id: str | None = None
    folder_id: str | None = None
    list_id: str | None = None
    task_id: str | None = None
    view_id: str | None = None
    health: Literal["active", "failing", "suspended"] = "active"
    fail_count: int = 0


class StatusPeriod(NamedTuple):
    """The time of a task in one status, until the next period begins."""

    status: Status
    since_ms: int


class Edit(NamedTuple):
    """One edit of a task: `before` is None if it created the task, `after` if it deleted it."""

    made_at: float
    before: Task | None
    after: Task | None


@dataclass(slots=True, eq=False)
class Workspace:
    """One workspace; `version` counts its edits, so that an index can detect that it is stale."""

    id: str
    name: str
    color: str
    members: dict[int, Member] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    task_types: dict[int, TaskType] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    lists: dict[str, TaskList] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    time_entries: dict[str, TimeEntry] = field(default_factory=dict)
    comments: dict[str, list[Comment]] = field(default_factory=dict)
    trash: dict[str, Task] = field(default_factory=dict)
    status_periods: dict[str, list[StatusPeriod]] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    deleted_space_ids: set[str] = field(default_factory=set)
    edits: list[Edit] = field(default_factory=list)
    spent_ms: Counter[str] = field(default_factory=Counter)
    version: int = 0

    def folder_of(self, task_list: TaskList) -> Folder:
        """Return the folder of a list, the hidden one of a folderless list."""
        return self.folders[task_list.folder_id]

    def enclosing_folders(self, folder: Folder) -> list[Folder]:
        """Return a folder, then those that it is in, from the inside out."""
        folders = [folder]
        while parent := self.folders.get(folders[-1].parent_id or ""):
            folders.append(parent)
        return folders

    def statuses_in(self, folder: Folder) -> tuple[Status, ...]:
        """Return the workflow of a folder: its own, else that of what it is in."""
        for enclosing in self.enclosing_folders(folder):
            if enclosing.statuses:
                return enclosing.statuses
        return self.spaces[folder.space_id].statuses

    def statuses_of(self, list_id: str) -> tuple[Status, ...]:
        """Return the workflow of a list: its own, else its folder's."""
        task_list = self.lists[list_id]
        return task_list.statuses or self.statuses_in(self.folder_of(task_list))

    def status_of(self, task: Task) -> Status:
        """Return the status of a task, in the workflow of its home list."""
        statuses = self.statuses_of(task.list_id)
        return next((status for status in statuses if status.name == task.status), statuses[0])

    def is_archived_list(self, list_id: str) -> bool:
        """Return whether a list, one of the folders that it is in, or its space is archived."""
        task_list = self.lists[list_id]
        return (
            task_list.archived
            or any(folder.archived for folder in self.enclosing_folders(self.folder_of(task_list)))
            or self.spaces[task_list.space_id].archived
        )

    def find_top_level_parent(self, task: Task) -> str | None:
        """Return the id of the top-level parent of a subtask, or None."""
        root = task.parent_id
        while root in self.tasks and self.tasks[root].parent_id:
            root = self.tasks[root].parent_id
        return root

    def subtask_ids(self, task_id: str) -> list[str]:
        """Return the ids of all subtasks of a task, at any depth."""
        task_ids = [task_id]
        for parent_id in task_ids:
            task_ids += [task.id for task in self.tasks.values() if task.parent_id == parent_id]
        return task_ids[1:]

    def add_time_spent(self, entry: TimeEntry, *, sign: int = 1) -> None:
        """Add the duration of an entry to its task's time, or subtract it (sign -1)."""
        if entry.task_id and entry.end_ms is not None:
            self.spent_ms[entry.task_id] += sign * (entry.end_ms - entry.start_ms)
