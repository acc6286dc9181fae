"""Webhooks that fail, are suspended or have gone silent: noticed, mended, and made up for.

ClickUp tells nobody when it gives a delivery up, and never sends it again. So after each gap the
ordinary poll runs at once.
https://developer.clickup.com/docs/webhookhealth
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_clickup.conversions import to_epoch_ms, to_iso_timestamp
from tap_clickup.readers.task_reader import fetch_first_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clickup_receiver.webhooks.registrar import Registered
    from tap_clickup.client import Client

SILENT_AFTER = timedelta(hours=1)
LATE = timedelta(minutes=10)
"""How long after an edit its delivery may come, and ClickUp's search may not show it."""

logger = logging.getLogger("clickup-receiver")


class Health:
    """Looks after webhooks.

    `heard` tells when each webhook sent its latest delivery, `changed_since` whether tasks of its
    place changed from a moment to another, `catch_up` has everything polled that changed in a gap
    of some length. `endpoint` is the address that ClickUp calls.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        heard: Callable[[], Mapping[str, datetime]],
        changed_since: Callable[[Registered, datetime, datetime], bool],
        catch_up: Callable[[timedelta], None],
    ) -> None:
        self._endpoint = endpoint
        self._heard = heard
        self._changed_since = changed_since
        self._catch_up = catch_up
        self._good: dict[str, datetime] = {}

    def look(self, webhooks: list[Registered], *, now: datetime | None = None) -> list[str]:
        """Return the ids of webhooks of which deliveries may be missing; have those polled."""
        at, heard, missing = now or datetime.now(UTC), self._heard(), dict[str, datetime]()
        for one in webhooks:
            if one.webhook_id:
                good = self._good.setdefault(one.webhook_id, at)
                since = max(good, heard.get(one.webhook_id, good))
                if not one.is_healthy or self._is_silent(one, since, at):
                    missing[one.webhook_id] = heard.get(one.webhook_id, since)
                    self._good[one.webhook_id] = at
        if missing:
            self._catch_up(at - min(missing.values()))
        return [*missing]

    def _is_silent(self, one: Registered, since: datetime, now: datetime) -> bool:
        if now - since < SILENT_AFTER:
            return False
        if not self._changed_since(one, since + LATE, now - LATE):
            return False
        logger.warning(
            "webhook %s of %s: nothing came since %s, though tasks changed; %s, and that the user "
            "who made it is active and sees the lists in question",
            one.webhook_id,
            one.place,
            since.isoformat(timespec="seconds"),
            self._advice,
        )
        return True

    def tell(self, webhooks: list[Registered]) -> None:
        """Log what ClickUp has found wrong with its deliveries."""
        for one in webhooks:
            if one.webhook_id and not one.is_healthy:
                logger.warning(
                    "webhook %s of %s was %s after %d deliveries that failed, and is active again: "
                    "ClickUp could not reach the receiver; %s",
                    one.webhook_id,
                    one.place,
                    one.health,
                    one.fail_count,
                    self._advice,
                )

    @property
    def _advice(self) -> str:
        return f"check from any host with internet access that `curl -I {self._endpoint}` answers"


def changed_since(client: Client, one: Registered, start: datetime, end: datetime) -> bool:
    """Return whether a live task of a webhook's place was updated between two moments."""
    space_ids = (one.space_id,) if one.space_id else ()
    tasks = fetch_first_page(client, one.workspace_id, space_ids=space_ids, since=start)
    until = to_iso_timestamp(to_epoch_ms(end)) or ""
    return any((to_iso_timestamp(task.get("date_updated")) or "9") <= until for task in tasks)
