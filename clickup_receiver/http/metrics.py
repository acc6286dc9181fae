"""The metrics of the receiver, for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickup_receiver.inbox.inbox import Inbox
    from clickup_receiver.webhooks.webhook_status import WebhookStatus


class Metrics:
    """The counters and gauges of one receiver; `registry` exports them.

    An attribute has the name of its metric, without `webhook_` and the unit.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "webhook_received", "Verified deliveries, by event", ["event"], registry=self.registry
        )
        self.duplicates = Counter(
            "webhook_duplicates",
            "Verified deliveries that were already received",
            registry=self.registry,
        )
        self.rejected = Counter(
            "webhook_rejected",
            "Requests that were rejected and not stored, by reason",
            ["reason"],
            registry=self.registry,
        )
        self.dead_letters = Counter(
            "webhook_dead_letters",
            "Verified deliveries that are not a valid event",
            registry=self.registry,
        )
        self.clickup_fail_count = Gauge(
            "webhook_clickup_fail_count",
            "Failed deliveries that ClickUp reports for a webhook",
            ["webhook"],
            registry=self.registry,
        )
        self.last_event_timestamp = Gauge(
            "webhook_last_event_timestamp_seconds",
            "Unix time of the latest delivery of a webhook",
            ["webhook"],
            registry=self.registry,
        )
        self.persist_seconds = Histogram(
            "webhook_persist_seconds",
            "Seconds from the verification of a delivery until it is stored durably",
            registry=self.registry,
        )

    def track_inbox(self, inbox: Inbox) -> None:
        """Export the size of an inbox, read whenever the metrics are requested."""
        depth = Gauge("webhook_inbox_depth", "Pending events", registry=self.registry)
        depth.set_function(lambda: inbox.depth()[0])
        oldest = Gauge(
            "webhook_inbox_oldest_seconds",
            "Age of the oldest pending event, in seconds",
            registry=self.registry,
        )
        oldest.set_function(lambda: _age_seconds(inbox.depth()[1]))
        dead = Gauge("webhook_inbox_dead", "Dead letters in the inbox", registry=self.registry)
        dead.set_function(inbox.count_dead_letters)

    def update_webhook_health(
        self, webhooks: list[WebhookStatus], last_delivery_times: Mapping[str, datetime]
    ) -> None:
        """Set the health of webhooks as ClickUp and the inbox report it."""
        for webhook in webhooks:
            if webhook.webhook_id:
                self.clickup_fail_count.labels(webhook.webhook_id).set(webhook.fail_count)
        for webhook_id, received_at in last_delivery_times.items():
            self.last_event_timestamp.labels(webhook_id).set(received_at.timestamp())


def _age_seconds(received_at: datetime | None) -> float:
    return (datetime.now(UTC) - received_at).total_seconds() if received_at else 0.0
