"""The webhooks of the token's user in one workspace, read once per run, and what they cover."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.errors import ClickUpError
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from datetime import datetime

    from tap_clickup.client import Client
    from tap_clickup.fields import Fields
    from tap_clickup.sync_report import Converted, SyncReport

ALL_EVENTS = "*"
HIERARCHY_EVENTS = frozenset(
    {
        *("listCreated", "listUpdated", "listDeleted"),
        *("folderCreated", "folderUpdated", "folderDeleted"),
    }
)
"""The events of what a walk over a space shows. The spaces themselves are read by every poll."""
LOCATIONS_BELOW_SPACE = ("folder_id", "list_id", "task_id")


@dataclass(frozen=True)
class WebhookRecords:
    """The records of the webhooks, and when they were requested."""

    converted: Converted[dict[str, Any]]
    requested_at: datetime


@dataclass
class WebhookCoverage:
    """Reads the webhooks when they are first needed; a second call sends no request.

    https://developer.clickup.com/reference/getwebhooks
    """

    client: Client
    workspace_id: str
    report: SyncReport
    _view_webhook_ids: set[str] = field(default_factory=set)
    _result: WebhookRecords | ClickUpError | None = None
    _lock: Lock = field(default_factory=Lock)

    def read(self) -> WebhookRecords:
        """Return the webhooks. Raises `ClickUpError`, also when called again."""
        with self._lock:
            if self._result is None:
                try:
                    self._result = self._read()
                except ClickUpError as error:
                    self._result = error
        if isinstance(self._result, ClickUpError):
            raise self._result
        return self._result

    def _read(self) -> WebhookRecords:
        path = api_path("team", self.workspace_id, "webhook")
        response = self.client.get(path, required_key="webhooks")
        converted = self.report.convert_all(
            "webhooks",
            response.body["webhooks"],
            self._convert,
            place=f"GET {path}",
        )
        return WebhookRecords(converted, response.requested_at)

    def _convert(self, fields: Fields) -> dict[str, Any]:
        record = records.webhook(fields, workspace_id=self.workspace_id)
        if fields.identifier("view_id"):
            self._view_webhook_ids.add(record["id"])
        return record

    def webhook_ids(self, space_id: str) -> list[str]:
        """Return the healthy webhooks that report changes of the folders and lists of a space.

        None do if the webhooks cannot be read; the stream webhooks reports that.
        """
        try:
            webhooks = self.read().converted.values
        except ClickUpError:
            return []
        covering = [webhook["id"] for webhook in webhooks if _covers(webhook, space_id)]
        return [webhook_id for webhook_id in covering if webhook_id not in self._view_webhook_ids]


def _covers(webhook: dict[str, Any], space_id: str) -> bool:
    """Return whether ClickUp delivers to a webhook, and what it delivers is enough."""
    if webhook["health_status"] != "active" or webhook["fail_count"]:
        return False
    if any(webhook[name] for name in LOCATIONS_BELOW_SPACE):
        return False
    if webhook["space_id"] not in {None, space_id}:
        return False
    events = set(webhook["events"] or ())
    return ALL_EVENTS in events or events >= HIERARCHY_EVENTS
