"""Convert ClickUp's objects to records. Pure: a record has the documented fields and no others.

Each function names the fields it takes; fields that ClickUp adds are ignored. Descriptions,
comments, attachments and checklists are not among them, nor the values of custom fields that were
not selected by name. Of the description of a time entry only our own marker is taken.

In any response, every key except `id` may be missing or null. A field of another shape is null as
well, and named by the `Fields`; an object without a readable `id` raises `OddFieldError`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from tap_clickup.custom_fields import selected_values
from tap_clickup.fields import Fields, Json
from tap_clickup.worklog_marker import find_marker

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Item: TypeAlias = "Json | Fields"
"""An object of ClickUp, or its fields, which then name those that are odd."""
DEFAULT_TASK_TYPE_ID = "0"
"""The type of ordinary tasks, for which ClickUp sends 0 or null."""
MAX_DURATION_MS = 10 * 366 * 24 * 60 * 60 * 1000
"""Ten years: a longer time entry begins or ends at a time that is in seconds."""


def folder_id(item: Item) -> str | None:
    """Return the folder's id; None for the hidden pseudo folder of a list without a folder."""
    folder = Fields.of(item).object("folder")
    return None if folder.boolean("hidden") else folder.identifier("id")


def parent_folder_id(item: Item) -> str | None:
    """Return the id of the folder that a subfolder is in; None for any other folder."""
    fields = Fields.of(item)
    if isinstance(fields.payload.get("parent_folder"), dict):
        return fields.object("parent_folder").identifier("id")
    return fields.identifier("parent_folder")


def workspace(team: Item) -> dict[str, Any]:
    """Return the record of a workspace, which API v2 calls team.

    https://developer.clickup.com/reference/getauthorizedteams
    """
    fields = Fields.of(team)
    return {"id": fields.required_id, "name": fields.text("name")}


def member(user: Item, *, workspace_id: str, service_user_id: str) -> dict[str, Any]:
    """Return the record of a user listed in `GET /team`; an invited user has no username yet.

    The service user is the token's.

    https://developer.clickup.com/reference/getauthorizedteams
    """
    fields = Fields.of(user)
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "username": fields.text("username"),
        "email": fields.text("email"),
        "role": fields.integer("role"),
        "is_member": True,
        "is_service_user": fields.required_id == service_user_id,
    }


def former_member(user: Item, *, workspace_id: str, service_user_id: str) -> dict[str, Any]:
    """Return the record of a user seen on a task or time entry who is no longer in `GET /team`."""
    record = member(user, workspace_id=workspace_id, service_user_id=service_user_id)
    return {**record, "role": None, "is_member": False}


def task_users(task: Item) -> Iterator[Json]:
    """Yield the users of a task: its creator and its assignees."""
    payload = Fields.of(task).payload
    assignees = payload.get("assignees")
    for user in (payload.get("creator"), *(assignees if isinstance(assignees, list) else ())):
        if user and isinstance(user, dict):
            yield user


def group(item: Item, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a user group, with the ids of its members.

    https://developer.clickup.com/reference/getteams1
    """
    fields = Fields.of(item)
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "name": fields.text("name"),
        "member_ids": fields.ids("members"),
    }


def task_type(item: Item, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a task type that a workspace has defined.

    https://developer.clickup.com/reference/getcustomitems
    """
    fields = Fields.of(item)
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "name": fields.text("name"),
    }


def space(item: Item, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a space, with the ClickApps that determine the fields of its tasks.

    https://developer.clickup.com/reference/getspaces
    """
    fields = Fields.of(item)
    features = fields.object("features")
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "name": fields.text("name"),
        "private": fields.boolean("private"),
        "archived": bool(fields.boolean("archived")),
        "sprints_enabled": _enabled(features, "sprints"),
        "points_enabled": _enabled(features, "points"),
        "time_tracking_enabled": _enabled(features, "time_tracking"),
    }


def _enabled(features: Fields, clickapp: str) -> bool | None:
    """Return whether a ClickApp is on, or None if ClickUp does not report it."""
    return features.object(clickapp).boolean("enabled")


def folder(item: Item, *, workspace_id: str, space_id: str) -> dict[str, Any]:
    """Return the record of a folder.

    https://developer.clickup.com/reference/getfolders
    """
    fields = Fields.of(item)
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "name": fields.text("name"),
        "space_id": space_id,
        "parent_folder_id": parent_folder_id(fields),
        "archived": bool(fields.boolean("archived")),
        "override_statuses": fields.boolean("override_statuses"),
    }


def list_(item: Item, *, workspace_id: str, space_id: str, folder_id: str | None) -> dict[str, Any]:
    """Return the record of a list. `task_count` is ClickUp's own approximate count.

    https://developer.clickup.com/reference/getlists
    """
    fields = Fields.of(item)
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "name": fields.text("name"),
        "space_id": space_id,
        "folder_id": folder_id,
        "archived": bool(fields.boolean("archived")),
        "override_statuses": fields.boolean("override_statuses"),
        "task_count": fields.integer("task_count"),
        "start_date": fields.timestamp("start_date"),
        "due_date": fields.timestamp("due_date"),
    }


def status(item: Item, *, workspace_id: str, scope_type: str, scope_id: str) -> dict[str, Any]:
    """Return the record of a status of a space, a folder or a list (`scope_type`)."""
    fields = Fields.of(item)
    return {
        "workspace_id": workspace_id,
        "scope_type": scope_type,
        "scope_id": scope_id,
        "status": fields.required_text("status"),
        "status_id": fields.identifier("id"),
        "status_type": fields.text("type"),
        "orderindex": fields.integer("orderindex"),
        "color": fields.text("color"),
    }


def task(item: Item, *, workspace_id: str, custom_fields: Collection[str] = ()) -> dict[str, Any]:
    """Return the record of a task, with the values of the named custom fields.

    `priority` is 1 urgent, 2 high, 3 normal, 4 low. `time_estimate_ms` may have a fraction. If
    ClickUp sends no `date_updated`, it is set to `date_created`.
    https://developer.clickup.com/reference/getfilteredteamtasks
    """
    fields = Fields.of(item)
    state = fields.object("status")
    date_created = fields.edit_timestamp("date_created")
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "custom_id": fields.text("custom_id"),
        "name": fields.text("name"),
        "status": state.text("status"),
        "status_id": state.identifier("id"),
        "status_type": state.text("type"),
        "priority": _priority(fields),
        "assignee_ids": fields.ids("assignees"),
        "group_assignee_ids": fields.ids("group_assignees"),
        "task_type_id": _task_type_id(fields),
        "creator_id": fields.object("creator").identifier("id"),
        "list_id": fields.object("list").identifier("id"),
        "folder_id": folder_id(fields),
        "space_id": fields.object("space").identifier("id"),
        "secondary_list_ids": fields.ids("locations"),
        "parent_id": fields.identifier("parent"),
        "top_level_parent_id": fields.identifier("top_level_parent"),
        "tags": fields.texts("tags", "name"),
        "points": fields.number("points"),
        "time_estimate_ms": fields.number("time_estimate"),
        "date_created": date_created,
        "date_updated": _date_updated(fields, date_created),
        "start_date": fields.timestamp("start_date"),
        "due_date": fields.timestamp("due_date"),
        "date_done": fields.timestamp("date_done"),
        "date_closed": fields.timestamp("date_closed"),
        "archived": bool(fields.boolean("archived")),
        "url": fields.text("url"),
        "custom_fields": selected_values(fields, custom_fields),
    }


def _priority(fields: Fields) -> int | None:
    """Return 1 to 4: ClickUp sends an object with a text id, its documentation shows a number."""
    if isinstance(fields.payload.get("priority"), dict):
        return fields.object("priority").integer("id")
    return fields.integer("priority")


def _task_type_id(fields: Fields) -> str | None:
    """Return the id of the task's type; that of the default type if ClickUp sends null.

    None without the key, as in responses of 2022: the type is not known.
    https://developer.clickup.com/docs/custom-task-types
    """
    if fields.payload.get("custom_item_id", DEFAULT_TASK_TYPE_ID) is None:
        return DEFAULT_TASK_TYPE_ID
    return fields.identifier("custom_item_id")


def _date_updated(fields: Fields, date_created: str | None) -> str | None:
    """Return the date of the version, which is not the creation if it is only unreadable."""
    date_updated = fields.edit_timestamp("date_updated")
    return date_updated if date_updated or fields.is_odd("date_updated") else date_created


def time_entry(item: Item, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a time entry; a running timer has no end and no duration.

    `task_id` is None for time without a task, for which ClickUp sends null, "0" or no key. The
    `duration` of a running timer is negative. ClickUp accepts times in seconds, which are in 1970
    then: such times, and a duration from or to one of them, are odd.
    https://developer.clickup.com/reference/gettimeentrieswithinadaterange
    """
    fields = Fields.of(item)
    duration_ms = fields.integer("duration")
    is_running = fields.payload.get("end") is None and (duration_ms is None or duration_ms <= 0)
    if not is_running and duration_ms is not None and not 0 <= duration_ms <= MAX_DURATION_MS:
        fields.mark_odd("duration")
        duration_ms = None
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "task_id": task_id_of(fields),
        "space_id": fields.object("task_location").identifier("space_id"),
        "user_id": fields.object("user").identifier("id"),
        "started_at": fields.edit_timestamp("start"),
        "ended_at": fields.edit_timestamp("end"),
        "duration_ms": None if is_running else duration_ms,
        "is_running": None if fields.is_odd("duration") else is_running,
        "date_updated": fields.edit_timestamp("at"),
        "marker": find_marker(fields.payload.get("description")),
    }


@cache
def time_entry_properties() -> tuple[str, ...]:
    """Return the properties of the record of a time entry, in their order."""
    return tuple(time_entry({"id": "0"}, workspace_id="0"))


def task_id_of(entry: Item) -> str | None:
    """Return the id of a time entry's task, or None if it has no task in any of ClickUp's forms."""
    fields = Fields.of(entry)
    return None if fields.payload.get("task") == "0" else fields.object("task").identifier("id")


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


def time_in_status(item: Item, *, workspace_id: str, task_id: str) -> Iterator[dict[str, Any]]:
    """Yield a record for each status that a task has been in, with whole minutes.

    The current status is part of the history; if it is missing there, its own total is used.
    https://developer.clickup.com/reference/getbulktaskstimeinstatus
    """
    fields = Fields.of(item)
    current = fields.object("current_status")
    current_name = current.text("status")
    rows = {row.text("status"): row for row in fields.objects("status_history")}
    if nameless := rows.pop(None, None):
        nameless.mark_odd("status")
    if current_name is not None:
        rows.setdefault(current_name, current)
    for name, row in rows.items():
        total = row.object("total_time")
        yield {
            "workspace_id": workspace_id,
            "task_id": task_id,
            "status": name,
            "minutes": total.number("by_minute"),
            "since": total.timestamp("since"),
            "is_current": name == current_name,
            "orderindex": row.integer("orderindex"),
        }


def webhook(item: Item, *, workspace_id: str) -> dict[str, Any]:
    """Return the record of a webhook: its endpoint, scope and health, but not its secret.

    The endpoint is reduced to scheme, host and port: its path and query may be a password.
    https://developer.clickup.com/reference/getwebhooks
    """
    fields = Fields.of(item)
    health = fields.object("health")
    return {
        "workspace_id": workspace_id,
        "id": fields.required_id,
        "user_id": fields.identifier("userid"),
        "endpoint": _endpoint_origin(fields),
        "events": _events(fields),
        "space_id": fields.identifier("space_id"),
        "folder_id": fields.identifier("folder_id"),
        "list_id": fields.identifier("list_id"),
        "task_id": fields.identifier("task_id"),
        "health_status": health.text("status"),
        "fail_count": health.integer("fail_count"),
    }


def _events(fields: Fields) -> list[str] | None:
    """Return the events of a webhook, None if ClickUp sends none; `*` is sent as a text."""
    events = fields.payload.get("events")
    if isinstance(events, str):
        return [events]
    return None if events is None else fields.texts("events", "name")


def _endpoint_origin(fields: Fields) -> str | None:
    """Return scheme, host and port of the endpoint, or None if it is not a URL."""
    endpoint = fields.text("endpoint")
    if not endpoint:
        return None
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        parts = urlsplit("")
    if not parts.netloc:
        fields.mark_odd("endpoint")
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
