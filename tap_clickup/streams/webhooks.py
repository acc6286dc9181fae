"""Webhooks and the health of their deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.workspace import Workspace


class Webhooks(ClickUpStream):
    """Webhooks of the token's user. ClickUp's response contains secrets; the records do not."""

    name = "webhooks"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the webhooks. ClickUp does not return those of other users."""
        webhooks = workspace.webhooks.read()
        converted = webhooks.converted
        for record in converted.values:
            yield ExtractedRecord(record, webhooks.requested_at)
        if not converted.unidentified_count:
            webhook_ids = [*(row["id"] for row in converted.values), *converted.left_out_ids]
            user_id = self.sync_context.client.user_id
            scope = ReadScope(self.name, webhooks.requested_at, {"user_id": {"in": [user_id]}})
            workspace.add_completed_read(scope, [(webhook_id,) for webhook_id in webhook_ids])
