"""Pure: parses the query of a task endpoint; unknown parameters are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .error_codes import ApiError
from .time_entries import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Task

ORDERS = frozenset({"id", "created", "updated", "due_date"})
BOUND_FIELDS = {
    "date_created": "created",
    "date_updated": "updated",
    "date_done": "done",
    "due_date": "due_date",
}
NO_DATE = float("inf")


class Bound(NamedTuple):
    """A date filter: `field` must be above (`gt`) or below a timestamp."""

    field: str
    gt: bool
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """The requested tasks, apart from dates; an empty set means all."""

    order: str
    include_subtasks: bool
    include_closed: bool
    archived: bool
    include_added: bool
    spaces: frozenset[str]
    folders: frozenset[str]
    lists: frozenset[str]
    statuses: frozenset[str]
    assignees: frozenset[str]
    tags: frozenset[str]
    parent: str | None

    def matches(self, task: Task) -> bool:
        """Return whether a task matches, apart from its location and status."""
        return (
            task.archived == self.archived
            and (self.include_subtasks or task.parent_id is None)
            and (
                not self.assignees
                or any(str(user_id) in self.assignees for user_id in task.assignee_ids)
            )
            and (not self.tags or any(tag.name in self.tags for tag in task.tags))
            and (self.parent is None or task.parent_id == self.parent)
        )


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """One page of the tasks that match a filter, in an order, between date bounds."""

    scope: TaskFilter
    reverse: bool
    page: int
    bounds: tuple[Bound, ...]
    with_markdown: bool


def parse_task_query(query: Mapping[str, list[str]]) -> TaskQuery:
    """Return the query of a request; without an order the newest tasks come first.

    The names of filters with several values end in `[]`. Without it `statuses` is an error, as in
    ClickUp; other names are silently ignored.
    """
    if "statuses" in query:
        raise ApiError("PUBAPITASK_014")
    order = query.get("order_by", ["created"])[-1]
    scope = TaskFilter(
        order=order if order in ORDERS else "created",
        include_subtasks=flag(query, "subtasks"),
        include_closed=flag(query, "include_closed"),
        archived=flag(query, "archived"),
        include_added=flag(query, "include_timl"),
        spaces=_values(query, "space_ids"),
        folders=_values(query, "project_ids"),
        lists=_values(query, "list_ids"),
        statuses=frozenset(name.lower() for name in _values(query, "statuses")),
        assignees=_values(query, "assignees"),
        tags=_values(query, "tags"),
        parent=query["parent"][-1] if "parent" in query else None,
    )
    return TaskQuery(
        scope=scope,
        reverse=flag(query, "reverse"),
        page=max(0, number(query, "page", default=0)),
        bounds=tuple(_bounds(query)),
        with_markdown=flag(query, "include_markdown_description"),
    )


def flag(query: Mapping[str, list[str]], key: str) -> bool:
    """Return whether a parameter is `true`; every other value means false."""
    return query.get(key, [""])[-1] == "true"


def value_of(task: Task, field: str) -> float:
    """Return the date by which a task is ordered and filtered.

    A task without `date_updated` is ordered by its creation, since a client that filters by
    `date_updated_gt` received one: https://github.com/AutoIDM/tap-clickup/issues/140.
    """
    if field == "created":
        return task.created_ms
    if field == "updated":
        return task.created_ms if task.updated_ms is None else task.updated_ms
    timestamp_ms = task.due_ms if field == "due_date" else task.done_ms
    return NO_DATE if timestamp_ms is None else timestamp_ms


def _values(query: Mapping[str, list[str]], name: str) -> frozenset[str]:
    return frozenset(query.get(f"{name}[]", []))


def _bounds(query: Mapping[str, list[str]]) -> list[Bound]:
    bounds = []
    for name, field in BOUND_FIELDS.items():
        for suffix in ("gt", "lt"):
            timestamp_ms = number(query, f"{name}_{suffix}", default=-1)
            if timestamp_ms >= 0:
                bounds.append(Bound(field, suffix == "gt", timestamp_ms))
    return bounds
