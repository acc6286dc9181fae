"""Convert pending events to the lines of a target, with the current settings."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING, cast

from singer_sdk.contrib.msgspec import MsgSpecWriter

from clickup_receiver.feed.event_batch import group_events
from clickup_receiver.feed.feeder import SingerBatch
from clickup_receiver.feed.message_builder import MessageBuilder
from clickup_receiver.receiver_context import receiver_context
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clickup_receiver.feed.task_reading import TaskReading
    from clickup_receiver.inbox.inbox import PendingEvent
    from clickup_receiver.webhooks.secret_store import SecretsByWebhook
    from tap_clickup.client import Client
    from tap_clickup.selection import Selection
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext
    from tap_clickup.tap import TapClickUp

CLIENT_SETTINGS = ("api_url", "api_token", "requests_per_minute")

logger = logging.getLogger("clickup-receiver")


class EventMessageSource:
    """Converts events to messages.

    `make_tap` reads the settings again for each batch, so that a change takes effect. `webhooks`
    returns our own webhooks by id, `record_token_change` is called when the token has changed.
    Thread-safe: all threads share one client, and with it the rate limit, as long as its settings
    stay the same.
    """

    def __init__(
        self,
        make_tap: Callable[[], TapClickUp],
        webhooks: Callable[[], SecretsByWebhook],
        record_token_change: Callable[[], None],
    ) -> None:
        self._make_tap = make_tap
        self._webhooks = webhooks
        self._record_token_change = record_token_change
        self._writer = MsgSpecWriter()
        self._client: Client | None = None
        self._client_settings: dict[str, object] = {}
        self._lock = Lock()
        self._readings: dict[str, TaskReading] = {}
        """By workspace; all of their tasks are loaded."""
        self._conditions: object = None

    def sync_context(self) -> SyncContext:
        """Return a context with the current settings and the shared client.

        Raises `ConfigurationError` if they are invalid or disable the tap.
        """
        return self._sync_context_of(self._make_tap())

    def _sync_context_of(self, tap: TapClickUp) -> SyncContext:
        if not tap.config["enabled"]:
            raise ConfigurationError("enabled is false: no event is loaded")
        sync_context = receiver_context(tap.config)
        settings = {name: tap.config.get(name) for name in CLIENT_SETTINGS}
        with self._lock:
            if self._client and self._client_settings == settings:
                sync_context.client = self._client
            elif self._client and self._client_settings["api_token"] != settings["api_token"]:
                self._record_token_change()
            self._client = sync_context.client
            self._client_settings = settings
        return sync_context

    def build_messages(self, events: list[PendingEvent], pending_count: int) -> SingerBatch:
        """Return the messages of the first of `pending_count` events.

        Events are left out if their webhook is not ours, or covers spaces that are not selected.
        Raises `ClickUpError` if ClickUp is not available.
        """
        tap = self._make_tap()
        sync_context = self._sync_context_of(tap)
        webhooks = _selected_webhooks(self._webhooks(), sync_context.selection)
        for webhook_id in {pending.event.webhook_id for pending in events} - webhooks.keys():
            logger.warning(
                "webhook %s is not ours or covers spaces that are not selected: skipping its "
                "events; run pandev connect to repair it",
                webhook_id,
            )
        builder = MessageBuilder(sync_context, cast("Mapping[str, ClickUpStream]", tap.streams))
        former = self._readings_with(tap.config, webhooks)
        self._readings = {}
        lines: list[bytes] = []
        failed_events: dict[int, str] = {}
        deferred_events: set[int] = set()
        readings: dict[str, TaskReading] = {}
        for batch in group_events(events, webhooks):
            reading = former.get(batch.workspace_id)
            built = builder.build(batch, reading=reading, pending_count=pending_count)
            lines += [bytes(self._writer.format_message(message)) for message in built.messages]
            for key, reason in built.failed.items():
                failed_events |= dict.fromkeys(batch.inbox_ids.get(key, ()), reason)
            for key in built.deferred:
                deferred_events.update(batch.inbox_ids[key])
            if built.reading:
                readings[batch.workspace_id] = built.reading

        def keep_readings() -> None:
            if pending_count > len(events) or deferred_events:
                for reading in readings.values():
                    reading.loaded_events += len(events) - len(deferred_events)
                self._readings = former | readings

        return SingerBatch(lines, failed_events, deferred_events, keep_readings)

    def _readings_with(
        self, config: Mapping[str, object], webhooks: SecretsByWebhook
    ) -> dict[str, TaskReading]:
        """Return the readings by workspace; none if what they read is no longer the same."""
        before = self._conditions
        self._conditions = (dict(config), frozenset(webhooks))
        return self._readings if self._conditions == before else {}


def _selected_webhooks(webhooks: SecretsByWebhook, selection: Selection) -> SecretsByWebhook:
    """Return the webhooks that cover nothing but selected spaces."""
    return {
        webhook_id: webhook
        for webhook_id, webhook in webhooks.items()
        if selection.includes_workspace(webhook.workspace_id)
        and selection.includes_space(webhook.space_id)
    }
