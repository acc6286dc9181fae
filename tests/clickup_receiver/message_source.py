"""Build messages from events over a fake ClickUp, and inspect them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clickup_receiver.feed.message_source import EventMessageSource
from clickup_receiver.inbox.events import decode_body, parse_event
from clickup_receiver.inbox.inbox import PendingEvent
from clickup_receiver.webhooks.secret_store import WebhookSecrets
from tap_clickup.tap import TapClickUp
from tests.clickup_receiver.payloads import WEBHOOK_ID, body

if TYPE_CHECKING:
    from clickup_receiver.feed.feeder import SingerBatch
    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace

Row = dict[str, Any]
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def pending_event(name: str, *items: Row, event_id: int = 1, **keys: Any) -> PendingEvent:
    """Return an event in the inbox; it is about task 86a1 unless `keys` name another object."""
    event = parse_event(decode_body(body(name, *items, **keys)))
    assert event
    return PendingEvent(event_id, RECEIVED, event)


@dataclass
class MessageSourceHarness:
    """A message source with one webhook of the first workspace.

    `messages` and `failed_events` are the result of the latest `build`.
    """

    clickup: FakeClickUp
    config: Row = field(default_factory=dict)
    space_id: str | None = None
    messages: list[Row] = field(default_factory=list)
    failed_events: dict[int, str] = field(default_factory=dict)
    batch: SingerBatch = field(init=False)

    def __post_init__(self) -> None:
        self.workspace_id = self.clickup.account.workspaces[0].id
        self._webhook = WebhookSecrets(self.workspace_id, ("SECRET",), self.space_id)
        self.token_changes: list[str] = []
        self.source = EventMessageSource(
            self.make_tap,
            lambda: {WEBHOOK_ID: self._webhook},
            lambda: self.token_changes.append("token replaced"),
        )

    def make_tap(self) -> TapClickUp:
        return TapClickUp(
            config={
                "api_url": self.clickup.api_url,
                "api_token": self.clickup.token,
                "requests_per_minute": 400_000,
                **self.config,
            }
            if self.config.get("requests_per_minute", 1)
            else {"api_url": self.clickup.api_url, "api_token": self.clickup.token}
        )

    def build(self, *events: PendingEvent, pending_count: int | None = None) -> list[str]:
        """Build the messages of events; return the paths that were requested for it.

        They are all that are pending, unless `pending_count` is greater.
        """
        before = len(self.clickup.requests)
        batch = self.source.build_messages(list(events), pending_count or len(events))
        self.batch = batch
        self.messages = [json.loads(line) for line in batch.lines]
        self.failed_events = dict(batch.failed_events)
        requests = self.clickup.requests[before:]
        return [request.path.removeprefix("/api/v2") for request in requests]

    def records(self, stream: str) -> list[Row]:
        return [
            message
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def rows(self, stream: str) -> list[Row]:
        return [message["record"] for message in self.records(stream)]


def searchable_task_ids(workspace: Workspace) -> list[str]:
    """Return the ids of the tasks that a search in the workspace returns: none that is archived."""
    archived = {space.id for space in workspace.spaces.values() if space.archived}
    archived |= {folder.id for folder in workspace.folders.values() if folder.archived}
    archived |= {list_.id for list_ in workspace.lists.values() if list_.archived}
    list_ids = {
        list_.id
        for list_ in workspace.lists.values()
        if not {list_.id, list_.folder_id, list_.space_id} & archived
    }
    return [
        task.id
        for task in workspace.tasks.values()
        if not task.archived and task.list_id in list_ids
    ]


def changed_events(task_ids: list[str], **keys: Any) -> list[PendingEvent]:
    """Return an event for each task, with ids from 0."""
    return [
        pending_event("taskUpdated", event_id=event_id, task_id=task_id, **keys)
        for event_id, task_id in enumerate(task_ids)
    ]
