"""The events that ClickUp pushes for a change, with their history, as recorded.

A specific event has a twin, `taskUpdated`, with the same history. Deleting a space, folder or list
gives events of the folders and lists in it, but of none of its tasks. There are no events of
indirect changes, such as those of the subtasks of a moved task.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Folder, Space, Task, TaskList, TimeEntry, Workspace

HistoryItem = dict[str, Any]


class Change(NamedTuple):
    """A change of one object of a workspace; `before` or `after` may be None.

    `kind` is the object type of ClickUp's events (task, list, folder, space) or `entry`.
    """

    workspace: Workspace
    kind: str
    before: Any
    after: Any
    at_ms: int
    user_id: int


class Event(NamedTuple):
    """An event without a webhook. `places` are the ids of its lists, folders and spaces."""

    name: str
    kind: str
    object_id: str
    places: frozenset[str]
    items: tuple[HistoryItem, ...] = ()
    data: dict[str, Any] | None = None


class EventBuilder:
    """Builds events of changes; every history item has its own id."""

    def __init__(self) -> None:
        self._numbers = count(3_000_000_000_000_000_001)

    def build_events(self, change: Change) -> Iterator[Event]:
        """Yield the events that ClickUp pushes for a change."""
        if change.kind == "task":
            yield from self._build_task_events(change)
        elif change.kind == "entry":
            yield from self._build_entry_events(change)
        else:
            yield from self._build_place_events(change)

    def _build_task_events(self, change: Change) -> Iterator[Event]:
        before: Task | None = change.before
        after: Task | None = change.after
        task = after or before
        if task is None:
            return
        places = frozenset().union(
            *(
                _find_places(change.workspace, version.list_id)
                for version in (before, after)
                if version
            )
        )
        if after is None:
            yield Event("taskDeleted", "task", task.id, places)
            return
        if before is None:
            item = self._build_status_item(change, None, after)
            created = self._build_item(change, "task_creation", parent=after.list_id)
            yield Event("taskCreated", "task", task.id, places, (item, created))
            yield Event("taskStatusUpdated", "task", task.id, places, (item,))
            return
        if before.updated_ms == after.updated_ms:
            return
        for name, item in self._compare_versions(change, before, after):
            if name != "taskUpdated":
                yield Event(name, "task", task.id, places, (item,))
            yield Event("taskUpdated", "task", task.id, places, (item,))
            if name == "taskMoved":
                space_id = change.workspace.lists[after.list_id].space_id
                yield Event("spaceUpdated", "space", space_id, frozenset({space_id}))

    def _compare_versions(
        self, change: Change, before: Task, after: Task
    ) -> Iterator[tuple[str, HistoryItem]]:
        if before.list_id != after.list_id:
            before_list, after_list = (
                {"id": list_id} for list_id in (before.list_id, after.list_id)
            )
            item = self._build_item(change, "section_moved", parent=after.list_id)
            yield "taskMoved", {**item, "before": before_list, "after": after_list}
        if before.status != after.status:
            yield "taskStatusUpdated", self._build_status_item(change, before, after)
        for name, field, old, new in (
            ("taskPriorityUpdated", "priority", before.priority, after.priority),
            ("taskDueDateUpdated", "due_date", before.due_ms, after.due_ms),
            ("taskTagUpdated", "tag", len(before.tags), len(after.tags)),
            ("taskAssigneeUpdated", "assignee_add", before.assignee_ids, after.assignee_ids),
            ("taskUpdated", "name", before.name, after.name),
            ("taskUpdated", "archived", before.archived, after.archived),
            ("taskUpdated", "points", before.points, after.points),
            # No delivery was recorded of these two: their fields are placeholders.
            ("taskUpdated", "custom_type", before.custom_item_id, after.custom_item_id),
            ("taskUpdated", "group_assignee", before.group_assignee_ids, after.group_assignee_ids),
        ):
            if old != new:
                yield name, self._build_item(change, field, parent=after.list_id)

    def _build_entry_events(self, change: Change) -> Iterator[Event]:
        before: TimeEntry | None = change.before
        after: TimeEntry | None = change.after
        what = "Created" if before is None else "Deleted" if after is None else "Edited"
        for task_id in {
            version.task_id for version in (before, after) if version and version.task_id
        }:
            if not (task := change.workspace.tasks.get(task_id)):
                continue
            entry = after or before
            if entry is None:
                continue
            item = self._build_item(change, "time_spent", parent=task.list_id)
            item["after"] = {"id": entry.id, "start": str(entry.start_ms), "time": "1"}
            data = {"description": f"Time Tracking {what}", "interval_id": entry.id}
            places = _find_places(change.workspace, task.list_id)
            yield Event("taskTimeTrackedUpdated", "task", task_id, places, (item,), data)
            yield Event("taskUpdated", "task", task_id, places, (item,))

    def _build_place_events(self, change: Change) -> Iterator[Event]:
        place: Space | Folder | TaskList = change.after or change.before
        what = "Updated" if change.after else "Deleted"
        places = frozenset({place.id, *_list_places(change.workspace, place)})
        items: tuple[HistoryItem, ...] = ()
        if change.kind == "list" and change.after:
            number = UUID(int=next(self._numbers))
            items = ({"id": str(number), "type": 6, "date": str(change.at_ms), "field": "name"},)
        yield Event(f"{change.kind}{what}", change.kind, place.id, places, items)

    def _build_item(self, change: Change, field: str, *, parent: str) -> HistoryItem:
        return {
            "id": str(next(self._numbers)),
            "type": 1,
            "date": str(change.at_ms),
            "field": field,
            "parent_id": parent,
            "data": {},
            "source": None,
            "user": {"id": change.user_id, "username": "Test", "email": "user1@example.com"},
            "before": None,
            "after": None,
        }

    def _build_status_item(self, change: Change, before: Task | None, after: Task) -> HistoryItem:
        removed = {"status": None, "color": "#000000", "type": "removed", "orderindex": -1}
        old = _render_status(change.workspace, before) if before else removed
        new = _render_status(change.workspace, after)
        item = self._build_item(change, "status", parent=after.list_id)
        return {**item, "data": {"status_type": new["type"]}, "before": old, "after": new}


def _render_status(workspace: Workspace, task: Task) -> HistoryItem:
    status = workspace.status_of(task)
    return {
        "status": status.name,
        "color": status.color,
        "orderindex": status.orderindex,
        "type": status.type,
    }


def _find_places(workspace: Workspace, list_id: str) -> frozenset[str]:
    """Return the ids of a list, its folders and its space; only its own if it was deleted."""
    task_list = workspace.lists.get(list_id)
    return frozenset({list_id, *(_list_places(workspace, task_list) if task_list else ())})


def _list_places(workspace: Workspace, place: Space | Folder | TaskList) -> list[str]:
    """Return the ids of the folders and of the space that a place is in."""
    folder_id = getattr(place, "folder_id", None) or getattr(place, "parent_id", None)
    place_ids = [folder_id, getattr(place, "space_id", None)]
    if folder := workspace.folders.get(folder_id or ""):
        place_ids += [enclosing.id for enclosing in workspace.enclosing_folders(folder)]
    return [place_id for place_id in place_ids if place_id]
