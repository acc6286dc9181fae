"""Create, compare and repair the webhooks at ClickUp; never two for the same scope.

There is one per selected space, or one for a workspace that is selected as a whole. ClickUp shows a
webhook only to the user who created it, and lets only that user change it.
https://developer.clickup.com/reference/createwebhook
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clickup_receiver.inbox.events import EVENTS
from tap_clickup.client import LOOPBACK
from tap_clickup.errors import (
    AccessDeniedError,
    BadRequestError,
    ClickUpError,
    ConfigurationError,
    InvalidTokenError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickup_receiver.webhooks.secret_store import SecretStore
    from tap_clickup.fields import Json
    from tap_clickup.sync import SyncContext
    from tap_clickup.workspace import Workspace

FILTERS_BELOW_SPACE = ("task_id", "list_id", "folder_id", "view_id")
"""Keys that restrict a webhook to a part of a space; we never create such a webhook."""
WEBHOOK_EXISTS_ECODE = "OAUTH_171"

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class WebhookStatus:
    """The state of the webhook of a space, or of a workspace if `space_id` is None.

    `changes` names what was changed. `health` and `fail_count` are the values before that. Without
    a webhook, `error` says why, and the scope is only polled.
    """

    workspace_id: str
    space_id: str | None
    webhook_id: str | None = None
    changes: tuple[str, ...] = ()
    health: str = "active"
    fail_count: int = 0
    error: str | None = None

    @property
    def scope(self) -> str:
        """The scope in words."""
        return f"space {self.space_id}" if self.space_id else f"workspace {self.workspace_id}"

    @property
    def is_healthy(self) -> bool:
        """Whether ClickUp reports no failed deliveries."""
        return not self.error and self.health == "active" and not self.fail_count


def validate_endpoint(url: str) -> str:
    """Return the public address of the receiver. Raises `ConfigurationError`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    is_encrypted = parts.scheme == "https" or parts.hostname in LOOPBACK
    if not parts.hostname or parts.scheme not in {"https", "http"} or not is_encrypted:
        raise ConfigurationError(
            "webhook_url: expected the https address under which ClickUp reaches this receiver, "
            "such as https://receiver.example.com/v1/clickup/webhook"
        )
    return url


class WebhookRegistrar:
    """Keeps the webhooks at ClickUp equal to the selection; a second call changes nothing.

    `endpoint` is the public address of the receiver.
    """

    def __init__(
        self, sync_context: SyncContext, secret_store: SecretStore, *, endpoint: str
    ) -> None:
        self._sync_context = sync_context
        self._secret_store = secret_store
        self._endpoint = validate_endpoint(endpoint)

    def reconcile(self) -> list[WebhookStatus]:
        """Create, repair and remove webhooks; return the status of each selected scope.

        Raises `InvalidTokenError` and `ConfigurationError`.
        """
        statuses: list[WebhookStatus] = []
        for workspace in self._sync_context.workspaces:
            try:
                statuses += self._reconcile_workspace(workspace)
            except (InvalidTokenError, ConfigurationError):
                raise
            except ClickUpError as error:
                logger.warning("webhooks of workspace %s: %s", workspace.id, error)
                statuses.append(WebhookStatus(workspace.id, None, error=str(error)))
        selected = {workspace.id for workspace in self._sync_context.workspaces}
        for webhook_id, webhook in self._secret_store.get_all().items():
            if webhook.workspace_id not in selected:
                self._remove(webhook_id)
        return statuses

    def remove_all(self) -> list[str]:
        """Remove all our webhooks and return their ids. Loaded data stays."""
        webhook_ids = list(self._secret_store.get_all())
        for webhook_id in webhook_ids:
            self._remove(webhook_id)
        return webhook_ids

    def _reconcile_workspace(self, workspace: Workspace) -> list[WebhookStatus]:
        space_ids: Sequence[str | None] = [None]
        if self._sync_context.selection.space_ids:
            space_ids = workspace.hierarchy.space_ids_found  # loads the spaces
            if not workspace.hierarchy.spaces_complete:
                error = "not all spaces could be read, so all webhooks are left unchanged"
                return [WebhookStatus(workspace.id, None, error=error)]
        usable = []
        for item in self._our_webhooks(workspace):
            if self._secret_of(item):
                usable.append(item)
            else:  # its deliveries cannot be verified
                self._remove(str(item["id"]))
        statuses = [self._for_space(workspace.id, space_id, usable) for space_id in space_ids]
        kept_ids = {status.webhook_id for status in statuses}
        for webhook_id in {str(item["id"]) for item in usable} - kept_ids:
            self._remove(webhook_id)
        for webhook_id, webhook in self._secret_store.get_all().items():
            if webhook.workspace_id == workspace.id and webhook_id not in kept_ids:
                self._secret_store.delete(webhook_id)  # the webhook was deleted in ClickUp
        return statuses

    def _our_webhooks(self, workspace: Workspace) -> list[Json]:
        """Return the webhooks with our endpoint or a stored secret, the latter first."""
        known = self._secret_store.get_all()
        response = self._sync_context.client.get(
            f"/team/{workspace.id}/webhook", required_key="webhooks"
        )
        items: list[Json] = [
            item
            for item in response.body["webhooks"]
            if (str(item["id"]) in known or item.get("endpoint") == self._endpoint)
            and not any(item.get(key) for key in FILTERS_BELOW_SPACE)
        ]
        return sorted(items, key=lambda item: str(item["id"]) not in known)

    def _for_space(
        self, workspace_id: str, space_id: str | None, items: Sequence[Json]
    ) -> WebhookStatus:
        """Return the status of the existing webhook of a scope, or of a new one."""
        item = _find_by_space(space_id, items)
        if item:
            return self._update(workspace_id, space_id, item)
        return self._create(workspace_id, space_id)

    def _secret_of(self, item: Json) -> str | None:
        """Return a webhook's secret, as ClickUp shows it or as it was stored."""
        stored = self._secret_store.get(str(item["id"]))
        return item.get("secret") or (stored[0] if stored else None)

    def _update(self, workspace_id: str, space_id: str | None, item: Json) -> WebhookStatus:
        """Change what differs from the expected webhook; return its status."""
        self._store_secret(workspace_id, space_id, item)
        webhook_id = str(item["id"])
        health = item.get("health") or {}
        status = health.get("status") or "active"
        fail_count = int(health.get("fail_count") or 0)
        differences = {
            "endpoint updated": item.get("endpoint") != self._endpoint,
            "events updated": set(item.get("events") or ()) != set(EVENTS),
            "reactivated": status != "active",
        }
        changes = tuple(name for name, differs in differences.items() if differs)
        if changes:
            body = {"endpoint": self._endpoint, "events": [*EVENTS], "status": "active"}
            self._sync_context.client.write(
                "PUT", f"/webhook/{webhook_id}", body, required_key="webhook"
            )
            logger.info("webhook %s: repaired (%s)", webhook_id, ", ".join(changes))
        return WebhookStatus(workspace_id, space_id, webhook_id, changes, status, fail_count)

    def _create(self, workspace_id: str, space_id: str | None) -> WebhookStatus:
        body: dict[str, Any] = {"endpoint": self._endpoint, "events": [*EVENTS]}
        if space_id:
            body["space_id"] = int(space_id)
        path = f"/team/{workspace_id}/webhook"
        try:
            response = self._sync_context.client.write("POST", path, body, required_key="webhook")
        except AccessDeniedError as error:
            reason = (
                f"{error}: the token's user may not create webhooks, so changes come by polling "
                "only; make the user an owner or admin under Workspace settings > People"
            )
            logger.warning("workspace %s: %s", workspace_id, reason)
            return WebhookStatus(workspace_id, space_id, error=reason)
        except BadRequestError as error:
            if error.ecode != WEBHOOK_EXISTS_ECODE:
                raise
            return self._adopt(workspace_id, space_id)
        item: Json = response.body["webhook"]
        self._store_secret(workspace_id, space_id, item)
        logger.info("webhook %s: created", item["id"])
        return WebhookStatus(workspace_id, space_id, str(item["id"]), ("created",))

    def _adopt(self, workspace_id: str, space_id: str | None) -> WebhookStatus:
        """Return the status of the webhook that, according to ClickUp, already exists.

        The response was lost when it was created.
        """
        workspace = next(
            workspace for workspace in self._sync_context.workspaces if workspace.id == workspace_id
        )
        item = _find_by_space(space_id, self._our_webhooks(workspace))
        if item and self._secret_of(item):
            return self._update(workspace_id, space_id, item)
        reason = (
            "ClickUp has a webhook with this address already and does not show it, because another "
            "user created it; delete it in ClickUp under Settings > Integrations > Webhooks"
        )
        logger.warning("workspace %s: %s", workspace_id, reason)
        return WebhookStatus(workspace_id, space_id, error=reason)

    def _store_secret(self, workspace_id: str, space_id: str | None, item: Json) -> None:
        """Store the secret of a webhook, unless it is stored already."""
        webhook_id = str(item["id"])
        secret = self._secret_of(item)
        if not secret:
            return
        known = self._secret_store.get_all().get(webhook_id)
        is_stored = (
            known is not None
            and known.secrets[:1] == (secret,)
            and known.workspace_id == workspace_id
            and known.space_id == space_id
        )
        if not is_stored:
            self._secret_store.put(webhook_id, secret, workspace_id=workspace_id, space_id=space_id)

    def _remove(self, webhook_id: str) -> None:
        """Delete a webhook at ClickUp, and its secret."""
        try:
            self._sync_context.client.write("DELETE", f"/webhook/{webhook_id}", required_key=None)
        except AccessDeniedError:
            logger.info("webhook %s: does not exist, or another user created it", webhook_id)
        else:
            logger.info("webhook %s: removed", webhook_id)
        self._secret_store.delete(webhook_id)


def _find_by_space(space_id: str | None, items: Sequence[Json]) -> Json | None:
    """Return the first webhook of a space, or of the whole workspace if `space_id` is None."""
    return next((item for item in items if _space_id(item) == space_id), None)


def _space_id(item: Json) -> str | None:
    return None if item.get("space_id") is None else str(item["space_id"])
