"""The loops of the service, without its threads."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.feed.feeder import Feeder, SingerBatch
from clickup_receiver.feed.target_process import TargetError
from clickup_receiver.inbox.inbox import Delivery, Inbox
from clickup_receiver.service import (
    GATHER_SECONDS,
    POLL_INTERVAL_SECONDS,
    FeedLoop,
    purge,
)
from tests.clickup_receiver.message_source import pending_event
from tests.clickup_receiver.payloads import WEBHOOK_ID, history

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

EVENT = pending_event("taskUpdated", history("name")).event


def feed_loop(
    inbox: Inbox, *, target_fails: bool = False, make_feeder: type[Feeder] = Feeder
) -> FeedLoop:
    def load(_: Iterable[bytes]) -> None:
        if target_fails:
            raise TargetError("target_command target: exit code 1")

    feeder = make_feeder(inbox, build_messages=lambda *_: SingerBatch([b"{}\n"]), load=load)
    return FeedLoop(inbox, feeder)


class LateFeeder(Feeder):
    """A feeder during whose look at the inbox an event is added, which it does not see."""

    def feed(self) -> bool:
        was_loaded = super().feed()
        self._inbox.add([Delivery("signature", WEBHOOK_ID, EVENT)])
        return was_loaded


def test_the_feed_loop_waits_if_nothing_is_pending(inbox: Inbox) -> None:
    started = time.monotonic()
    assert feed_loop(inbox).run_once() == 0
    assert time.monotonic() - started >= POLL_INTERVAL_SECONDS


def test_an_event_that_is_added_ends_the_wait(inbox: Inbox) -> None:
    """Then it waits for the second event of the same change."""
    loop = feed_loop(inbox, make_feeder=LateFeeder)
    assert loop.run_once() == GATHER_SECONDS
    assert [pending.event for pending in inbox.pending(limit=10)] == [EVENT]
    assert loop.run_once() == 0
    assert inbox.pending(limit=10) == []


def test_the_feed_loop_pauses_longer_after_each_failure(inbox: Inbox) -> None:
    inbox.add([Delivery("signature", WEBHOOK_ID, EVENT)])
    loop = feed_loop(inbox, target_fails=True)
    assert [loop.run_once() for _ in range(3)] == [1, 2, 4]


@pytest.mark.parametrize(
    ("age", "limit_bytes", "is_recognized"),
    [
        (timedelta(days=29), 2**30, True),
        (timedelta(days=31), 2**30, False),
        (timedelta(days=8), 800_000, False),
        (timedelta(hours=2), 800_000, True),
    ],
)
def test_old_keys_are_purged_earlier_from_a_half_full_inbox(
    tmp_path: Path,
    *,
    age: timedelta,
    limit_bytes: int,
    is_recognized: bool,
) -> None:
    """They only serve to recognize a repeated delivery."""
    inbox = Inbox(tmp_path / "inbox.sqlite", limit_bytes=limit_bytes)
    deliveries = [Delivery(f"{number:0100}", WEBHOOK_ID, EVENT) for number in range(900)]
    inbox.add(deliveries)
    inbox.mark_loaded([pending.id for pending in inbox.pending(limit=1_000)])
    purge(inbox, datetime.now(UTC) + age)
    assert inbox.add(deliveries[:1]) == [not is_recognized]
    inbox.close()


@pytest.mark.parametrize(("days", "left"), [(89, 1), (91, 0)])
def test_old_dead_letters_are_purged(inbox: Inbox, days: int, left: int) -> None:
    inbox.add([Delivery("1", WEBHOOK_ID, None, failure_reason="no event")])
    purge(inbox, datetime.now(UTC) + timedelta(days=days))
    assert len(inbox.dead_letters()) == left
