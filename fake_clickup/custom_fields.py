"""Custom fields as in ClickUp's responses, with the configuration and the values of each type.

https://developer.clickup.com/docs/customfields. The values of the model are used as they are,
except for users and tasks, which are ids there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import CustomField, Workspace

CONFIGS: dict[str, dict[str, Any]] = {
    "currency": {"default": None, "precision": 2, "currency_type": "EUR"},
    "emoji": {"count": 5, "code_point": "2b50"},
    "users": {"include_guests": False, "include_team_members": True, "single_user": False},
    "manual_progress": {"start": 0, "end": 100},
    "automatic_progress": {
        "tracking": {"subtasks": True, "checklists": True, "assigned_comments": True},
        "complete_on": 3,
        "subtask_rollup": False,
    },
}


def render_custom_field(
    field: CustomField, workspace: Workspace, *, hidden_lists: frozenset[str]
) -> dict[str, Any]:
    """Return a custom field; an unset one lacks the key `value`."""
    body = {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "type_config": _render_config(field),
        "date_created": str(field.created_ms),
        "hide_from_guests": False,
    }
    if field.value is not None:
        body["value"] = _render_value(field, workspace, hidden_lists)
        body["value_richtext"] = ""
    return {**body, "required": False}


def _render_config(field: CustomField) -> dict[str, Any]:
    if field.type == "labels":
        return {"sorting": "manual", "options": _render_options(field, named="label")}
    if field.options:
        options = _render_options(field, named="name")
        return {"default": 0, "placeholder": None, "options": options}
    return CONFIGS.get(field.type, {})


def _render_options(field: CustomField, *, named: str) -> list[dict[str, Any]]:
    return [
        {"id": key, named: name, "color": None, "orderindex": index}
        for index, (key, name) in enumerate(field.options)
    ]


def _render_value(field: CustomField, workspace: Workspace, hidden_lists: frozenset[str]) -> Any:
    if field.type == "users":
        return [users.render_user(workspace.users[user_id]) for user_id in field.value]
    if field.type == "tasks":
        return _render_tasks(field.value, workspace, hidden_lists)
    return field.value


def _render_tasks(
    task_ids: Iterable[str], workspace: Workspace, hidden_lists: frozenset[str]
) -> list[dict[str, Any]]:
    """Return related tasks, without those that are deleted or hidden."""
    known = [workspace.tasks[task_id] for task_id in task_ids if task_id in workspace.tasks]
    visible = [
        (task, workspace.status_of(task)) for task in known if task.list_id not in hidden_lists
    ]
    return [
        {
            "id": task.id,
            "name": task.name,
            "status": status.name,
            "color": status.color,
            "custom_type": None,
            "team_id": workspace.id,
            "deleted": False,
            "url": f"https://app.clickup.com/t/{task.id}",
            "access": True,
        }
        for task, status in visible
    ]
