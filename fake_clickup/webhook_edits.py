"""Edits of webhooks: those of the API, and the suspension by ClickUp."""

from __future__ import annotations

import string
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from .model import Webhook
from .storage import AccountData

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET_LENGTH = 64


class WebhookEdits(AccountData):
    """The edits of webhooks."""

    def add_webhook(
        self,
        workspace_id: str | None = None,
        *,
        endpoint: str,
        events: Iterable[str],
        **fields: Any,
    ) -> Webhook:
        """Add and return a webhook, of the token's user unless `user_id` is given.

        Without a workspace it is added to the first. Its secret depends only on its id.
        """
        with self.lock:
            workspace = next(
                workspace
                for workspace in self.workspaces
                if workspace_id is None or workspace.id == workspace_id
            )
            webhook_id = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
            webhook = Webhook(
                **{
                    "id": webhook_id,
                    "user_id": self.user_id,
                    "endpoint": endpoint,
                    "events": tuple(events),
                    "client_id": self.token,
                    "secret": _generate_secret(webhook_id),
                    **fields,
                }
            )
            workspace.webhooks[webhook.id] = webhook
            return webhook

    def update_webhook(self, webhook_id: str, **changes: Any) -> Webhook:
        """Change values of a webhook, such as its health, and return it."""
        with self.lock:
            workspace = self.workspace_with("webhooks", webhook_id)
            webhook = replace(workspace.webhooks[webhook_id], **changes)
            workspace.webhooks[webhook_id] = webhook
            return webhook


def _generate_secret(webhook_id: str) -> str:
    chance = Random(f"webhook {webhook_id}")  # noqa: S311 - test data has to be repeatable
    return "".join(chance.choices(string.ascii_uppercase + string.digits, k=SECRET_LENGTH))
