"""Requests that create, change and delete webhooks.

The caller must hold the account's lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from . import webhooks
from .error_codes import ApiError
from .request_body import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .access import Access
    from .model import Webhook, Workspace

FILTERS: tuple[Literal["task_id", "list_id", "folder_id", "space_id"], ...] = (
    "task_id",
    "list_id",
    "folder_id",
    "space_id",
)
"""The filters of a webhook; of several, the first in this order is used."""
STATUSES = {"active", "failing", "suspended"}


def _create(access: Access, workspace_id: str, content: bytes) -> dict[str, Any]:
    workspace = access.get_workspace(workspace_id)
    if access.behaviour.role not in {"owner", "admin"}:
        raise ApiError("ROLE_001")
    body = parse_object(content, invalid="BODY_001")
    requested: dict[str, Any] = dict.fromkeys(FILTERS)
    requested |= {
        "endpoint": _parse_endpoint(body),
        "events": _parse_events(body),
        **_parse_filter(access, body),
    }
    user_id = access.account.user_id
    for webhook in workspace.webhooks.values():
        if webhook.user_id == user_id and all(
            getattr(webhook, key) == requested[key] for key in requested
        ):
            raise ApiError("OAUTH_171")
    webhook = access.account.add_webhook(workspace_id, **requested)
    return _render_response(webhook, workspace)


def _update(access: Access, webhook_id: str, content: bytes) -> dict[str, Any]:
    workspace = _find_workspace(access, webhook_id)
    body = parse_object(content, invalid="BODY_001")
    if body.get("status") not in STATUSES:
        raise ApiError("BODY_001")
    changes = {
        "endpoint": _parse_endpoint(body),
        "events": _parse_events(body),
        "health": body["status"],
    }
    if body["status"] == "active":
        changes["fail_count"] = 0
    return _render_response(access.account.update_webhook(webhook_id, **changes), workspace)


def _delete(access: Access, webhook_id: str, _: bytes) -> dict[str, Any]:
    del _find_workspace(access, webhook_id).webhooks[webhook_id]
    return {}


WRITES: tuple[tuple[str, str, Callable[[Access, str, bytes], Any]], ...] = (
    ("POST", r"/team/([^/]+)/webhook", _create),
    ("PUT", r"/webhook/([^/]+)", _update),
    ("DELETE", r"/webhook/([^/]+)", _delete),
)


def _find_workspace(access: Access, webhook_id: str) -> Workspace:
    """Return the workspace of a webhook that the token's user created."""
    for workspace in access.account.workspaces:
        webhook = workspace.webhooks.get(webhook_id)
        if webhook and webhook.user_id == access.account.user_id:
            return workspace
    raise ApiError("OAUTH_018")


def _render_response(webhook: Webhook, workspace: Workspace) -> dict[str, Any]:
    return {"id": webhook.id, "webhook": webhooks.render_webhook(webhook, workspace)}


def _parse_endpoint(body: Mapping[str, Any]) -> str:
    """Return the endpoint; without a scheme it gets https."""
    endpoint = body.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        raise ApiError("BODY_001")
    return endpoint if "://" in endpoint else f"https://{endpoint}"


def _parse_events(body: Mapping[str, Any]) -> tuple[str, ...]:
    events = body.get("events")
    if events == "*":
        return ("*",)
    if not isinstance(events, list) or not events:
        raise ApiError("BODY_001")
    return tuple(events)


def _parse_filter(access: Access, body: Mapping[str, Any]) -> dict[str, str]:
    """Return the filter of a webhook, if any. Raises ApiError if its object is not visible."""
    look_up = {
        "task_id": access.find_by_task,
        "list_id": access.find_by_list,
        "folder_id": access.find_by_folder,
        "space_id": access.find_by_space,
    }
    for name in FILTERS:
        if body.get(name) is not None:
            look_up[name](str(body[name]))
            return {name: str(body[name])}
    return {}
