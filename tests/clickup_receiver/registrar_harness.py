"""A registrar of webhooks over a fake ClickUp."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from clickup_receiver.audit_log import AUDIT_FILE_NAME, AuditLog
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.webhooks.registrar import WebhookRegistrar
from clickup_receiver.webhooks.secret_store import FileSecretStore
from tap_clickup.tap import TapClickUp
from tests.support.clocks import SimulatedClock

if TYPE_CHECKING:
    from pathlib import Path

    from clickup_receiver.webhooks.webhook_status import WebhookStatus
    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Webhook

ENDPOINT = "https://receiver.example.com/v1/clickup/webhook"


class RegistrarHarness:
    """A registrar over the first workspace of a fake ClickUp.

    `config`, `endpoint` and the account may be changed between two calls. `writes` are the methods
    of the requests of the latest `reconcile`, other than GET.
    """

    def __init__(self, clickup: FakeClickUp, folder: Path) -> None:
        self.clickup = clickup
        self.folder = folder
        self.secret_store = FileSecretStore(folder / "webhooks.json")
        self.config: dict[str, Any] = {"workspace_ids": [clickup.account.workspaces[0].id]}
        self.endpoint = ENDPOINT
        self.writes: list[str] = []

    @property
    def registrar(self) -> WebhookRegistrar:
        settings = {"api_url": self.clickup.api_url, "api_token": self.clickup.token}
        tap = TapClickUp(config={**settings, "requests_per_minute": 400_000, **self.config})
        sync_context = receiver_context(tap.config)
        sync_context.client._clock = SimulatedClock()  # noqa: SLF001 - retries without waiting
        return WebhookRegistrar(
            sync_context,
            self.secret_store,
            partial(AuditLog(self.folder).write, "connect"),
            endpoint=self.endpoint,
        )

    def reconcile(self) -> list[WebhookStatus]:
        before = len(self.clickup.requests)
        statuses = self.registrar.reconcile()
        requests = self.clickup.requests[before:]
        self.writes = [request.method for request in requests if request.method != "GET"]
        return statuses

    @property
    def webhooks(self) -> dict[str, Webhook]:
        """The webhooks of the first workspace at ClickUp, by id."""
        return self.clickup.account.workspaces[0].webhooks

    @property
    def stored_secrets(self) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        """Space and secrets by webhook id, as they are stored."""
        return {
            webhook_id: (webhook.space_id, webhook.secrets)
            for webhook_id, webhook in self.secret_store.get_all().items()
        }

    @property
    def clickup_secrets(self) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        """Space and secrets by webhook id, as ClickUp has them."""
        return {
            webhook_id: (webhook.space_id, (webhook.secret,))
            for webhook_id, webhook in self.webhooks.items()
        }


def audit_entries(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of an audit log, without time and OS user."""
    entries = [json.loads(line) for line in (folder / AUDIT_FILE_NAME).read_text().splitlines()]
    for entry in entries:
        del entry["time"], entry["user"]
    return entries


def switch_user(account: Account) -> None:
    """Make the token one of another user, as if that user's token were in the settings."""
    account.user_id = next(
        user_id for user_id in account.workspaces[0].users if user_id != account.user_id
    )
    account.token = f"pk_{account.user_id}_ANOTHERUSER0"
