"""Load pending events into the target, batch by batch, and acknowledge what it has loaded.

Nothing is acknowledged before the target has succeeded. If either process is killed before that,
the batch is loaded again; targets load by key, so a repeated batch changes nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clickup_receiver.feed.target_process import TargetError
from tap_clickup.errors import ClickUpError
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from clickup_receiver.inbox.inbox import Inbox, PendingEvent

MAX_BATCH_SIZE = 1_000
"""Events per batch."""
MAX_FAILURES_ALONE = 3
"""After so many failures alone, while others are loaded, an event becomes a dead letter."""
MAX_PAUSE_SECONDS = 60.0
SHRINK_FACTOR = 10
"""By how much the batch size shrinks after a failure and grows after a success."""

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class SingerBatch:
    """The Singer messages of some events.

    `failed_events` has the reason for each event without messages, by its id; `deferred_events` are
    left to the next batch. `on_loaded` is called once the target has loaded the messages.
    """

    lines: Sequence[bytes]
    failed_events: Mapping[int, str] = field(default_factory=dict)
    deferred_events: Collection[int] = ()
    on_loaded: Callable[[], None] = lambda: None


class Feeder:
    """Feeds a target from the inbox.

    `build_messages` converts events to messages, and gets the number of all pending events too;
    `load` passes the messages to a target. A batch that the target rejects is retried in smaller
    batches until the failing event is alone. That event is set aside while others are loaded. It
    becomes a dead letter only if they succeed: as long as every batch fails, the cause is not the
    event.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        build_messages: Callable[[list[PendingEvent], int], SingerBatch],
        load: Callable[[Iterable[bytes]], None],
    ) -> None:
        self._inbox = inbox
        self._build_messages = build_messages
        self._load = load
        self._batch_size = MAX_BATCH_SIZE
        self._consecutive_failures = 0
        self._failures_alone: Counter[int] = Counter()
        self._suspects: set[int] = set()

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next attempt: twice as long after each failure."""
        if not self._consecutive_failures:
            return 0.0
        return min(2.0 ** (self._consecutive_failures - 1), MAX_PAUSE_SECONDS)

    def feed(self) -> bool:
        """Feed the next batch; return whether there was one. Failures are logged, never raised."""
        batch = self._next_batch()
        if batch:
            self._feed(batch)
        return bool(batch)

    def _next_batch(self) -> list[PendingEvent]:
        """Return pending events without the suspects; the suspects if nothing else is pending."""
        pending = self._inbox.pending(limit=self._batch_size + len(self._suspects))
        batch = [event for event in pending if event.id not in self._suspects]
        if not batch and self._suspects:
            self._suspects.clear()
            batch = pending
        return batch[: self._batch_size]

    def _feed(self, batch: list[PendingEvent]) -> None:
        try:
            pending_count, _ = self._inbox.depth()
            messages = self._build_messages(batch, pending_count)
            if messages.lines:
                self._load(messages.lines)
        except TargetError as error:
            self._record_failure(str(error), batch)
            self._shrink_batch(batch)
        except ClickUpError as error:
            self._record_failure(str(error), batch)
        except Exception as error:  # noqa: BLE001 - one event must not stop the feeding of others
            self._record_failure(f"unexpected {type(error).__name__}", batch)
            self._shrink_batch(batch)
        else:
            messages.on_loaded()
            deferred = messages.deferred_events
            done = [event for event in batch if event.id not in deferred]
            self._acknowledge(done, messages.failed_events)

    def _record_failure(self, reason: str, batch: list[PendingEvent]) -> None:
        self._consecutive_failures += 1
        logger.error(
            "%s; %s not loaded, retrying in %.0f s",
            reason,
            format_count(len(batch), "event"),
            self.pause_seconds,
        )

    def _shrink_batch(self, batch: list[PendingEvent]) -> None:
        self._batch_size = max(1, len(batch) // SHRINK_FACTOR)
        if len(batch) == 1:
            self._suspects.add(batch[0].id)

    def _acknowledge(self, batch: list[PendingEvent], failed_events: Mapping[int, str]) -> None:
        self._inbox.mark_loaded([event.id for event in batch if event.id not in failed_events])
        for event_id, reason in failed_events.items():
            self._dead_letter(event_id, reason)
        for event_id in self._suspects:
            self._failures_alone[event_id] += 1
            if self._failures_alone[event_id] >= MAX_FAILURES_ALONE:
                reason = f"the target failed {MAX_FAILURES_ALONE} times with this event alone"
                self._dead_letter(event_id, reason)
        self._suspects.clear()
        self._consecutive_failures = 0
        self._batch_size = min(self._batch_size * SHRINK_FACTOR, MAX_BATCH_SIZE)

    def _dead_letter(self, event_id: int, reason: str) -> None:
        logger.error("event %d is a dead letter: %s", event_id, reason)
        self._inbox.dead_letter(event_id, reason=reason)
