"""What waits in the inbox becomes lines for a target, with the settings of the moment."""

from __future__ import annotations

import logging
from threading import Lock
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

from clickup_receiver.feed.event_batch import bursts
from clickup_receiver.feed.feeder import SingerBatch
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickup_receiver.feed.event_batch import Place
    from clickup_receiver.feed.message_builder import PushTap
    from clickup_receiver.inbox.inbox import PendingEvent
    from clickup_receiver.webhooks.secret_store import SecretsByWebhook
    from tap_clickup.client import Client


logger = logging.getLogger("clickup-receiver")


class Source:
    """Tells events as messages. `make_tap` reads the settings anew, so that a change takes effect.

    Several threads may use it: they share one client, and with it the limit of requests.
    `webhooks` are those that are ours, by id.
    """

    def __init__(
        self, make_tap: Callable[[], PushTap], webhooks: Callable[[], SecretsByWebhook]
    ) -> None:
        self._make_tap = make_tap
        self._webhooks = webhooks
        self._writer = MsgSpecWriter()
        self._client: tuple[object, Client] | None = None
        self._lock = Lock()

    def tap(self) -> PushTap:
        """Return a tap with the settings of the moment, and the same client while it serves them.

        Raises `ConfigurationError` if they cannot work, or switch everything off.
        """
        tap = self._make_tap()
        if not tap.config["enabled"]:
            raise ConfigurationError("enabled is false: nothing is read and nothing fed")
        account = [tap.config.get(name) for name in ("api_url", "api_token", "requests_per_minute")]
        with self._lock:
            if self._client and self._client[0] == account:
                tap.sync_context.client = self._client[1]
            else:
                self._client = (account, tap.sync_context.client)
        return tap

    def tell(self, waiting: list[PendingEvent]) -> SingerBatch:
        """Return the messages of events. Raises `ClickUpError` if ClickUp cannot be asked.

        Events of a webhook that covers what is not selected, or is ours no more, are left out.
        """
        tap = self.tap()
        selected = _selected(self._webhooks(), tap)
        for webhook_id in {one.event.webhook_id for one in waiting} - selected.keys():
            logger.warning(
                "webhook %s tells of what is not selected, or is ours no more: its events are left "
                "out; pandev connect makes it fit",
                webhook_id,
            )
        lines, unusable = list[bytes](), dict[int, str]()
        for burst in bursts(waiting, selected):
            failed: dict[Place, str] = {}
            found = tap.messages(burst, failed)
            lines += [bytes(self._writer.format_message(message)) for message in found]
            for place, reason in failed.items():
                unusable |= dict.fromkeys(burst.numbers.get(place, ()), reason)
        return SingerBatch(lines, unusable)


def _selected(webhooks: SecretsByWebhook, tap: PushTap) -> SecretsByWebhook:
    """Return the webhooks that tell only of what is selected."""
    selection = tap.sync_context.selection
    return {
        webhook_id: one
        for webhook_id, one in webhooks.items()
        if selection.includes_workspace(one.workspace_id) and selection.includes_space(one.space_id)
    }
