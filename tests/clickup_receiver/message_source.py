"""A source over a local ClickUp, and the events that a test lets it tell."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from clickup_receiver.feed.message_builder import PushTap
from clickup_receiver.feed.message_source import Source
from clickup_receiver.inbox.events import decode_body, parse_event
from clickup_receiver.inbox.inbox import PendingEvent
from clickup_receiver.webhooks.secret_store import WebhookSecrets
from tests.clickup_receiver.payloads import WEBHOOK_ID, body

if TYPE_CHECKING:
    from clickup_receiver.feed.feeder import Messages
    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace

Row = dict[str, Any]
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def waiting(name: str, *items: Row, number: int = 1, **keys: Any) -> PendingEvent:
    """Return an event in the inbox, of a delivery about task 86a1 unless `keys` say otherwise."""
    event = parse_event(decode_body(body(name, *items, **keys)))
    assert event
    return PendingEvent(number, RECEIVED, event)


@dataclass
class Telling:
    """A source of one webhook over the first workspace; `told` are the messages it gave last."""

    clickup: FakeClickUp
    config: Row = field(default_factory=dict)
    space_id: str | None = None
    told: list[Row] = field(default_factory=list)
    unusable: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workspace_id = self.clickup.account.workspaces[0].id
        self._webhook = WebhookSecrets(self.workspace_id, ("SECRET",), self.space_id)
        self.source = Source(self.make_tap, lambda: {WEBHOOK_ID: self._webhook})
        self._numbers = count(1)

    def make_tap(self) -> PushTap:
        return PushTap(
            config={
                "api_url": self.clickup.api_url,
                "api_token": self.clickup.token,
                "requests_per_minute": 400_000,
                **self.config,
            }
            if self.config.get("requests_per_minute", 1)
            else {"api_url": self.clickup.api_url, "api_token": self.clickup.token}
        )

    def __call__(self, *events: PendingEvent) -> list[str]:
        """Tell events; return the addresses that were asked for that, without their root."""
        before = len(self.clickup.requests)
        messages: Messages = self.source.tell(list(events))
        self.told = [json.loads(line) for line in messages.lines]
        self.unusable = messages.unusable
        asked = self.clickup.requests[before:]
        return [request.path.removeprefix("/api/v2") for request in asked]

    def records(self, stream: str) -> list[Row]:
        return [m for m in self.told if m["type"] == "RECORD" and m["stream"] == stream]

    def rows(self, stream: str) -> list[Row]:
        return [message["record"] for message in self.records(stream)]


def live(workspace: Workspace) -> list[str]:
    """Return the ids of tasks that the search over the workspace shows."""
    archived = {
        one.id
        for places in (workspace.spaces, workspace.folders, workspace.lists)
        for one in places.values()
        if one.archived
    }
    lists = {
        one.id
        for one in workspace.lists.values()
        if not {one.id, one.folder_id, one.space_id} & archived
    }
    return [one.id for one in workspace.tasks.values() if not one.archived and one.list_id in lists]


def changed(task_ids: list[str], **keys: Any) -> list[PendingEvent]:
    """Return an event for each task, numbered from 0."""
    return [waiting("taskUpdated", number=n, task_id=one, **keys) for n, one in enumerate(task_ids)]
