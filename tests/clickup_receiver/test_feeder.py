"""What waits is fed burst by burst; what the target has not taken is fed again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.feed.feeder import MOST, Feeder, Messages, TargetError
from clickup_receiver.inbox.events import decode_body, parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox
from tap_clickup.errors import InvalidTokenError
from tests.clickup_receiver.payloads import WEBHOOK_ID, body, history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clickup_receiver.inbox.inbox import PendingEvent


class Fed:
    """A feeder whose target takes what it is given, unless it is `down` or one is in `poison`."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.bursts: list[list[str]] = []
        self.loaded: list[str] = []
        self.poison: set[str] = set()
        self.unreadable: dict[str, str] = {}
        self.down = self.deaf = self.broken = False
        self.feeder = Feeder(inbox, tell=self._tell, load=self._load)

    def __call__(self, *, most: int = 100) -> int:
        """Feed until nothing waits; return how many attempts it took."""
        return next((n for n in range(most) if not self.feeder.feed()), most)

    def _tell(self, waiting: list[PendingEvent]) -> Messages:
        if self.deaf:
            raise InvalidTokenError("401 Unauthorized")
        if self.broken:
            raise RuntimeError("a secret plan")
        lines = [one.event.object_id.encode() for one in waiting]
        unusable = {
            one.id: self.unreadable[one.event.object_id]
            for one in waiting
            if one.event.object_id in self.unreadable
        }
        return Messages(lines, unusable)

    def _load(self, lines: Iterable[bytes]) -> None:
        burst = [line.decode() for line in lines]
        self.bursts.append(burst)
        if self.down or self.poison & set(burst):
            raise TargetError("target_command target: exit code 1")
        self.loaded += burst


@pytest.fixture
def fed(inbox: Inbox) -> Fed:
    return Fed(inbox)


def put(inbox: Inbox, *task_ids: str) -> None:
    """Put an event into the inbox for each task."""
    for task_id in task_ids:
        sent = body("taskUpdated", history("name"), task_id=task_id)
        inbox.add([Delivery(f"signature of {task_id}", WEBHOOK_ID, parse_event(decode_body(sent)))])


def names(count: int) -> list[str]:
    return [f"task{number:04}" for number in range(count)]


def waiting(inbox: Inbox) -> list[str]:
    return [one.event.object_id for one in inbox.pending(limit=10_000)]


def test_a_burst_that_was_taken_waits_no_more(fed: Fed) -> None:
    put(fed.inbox, "a", "b")
    assert fed.feeder.feed() is True
    assert fed.feeder.feed() is False
    assert (fed.bursts, waiting(fed.inbox)) == ([["a", "b"]], [])


def test_more_than_a_burst_is_fed_in_the_order_of_arrival(fed: Fed) -> None:
    put(fed.inbox, *names(MOST + 5))
    fed()
    assert [len(one) for one in fed.bursts] == [MOST, 5]
    assert fed.loaded == names(MOST + 5)


def test_nothing_is_given_up_while_the_target_takes_nothing(fed: Fed) -> None:
    put(fed.inbox, *names(30))
    fed.down = True
    fed(most=40)
    assert (waiting(fed.inbox), fed.inbox.dead_letters()) == (names(30), [])
    fed.down = False
    fed()
    assert sorted(fed.loaded) == names(30)
    assert fed.inbox.dead_letters() == []


def test_one_event_alone_is_not_given_up_for_who_knows_whether_it_is_the_target(fed: Fed) -> None:
    put(fed.inbox, "only")
    fed.poison = {"only"}
    fed(most=50)
    assert waiting(fed.inbox) == ["only"]


def test_an_event_that_fails_while_others_pass_becomes_a_dead_letter(fed: Fed) -> None:
    put(fed.inbox, *names(200))
    fed.poison = {"task0077"}
    assert fed(most=60) < 60
    assert sorted(fed.loaded) == sorted(set(names(200)) - {"task0077"})
    (letter,) = fed.inbox.dead_letters()
    assert letter.event
    assert letter.event.object_id == "task0077"
    assert letter.reason == "the target failed 3 times with it alone"


def test_two_of_them_beside_each_other_are_found_too(fed: Fed) -> None:
    put(fed.inbox, *names(20))
    fed.poison = {"task0003", "task0004"}
    assert fed(most=80) < 80
    letters = fed.inbox.dead_letters()
    assert {one.event.object_id for one in letters if one.event} == fed.poison
    assert sorted(fed.loaded) == sorted(set(names(20)) - fed.poison)


def test_a_dead_letter_that_is_replayed_is_fed(fed: Fed) -> None:
    put(fed.inbox, *names(50))
    fed.poison = {"task0001"}
    fed()
    fed.poison = set()
    assert fed.inbox.replay() == 1
    fed()
    assert sorted(fed.loaded) == names(50)


def test_what_clickup_shows_in_no_usable_form_is_a_dead_letter_at_once(
    fed: Fed, caplog: pytest.LogCaptureFixture
) -> None:
    put(fed.inbox, "good", "bad")
    fed.unreadable = {"bad": "a shape that is not known"}
    fed()
    assert [one.reason for one in fed.inbox.dead_letters()] == ["a shape that is not known"]
    assert waiting(fed.inbox) == []
    assert fed.inbox.replay() == 1
    assert "event 2 is a dead letter: a shape that is not known" in caplog.text


def test_the_pause_grows_to_a_minute_and_ends_with_success(fed: Fed) -> None:
    put(fed.inbox, "a", "b")
    fed.deaf = True
    pauses = []
    for _ in range(9):
        fed.feeder.feed()
        pauses.append(fed.feeder.pause_seconds)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    fed.deaf = False
    fed.feeder.feed()
    assert (fed.feeder.pause_seconds, fed.bursts) == (0, [["a", "b"]])


def test_what_cannot_be_read_now_is_fed_whole_later(fed: Fed) -> None:
    """A dead token or a ClickUp that is down is no fault of an event."""
    put(fed.inbox, *names(12))
    fed.deaf = True
    fed(most=10)
    fed.deaf = False
    fed()
    assert fed.bursts == [names(12)]


def test_an_unexpected_error_ends_nothing_and_shows_nothing(
    fed: Fed, caplog: pytest.LogCaptureFixture
) -> None:
    put(fed.inbox, "a")
    fed.broken = True
    with caplog.at_level(logging.ERROR):
        fed.feeder.feed()
    assert "unexpected RuntimeError; 1 events wait" in caplog.text
    assert "secret plan" not in caplog.text
    fed.broken = False
    fed()
    assert fed.loaded == ["a"]
