"""Webhooks and whether their deliveries arrive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.extracted import Reading
from tap_clickup.streams.base import ClickUpStream
from tap_clickup.workspace import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Context

    from tap_clickup.workspace import Workspace


class Webhooks(ClickUpStream):
    """Webhooks of the token's user. ClickUp's answer holds secrets; the records do not.

    https://developer.clickup.com/reference/getwebhooks
    """

    name = "webhooks"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:  # noqa: ARG002
        """Yield the webhooks; nobody else's are shown by ClickUp, so nobody else's are gone."""
        started_at = datetime.now(UTC)
        answer = self._tap.client.get(f"/team/{workspace.id}/webhook", expect="webhooks")
        for item in answer.body["webhooks"]:
            yield Reading(records.webhook(item, workspace_id=workspace.id), answer.sent_at)
        scope = Scope(self.name, started_at, {"user_id": {"in": [self._tap.client.user_id]}})
        workspace.completed(scope, [(str(item["id"]),) for item in answer.body["webhooks"]])
