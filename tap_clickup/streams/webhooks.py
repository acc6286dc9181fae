"""Webhooks and the health of their deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.workspace import Workspace


class Webhooks(ClickUpStream):
    """Webhooks of the token's user. ClickUp's response contains secrets; the records do not.

    https://developer.clickup.com/reference/getwebhooks
    """

    name = "webhooks"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the webhooks. ClickUp does not return those of other users."""
        client = self.sync_context.client
        started_at = datetime.now(UTC)
        response = client.get(f"/team/{workspace.id}/webhook", required_key="webhooks")
        webhooks = response.body["webhooks"]
        for webhook in webhooks:
            record = records.webhook(webhook, workspace_id=workspace.id)
            yield ExtractedRecord(record, response.requested_at)
        scope = ReadScope(self.name, started_at, {"user_id": {"in": [client.user_id]}})
        workspace.add_completed_read(scope, [(str(webhook["id"]),) for webhook in webhooks])
