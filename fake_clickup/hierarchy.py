"""Spaces, folders and lists as they appear in ClickUp's responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import Folder, Space, TaskList, Workspace

PRIORITIES = {
    1: ("urgent", "#f50000"),
    2: ("high", "#f8ae00"),
    3: ("normal", "#6fddff"),
    4: ("low", "#d8d8d8"),
}
FEATURES: dict[str, Any] = {
    "due_dates": {
        "enabled": True,
        "start_date": True,
        "remap_due_dates": False,
        "remap_closed_due_date": False,
    },
    "custom_items": {"enabled": False},
    "tags": {"enabled": True},
    "time_estimates": {"enabled": True, "rollup": False, "per_assignee": False},
    "milestones": {"enabled": False},
    "custom_fields": {"enabled": True},
    "remap_dependencies": {"enabled": True},
    "dependency_warning": {"enabled": True},
    "multiple_assignees": {"enabled": True},
    "emails": {"enabled": True},
}
LATER_KEYS = ("color", "avatar", "admin_can_manage")


def priority(number: int | None) -> dict[str, str] | None:
    """Return the priority of a task: its number appears as a string, twice."""
    if number is None:
        return None
    name, color = PRIORITIES[number]
    return {"color": color, "id": str(number), "orderindex": str(number), "priority": name}


def space(one: Space, *, generation: int) -> dict[str, Any]:
    """Return a space; in 2022 it had neither colour nor avatar."""
    shown = {
        "id": one.id,
        "name": one.name,
        "color": one.color,
        "private": False,
        "avatar": None,
        "admin_can_manage": None if one.made_by_api else False,
        "statuses": [users.status(status) for status in one.statuses],
        "multiple_assignees": True,
        "features": _features(one, generation=generation),
        "archived": one.archived,
    }
    if generation == 2022:
        return {key: value for key, value in shown.items() if key not in LATER_KEYS}
    return shown


def folder(
    workspace: Workspace, one: Folder, lists: Iterable[dict[str, Any]], *, task_count: int
) -> dict[str, Any]:
    """Return a folder with its lists; its number of tasks is a string."""
    above = workspace.spaces[one.space_id]
    return {
        "id": one.id,
        "name": one.name,
        "orderindex": one.orderindex,
        "override_statuses": one.statuses is not None,
        "hidden": one.hidden,
        "space": {"id": above.id, "name": above.name, "access": True},
        "task_count": str(task_count),
        "archived": one.archived,
        "statuses": [users.status(status) for status in one.statuses or above.statuses],
        "deleted": False,
        "lists": list(lists),
        "permission_level": "create",
    }


def list_in_folder(workspace: Workspace, one: TaskList, *, task_count: int) -> dict[str, Any]:
    """Return a list as embedded in its folder: with statuses, without folder and space."""
    core = _list(one, task_count=task_count)
    del core["content"]
    return {**core, "statuses": _list_statuses(workspace, one), "permission_level": "create"}


def list_of_lists(workspace: Workspace, one: TaskList, *, task_count: int) -> dict[str, Any]:
    """Return a list as in a list of lists: with folder and space, without statuses."""
    core = _list(one, task_count=task_count)
    place = _place(workspace, one, generation=2025)
    return {**core, **place, "permission_level": "create"}


def list_by_itself(
    workspace: Workspace, one: TaskList, *, task_count: int, generation: int
) -> dict[str, Any]:
    """Return a list as in `GET /list`: with folder, space, statuses and e-mail address."""
    core = _list(one, task_count=task_count)
    if core["status"] is None:
        del core["status"]
    return {
        **core,
        **_place(workspace, one, generation=generation),
        "deleted": False,
        "inbound_address": f"a.t.{one.id}.inbox@tasks.example.com",
        "statuses": _list_statuses(workspace, one),
        "permission_level": "create",
    }


def _list(one: TaskList, *, task_count: int) -> dict[str, Any]:
    label = {"status": one.label, "color": "#c0392b", "hide_label": True} if one.label else None
    shown = priority(one.priority)
    return {
        "id": one.id,
        "name": one.name,
        "orderindex": one.orderindex,
        "content": one.content,
        "status": label,
        "priority": shown and {key: shown[key] for key in ("priority", "color")},
        "assignee": None,
        "task_count": task_count,
        "due_date": None if one.due_ms is None else str(one.due_ms),
        "start_date": None if one.start_ms is None else str(one.start_ms),
        "archived": one.archived,
        "override_statuses": one.statuses is not None,
    }


def _place(workspace: Workspace, one: TaskList, *, generation: int) -> dict[str, Any]:
    above = workspace.folder_of(one)
    top = workspace.spaces[one.space_id]
    new = generation >= 2026
    return {
        "folder": {
            "id": above.id,
            "name": above.name,
            "hidden": above.hidden,
            **({"archived": above.archived} if new else {}),
            "access": True,
        },
        "space": {
            "id": top.id,
            "name": top.name,
            **({"archived": top.archived} if new else {}),
            "access": True,
        },
    }


def _list_statuses(workspace: Workspace, one: TaskList) -> list[dict[str, Any]]:
    """Return the statuses of a list; the group names the object that defines them."""
    above = workspace.folder_of(one)
    group = f"proj_{one.space_id}"
    if one.statuses:
        group = f"subcat_{one.id}"
    elif above.statuses:
        group = f"cat_{above.id}"
    return [
        {**users.status(status), "status_group": group} for status in workspace.statuses_of(one.id)
    ]


def _features(one: Space, *, generation: int) -> dict[str, Any]:
    """Return the ClickApps of a space; one created through the API has fewer keys."""
    shown = {**FEATURES, "sprints": {"enabled": one.sprints}, "points": {"enabled": one.points}}
    if generation > 2022:
        shown["status_pies"] = {"enabled": False}
        shown["scheduler_enabled"] = False
    if one.made_by_api:
        del shown["tags"], shown["time_estimates"]
        return {**shown, "time_tracking": {"default_to_billable": 2}}
    names = [priority(number) for number in PRIORITIES]
    shown["priorities"] = {"enabled": True, "priorities": names}
    tracking = {"enabled": True, "harvest": False, "rollup": False}
    shown["time_tracking"] = {**tracking, "default_to_billable": 2}
    nothing = dict.fromkeys(("subtasks", "checklists", "comments"))
    shown["check_unresolved"] = {"enabled": True, **nothing}
    if generation == 2022:
        return {**shown, "zoom": {"enabled": False}}
    rescheduled: Any = {"enabled": True} if generation >= 2026 else True
    return {**shown, "reschedule_closed_dependencies": rescheduled}
