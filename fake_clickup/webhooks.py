"""Webhooks as in `GET /team/{id}/webhook`: those of the token's user, with secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Webhook, Workspace


def render_webhooks(workspace: Workspace, *, user_id: int) -> list[dict[str, Any]]:
    """Return the webhooks that a user created in a workspace."""
    return [
        render_webhook(webhook, workspace)
        for webhook in workspace.webhooks.values()
        if webhook.user_id == user_id
    ]


def render_webhook(webhook: Webhook, workspace: Workspace) -> dict[str, Any]:
    """Return one webhook as its creator sees it."""
    return {
        "id": webhook.id,
        "userid": webhook.user_id,
        "team_id": int(workspace.id),
        "endpoint": webhook.endpoint,
        "client_id": webhook.client_id,
        "events": list(webhook.events),
        "task_id": webhook.task_id,
        "list_id": webhook.list_id,
        "folder_id": webhook.folder_id,
        "space_id": webhook.space_id,
        "view_id": webhook.view_id,
        "health": {"status": webhook.health, "fail_count": webhook.fail_count},
        "secret": webhook.secret,
    }
