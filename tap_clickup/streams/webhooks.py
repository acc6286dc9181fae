"""Webhooks and whether their deliveries arrive."""

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
    """Webhooks of the token's user. ClickUp's answer holds secrets; the records do not.

    https://developer.clickup.com/reference/getwebhooks
    """

    name = "webhooks"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the webhooks; nobody else's are shown by ClickUp, so nobody else's are gone."""
        started_at = datetime.now(UTC)
        answer = self.sync_context.client.get(
            f"/team/{workspace.id}/webhook", required_key="webhooks"
        )
        for item in answer.body["webhooks"]:
            yield ExtractedRecord(
                records.webhook(item, workspace_id=workspace.id), answer.requested_at
            )
        scope = ReadScope(
            self.name, started_at, {"user_id": {"in": [self.sync_context.client.user_id]}}
        )
        workspace.add_completed_read(
            scope, [(str(item["id"]),) for item in answer.body["webhooks"]]
        )
