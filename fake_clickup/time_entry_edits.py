"""Edits of time entries.

A new entry moves the task's `date_updated` to its own `at` (recorded at ClickUp). The effect of
changing or deleting an entry is not known: here it does not move, the harder case for a client.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .model import TimeEntry
from .storage import AccountData, to_ms

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class TimeEdits(AccountData):
    """The edits of time entries; `at` is the time of an edit, by default the clock's."""

    def add_time_entry(
        self,
        task_id: str | None,
        *,
        start: datetime,
        duration: timedelta | None,
        at: datetime | None = None,
        **fields: Any,
    ) -> TimeEntry:
        """Add and return an entry, of the acting user unless `user_id` is given.

        Without a duration its timer is running. Without a task it is in the first workspace.
        """
        with self.lock:
            workspace = self.workspace_with("tasks", task_id) if task_id else self.workspaces[0]
            entry = TimeEntry(
                **{
                    "id": f"5{next(self._numbers):018d}",
                    "user_id": self.actor_id,
                    "task_id": task_id,
                    "start_ms": to_ms(start),
                    "end_ms": None if duration is None else to_ms(start + duration),
                    "at_ms": self._now_ms(at),
                    **fields,
                }
            )
            self._put_entry(workspace, None, entry)
            if task_id:
                self._replace_task(task_id, updated_ms=entry.at_ms)
            return entry

    def update_time_entry(
        self, entry_id: str, *, at: datetime | None = None, **changes: Any
    ) -> TimeEntry:
        """Change values of an entry and its `at`, and return it."""
        with self.lock:
            workspace = self.workspace_with("time_entries", entry_id)
            before = workspace.time_entries[entry_id]
            after = replace(before, **changes, at_ms=self._now_ms(at))
            self._put_entry(workspace, before, after)
            return after

    def delete_time_entry(self, entry_id: str) -> None:
        """Delete an entry; no response shows that it existed."""
        with self.lock:
            workspace = self.workspace_with("time_entries", entry_id)
            self._put_entry(workspace, workspace.time_entries[entry_id], None)
