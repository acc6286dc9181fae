"""The events that ClickUp pushes for a change, with their history, as recorded.

A specific event has a twin, `taskUpdated`, with the same history. Deleting a space, folder or list
gives events of the folders and lists in it, but of none of its tasks. There are no events of
indirect changes, such as those of the subtasks of a moved task.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from . import hierarchy, users

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
        build = partial(self._build_item, change, parent=after.list_id)
        if before.list_id != after.list_id:
            places = [_render_list(change.workspace, task.list_id) for task in (before, after)]
            yield "taskMoved", build("section_moved", places)
        if before.status != after.status:
            yield "taskStatusUpdated", self._build_status_item(change, before, after)
        for name, field, values in _compare_values(change.workspace, before, after):
            yield name, build(field, values)
        for field, differs in (
            # Their values were not recorded; nor were the fields of the last two.
            ("archived", before.archived != after.archived),
            ("points", before.points != after.points),
            ("custom_type", before.custom_item_id != after.custom_item_id),
            ("group_assignee", before.group_assignee_ids != after.group_assignee_ids),
        ):
            if differs:
                yield "taskUpdated", build(field)

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
            item["after"] = _render_entry(entry)
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

    def _build_item(
        self, change: Change, field: str, values: Iterable[Any] = (None, None), *, parent: str
    ) -> HistoryItem:
        before, after = values
        return {
            "id": str(next(self._numbers)),
            "type": 1,
            "date": str(change.at_ms),
            "field": field,
            "parent_id": parent,
            "data": {},
            "source": None,
            "user": {"id": change.user_id, "username": "Test", "email": "user1@example.com"},
            "before": before,
            "after": after,
        }

    def _build_status_item(self, change: Change, before: Task | None, after: Task) -> HistoryItem:
        removed = {"status": None, "color": "#000000", "type": "removed", "orderindex": -1}
        old = _render_status(change.workspace, before) if before else removed
        new = _render_status(change.workspace, after)
        item = self._build_item(change, "status", (old, new), parent=after.list_id)
        return {**item, "data": {"status_type": new["type"]}}


def _compare_values(
    workspace: Workspace, before: Task, after: Task
) -> Iterator[tuple[str, str, tuple[Any, Any]]]:
    """Yield event, field, and values before and after of each difference; a person at a time."""
    changes: tuple[tuple[str, str, Any, Any], ...] = (
        (
            "taskPriorityUpdated",
            "priority",
            hierarchy.render_priority(before.priority),
            hierarchy.render_priority(after.priority),
        ),
        ("taskDueDateUpdated", "due_date", _render_ms(before.due_ms), _render_ms(after.due_ms)),
        (
            "taskDueDateUpdated",
            "start_date",
            _render_ms(before.start_ms),
            _render_ms(after.start_ms),
        ),
        (
            "taskTimeEstimateUpdated",
            "time_estimate",
            _render_ms(before.time_estimate_ms),
            _render_ms(after.time_estimate_ms),
        ),
        ("taskUpdated", "name", before.name, after.name),
    )
    for name, field, old, new in changes:
        if old != new:
            yield name, field, (old, new)
    for user_id in sorted({*before.assignee_ids} ^ {*after.assignee_ids}):
        user = users.render_user(workspace.users[user_id])
        if user_id in after.assignee_ids:
            yield "taskAssigneeUpdated", "assignee_add", (None, user)
        else:
            yield "taskAssigneeUpdated", "assignee_rem", (user, None)
    if added := [tag for tag in after.tags if tag not in before.tags]:
        yield "taskTagUpdated", "tag", (None, [users.render_tag(tag) for tag in added])
    if removed := [tag for tag in before.tags if tag not in after.tags]:
        yield "taskTagUpdated", "tag_removed", ([users.render_tag(tag) for tag in removed], None)


def _render_ms(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else str(round(milliseconds))


def _render_entry(entry: TimeEntry) -> HistoryItem:
    """Return a time entry; that of a timer which runs has no end."""
    end_ms = entry.start_ms if entry.end_ms is None else entry.end_ms
    return {
        "id": entry.id,
        "start": str(entry.start_ms),
        "end": _render_ms(entry.end_ms),
        "time": str(end_ms - entry.start_ms),
        "source": entry.source,
        "date_added": str(entry.at_ms),
    }


def _render_list(workspace: Workspace, list_id: str) -> HistoryItem:
    """Return a list with its folder and its space, in the words of ClickUp's first release."""
    task_list = workspace.lists[list_id]
    folder = workspace.folder_of(task_list)
    space = workspace.spaces[task_list.space_id]
    return {
        "id": list_id,
        "name": task_list.name,
        "category": {"id": folder.id, "name": folder.name, "hidden": folder.hidden},
        "project": {"id": space.id, "name": space.name},
    }


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
