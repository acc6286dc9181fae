"""Edits of tasks, as in ClickUp.

Whether an edit moves `date_updated` follows the known behaviour of ClickUp. Where it is not known
(a comment, one more list, subtasks that move with their parent, a restored task) it does not move,
which is the harder case for a client.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .model import Attachment, Comment, CustomField, Status, Task
from .storage import AccountData

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class TaskEdits(AccountData):
    """The edits of tasks; `at` is the time of an edit, by default the account's clock."""

    def create_task(
        self, list_id: str, *, name: str, at: datetime | None = None, **fields: Any
    ) -> Task:
        """Add and return a task, in the first status of its list unless `fields` has another."""
        with self.lock:
            workspace = self.workspace_with("lists", list_id)
            now_ms = self._now_ms(at)
            defaults = {
                "status": workspace.statuses_of(list_id)[0].name,
                "creator_id": self.actor_id,
            }
            task = Task(
                **{
                    "id": f"86new{next(self._numbers):04d}",
                    "name": name,
                    "list_id": list_id,
                    "created_ms": now_ms,
                    "updated_ms": now_ms,
                    **defaults,
                    **fields,
                }
            )
            self._put_task(workspace, None, task)
            return task

    def update_task(self, task_id: str, *, at: datetime | None = None, **changes: Any) -> Task:
        """Change and return a task; `date_updated` moves even if no value differs."""
        return self._update([task_id], at, changes)[0]

    def bulk_update(
        self, task_ids: Iterable[str], *, at: datetime | None = None, **changes: Any
    ) -> list[Task]:
        """Change and return several tasks; they share one `date_updated`."""
        return self._update(list(task_ids), at, changes)

    def move_task(self, task_id: str, list_id: str, *, at: datetime | None = None) -> None:
        """Move a task with its subtasks to another home list, in any space.

        A task keeps its status if the new list has one of that name, else gets the first status.
        """
        with self.lock:
            workspace = self.workspace_with("tasks", task_id)
            moved = [
                workspace.tasks[moved_id] for moved_id in (task_id, *workspace.subtask_ids(task_id))
            ]
            kinds = {task.id: workspace.status_of(task).type for task in moved}
            names = [status.name for status in workspace.statuses_of(list_id)]
            now_ms = self._update([task_id], at, {"list_id": list_id})[0].updated_ms or 0
            for before in moved:
                task = workspace.tasks[before.id]
                kept = task.status if task.status in names else names[0]
                after = replace(task, list_id=list_id, status=kept)
                status = workspace.status_of(after)
                if status.type != kinds[before.id]:
                    after = _set_finish_dates(after, status, now_ms=now_ms)
                self._put_task(workspace, task, after, since_ms=now_ms)

    def add_to_list(self, task_id: str, list_id: str) -> None:
        """Add a task to one more list; it keeps its home list."""
        with self.lock:
            others = self.task(task_id).other_list_ids
            self._replace_task(task_id, other_list_ids=(*others, list_id))

    def archive_task(
        self, task_id: str, *, archived: bool = True, at: datetime | None = None
    ) -> None:
        """Archive a task, or unarchive it."""
        self.update_task(task_id, at=at, archived=archived)

    def delete_task(self, task_id: str) -> None:
        """Move a task and its subtasks to the trash, where no response shows them."""
        with self.lock:
            workspace = self.workspace_with("tasks", task_id)
            for deleted_id in [task_id, *workspace.subtask_ids(task_id)]:
                workspace.trash[deleted_id] = workspace.tasks[deleted_id]
                self._put_task(workspace, workspace.tasks[deleted_id], None)

    def restore_task(self, task_id: str) -> None:
        """Restore a task from the trash, with its old id and dates, without its subtasks.

        Raises KeyError if it is not in the trash, or if its list was deleted.
        """
        with self.lock:
            workspace = self.workspace_with("trash", task_id)
            self.workspace_with("lists", workspace.trash[task_id].list_id)
            self._put_task(workspace, None, workspace.trash.pop(task_id))

    def add_comment(self, task_id: str, text: str, *, at: datetime | None = None) -> None:
        """Comment on a task as the token's user."""
        with self.lock:
            workspace = self.workspace_with("tasks", task_id)
            comment = Comment(f"9{next(self._numbers):012d}", text, self.user_id, self._now_ms(at))
            workspace.comments.setdefault(task_id, []).append(comment)

    def add_texts(
        self,
        task_id: str,
        *,
        description: str | None = None,
        custom_field_value: object = None,
        attachment_name: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Add texts to a task where ClickUp's responses show them, without moving a date."""
        with self.lock:
            task = self.task(task_id)
            object_id = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
            born = task.created_ms
            changes: dict[str, Any] = {}
            if description is not None:
                changes["description"] = description
            if custom_field_value is not None:
                field = CustomField(object_id, "Notes", "short_text", born, custom_field_value)
                changes["custom_fields"] = (*task.custom_fields, field)
            if attachment_name is not None:
                file = Attachment(object_id, attachment_name, task.creator_id, born)
                changes["attachments"] = (*task.attachments, file)
            if comment is not None:
                self.add_comment(task_id, comment)
            self._replace_task(task_id, **changes)

    def _update(
        self, task_ids: list[str], at: datetime | None, changes: dict[str, Any]
    ) -> list[Task]:
        with self.lock:
            latest_ms = max((self.task(task_id).updated_ms or 0 for task_id in task_ids), default=0)
            now_ms = self._now_ms(at) if at else max(self._now_ms(None), latest_ms + 1)
            updated = []
            for task_id in task_ids:
                workspace = self.workspace_with("tasks", task_id)
                task = replace(workspace.tasks[task_id], **changes, updated_ms=now_ms)
                if "status" in changes:
                    task = _set_finish_dates(task, workspace.status_of(task), now_ms=now_ms)
                self._put_task(workspace, workspace.tasks[task_id], task)
                updated.append(task)
            return updated


def _set_finish_dates(task: Task, status: Status, *, now_ms: int) -> Task:
    """Return the task with the dates of its new status: reopening clears both."""
    return replace(
        task,
        closed_ms=now_ms if status.type == "closed" else None,
        done_ms=now_ms if status.type in {"done", "closed"} else None,
    )
