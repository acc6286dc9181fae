"""Detect webhooks that fail, are suspended or have gone silent, and poll for what they missed.

ClickUp does not report that it has given up a delivery, and never repeats it then. So the poll runs
at once after each gap.
https://developer.clickup.com/docs/webhookhealth
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_clickup.conversions import to_epoch_ms, to_iso_timestamp
from tap_clickup.readers.task_reader import fetch_first_page
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clickup_receiver.webhooks.webhook_status import WebhookStatus
    from tap_clickup.client import Client

SILENT_AFTER = timedelta(hours=1)
DELIVERY_GRACE = timedelta(minutes=10)
"""How long after an edit its delivery may arrive, and ClickUp's search may not return it."""

logger = logging.getLogger("clickup-receiver")


class WebhookMonitor:
    """Checks webhooks for gaps in their deliveries.

    `last_delivery_times` returns when each webhook sent its latest delivery, `has_changed_tasks`
    whether tasks in a webhook's scope changed between two times. `catch_up` polls what changed in a
    gap of the given length. `endpoint` is the public address of the receiver.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        last_delivery_times: Callable[[], Mapping[str, datetime]],
        has_changed_tasks: Callable[[WebhookStatus, datetime, datetime], bool],
        catch_up: Callable[[timedelta], None],
    ) -> None:
        self._endpoint = endpoint
        self._last_delivery_times = last_delivery_times
        self._has_changed_tasks = has_changed_tasks
        self._catch_up = catch_up
        self._last_ok_at: dict[str, datetime] = {}

    def check(self, webhooks: list[WebhookStatus], *, now: datetime | None = None) -> list[str]:
        """Start a poll for webhooks that may have missed deliveries; return the ids of these."""
        checked_at = now or datetime.now(UTC)
        last_delivery_times = self._last_delivery_times()
        gap_starts: dict[str, datetime] = {}
        for webhook in webhooks:
            if not webhook.webhook_id:
                continue
            last_delivery = last_delivery_times.get(webhook.webhook_id)
            quiet_since = self._quiet_since(webhook.webhook_id, last_delivery, checked_at)
            if not webhook.is_healthy or self._is_silent(webhook, quiet_since, checked_at):
                gap_starts[webhook.webhook_id] = last_delivery or quiet_since
                self._last_ok_at[webhook.webhook_id] = checked_at
        if gap_starts:
            self._catch_up(checked_at - min(gap_starts.values()))
        return list(gap_starts)

    def _quiet_since(
        self, webhook_id: str, last_delivery: datetime | None, checked_at: datetime
    ) -> datetime:
        """Return the latest delivery, or the latest gap that was polled, whichever is later.

        A webhook that is checked for the first time counts from now: nothing could arrive while
        the receiver was not running.
        """
        last_ok_at = self._last_ok_at.setdefault(webhook_id, checked_at)
        return max(last_ok_at, last_delivery or last_ok_at)

    def _is_silent(self, webhook: WebhookStatus, quiet_since: datetime, now: datetime) -> bool:
        """Return whether nothing was delivered although tasks have changed."""
        if now - quiet_since < SILENT_AFTER:
            return False
        start = quiet_since + DELIVERY_GRACE
        if not self._has_changed_tasks(webhook, start, now - DELIVERY_GRACE):
            return False
        logger.warning(
            "webhook %s of %s: no deliveries since %s, although tasks changed; %s, and that the "
            "user who created it is active and can see the lists in question",
            webhook.webhook_id,
            webhook.scope,
            quiet_since.isoformat(timespec="seconds"),
            self._advice,
        )
        return True

    def log_failures(self, webhooks: list[WebhookStatus]) -> None:
        """Log which webhooks are missing, and which ClickUp reports as failing or suspended."""
        for webhook in webhooks:
            if webhook.error:
                logger.warning("%s: %s", webhook.scope, webhook.error)
            if webhook.webhook_id and not webhook.is_healthy:
                logger.warning(
                    "webhook %s of %s was %s after %s, and is active again: "
                    "ClickUp could not reach the receiver; %s",
                    webhook.webhook_id,
                    webhook.scope,
                    webhook.health,
                    format_count(webhook.fail_count, "failed delivery", "failed deliveries"),
                    self._advice,
                )

    @property
    def _advice(self) -> str:
        return f"check from any host with internet access that `curl -I {self._endpoint}` succeeds"


def has_changed_tasks(
    client: Client, webhook: WebhookStatus, start: datetime, end: datetime
) -> bool:
    """Return whether a live task in a webhook's scope was updated between two times."""
    space_ids = (webhook.space_id,) if webhook.space_id else ()
    tasks = fetch_first_page(client, webhook.workspace_id, space_ids=space_ids, since=start)
    until = to_iso_timestamp(to_epoch_ms(end)) or ""
    return any((to_iso_timestamp(task.get("date_updated")) or "9") <= until for task in tasks)
