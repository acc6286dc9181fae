"""ClickUp's objects become records. Pure: a record holds the promised fields and nothing else.

Each function names the fields it takes; what ClickUp adds stays behind. Descriptions, comments,
attachments, checklists and the values of custom fields are not among them.

Ids are text. Moments are ISO 8601 in UTC with milliseconds, so that their order as text is their
order in time. Keys may be missing or null in any answer, except `id`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json: TypeAlias = "Mapping[str, Any]"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(milliseconds: str | float | None) -> str | None:
    """Return milliseconds since 1970 as ISO 8601 UTC, or None outside the years 1 to 9999."""
    if milliseconds is None:
        return None
    try:
        value = EPOCH + timedelta(milliseconds=int(milliseconds))
    except (OverflowError, ValueError):
        return None
    return value.isoformat(timespec="milliseconds")


def parsed(value: str) -> datetime:
    """Return an ISO 8601 moment; UTC where it has no offset. Raises `ValueError`."""
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def text_id(value: str | int | None) -> str | None:
    """Return an id as text: ClickUp sends the same id as a number here and as text there."""
    return None if value is None else str(value)


def number(value: str | float | None) -> float | None:
    """Return a number, also where ClickUp sends it as text; None where the text is none."""
    if not isinstance(value, str):
        return value
    try:
        found = float(value)
    except ValueError:
        return None
    return int(found) if found.is_integer() else found


def _id_of(item: Json, key: str) -> str | None:
    return text_id((item.get(key) or {}).get("id"))


def _folder_id(item: Json) -> str | None:
    """Return the folder's id; a list without folder carries a hidden pseudo folder of its own."""
    folder = item.get("folder") or {}
    return None if folder.get("hidden") else text_id(folder.get("id"))


def workspace(team: Json) -> dict[str, Any]:
    """Return the record of a workspace, which API v2 calls team."""
    return {"id": str(team["id"]), "name": team.get("name")}


def member(user: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a user listed in `GET /team`; who is invited has no username yet."""
    return {
        "workspace_id": workspace_id,
        "id": str(user["id"]),
        "username": user.get("username"),
        "email": user.get("email"),
        "role": user.get("role"),
        "is_member": True,
    }


def former_member(user: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a user seen on a task who is in `GET /team` no more."""
    return {**member(user, workspace_id=workspace_id), "role": None, "is_member": False}


def people(task: Json) -> Iterator[Json]:
    """Yield the users named by a task: its creator and its assignees."""
    if creator := task.get("creator"):
        yield creator
    yield from task.get("assignees") or ()


def space(item: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a space; the ClickApps say what its tasks can hold."""
    features = item.get("features") or {}
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "name": item.get("name"),
        "private": item.get("private"),
        "archived": bool(item.get("archived")),
        "sprints_enabled": _enabled(features, "sprints"),
        "points_enabled": _enabled(features, "points"),
        "time_tracking_enabled": _enabled(features, "time_tracking"),
    }


def _enabled(features: Json, clickapp: str) -> bool | None:
    """Return whether a ClickApp is on, or None where ClickUp does not tell."""
    return (features.get(clickapp) or {}).get("enabled")


def folder(item: Json, *, workspace_id: str, space_id: str) -> dict[str, Any]:
    """Return the record of a folder."""
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "name": item.get("name"),
        "space_id": space_id,
        "archived": bool(item.get("archived")),
        "override_statuses": item.get("override_statuses"),
    }


def list_(item: Json, *, workspace_id: str, space_id: str, folder_id: str | None) -> dict[str, Any]:
    """Return the record of a list. `task_count` is ClickUp's own count and approximate."""
    count = item.get("task_count")
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "name": item.get("name"),
        "space_id": space_id,
        "folder_id": folder_id,
        "archived": bool(item.get("archived")),
        "override_statuses": item.get("override_statuses"),
        "task_count": None if count is None else int(count),
        "start_date": moment(item.get("start_date")),
        "due_date": moment(item.get("due_date")),
    }


def status(item: Json, *, workspace_id: str, scope_type: str, scope_id: str) -> dict[str, Any]:
    """Return the record of a status of a space, a folder or a list (`scope_type`)."""
    return {
        "workspace_id": workspace_id,
        "scope_type": scope_type,
        "scope_id": scope_id,
        "status": item["status"],
        "status_id": item.get("id"),
        "status_type": item.get("type"),
        "orderindex": item.get("orderindex"),
        "color": item.get("color"),
    }


def task(item: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a task.

    `priority` is 1 urgent, 2 high, 3 normal, 4 low. `time_estimate_ms` may hold a fraction. A task
    without `date_updated` shows its `date_created` there.
    """
    state = item.get("status") or {}
    priority = item.get("priority")
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "custom_id": item.get("custom_id"),
        "name": item.get("name"),
        "status": state.get("status"),
        "status_id": state.get("id"),
        "status_type": state.get("type"),
        "priority": _priority(priority),
        "assignee_ids": [str(user["id"]) for user in item.get("assignees") or ()],
        "creator_id": _id_of(item, "creator"),
        "list_id": _id_of(item, "list"),
        "folder_id": _folder_id(item),
        "space_id": _id_of(item, "space"),
        "secondary_list_ids": [str(place["id"]) for place in item.get("locations") or ()],
        "parent_id": item.get("parent"),
        "top_level_parent_id": item.get("top_level_parent"),
        "tags": [tag["name"] for tag in item.get("tags") or ()],
        "points": number(item.get("points")),
        "time_estimate_ms": number(item.get("time_estimate")),
        "date_created": moment(item.get("date_created")),
        "date_updated": moment(item.get("date_updated") or item.get("date_created")),
        "start_date": moment(item.get("start_date")),
        "due_date": moment(item.get("due_date")),
        "date_done": moment(item.get("date_done")),
        "date_closed": moment(item.get("date_closed")),
        "archived": bool(item.get("archived")),
        "url": item.get("url"),
    }


def _priority(priority: Any) -> int | None:
    """Return 1 to 4: ClickUp sends an object with a text id, its docs show a bare number."""
    value = priority.get("id") if isinstance(priority, dict) else priority
    return None if value is None else int(value)
