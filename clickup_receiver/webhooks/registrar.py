"""Webhooks at ClickUp: made, compared and repaired; never two for one place.

One for each selected space, or one for a workspace that is selected as a whole. ClickUp shows and
changes webhooks only for the user who made them.
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

    from clickup_receiver.webhooks.secret_store import Secrets
    from tap_clickup.records import Json
    from tap_clickup.sync import SyncContext
    from tap_clickup.workspace import Workspace

NARROWER = ("task_id", "list_id", "folder_id", "view_id")
"""What limits a webhook to less than a space; such a one is not of our making."""
EXISTS = "OAUTH_171"

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class Registered:
    """What became of the webhook of a place: a space, or a workspace where `space_id` is None.

    `done` is what was changed. `health` and `fail_count` are as they were found. Without a webhook
    `problem` says why, and the place is polled only.
    """

    workspace_id: str
    space_id: str | None
    webhook_id: str | None = None
    done: tuple[str, ...] = ()
    health: str = "active"
    fail_count: int = 0
    problem: str | None = None

    @property
    def place(self) -> str:
        """The place in words."""
        return f"space {self.space_id}" if self.space_id else f"workspace {self.workspace_id}"

    @property
    def is_healthy(self) -> bool:
        """Whether ClickUp found no fault with the deliveries."""
        return not self.problem and self.health == "active" and not self.fail_count


def checked_endpoint(url: str) -> str:
    """Return the public address of the receiver. Raises `ConfigurationError`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    encrypted = parts.scheme == "https" or parts.hostname in LOOPBACK
    if not parts.hostname or parts.scheme not in {"https", "http"} or not encrypted:
        raise ConfigurationError(
            "webhook_url: expected the https address under which ClickUp reaches this receiver, "
            "such as https://receiver.example.com/v1/clickup/webhook"
        )
    return url


class Registration:
    """Makes the webhooks of a selection what they have to be; a second call changes nothing.

    `endpoint` is the public address of the receiver.
    """

    def __init__(self, sync_context: SyncContext, secrets: Secrets, *, endpoint: str) -> None:
        self._sync_context = sync_context
        self._secrets = secrets
        self._endpoint = checked_endpoint(endpoint)

    def repair(self) -> list[Registered]:
        """Return the webhooks of everything selected.

        Raises `InvalidTokenError` and `ConfigurationError`.
        """
        found = []
        for workspace in self._sync_context.workspaces:
            try:
                found += self._repair(workspace)
            except (InvalidTokenError, ConfigurationError):
                raise
            except ClickUpError as error:
                logger.warning("webhooks of workspace %s: %s", workspace.id, error)
                found.append(Registered(workspace.id, None, problem=str(error)))
        selected = {workspace.id for workspace in self._sync_context.workspaces}
        for webhook_id, one in self._secrets.webhooks().items():
            if one.workspace_id not in selected:
                self._remove(webhook_id)
        return found

    def remove(self) -> list[str]:
        """Remove all webhooks that are ours; return their ids. What was loaded stays."""
        found = list(self._secrets.webhooks())
        for webhook_id in found:
            self._remove(webhook_id)
        return found

    def _repair(self, workspace: Workspace) -> list[Registered]:
        places: Sequence[str | None] = [None]
        if self._sync_context.selection.space_ids:
            places = workspace.hierarchy.space_ids_found
            if not workspace.hierarchy.spaces_complete:
                why = "not all spaces could be read, so all webhooks are left as they are"
                return [Registered(workspace.id, None, problem=why)]
        ours = []
        for item in self._ours(workspace):
            if self._secret(item):
                ours.append(item)
            else:
                self._remove(str(item["id"]))  # nobody can check what it sends
        found = [self._place(workspace.id, space_id, ours) for space_id in places]
        kept = {one.webhook_id for one in found}
        for webhook_id in {str(item["id"]) for item in ours} - kept:
            self._remove(webhook_id)
        for webhook_id, one in self._secrets.webhooks().items():
            if one.workspace_id == workspace.id and webhook_id not in kept:
                self._secrets.drop(webhook_id)  # nobody shows it: it was deleted in ClickUp
        return found

    def _ours(self, workspace: Workspace) -> list[Json]:
        """Return the webhooks that lead here, those whose secrets are kept first."""
        known = self._secrets.webhooks()
        answer = self._sync_context.client.get(
            f"/team/{workspace.id}/webhook", required_key="webhooks"
        )
        items: list[Json] = [
            item
            for item in answer.body["webhooks"]
            if (str(item["id"]) in known or item.get("endpoint") == self._endpoint)
            and not any(item.get(key) for key in NARROWER)
        ]
        return sorted(items, key=lambda item: str(item["id"]) not in known)

    def _place(self, workspace_id: str, space_id: str | None, ours: Sequence[Json]) -> Registered:
        """Return the webhook of a place: the one there is, as it should be, or a new one."""
        if item := _at(space_id, ours):
            return self._compared(workspace_id, space_id, item)
        return self._created(workspace_id, space_id)

    def _secret(self, item: Json) -> str | None:
        """Return a webhook's secret, as ClickUp shows it or as it was kept."""
        kept = self._secrets.of(str(item["id"]))
        return item.get("secret") or (kept[0] if kept else None)

    def _compared(self, workspace_id: str, space_id: str | None, item: Json) -> Registered:
        webhook_id, health = str(item["id"]), item.get("health") or {}
        self._keep(workspace_id, space_id, item)
        status, fail_count = health.get("status") or "active", int(health.get("fail_count") or 0)
        differences = {
            "address": item.get("endpoint") != self._endpoint,
            "events": set(item.get("events") or ()) != set(EVENTS),
            "reactivated": status != "active",
        }
        done = tuple(name for name, differs in differences.items() if differs)
        if done:
            body = {"endpoint": self._endpoint, "events": [*EVENTS], "status": "active"}
            self._sync_context.client.write(
                "PUT", f"/webhook/{webhook_id}", body, required_key="webhook"
            )
            logger.info("webhook %s: repaired (%s)", webhook_id, ", ".join(done))
        return Registered(workspace_id, space_id, webhook_id, done, status, fail_count)

    def _created(self, workspace_id: str, space_id: str | None) -> Registered:
        body: dict[str, Any] = {"endpoint": self._endpoint, "events": [*EVENTS]}
        body |= {"space_id": int(space_id)} if space_id else {}
        path = f"/team/{workspace_id}/webhook"
        try:
            item: Json = self._sync_context.client.write(
                "POST", path, body, required_key="webhook"
            ).body["webhook"]
        except AccessDeniedError as error:
            why = (
                f"{error}: ClickUp lets this token's user make no webhook, so changes come by "
                "polling only; make the user an owner or admin under Workspace settings > People"
            )
            logger.warning("workspace %s: %s", workspace_id, why)
            return Registered(workspace_id, space_id, problem=why)
        except BadRequestError as error:
            if error.ecode != EXISTS:
                raise
            return self._adopted(workspace_id, space_id)
        self._keep(workspace_id, space_id, item)
        logger.info("webhook %s: created", item["id"])
        return Registered(workspace_id, space_id, str(item["id"]), ("created",))

    def _adopted(self, workspace_id: str, space_id: str | None) -> Registered:
        """Return the webhook that ClickUp says exists: an answer was lost when it was made."""
        workspace = next(one for one in self._sync_context.workspaces if one.id == workspace_id)
        item = _at(space_id, self._ours(workspace))
        if item and self._secret(item):
            return self._compared(workspace_id, space_id, item)
        why = (
            "ClickUp has a webhook with this address already and does not show it: another user "
            "made it; delete it in ClickUp under Settings > Integrations > Webhooks"
        )
        logger.warning("workspace %s: %s", workspace_id, why)
        return Registered(workspace_id, space_id, problem=why)

    def _keep(self, workspace_id: str, space_id: str | None, item: Json) -> None:
        """Keep the secret of a webhook, unless it is kept already."""
        webhook_id, secret = str(item["id"]), self._secret(item)
        known = self._secrets.webhooks().get(webhook_id)
        place = (workspace_id, space_id)
        if secret and not (
            known
            and known.secrets[:1] == (secret,)
            and (known.workspace_id, known.space_id) == place
        ):
            self._secrets.keep(webhook_id, secret, workspace_id=workspace_id, space_id=space_id)

    def _remove(self, webhook_id: str) -> None:
        """Delete a webhook at ClickUp, and its secret."""
        try:
            self._sync_context.client.write("DELETE", f"/webhook/{webhook_id}", required_key=None)
        except AccessDeniedError:
            logger.info("webhook %s: is not there, or another user made it", webhook_id)
        else:
            logger.info("webhook %s: removed", webhook_id)
        self._secrets.drop(webhook_id)


def _at(space_id: str | None, items: Sequence[Json]) -> Json | None:
    """Return the first webhook of a place."""
    return next((one for one in items if _space_id(one) == space_id), None)


def _space_id(item: Json) -> str | None:
    return None if item.get("space_id") is None else str(item["space_id"])
