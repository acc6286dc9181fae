"""Create, compare and repair the webhooks at ClickUp; never two for the same scope.

There is one per selected space, or one for a workspace that is selected as a whole. Ours are those
with the receiver's address, and those whose secrets are stored. ClickUp shows a webhook only to the
user who created it, and lets only that user change it: with a token of another user, nothing is
created or removed, as the old webhooks would stay and every change arrive twice.
https://developer.clickup.com/reference/createwebhook
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clickup_receiver.inbox.events import EVENTS
from clickup_receiver.webhooks.webhook_status import WebhookStatus
from tap_clickup.errors import (
    AccessDeniedError,
    BadRequestError,
    ClickUpError,
    ConfigurationError,
    FatalError,
)
from tap_clickup.fields import Fields
from tap_clickup.urls import LOOPBACK, api_path
from tap_clickup.wording import format_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from clickup_receiver.webhooks.secret_store import SecretStore
    from tap_clickup.fields import Json
    from tap_clickup.sync import SyncContext
    from tap_clickup.workspace import Workspace

FILTERS_BELOW_SPACE = ("task_id", "list_id", "folder_id", "view_id")
"""Keys that restrict a webhook to a part of a space; we never create such a webhook."""
WEBHOOK_EXISTS_ECODE = "OAUTH_171"
REACTIVATED = "reactivated"
"""A change that may repeat every few minutes while the receiver cannot be reached."""

logger = logging.getLogger("clickup-receiver")


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

    `endpoint` is the public address of the receiver. `record` writes a line of the audit log, with
    what was done and ids.
    """

    def __init__(
        self,
        sync_context: SyncContext,
        secret_store: SecretStore,
        record: Callable[..., None],
        *,
        endpoint: str,
    ) -> None:
        self._sync_context = sync_context
        self._secret_store = secret_store
        self._record = record
        self._endpoint = validate_endpoint(endpoint)

    def reconcile(self) -> list[WebhookStatus]:
        """Create, repair and remove webhooks; return the status of each selected scope.

        Raises `FatalError`, and `ConfigurationError`, also for a token of another user.
        """
        self.require_same_user()
        statuses: list[WebhookStatus] = []
        for workspace in self._sync_context.workspaces:
            try:
                statuses += self._reconcile_workspace(workspace)
            except (FatalError, ConfigurationError):
                raise
            except ClickUpError as error:
                statuses.append(WebhookStatus(workspace.id, None, error=str(error)))
        selected = {workspace.id for workspace in self._sync_context.workspaces}
        for webhook_id, webhook in self._secret_store.get_all().items():
            if webhook.workspace_id not in selected:
                self._remove(webhook_id)
        return statuses

    def remove_all(self) -> list[str]:
        """Remove all our webhooks, also those without a stored secret; return their ids.

        Loaded data stays. Raises `ConfigurationError` for a token of another user, and, after all
        others were removed, for a stored webhook that may be another user's.
        """
        self.require_same_user()
        items = self._all_webhooks()
        unconfirmed = self._unconfirmed(items)
        webhook_ids = {str(item["id"]) for item in items} | self._secret_store.get_all().keys()
        removed = [
            webhook_id
            for webhook_id in sorted(webhook_ids - set(unconfirmed))
            if self._remove(webhook_id)
        ]
        if unconfirmed:
            raise ConfigurationError(_describe_unconfirmed(unconfirmed))
        return removed

    def forget_other_users(self) -> list[str]:
        """Remove what another user created; return the webhooks that only that user can remove.

        Their secrets are deleted in any case, so that their deliveries are no longer accepted.
        """
        listed = {str(item["id"]) for item in self._all_webhooks()}
        stored = self._secret_store.get_all().items()
        others = [
            webhook_id
            for webhook_id, webhook in stored
            if webhook.user_id != self._user_id and webhook_id not in listed
        ]
        return [webhook_id for webhook_id in others if not self._remove(webhook_id)]

    @cached_property
    def _user_id(self) -> str:
        """The token's user."""
        return self._sync_context.client.fetch_user_id()

    def require_same_user(self) -> None:
        """Raise `ConfigurationError` if a stored webhook was created by another user."""
        own_id = self._user_id
        for webhook_id, webhook in self._secret_store.get_all().items():
            if webhook.user_id not in {None, own_id}:
                self._record(
                    "token of another user refused",
                    clickup_user_id=own_id,
                    webhook_id=webhook_id,
                    webhook_user_id=webhook.user_id,
                )
                raise ConfigurationError(
                    f"api_token: belongs to ClickUp user {own_id}, but user {webhook.user_id} "
                    f"created webhook {webhook_id}; use the token of that user, or run pandev "
                    "connect --replace-user once"
                )

    def _unconfirmed(self, items: Sequence[Json], workspace_id: str | None = None) -> list[str]:
        """Return the stored webhooks that were deleted in ClickUp, or are another user's.

        They were stored by an earlier version, which did not record the user.
        """
        listed = {str(item["id"]) for item in items}
        return [
            webhook_id
            for webhook_id, webhook in self._secret_store.get_all().items()
            if webhook.user_id is None
            and webhook_id not in listed
            and workspace_id in {None, webhook.workspace_id}
        ]

    def _reconcile_workspace(self, workspace: Workspace) -> list[WebhookStatus]:
        space_ids: Sequence[str | None] = [None]
        if self._sync_context.selection.space_ids:
            space_ids = workspace.hierarchy.space_ids_found  # loads the spaces
            if not workspace.hierarchy.spaces_complete:
                error = "not all spaces could be read, so all webhooks are left unchanged"
                return [WebhookStatus(workspace.id, None, error=error)]
        items = self._our_webhooks(workspace.id)
        if unconfirmed := self._unconfirmed(items, workspace.id):
            return [WebhookStatus(workspace.id, None, error=_describe_unconfirmed(unconfirmed))]
        usable = [item for item in items if self._secret_of(item)]
        for item in items:
            if item not in usable and not self._remove(str(item["id"])):
                error = f"webhook {item['id']}: its secret is not known, and it cannot be deleted"
                return [WebhookStatus(workspace.id, None, error=error)]
        statuses = self._for_spaces(workspace.id, space_ids, usable)
        kept_ids = {status.webhook_id for status in statuses}
        for webhook_id in {str(item["id"]) for item in usable} - kept_ids:
            self._remove(webhook_id)
        for webhook_id, webhook in self._secret_store.get_all().items():
            if webhook.workspace_id == workspace.id and webhook_id not in kept_ids:
                self._forget(webhook_id, is_deleted=False)  # it was deleted in ClickUp
        return statuses

    def _all_webhooks(self) -> list[Json]:
        """Return our webhooks in all workspaces that the token sees, selected or not."""
        selected = {workspace.id for workspace in self._sync_context.workspaces}
        response = self._sync_context.client.get("/team", required_key="teams")
        items: list[Json] = []
        teams = [Fields(team).id for team in response.body["teams"]]
        for workspace_id in filter(None, teams):
            try:
                items += self._our_webhooks(workspace_id)
            except AccessDeniedError as error:
                if workspace_id in selected:
                    raise
                logger.warning("webhooks of workspace %s: %s", workspace_id, error)
        return items

    def _our_webhooks(self, workspace_id: str) -> list[Json]:
        """Return the webhooks with our endpoint or a stored secret, the latter first."""
        known = self._secret_store.get_all()
        response = self._sync_context.client.get(
            api_path("team", workspace_id, "webhook"), required_key="webhooks"
        )
        items: list[Json] = [
            item
            for item in response.body["webhooks"]
            if (str(item["id"]) in known or item.get("endpoint") == self._endpoint)
            and not any(item.get(key) for key in FILTERS_BELOW_SPACE)
        ]
        return sorted(items, key=lambda item: str(item["id"]) not in known)

    def _for_spaces(
        self, workspace_id: str, space_ids: Sequence[str | None], items: Sequence[Json]
    ) -> list[WebhookStatus]:
        """Return the status of each scope's webhook, existing or new.

        If the token's user may not create webhooks, the remaining scopes share one status.
        """
        existing = {space_id: _find_by_space(space_id, items) for space_id in space_ids}
        statuses = [
            self._update(workspace_id, space_id, item)
            for space_id, item in existing.items()
            if item
        ]
        for space_id, item in existing.items():
            if not item:
                statuses.append(self._create(workspace_id, space_id))
                if statuses[-1].is_denied:
                    break
        return statuses

    def _secret_of(self, item: Json) -> str | None:
        """Return a webhook's secret, as ClickUp shows it or as it was stored."""
        stored = self._secret_store.get(str(item["id"]))
        return item.get("secret") or (stored[0] if stored else None)

    def _update(self, workspace_id: str, space_id: str | None, item: Json) -> WebhookStatus:
        """Change what differs from the expected webhook; return its status."""
        self._store_secret(workspace_id, space_id, item, outcome="webhook adopted")
        webhook_id = str(item["id"])
        health = item.get("health") or {}
        status = health.get("status") or "active"
        fail_count = int(health.get("fail_count") or 0)
        differences = {
            "endpoint updated": item.get("endpoint") != self._endpoint,
            "events updated": set(item.get("events") or ()) != set(EVENTS),
            REACTIVATED: status != "active",
        }
        changes = tuple(name for name, differs in differences.items() if differs)
        if changes:
            body = {"endpoint": self._endpoint, "events": [*EVENTS], "status": "active"}
            self._sync_context.client.write(
                "PUT", api_path("webhook", webhook_id), body, required_key="webhook"
            )
            logger.info("webhook %s: repaired (%s)", webhook_id, ", ".join(changes))
            if lasting := [change for change in changes if change != REACTIVATED]:
                self._record(
                    f"webhook's {', '.join(lasting)}",
                    webhook_id=webhook_id,
                    workspace_id=workspace_id,
                )
        return WebhookStatus(workspace_id, space_id, webhook_id, changes, status, fail_count)

    def _create(self, workspace_id: str, space_id: str | None) -> WebhookStatus:
        body: dict[str, Any] = {"endpoint": self._endpoint, "events": [*EVENTS]}
        if space_id:
            body["space_id"] = int(space_id)
        path = api_path("team", workspace_id, "webhook")
        try:
            response = self._sync_context.client.write("POST", path, body, required_key="webhook")
        except AccessDeniedError as error:
            reason = (
                f"{error}: the token's user may not create webhooks, so changes come by polling "
                "only; make the user an owner or admin under Workspace settings > People"
            )
            return WebhookStatus(workspace_id, None, error=reason, is_denied=True)
        except BadRequestError as error:
            if error.ecode != WEBHOOK_EXISTS_ECODE:
                raise
            return self._adopt(workspace_id, space_id)
        item: Json = response.body["webhook"]
        self._store_secret(workspace_id, space_id, item, outcome="webhook created")
        logger.info("webhook %s: created", item["id"])
        return WebhookStatus(workspace_id, space_id, str(item["id"]), ("created",))

    def _adopt(self, workspace_id: str, space_id: str | None) -> WebhookStatus:
        """Return the status of the webhook that, according to ClickUp, already exists.

        The response was lost when it was created.
        """
        item = _find_by_space(space_id, self._our_webhooks(workspace_id))
        if item and self._secret_of(item):
            return self._update(workspace_id, space_id, item)
        reason = (
            "ClickUp has a webhook with this address already and does not show it, because another "
            "user created it; delete it in ClickUp under Settings > Integrations > Webhooks"
        )
        return WebhookStatus(workspace_id, space_id, error=reason)

    def _store_secret(
        self, workspace_id: str, space_id: str | None, item: Json, *, outcome: str
    ) -> None:
        """Store the secret of a webhook, unless it is stored already.

        `outcome` describes for the audit log how a webhook came that was not known before.
        """
        webhook_id = str(item["id"])
        secret = self._secret_of(item)
        if not secret:
            return
        known = self._secret_store.get_all().get(webhook_id)
        is_stored = (
            known is not None
            and known.secrets[:1] == (secret,)
            and (known.workspace_id, known.space_id) == (workspace_id, space_id)
            and known.user_id == self._user_id
        )
        if known is None or known.secrets[:1] != (secret,):
            self._record(
                "webhook's secret replaced" if known else outcome,
                webhook_id=webhook_id,
                workspace_id=workspace_id,
                clickup_user_id=self._user_id,
            )
        if not is_stored:
            self._secret_store.put(
                webhook_id,
                secret,
                workspace_id=workspace_id,
                space_id=space_id,
                user_id=self._user_id,
            )

    def _remove(self, webhook_id: str) -> bool:
        """Delete a webhook at ClickUp, and its secret; return whether ClickUp deleted it."""
        try:
            self._sync_context.client.write(
                "DELETE", api_path("webhook", webhook_id), required_key=None
            )
        except AccessDeniedError:
            is_removed = False
            logger.info("webhook %s: does not exist, or another user created it", webhook_id)
        else:
            is_removed = True
            logger.info("webhook %s: removed", webhook_id)
        self._forget(webhook_id, is_deleted=is_removed)
        return is_removed

    def _forget(self, webhook_id: str, *, is_deleted: bool) -> None:
        """Delete the secret of a webhook, and record whether the webhook was deleted as well."""
        webhook = self._secret_store.get_all().get(webhook_id)
        was_stored = self._secret_store.delete(webhook_id)
        if is_deleted or was_stored:
            self._record(
                "webhook deleted" if is_deleted else "webhook's secret deleted",
                webhook_id=webhook_id,
                workspace_id=webhook.workspace_id if webhook else None,
                webhook_user_id=webhook.user_id if webhook else None,
            )


def _describe_unconfirmed(webhook_ids: Iterable[str]) -> str:
    return (
        f"{format_ids('webhook', sorted(webhook_ids))}: deleted in ClickUp or created by "
        "a user other than the token's; use the token of the user who ran pandev connect, or run "
        "pandev connect --replace-user once"
    )


def _find_by_space(space_id: str | None, items: Sequence[Json]) -> Json | None:
    """Return the first webhook of a space, or of the whole workspace if `space_id` is None."""
    return next((item for item in items if _space_id(item) == space_id), None)


def _space_id(item: Json) -> str | None:
    return None if item.get("space_id") is None else str(item["space_id"])
