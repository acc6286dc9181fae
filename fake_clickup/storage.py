"""The data of an account: look-ups, and the few changes of which every edit consists.

The meaning of an edit in ClickUp is in `task_edits`, `hierarchy_edits` and `time_entry_edits`.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

from .model import Edit, StatusPeriod, Task, TimeEntry, Workspace
from .webhook_events import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

ObjectKind = Literal["spaces", "folders", "lists", "tasks", "time_entries", "trash", "webhooks"]


def to_ms(timestamp: datetime) -> int:
    """Return the milliseconds since the epoch of an aware datetime."""
    return round(timestamp.timestamp() * 1000)


class AccountData:
    """Workspaces, and the personal token of the user who reads them.

    * `clock` returns the time of edits, in seconds since the epoch.
    * `foreign_workspaces` are ids of existing workspaces that the user does not belong to.
    * `lock` must be held to read several objects consistently.
    * `listeners` are called with each change that ClickUp pushes.
    """

    def __init__(self, workspaces: list[Workspace], *, user_id: int, token: str) -> None:
        self.workspaces = workspaces
        self.user_id = user_id
        self.token = token
        self.foreign_workspaces: set[str] = set()
        self.clock: Callable[[], float] = time.time
        self.lock = RLock()
        self._numbers = count(1)
        self._actor_id: int | None = None
        self.listeners: list[Callable[[Change], None]] = []

    @contextmanager
    def acting_as(self, user_id: int) -> Iterator[None]:
        """Make the edits of the block in the name of a user."""
        with self.lock:
            before, self._actor_id = self._actor_id, user_id
            try:
                yield
            finally:
                self._actor_id = before

    @property
    def actor_id(self) -> int:
        """The user in whose name edits are made: the token's, but within `acting_as`."""
        return self._actor_id or self.user_id

    def workspace_with(self, kind: ObjectKind, object_id: str) -> Workspace:
        """Return the workspace that contains an object. Raises KeyError."""
        for workspace in self.workspaces:
            if object_id in getattr(workspace, kind):
                return workspace
        raise KeyError(object_id)

    def task(self, task_id: str) -> Task:
        """Return the current version of a task. Raises KeyError."""
        return self.workspace_with("tasks", task_id).tasks[task_id]

    def time_entry(self, entry_id: str) -> TimeEntry:
        """Return the current version of a time entry. Raises KeyError."""
        return self.workspace_with("time_entries", entry_id).time_entries[entry_id]

    def _now_ms(self, at: datetime | None) -> int:
        return round(self.clock() * 1000) if at is None else to_ms(at)

    def _put_task(
        self,
        workspace: Workspace,
        before: Task | None,
        after: Task | None,
        *,
        since_ms: int | None = None,
        pushed: bool = True,
    ) -> None:
        """Replace a version of a task; its status is valid from `since_ms` on.

        Without `since_ms` it is valid from the task's `date_updated` on.
        """
        if after:
            workspace.tasks[after.id] = after
            _note_status(workspace, before, after, since_ms=since_ms)
        elif before:
            del workspace.tasks[before.id]
        workspace.edits.append(Edit(self.clock(), before, after))
        workspace.version += 1
        if pushed:
            self._push(workspace, "task", before, after)

    def _push(self, workspace: Workspace, kind: str, before: object, after: object) -> None:
        """Call the listeners with a change."""
        at_ms = getattr(after, "updated_ms", None) or self._now_ms(None)
        for listener in self.listeners:
            listener(Change(workspace, kind, before, after, at_ms, self.actor_id))

    def _replace_task(self, task_id: str, **changes: Any) -> Task:
        with self.lock:
            workspace = self.workspace_with("tasks", task_id)
            before = workspace.tasks[task_id]
            after = replace(before, **changes)
            self._put_task(workspace, before, after)
            return after

    def _put_entry(
        self, workspace: Workspace, before: TimeEntry | None, after: TimeEntry | None
    ) -> None:
        if before:
            del workspace.time_entries[before.id]
            workspace.add_time_spent(before, sign=-1)
        if after:
            workspace.time_entries[after.id] = after
            workspace.add_time_spent(after)
        workspace.version += 1
        self._push(workspace, "entry", before, after)


def _note_status(
    workspace: Workspace, before: Task | None, after: Task, *, since_ms: int | None
) -> None:
    """Record the start of a status, if the task had another."""
    if before and (before.status, before.list_id) == (after.status, after.list_id):
        return
    first = workspace.status_of(before or after)
    periods = workspace.status_periods.setdefault(after.id, [StatusPeriod(first, after.created_ms)])
    status = workspace.status_of(after)
    if periods[-1].status.name != status.name:
        periods.append(StatusPeriod(status, since_ms or after.updated_ms or after.created_ms))
