"""Pending events are loaded in batches; a batch that the target did not load is loaded again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.feed.feeder import MAX_BATCH_SIZE, Feeder, SingerBatch
from clickup_receiver.feed.target_process import TargetError
from clickup_receiver.inbox.events import decode_body, parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox
from tap_clickup.errors import InvalidTokenError
from tests.clickup_receiver.payloads import WEBHOOK_ID, body, history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clickup_receiver.inbox.inbox import PendingEvent


class FeederHarness:
    """A feeder whose target loads every batch, except as the attributes say.

    `failing_tasks` make the target reject their batch, `invalid_tasks` have no messages, for a
    reason. `batches` are the task ids of each attempt, `loaded` those that the target has loaded.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.batches: list[list[str]] = []
        self.loaded: list[str] = []
        self.failing_tasks: set[str] = set()
        self.invalid_tasks: dict[str, str] = {}
        self.target_is_down = False
        self.build_error: Exception | None = None
        self.feeder = Feeder(inbox, build_messages=self._build_messages, load=self._load)

    def feed_all(self, *, max_attempts: int = 100) -> int:
        """Feed until nothing is pending; return how many attempts it took."""
        for attempt in range(max_attempts):
            if not self.feeder.feed():
                return attempt
        return max_attempts

    def put(self, *task_ids: str) -> None:
        """Put an event into the inbox for each task."""
        for task_id in task_ids:
            event = parse_event(decode_body(body("taskUpdated", history("name"), task_id=task_id)))
            self.inbox.add([Delivery(f"signature of {task_id}", WEBHOOK_ID, event)])

    def pending(self) -> list[str]:
        return [pending.event.object_id for pending in self.inbox.pending(limit=10_000)]

    def _build_messages(self, batch: list[PendingEvent], _: int) -> SingerBatch:
        if self.build_error:
            raise self.build_error
        task_ids = {pending.id: pending.event.object_id for pending in batch}
        failed_events = {
            event_id: self.invalid_tasks[task_id]
            for event_id, task_id in task_ids.items()
            if task_id in self.invalid_tasks
        }
        return SingerBatch([task_id.encode() for task_id in task_ids.values()], failed_events)

    def _load(self, lines: Iterable[bytes]) -> None:
        batch = [line.decode() for line in lines]
        self.batches.append(batch)
        if self.target_is_down or self.failing_tasks & set(batch):
            raise TargetError("target_command target: exit code 1")
        self.loaded += batch


@pytest.fixture
def harness(inbox: Inbox) -> FeederHarness:
    return FeederHarness(inbox)


def names(count: int) -> list[str]:
    return [f"task{number:04}" for number in range(count)]


def test_a_loaded_batch_is_acknowledged(harness: FeederHarness) -> None:
    harness.put("a", "b")
    assert harness.feeder.feed() is True
    assert harness.feeder.feed() is False
    assert harness.batches == [["a", "b"]]
    assert harness.pending() == []


def test_batches_are_limited_and_in_order_of_arrival(harness: FeederHarness) -> None:
    harness.put(*names(MAX_BATCH_SIZE + 5))
    harness.feed_all()
    assert [len(batch) for batch in harness.batches] == [MAX_BATCH_SIZE, 5]
    assert harness.loaded == names(MAX_BATCH_SIZE + 5)


def test_no_dead_letters_while_the_target_is_down(harness: FeederHarness) -> None:
    """As long as every batch fails, the cause is the target and not an event."""
    harness.put(*names(30))
    harness.target_is_down = True
    harness.feed_all(max_attempts=40)
    assert harness.pending() == names(30)
    assert harness.inbox.dead_letters() == []
    harness.target_is_down = False
    harness.feed_all()
    assert sorted(harness.loaded) == names(30)
    assert harness.inbox.dead_letters() == []


def test_a_single_failing_event_is_kept_until_others_succeed(harness: FeederHarness) -> None:
    """With nothing else to load, the event cannot be distinguished from a target that is down."""
    harness.put("only")
    harness.failing_tasks = {"only"}
    harness.feed_all(max_attempts=50)
    assert harness.pending() == ["only"]


def test_an_event_that_fails_alone_becomes_a_dead_letter(harness: FeederHarness) -> None:
    harness.put(*names(200))
    harness.failing_tasks = {"task0077"}
    assert harness.feed_all(max_attempts=60) < 60
    assert sorted(harness.loaded) == sorted(set(names(200)) - {"task0077"})
    (letter,) = harness.inbox.dead_letters()
    assert letter.event
    assert letter.event.object_id == "task0077"
    assert letter.reason == "the target failed 3 times with this event alone"
    assert harness.batches.count(["task0077"]) == 3


def test_two_adjacent_failing_events_become_dead_letters(harness: FeederHarness) -> None:
    harness.put(*names(20))
    harness.failing_tasks = {"task0003", "task0004"}
    assert harness.feed_all(max_attempts=80) < 80
    letters = harness.inbox.dead_letters()
    assert {letter.event.object_id for letter in letters if letter.event} == harness.failing_tasks
    assert sorted(harness.loaded) == sorted(set(names(20)) - harness.failing_tasks)


def test_a_replayed_dead_letter_is_loaded(harness: FeederHarness) -> None:
    harness.put(*names(50))
    harness.failing_tasks = {"task0001"}
    harness.feed_all()
    harness.failing_tasks = set()
    assert harness.inbox.replay() == 1
    harness.feed_all()
    assert sorted(harness.loaded) == names(50)


def test_an_invalid_object_is_a_dead_letter_at_once(
    harness: FeederHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """Another read of ClickUp would return the same object."""
    harness.put("good", "bad")
    harness.invalid_tasks = {"bad": "an unknown shape"}
    harness.feed_all()
    assert [letter.reason for letter in harness.inbox.dead_letters()] == ["an unknown shape"]
    assert harness.pending() == []
    assert harness.inbox.replay() == 1
    assert "event 2 is a dead letter: an unknown shape" in caplog.text


def test_the_retry_pause_doubles_up_to_a_minute(harness: FeederHarness) -> None:
    harness.put("a", "b")
    harness.build_error = InvalidTokenError("401 Unauthorized")
    pauses = []
    for _ in range(9):
        harness.feeder.feed()
        pauses.append(harness.feeder.pause_seconds)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    harness.build_error = None
    harness.feeder.feed()
    assert harness.feeder.pause_seconds == 0
    assert harness.batches == [["a", "b"]]


def test_a_clickup_failure_does_not_shrink_the_batch(harness: FeederHarness) -> None:
    """An invalid token or an unavailable ClickUp is not the fault of an event."""
    harness.put(*names(12))
    harness.build_error = InvalidTokenError("401 Unauthorized")
    harness.feed_all(max_attempts=10)
    harness.build_error = None
    harness.feed_all()
    assert harness.batches == [names(12)]


def test_an_unexpected_error_is_retried_and_logs_no_text(
    harness: FeederHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.put("a")
    harness.build_error = RuntimeError("a secret plan")
    with caplog.at_level(logging.ERROR):
        harness.feeder.feed()
    assert "unexpected RuntimeError; 1 event not loaded, retrying in 1 s" in caplog.text
    assert "secret plan" not in caplog.text
    harness.build_error = None
    harness.feed_all()
    assert harness.loaded == ["a"]


def test_the_log_counts_several_events(
    harness: FeederHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.put("a", "b")
    harness.target_is_down = True
    harness.feeder.feed()
    assert "exit code 1; 2 events not loaded, retrying in 1 s" in caplog.text
