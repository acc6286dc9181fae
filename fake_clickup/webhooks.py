"""Webhooks as in `GET /team/{id}/webhook`: those of the token's user, with secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Webhook, Workspace


def show(workspace: Workspace, *, user_id: int) -> list[dict[str, Any]]:
    """Return the webhooks that a user created in a workspace."""
    return [
        show_one(one, workspace) for one in workspace.webhooks.values() if one.user_id == user_id
    ]


def show_one(one: Webhook, workspace: Workspace) -> dict[str, Any]:
    """Return one webhook as its creator sees it."""
    return {
        "id": one.id,
        "userid": one.user_id,
        "team_id": int(workspace.id),
        "endpoint": one.endpoint,
        "client_id": one.client_id,
        "events": list(one.events),
        "task_id": one.task_id,
        "list_id": one.list_id,
        "folder_id": one.folder_id,
        "space_id": one.space_id,
        "view_id": one.view_id,
        "health": {"status": one.health, "fail_count": one.fail_count},
        "secret": one.secret,
    }
