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


def render_priority(number: int | None) -> dict[str, str] | None:
    """Return the priority of a task: its number appears as a string, twice."""
    if number is None:
        return None
    name, color = PRIORITIES[number]
    return {"color": color, "id": str(number), "orderindex": str(number), "priority": name}


def render_space(space: Space, *, generation: int) -> dict[str, Any]:
    """Return a space; in 2022 it had neither colour nor avatar."""
    body = {
        "id": space.id,
        "name": space.name,
        "color": space.color,
        "private": False,
        "avatar": None,
        "admin_can_manage": None if space.made_by_api else False,
        "statuses": [users.render_status(status) for status in space.statuses],
        "multiple_assignees": True,
        "features": _render_features(space, generation=generation),
        "archived": space.archived,
    }
    if generation == 2022:
        return {key: value for key, value in body.items() if key not in LATER_KEYS}
    return body


def render_folder(
    workspace: Workspace, folder: Folder, lists: Iterable[dict[str, Any]], *, task_count: int
) -> dict[str, Any]:
    """Return a folder with its lists; its number of tasks is a string.

    Only a subfolder has the key `parent_folder`.
    """
    space = workspace.spaces[folder.space_id]
    parent = {"parent_folder": folder.parent_id} if folder.parent_id else {}
    return {
        "id": folder.id,
        "name": folder.name,
        "orderindex": folder.orderindex,
        "override_statuses": folder.statuses is not None,
        "hidden": folder.hidden,
        "space": {"id": space.id, "name": space.name, "access": True},
        "task_count": str(task_count),
        "archived": folder.archived,
        "statuses": [users.render_status(status) for status in workspace.statuses_in(folder)],
        "deleted": False,
        "lists": list(lists),
        "permission_level": "create",
        **parent,
    }


def render_list_in_folder(
    workspace: Workspace, task_list: TaskList, *, task_count: int
) -> dict[str, Any]:
    """Return a list as embedded in its folder: with statuses, without folder and space."""
    core = _render_list(task_list, task_count=task_count)
    del core["content"]
    return {
        **core,
        "statuses": _render_list_statuses(workspace, task_list),
        "permission_level": "create",
    }


def render_listed_list(
    workspace: Workspace, task_list: TaskList, *, task_count: int
) -> dict[str, Any]:
    """Return a list as in a list of lists: with folder and space, without statuses."""
    core = _render_list(task_list, task_count=task_count)
    location = _render_location(workspace, task_list, generation=2025)
    return {**core, **location, "permission_level": "create"}


def render_single_list(
    workspace: Workspace, task_list: TaskList, *, task_count: int, generation: int
) -> dict[str, Any]:
    """Return a list as in `GET /list`: with folder, space, statuses and e-mail address."""
    core = _render_list(task_list, task_count=task_count)
    if core["status"] is None:
        del core["status"]
    return {
        **core,
        **_render_location(workspace, task_list, generation=generation),
        "deleted": False,
        "inbound_address": f"a.t.{task_list.id}.inbox@tasks.example.com",
        "statuses": _render_list_statuses(workspace, task_list),
        "permission_level": "create",
    }


def _render_list(task_list: TaskList, *, task_count: int) -> dict[str, Any]:
    label = (
        {"status": task_list.label, "color": "#c0392b", "hide_label": True}
        if task_list.label
        else None
    )
    priority = render_priority(task_list.priority)
    return {
        "id": task_list.id,
        "name": task_list.name,
        "orderindex": task_list.orderindex,
        "content": task_list.content,
        "status": label,
        "priority": priority and {key: priority[key] for key in ("priority", "color")},
        "assignee": None,
        "task_count": task_count,
        "due_date": None if task_list.due_ms is None else str(task_list.due_ms),
        "start_date": None if task_list.start_ms is None else str(task_list.start_ms),
        "archived": task_list.archived,
        "override_statuses": task_list.statuses is not None,
    }


def _render_location(
    workspace: Workspace, task_list: TaskList, *, generation: int
) -> dict[str, Any]:
    folder = workspace.folder_of(task_list)
    space = workspace.spaces[task_list.space_id]
    new = generation >= 2026
    return {
        "folder": {
            "id": folder.id,
            "name": folder.name,
            "hidden": folder.hidden,
            **({"archived": folder.archived} if new else {}),
            "access": True,
        },
        "space": {
            "id": space.id,
            "name": space.name,
            **({"archived": space.archived} if new else {}),
            "access": True,
        },
    }


def _render_list_statuses(workspace: Workspace, task_list: TaskList) -> list[dict[str, Any]]:
    """Return the statuses of a list; the group names the object that defines them."""
    folders = workspace.enclosing_folders(workspace.folder_of(task_list))
    definers = [f"cat_{folder.id}" for folder in folders if folder.statuses]
    if task_list.statuses:
        definers.insert(0, f"subcat_{task_list.id}")
    group = [*definers, f"proj_{task_list.space_id}"][0]
    return [
        {**users.render_status(status), "status_group": group}
        for status in workspace.statuses_of(task_list.id)
    ]


def _render_features(space: Space, *, generation: int) -> dict[str, Any]:
    """Return the ClickApps of a space; one created through the API has fewer keys."""
    features = {
        **FEATURES,
        "sprints": {"enabled": space.sprints},
        "points": {"enabled": space.points},
    }
    if generation > 2022:
        features["status_pies"] = {"enabled": False}
        features["scheduler_enabled"] = False
    if space.made_by_api:
        del features["tags"], features["time_estimates"]
        return {**features, "time_tracking": {"default_to_billable": 2}}
    names = [render_priority(number) for number in PRIORITIES]
    features["priorities"] = {"enabled": True, "priorities": names}
    tracking = {"enabled": True, "harvest": False, "rollup": False}
    features["time_tracking"] = {**tracking, "default_to_billable": 2}
    nothing = dict.fromkeys(("subtasks", "checklists", "comments"))
    features["check_unresolved"] = {"enabled": True, **nothing}
    if generation == 2022:
        return {**features, "zoom": {"enabled": False}}
    rescheduled: Any = {"enabled": True} if generation >= 2026 else True
    return {**features, "reschedule_closed_dependencies": rescheduled}
