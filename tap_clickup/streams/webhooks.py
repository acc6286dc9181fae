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
        converted = workspace.report.convert_all(
            self.name,
            response.body["webhooks"],
            lambda fields: records.webhook(fields, workspace_id=workspace.id),
            place=f"GET /team/{workspace.id}/webhook",
        )
        for record in converted.values:
            yield ExtractedRecord(record, response.requested_at)
        if not converted.unidentified_count:
            webhook_ids = [*(row["id"] for row in converted.values), *converted.left_out_ids]
            scope = ReadScope(self.name, started_at, {"user_id": {"in": [client.user_id]}})
            workspace.add_completed_read(scope, [(webhook_id,) for webhook_id in webhook_ids])
