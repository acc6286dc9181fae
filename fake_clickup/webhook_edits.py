"""Webhooks, made and changed as through the API, and suspended as ClickUp does by itself."""

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
        """Return a new webhook of the token's user, unless `user_id` says otherwise.

        Without a workspace it lies in the first. Its secret depends on its id alone.
        """
        with self.lock:
            workspace = next(
                one for one in self.workspaces if workspace_id is None or one.id == workspace_id
            )
            webhook_id = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
            webhook = Webhook(
                **{
                    "id": webhook_id,
                    "user_id": self.user_id,
                    "endpoint": endpoint,
                    "events": tuple(events),
                    "client_id": self.token,
                    "secret": _secret(webhook_id),
                    **fields,
                }
            )
            workspace.webhooks[webhook.id] = webhook
            return webhook

    def update_webhook(self, webhook_id: str, **changes: Any) -> Webhook:
        """Return the webhook with other values, its health among them."""
        with self.lock:
            workspace = self.workspace_with("webhooks", webhook_id)
            webhook = replace(workspace.webhooks[webhook_id], **changes)
            workspace.webhooks[webhook_id] = webhook
            return webhook


def _secret(webhook_id: str) -> str:
    chance = Random(f"webhook {webhook_id}")  # noqa: S311 - test data has to be repeatable
    return "".join(chance.choices(string.ascii_uppercase + string.digits, k=SECRET_LENGTH))
