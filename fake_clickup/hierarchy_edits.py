"""Spaces, folders, lists and members, edited as people edit them; no task inside is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from .storage import AccountData

if TYPE_CHECKING:
    from .model import Folder, Space, Status, TaskList, Workspace

PLACES: tuple[Literal["spaces", "folders", "lists"], ...] = ("spaces", "folders", "lists")
KINDS = {"Space": "space", "Folder": "folder", "TaskList": "list"}


class HierarchyEdits(AccountData):
    """The edits of the places where tasks lie; `place_id` is that of a space, folder or list."""

    def archive(self, place_id: str, *, archived: bool = True) -> None:
        """Archive a place, or bring it back."""
        with self.lock:
            workspace, place = self._find_container(place_id)
            place.archived = archived
            self._record_change(workspace, place)

    def rename(self, place_id: str, name: str) -> None:
        """Rename a place."""
        with self.lock:
            workspace, place = self._find_container(place_id)
            place.name = name
            self._record_change(workspace, place)

    def set_statuses(self, place_id: str, statuses: tuple[Status, ...] | None) -> None:
        """Give a place a workflow of its own; None makes a folder or list inherit again."""
        with self.lock:
            workspace, place = self._find_container(place_id)
            place.statuses = statuses
            self._record_change(workspace, place)

    def rename_status(self, place_id: str, old: str, new: str) -> None:
        """Rename a status in the place that defines it: its id stays, its tasks follow."""
        with self.lock:
            workspace, place = self._find_container(place_id)
            statuses = place.statuses or ()
            followers = [
                task
                for task in workspace.tasks.values()
                if task.status == old and workspace.status_of(task) in statuses
            ]
            place.statuses = tuple(
                replace(one, name=new) if one.name == old else one for one in statuses
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
            self._record_change(workspace, place)

    def delete(self, place_id: str) -> None:
        """Delete a place with everything in it."""
        with self.lock:
            workspace, place = self._find_container(place_id)
            lists = {
                one.id: one
                for one in workspace.lists.values()
                if place_id in {one.id, one.folder_id, one.space_id}
            }
            for task in [one for one in workspace.tasks.values() if one.list_id in lists]:
                workspace.trash[task.id] = task
                self._put_task(workspace, task, None, pushed=False)
            for task_list in lists.values():
                del workspace.lists[task_list.id]
                self._push(workspace, "list", task_list, None)
            for folder in [*workspace.folders.values()]:
                if place_id in {folder.id, folder.space_id}:
                    del workspace.folders[folder.id]
                    self._push(workspace, "folder", folder, None)
            if space := workspace.spaces.pop(place_id, None):
                workspace.deleted_space_ids.add(place.id)
                self._push(workspace, "space", space, None)
            workspace.version += 1

    def remove_member(self, user_id: int) -> None:
        """Let somebody leave; tasks and time entries keep naming the person."""
        with self.lock:
            for workspace in self.workspaces:
                workspace.members.pop(user_id, None)

    def _record_change(self, workspace: Workspace, place: Space | Folder | TaskList) -> None:
        workspace.version += 1
        self._push(workspace, KINDS[type(place).__name__], place, place)

    def _find_container(self, place_id: str) -> tuple[Workspace, Space | Folder | TaskList]:
        for workspace in self.workspaces:
            for kind in PLACES:
                places: dict[str, Space | Folder | TaskList] = getattr(workspace, kind)
                if place_id in places:
                    return workspace, places[place_id]
        raise KeyError(place_id)
