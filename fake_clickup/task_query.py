"""Pure: the query of a task endpoint becomes a question; what it does not know it ignores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .entries import number
from .error_codes import RefusedError

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
NEVER = float("inf")


class Bound(NamedTuple):
    """A date filter: at `field`, above (`gt`) or below a moment in milliseconds."""

    field: str
    gt: bool
    moment_ms: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tasks are asked for, whatever their dates; an empty set asks for all."""

    order: str
    subtasks: bool
    closed: bool
    archived: bool
    timl: bool
    spaces: frozenset[str]
    folders: frozenset[str]
    lists: frozenset[str]
    statuses: frozenset[str]
    assignees: frozenset[str]
    tags: frozenset[str]
    parent: str | None

    def wants(self, task: Task) -> bool:
        """Tell whether a task fits, its place and its status aside."""
        return (
            task.archived == self.archived
            and (self.subtasks or task.parent_id is None)
            and (not self.assignees or any(str(one) in self.assignees for one in task.assignee_ids))
            and (not self.tags or any(tag.name in self.tags for tag in task.tags))
            and (self.parent is None or task.parent_id == self.parent)
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One page of the tasks in a scope, in an order, between bounds."""

    scope: Scope
    reverse: bool
    page: int
    bounds: tuple[Bound, ...]
    with_markdown: bool


def question(query: Mapping[str, list[str]]) -> Question:
    """Return what a query asks for; without an order it is the newest first.

    Filters of several values need the `[]` of their names. A scalar `statuses` is refused, as
    ClickUp does; other wrong names are ignored in silence.
    """
    if "statuses" in query:
        raise RefusedError("PUBAPITASK_014")
    order = query.get("order_by", ["created"])[-1]
    scope = Scope(
        order=order if order in ORDERS else "created",
        subtasks=flag(query, "subtasks"),
        closed=flag(query, "include_closed"),
        archived=flag(query, "archived"),
        timl=flag(query, "include_timl"),
        spaces=_values(query, "space_ids"),
        folders=_values(query, "project_ids"),
        lists=_values(query, "list_ids"),
        statuses=frozenset(one.lower() for one in _values(query, "statuses")),
        assignees=_values(query, "assignees"),
        tags=_values(query, "tags"),
        parent=query["parent"][-1] if "parent" in query else None,
    )
    return Question(
        scope=scope,
        reverse=flag(query, "reverse"),
        page=max(0, number(query, "page", default=0)),
        bounds=tuple(_bounds(query)),
        with_markdown=flag(query, "include_markdown_description"),
    )


def flag(query: Mapping[str, list[str]], key: str) -> bool:
    """Tell whether a switch is on: nothing but `true` switches."""
    return query.get(key, [""])[-1] == "true"


def value_of(task: Task, field: str) -> float:
    """Return what a task is ordered and bounded by.

    A task without `date_updated` counts by its creation, since a client that filters by
    `date_updated_gt` was given one: https://github.com/AutoIDM/tap-clickup/issues/140.
    """
    if field == "created":
        return task.created_ms
    if field == "updated":
        return task.created_ms if task.updated_ms is None else task.updated_ms
    moment_ms = task.due_ms if field == "due_date" else task.done_ms
    return NEVER if moment_ms is None else moment_ms


def _values(query: Mapping[str, list[str]], name: str) -> frozenset[str]:
    return frozenset(query.get(f"{name}[]", []))


def _bounds(query: Mapping[str, list[str]]) -> list[Bound]:
    bounds = []
    for name, field in BOUND_FIELDS.items():
        for suffix in ("gt", "lt"):
            moment_ms = number(query, f"{name}_{suffix}", default=-1)
            if moment_ms >= 0:
                bounds.append(Bound(field, suffix == "gt", moment_ms))
    return bounds
