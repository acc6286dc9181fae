"""The metrics of the inbox are read whenever they are requested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickup_receiver.http.metrics import Metrics
from clickup_receiver.inbox.events import parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox
from tests.clickup_receiver.payloads import WEBHOOK_ID, delivery, history

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("webhook_inbox_depth", "webhook_inbox_dead", "webhook_inbox_oldest_seconds")


def test_the_inbox_is_measured_at_each_request(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.sqlite")
    metrics = Metrics()
    metrics.track_inbox(inbox)
    assert [metrics.registry.get_sample_value(name) for name in NAMES] == [0, 0, 0]
    event = parse_event(delivery("taskUpdated", history("name"), task_id="86a1"))
    inbox.add([Delivery(signature, WEBHOOK_ID, event) for signature in "abc"])
    inbox.dead_letter(inbox.pending(limit=1)[0].id, reason="the target rejects it")
    depth, dead, oldest_seconds = (metrics.registry.get_sample_value(name) for name in NAMES)
    assert (depth, dead) == (2, 1)
    assert oldest_seconds
    assert 0 < oldest_seconds < 3600
    inbox.close()
