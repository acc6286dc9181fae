"""Deliver webhooks as ClickUp does: 7 seconds, five attempts, a count of failures, suspension.

A delivery that fails five times is never sent again. At 100 failures a webhook is suspended,
at once on 401 and 410. https://developer.clickup.com/docs/webhookhealth
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests

from .behaviour import Behaviour
from .webhook_events import EventBuilder

if TYPE_CHECKING:
    from .account import Account
    from .model import Webhook
    from .webhook_events import Change, Event

SECONDS = 7.0
ATTEMPTS = 5
SUSPENDED_AT = 100
SUCCESS = range(200, 300)
FATAL = {401, 410}


class PendingDelivery(NamedTuple):
    """A delivery that was not sent yet."""

    webhook_id: str
    body: bytes
    status_change_ids: tuple[str, ...] = ()


class WebhookSender:
    """Collects the deliveries of an account's edits in `outbox`, for a test to send them.

    With a `behaviour`, there are none of what it hides from the token's user, as in ClickUp.
    `delivered` are the deliveries with a response of 2xx, `statuses` those of all responses, 0 for
    an attempt without a response.
    """

    def __init__(
        self, account: Account, *, behaviour: Behaviour | None = None, seconds: float = SECONDS
    ) -> None:
        self.outbox: list[PendingDelivery] = []
        self.delivered: list[PendingDelivery] = []
        self.statuses: list[int] = []
        self._account = account
        self._behaviour = behaviour or Behaviour()
        self._seconds = seconds
        self._event_builder = EventBuilder()
        self._session = requests.Session()
        account.listeners.append(self._collect)

    def close(self) -> None:
        """Stop collecting deliveries."""
        self._account.listeners.remove(self._collect)
        self._session.close()

    def _collect(self, change: Change) -> None:
        hidden = self._behaviour.hidden_lists | self._behaviour.hidden_spaces
        for event in self._event_builder.build_events(change):
            if event.places & hidden:
                continue
            for webhook in change.workspace.webhooks.values():
                if _subscribes(webhook, event):
                    self.outbox.append(_build_delivery(webhook, event, change.workspace.id))

    def send_all(self) -> None:
        """Send what is in the outbox, in order."""
        while self.outbox:
            self.send(self.outbox.pop(0))

    def send(self, delivery: PendingDelivery) -> bool:
        """Send a delivery as ClickUp does, unless its webhook is suspended; return its success."""
        webhook = self._find_webhook(delivery.webhook_id)
        if not webhook or webhook.health == "suspended":
            return False
        for _ in range(ATTEMPTS):
            status = self._attempt(webhook, delivery)
            self.statuses.append(status)
            if status in SUCCESS:
                self._account.update_webhook(webhook.id, health="active", fail_count=0)
                self.delivered.append(delivery)
                return True
            if status in FATAL:
                self._account.update_webhook(webhook.id, health="suspended")
                return False
        self._count_failure(webhook.id)
        return False

    def send_partially(self, delivery: PendingDelivery) -> None:
        """Start to send a delivery and close the connection in the middle of its body."""
        if webhook := self._find_webhook(delivery.webhook_id):
            parts = urlsplit(webhook.endpoint)
            head = (
                f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                f"X-Signature: {_sign(webhook, delivery)}\r\n"
                f"Content-Length: {len(delivery.body)}\r\n\r\n"
            )
            address = (parts.hostname or "", parts.port or 443)
            with (
                suppress(OSError),
                socket.create_connection(address, timeout=self._seconds) as wire,
            ):
                wire.sendall(head.encode() + delivery.body[: len(delivery.body) // 2])

    def _attempt(self, webhook: Webhook, delivery: PendingDelivery) -> int:
        headers = {"X-Signature": _sign(webhook, delivery), "Content-Type": "application/json"}
        try:
            response = self._session.post(
                webhook.endpoint,
                delivery.body,
                headers=headers,
                timeout=self._seconds,
                allow_redirects=False,
            )
        except requests.RequestException:
            return 0
        return response.status_code

    def _count_failure(self, webhook_id: str) -> None:
        webhook = self._find_webhook(webhook_id)
        if webhook:
            fail_count = webhook.fail_count + 1
            health: Any = "suspended" if fail_count >= SUSPENDED_AT else "failing"
            self._account.update_webhook(webhook_id, fail_count=fail_count, health=health)

    def _find_webhook(self, webhook_id: str) -> Webhook | None:
        for workspace in self._account.workspaces:
            if webhook := workspace.webhooks.get(webhook_id):
                return webhook
        return None


def _subscribes(webhook: Webhook, event: Event) -> bool:
    """Return whether a webhook subscribes to an event and its location."""
    place = webhook.task_id or webhook.list_id or webhook.folder_id or webhook.space_id
    is_in_scope = place is None or place == event.object_id or place in event.places
    return is_in_scope and ("*" in webhook.events or event.name in webhook.events)


def _build_delivery(webhook: Webhook, event: Event, workspace_id: str) -> PendingDelivery:
    delivery: dict[str, Any] = {
        "event": event.name,
        "history_items": list(event.items),
        f"{event.kind}_id": event.object_id,
        "team_id": workspace_id,
        "webhook_id": webhook.id,
    }
    delivery |= {"data": event.data} if event.data else {}
    body = json.dumps(delivery, separators=(",", ":")).encode()
    changes = tuple(item["id"] for item in event.items if item["field"] == "status")
    return PendingDelivery(webhook.id, body, changes)


def _sign(webhook: Webhook, delivery: PendingDelivery) -> str:
    return hmac.new(webhook.secret.encode(), delivery.body, hashlib.sha256).hexdigest()
