"""Convert ClickUp's objects to records. Pure: a record has the documented fields and no others.

Each function names the fields it takes; fields that ClickUp adds are ignored. Descriptions,
comments, attachments and checklists are not among them, nor the values of custom fields that were
not selected by name.

In any response, every key except `id` may be missing or null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from tap_clickup.conversions import id_to_str, parse_number, to_iso_timestamp
from tap_clickup.custom_fields import selected_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Json: TypeAlias = "Mapping[str, Any]"


def _id_of(item: Json, key: str) -> str | None:
    return id_to_str((item.get(key) or {}).get("id"))


def folder_id(item: Json) -> str | None:
    """Return the folder's id; None for the hidden pseudo folder of a list without a folder."""
    folder = item.get("folder") or {}
    return None if folder.get("hidden") else id_to_str(folder.get("id"))


def workspace(team: Json) -> dict[str, Any]:
    """Return the record of a workspace, which API v2 calls team.

    https://developer.clickup.com/reference/getauthorizedteams
    """
    return {"id": str(team["id"]), "name": team.get("name")}


def member(user: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a user listed in `GET /team`; an invited user has no username yet.

    https://developer.clickup.com/reference/getauthorizedteams
    """
    return {
        "workspace_id": workspace_id,
        "id": str(user["id"]),
        "username": user.get("username"),
        "email": user.get("email"),
        "role": user.get("role"),
        "is_member": True,
    }


def former_member(user: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a user seen on a task or time entry who is no longer in `GET /team`."""
    return {**member(user, workspace_id=workspace_id), "role": None, "is_member": False}


def task_users(task: Json) -> Iterator[Json]:
    """Yield the users of a task: its creator and its assignees."""
    if creator := task.get("creator"):
        yield creator
    yield from task.get("assignees") or ()


def space(item: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a space, with the ClickApps that determine the fields of its tasks.

    https://developer.clickup.com/reference/getspaces
    """
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
    """Return whether a ClickApp is on, or None if ClickUp does not report it."""
    return (features.get(clickapp) or {}).get("enabled")


def folder(item: Json, *, workspace_id: str, space_id: str) -> dict[str, Any]:
    """Return the record of a folder.

    https://developer.clickup.com/reference/getfolders
    """
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "name": item.get("name"),
        "space_id": space_id,
        "archived": bool(item.get("archived")),
        "override_statuses": item.get("override_statuses"),
    }


def list_(item: Json, *, workspace_id: str, space_id: str, folder_id: str | None) -> dict[str, Any]:
    """Return the record of a list. `task_count` is ClickUp's own approximate count.

    https://developer.clickup.com/reference/getlists
    """
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
        "start_date": to_iso_timestamp(item.get("start_date")),
        "due_date": to_iso_timestamp(item.get("due_date")),
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


def task(item: Json, *, workspace_id: str, custom_fields: Collection[str] = ()) -> dict[str, Any]:
    """Return the record of a task, with the values of the named custom fields.

    `priority` is 1 urgent, 2 high, 3 normal, 4 low. `time_estimate_ms` may have a fraction. If
    ClickUp sends no `date_updated`, it is set to `date_created`.
    https://developer.clickup.com/reference/getfilteredteamtasks
    """
    state = item.get("status") or {}
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "custom_id": item.get("custom_id"),
        "name": item.get("name"),
        "status": state.get("status"),
        "status_id": state.get("id"),
        "status_type": state.get("type"),
        "priority": _priority(item.get("priority")),
        "assignee_ids": [str(user["id"]) for user in item.get("assignees") or ()],
        "creator_id": _id_of(item, "creator"),
        "list_id": _id_of(item, "list"),
        "folder_id": folder_id(item),
        "space_id": _id_of(item, "space"),
        "secondary_list_ids": [str(location["id"]) for location in item.get("locations") or ()],
        "parent_id": item.get("parent"),
        "top_level_parent_id": item.get("top_level_parent"),
        "tags": [tag["name"] for tag in item.get("tags") or ()],
        "points": parse_number(item.get("points")),
        "time_estimate_ms": parse_number(item.get("time_estimate")),
        "date_created": to_iso_timestamp(item.get("date_created")),
        "date_updated": to_iso_timestamp(item.get("date_updated") or item.get("date_created")),
        "start_date": to_iso_timestamp(item.get("start_date")),
        "due_date": to_iso_timestamp(item.get("due_date")),
        "date_done": to_iso_timestamp(item.get("date_done")),
        "date_closed": to_iso_timestamp(item.get("date_closed")),
        "archived": bool(item.get("archived")),
        "url": item.get("url"),
        "custom_fields": selected_values(item, custom_fields),
    }


def _priority(priority: Any) -> int | None:
    """Return 1 to 4: ClickUp sends an object with a text id, its documentation shows a number."""
    value = priority.get("id") if isinstance(priority, dict) else priority
    return None if value is None else int(value)


def time_entry(item: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a time entry; a running timer has no end and no duration.

    `task_id` is None for time without a task, for which ClickUp sends null, "0" or no key. The
    `duration` of a running timer is negative.
    https://developer.clickup.com/reference/gettimeentrieswithinadaterange
    """
    duration = parse_number(item.get("duration"))
    is_running = item.get("end") is None and (duration is None or duration <= 0)
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "task_id": task_id_of(item),
        "space_id": id_to_str((item.get("task_location") or {}).get("space_id")),
        "user_id": _id_of(item, "user"),
        "started_at": to_iso_timestamp(item.get("start")),
        "ended_at": to_iso_timestamp(item.get("end")),
        "duration_ms": None if is_running or duration is None else int(duration),
        "is_running": is_running,
        "date_updated": to_iso_timestamp(item.get("at")),
    }


def task_id_of(entry: Json) -> str | None:
    """Return the id of a time entry's task, or None if it has no task in any of ClickUp's forms."""
    task = entry.get("task")
    return id_to_str(task.get("id")) if isinstance(task, dict) else None


def sprint(
    item: Json, *, start_date: str | None, end_date: str | None, inferred: bool | None
) -> dict[str, Any]:
    """Return the record of a sprint from the record of its list.

    `inferred` is whether the dates are from its name; None without dates.
    """
    return {
        **{key: item[key] for key in ("workspace_id", "id", "name", "space_id", "folder_id")},
        "start_date": start_date,
        "end_date": end_date,
        "dates_inferred": inferred,
        "archived": item["archived"],
    }


def time_in_status(item: Json, *, workspace_id: str, task_id: str) -> Iterator[dict[str, Any]]:
    """Yield a record for each status that a task has been in, with whole minutes.

    The current status is part of the history; if it is missing there, its own total is used.
    https://developer.clickup.com/reference/getbulktaskstimeinstatus
    """
    current = item.get("current_status") or {}
    rows = {row["status"]: row for row in item.get("status_history") or ()}
    if current.get("status") is not None:
        rows.setdefault(current["status"], current)
    for name, row in rows.items():
        total = row.get("total_time") or {}
        yield {
            "workspace_id": workspace_id,
            "task_id": task_id,
            "status": name,
            "minutes": parse_number(total.get("by_minute")),
            "since": to_iso_timestamp(total.get("since")),
            "is_current": name == current.get("status"),
            "orderindex": row.get("orderindex"),
        }


def webhook(item: Json, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a webhook: its endpoint, scope and health, but not its secret.

    The endpoint is reduced to scheme, host and port: its path and query may be a password.
    https://developer.clickup.com/reference/getwebhooks
    """
    events = item.get("events")
    health = item.get("health") or {}
    return {
        "workspace_id": workspace_id,
        "id": str(item["id"]),
        "user_id": id_to_str(item.get("userid")),
        "endpoint": _endpoint_origin(item.get("endpoint")),
        "events": [events] if isinstance(events, str) else events,
        "space_id": id_to_str(item.get("space_id")),
        "folder_id": id_to_str(item.get("folder_id")),
        "list_id": id_to_str(item.get("list_id")),
        "task_id": id_to_str(item.get("task_id")),
        "health_status": health.get("status"),
        "fail_count": health.get("fail_count"),
    }


def _endpoint_origin(endpoint: str | None) -> str | None:
    try:
        parts = urlsplit(endpoint or "")
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else None
