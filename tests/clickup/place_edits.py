"""Spaces, folders, lists and members, edited as people edit them; no task inside is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from .ledger import Ledger

if TYPE_CHECKING:
    from .model import Folder, Space, Status, TaskList, Workspace

PLACES: tuple[Literal["spaces", "folders", "lists"], ...] = ("spaces", "folders", "lists")


class PlaceEdits(Ledger):
    """The edits of the places where tasks lie; `place_id` is that of a space, folder or list."""

    def archive(self, place_id: str, *, archived: bool = True) -> None:
        """Archive a place, or bring it back."""
        with self.lock:
            workspace, place = self._place(place_id)
            place.archived = archived
            workspace.version += 1

    def rename(self, place_id: str, name: str) -> None:
        """Rename a place."""
        with self.lock:
            workspace, place = self._place(place_id)
            place.name = name
            workspace.version += 1

    def set_statuses(self, place_id: str, statuses: tuple[Status, ...] | None) -> None:
        """Give a place a workflow of its own; None makes a folder or list inherit again."""
        with self.lock:
            workspace, place = self._place(place_id)
            place.statuses = statuses
            workspace.version += 1

    def rename_status(self, place_id: str, old: str, new: str) -> None:
        """Rename a status in the place that defines it: its id stays, its tasks follow."""
        with self.lock:
            workspace, place = self._place(place_id)
            statuses = place.statuses or ()
            followers = [
                task
                for task in workspace.tasks.values()
                if task.status == old and workspace.status_of(task) in statuses
            ]
            place.statuses = tuple(
                replace(one, name=new) if one.name == old else one for one in statuses
            )
            for task_id, stays in workspace.stays.items():
                workspace.stays[task_id] = [
                    stay._replace(status=replace(stay.status, name=new))
                    if stay.status.name == old and stay.status in statuses
                    else stay
                    for stay in stays
                ]
            for task in followers:
                self._put_task(workspace, task, replace(task, status=new))

    def delete(self, place_id: str) -> None:
        """Delete a place with everything in it."""
        with self.lock:
            workspace, place = self._place(place_id)
            lists = {
                one.id: one
                for one in workspace.lists.values()
                if place_id in {one.id, one.folder_id, one.space_id}
            }
            for task in [one for one in workspace.tasks.values() if one.list_id in lists]:
                workspace.trash[task.id] = task
                self._put_task(workspace, task, None)
            for task_list in lists.values():
                del workspace.lists[task_list.id]
            for folder in [*workspace.folders.values()]:
                if place_id in {folder.id, folder.space_id}:
                    del workspace.folders[folder.id]
            if workspace.spaces.pop(place_id, None):
                workspace.deleted_space_ids.add(place.id)
            workspace.version += 1

    def remove_member(self, user_id: int) -> None:
        """Let somebody leave; tasks and time entries keep naming the person."""
        with self.lock:
            for workspace in self.workspaces:
                workspace.members.pop(user_id, None)

    def _place(self, place_id: str) -> tuple[Workspace, Space | Folder | TaskList]:
        for workspace in self.workspaces:
            for kind in PLACES:
                places: dict[str, Space | Folder | TaskList] = getattr(workspace, kind)
                if place_id in places:
                    return workspace, places[place_id]
        raise KeyError(place_id)
