"""Edits of spaces, folders, lists and members; they do not change the tasks inside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from .storage import AccountData

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Folder, Space, Status, TaskList, Workspace

CONTAINER_KINDS: tuple[Literal["spaces", "folders", "lists"], ...] = ("spaces", "folders", "lists")
EVENT_KINDS = {"Space": "space", "Folder": "folder", "TaskList": "list"}


class HierarchyEdits(AccountData):
    """The edits of containers of tasks: `container_id` is the id of a space, folder or list."""

    def archive(self, container_id: str, *, archived: bool = True) -> None:
        """Archive a container, or unarchive it."""
        with self.lock:
            workspace, container = self._find_container(container_id)
            container.archived = archived
            self._record_change(workspace, container)

    def rename(self, container_id: str, name: str) -> None:
        """Rename a container."""
        with self.lock:
            workspace, container = self._find_container(container_id)
            container.name = name
            self._record_change(workspace, container)

    def set_statuses(self, container_id: str, statuses: tuple[Status, ...] | None) -> None:
        """Give a container its own statuses; None makes a folder or list inherit again."""
        with self.lock:
            workspace, container = self._find_container(container_id)
            container.statuses = statuses
            self._record_change(workspace, container)

    def rename_status(self, container_id: str, old: str, new: str) -> None:
        """Rename a status where it is defined: it keeps its id, and its tasks follow."""
        with self.lock:
            workspace, container = self._find_container(container_id)
            statuses = container.statuses or ()
            followers = [
                task
                for task in workspace.tasks.values()
                if task.status == old and workspace.status_of(task) in statuses
            ]
            container.statuses = tuple(
                replace(status, name=new) if status.name == old else status for status in statuses
            )
            for task_id, stays in workspace.status_periods.items():
                workspace.status_periods[task_id] = [
                    stay._replace(status=replace(stay.status, name=new))
                    if stay.status.name == old and stay.status in statuses
                    else stay
                    for stay in stays
                ]
            for task in followers:
                self._put_task(workspace, task, replace(task, status=new), pushed=False)
            self._record_change(workspace, container)

    def delete(self, container_id: str) -> None:
        """Delete a container with everything in it."""
        with self.lock:
            workspace, container = self._find_container(container_id)
            folders = [
                folder
                for folder in workspace.folders.values()
                if container_id in {folder.space_id, *_ids(workspace.enclosing_folders(folder))}
            ]
            folder_ids = _ids(folders)
            lists = {
                task_list.id: task_list
                for task_list in workspace.lists.values()
                if task_list.id == container_id or task_list.folder_id in folder_ids
            }
            for task in [task for task in workspace.tasks.values() if task.list_id in lists]:
                workspace.trash[task.id] = task
                self._put_task(workspace, task, None, pushed=False)
            for task_list in lists.values():
                del workspace.lists[task_list.id]
                self._push(workspace, "list", task_list, None)
            for folder in reversed(folders):
                del workspace.folders[folder.id]
                self._push(workspace, "folder", folder, None)
            if space := workspace.spaces.pop(container_id, None):
                workspace.deleted_space_ids.add(container.id)
                self._push(workspace, "space", space, None)
            workspace.version += 1

    def remove_member(self, user_id: int) -> None:
        """Remove a member; tasks and time entries keep the user."""
        with self.lock:
            for workspace in self.workspaces:
                workspace.members.pop(user_id, None)

    def _record_change(self, workspace: Workspace, container: Space | Folder | TaskList) -> None:
        workspace.version += 1
        self._push(workspace, EVENT_KINDS[type(container).__name__], container, container)

    def _find_container(self, container_id: str) -> tuple[Workspace, Space | Folder | TaskList]:
        for workspace in self.workspaces:
            for kind in CONTAINER_KINDS:
                containers: dict[str, Space | Folder | TaskList] = getattr(workspace, kind)
                if container_id in containers:
                    return workspace, containers[container_id]
        raise KeyError(container_id)


def _ids(folders: Iterable[Folder]) -> set[str]:
    return {folder.id for folder in folders}
