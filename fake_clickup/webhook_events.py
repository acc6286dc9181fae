"""What ClickUp pushes about a change: events with their history, as recorded.

A special event has a twin, `taskUpdated`, with the same history. A place that is deleted tells of
the places in it and of none of its tasks. What only came along, such as subtasks of a moved task,
is told by nobody.
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
    """A change of one object of a workspace at a moment; before or after may be None.

    `kind` is that of ClickUp's events: task, list, folder, space; or entry for tracked time.
    """

    workspace: Workspace
    kind: str
    before: Any
    after: Any
    at_ms: int
    user_id: int


class Event(NamedTuple):
    """An event, not yet addressed. `places` are the ids of the lists, folders and spaces around."""

    name: str
    kind: str
    object_id: str
    places: frozenset[str]
    items: tuple[HistoryItem, ...] = ()
    data: dict[str, Any] | None = None


class EventBuilder:
    """Makes events of changes; each history item has an id of its own."""

    def __init__(self) -> None:
        self._numbers = count(3_000_000_000_000_000_001)

    def build_events(self, change: Change) -> Iterator[Event]:
        """Yield what ClickUp pushes about a change."""
        if change.kind == "task":
            yield from self._task(change)
        elif change.kind == "entry":
            yield from self._entry(change)
        else:
            yield from self._place(change)

    def _task(self, change: Change) -> Iterator[Event]:
        before: Task | None = change.before
        after: Task | None = change.after
        task = after or before
        assert task
        places = frozenset().union(
            *(_around(change.workspace, one.list_id) for one in (before, after) if one)
        )
        if after is None:
            yield Event("taskDeleted", "task", task.id, places)
            return
        if before is None:
            item = self._status(change, None, after)
            created = self._item(change, "task_creation", parent=after.list_id)
            yield Event("taskCreated", "task", task.id, places, (item, created))
            yield Event("taskStatusUpdated", "task", task.id, places, (item,))
            return
        if before.updated_ms == after.updated_ms:
            return
        for name, item in self._differences(change, before, after):
            if name != "taskUpdated":
                yield Event(name, "task", task.id, places, (item,))
            yield Event("taskUpdated", "task", task.id, places, (item,))
            if name == "taskMoved":
                space_id = change.workspace.lists[after.list_id].space_id
                yield Event("spaceUpdated", "space", space_id, frozenset({space_id}))

    def _differences(
        self, change: Change, before: Task, after: Task
    ) -> Iterator[tuple[str, HistoryItem]]:
        if before.list_id != after.list_id:
            here, there = ({"id": one} for one in (before.list_id, after.list_id))
            item = self._item(change, "section_moved", parent=after.list_id)
            yield "taskMoved", {**item, "before": here, "after": there}
        if before.status != after.status:
            yield "taskStatusUpdated", self._status(change, before, after)
        for name, field, old, new in (
            ("taskPriorityUpdated", "priority", before.priority, after.priority),
            ("taskDueDateUpdated", "due_date", before.due_ms, after.due_ms),
            ("taskTagUpdated", "tag", len(before.tags), len(after.tags)),
            ("taskAssigneeUpdated", "assignee_add", before.assignee_ids, after.assignee_ids),
            ("taskUpdated", "name", before.name, after.name),
            ("taskUpdated", "archived", before.archived, after.archived),
            ("taskUpdated", "points", before.points, after.points),
        ):
            if old != new:
                yield name, self._item(change, field, parent=after.list_id)

    def _entry(self, change: Change) -> Iterator[Event]:
        before: TimeEntry | None = change.before
        after: TimeEntry | None = change.after
        what = "Created" if before is None else "Deleted" if after is None else "Edited"
        for task_id in {one.task_id for one in (before, after) if one and one.task_id}:
            if not (task := change.workspace.tasks.get(task_id)):
                continue
            entry = after or before
            assert entry
            item = self._item(change, "time_spent", parent=task.list_id)
            item["after"] = {"id": entry.id, "start": str(entry.start_ms), "time": "1"}
            data = {"description": f"Time Tracking {what}", "interval_id": entry.id}
            places = _around(change.workspace, task.list_id)
            yield Event("taskTimeTrackedUpdated", "task", task_id, places, (item,), data)
            yield Event("taskUpdated", "task", task_id, places, (item,))

    def _place(self, change: Change) -> Iterator[Event]:
        place: Space | Folder | TaskList = change.after or change.before
        what = "Updated" if change.after else "Deleted"
        places = frozenset({place.id, *_places_of(place)})
        items: tuple[HistoryItem, ...] = ()
        if change.kind == "list" and change.after:
            number = UUID(int=next(self._numbers))
            items = ({"id": str(number), "type": 6, "date": str(change.at_ms), "field": "name"},)
        yield Event(f"{change.kind}{what}", change.kind, place.id, places, items)

    def _item(self, change: Change, field: str, *, parent: str) -> HistoryItem:
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

    def _status(self, change: Change, before: Task | None, after: Task) -> HistoryItem:
        gone = {"status": None, "color": "#000000", "type": "removed", "orderindex": -1}
        old = _shown(change.workspace, before) if before else gone
        new = _shown(change.workspace, after)
        item = self._item(change, "status", parent=after.list_id)
        return {**item, "data": {"status_type": new["type"]}, "before": old, "after": new}


def _shown(workspace: Workspace, task: Task) -> HistoryItem:
    status = workspace.status_of(task)
    return {
        "status": status.name,
        "color": status.color,
        "orderindex": status.orderindex,
        "type": status.type,
    }


def _around(workspace: Workspace, list_id: str) -> frozenset[str]:
    """Return the ids of a list and of what it lies in; only the list itself if it is gone."""
    found = workspace.lists.get(list_id)
    return frozenset({list_id, *(_places_of(found) if found else ())})


def _places_of(place: Space | Folder | TaskList) -> list[str]:
    return [str(one) for key in ("folder_id", "space_id") if (one := getattr(place, key, None))]
