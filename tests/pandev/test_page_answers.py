"""A page is kept until something is written; a newer one is waited for, but not for long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from threading import Event
from typing import TYPE_CHECKING

import pytest

from pandev.page import answers as module
from pandev.page.answers import Answer, Answers, Page
from pandev.page.content import UTC_CALENDAR
from target_pandev.errors import StoreError
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_AT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Store:
    """A store whose pages show how often they were read; those of its gate are read slowly."""

    version: str | None = "1"
    reads: list[str] = field(default_factory=list)
    now: float = 0.0
    gate: Event | None = None
    error: str = ""
    problem: str = ""
    lasts_seconds: float = inf

    def read(self, key: str) -> Page:
        """Return a page with its number, in the version of the store as it is now."""
        self.reads.append(key)
        number, version, gate = len(self.reads), self.version, self.gate
        if gate:
            assert gate.wait(60)
        if self.error:
            raise StoreError(self.error)
        html = f"{key}{number}".encode()
        return Page(html, UTC_CALENDAR, READ_AT, version, self.problem, self.lasts_seconds)

    def answers(self, *, patience_seconds: float = 60) -> Answers[str]:
        """Return the answers of the store."""
        return Answers(
            self.read,
            lambda: self.version,
            patience_seconds=patience_seconds,
            clock=lambda: self.now,
        )


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    if store.gate:
        store.gate.set()


def html(answer: Answer) -> str:
    """Return the HTML of an answer that is not an old one."""
    assert not answer.is_old
    return answer.page.html.decode()


def make_slow(store: Store, version: str, now: float = 1.0) -> Event:
    """Let reads wait from now on, and return what ends that."""
    store.version, store.now, store.gate = version, now, Event()
    return store.gate


def test_a_page_is_read_once_for_each_version(store: Store) -> None:
    answers = store.answers()
    shown = []
    for now, version in enumerate(("1", "1", "2", "2")):
        store.version, store.now = version, now
        shown += [html(answers.get(key)) for key in ("a", "b", "a")]
    assert shown == ["a1", "b2", "a1", "a1", "b2", "a1", "a3", "b4", "a3", "a3", "b4", "a3"]


@pytest.mark.parametrize(("now", "shown"), [(100.0, "a1"), (129.9, "a1"), (130.0, "a2")])
def test_a_page_is_read_again_once_it_has_lasted(store: Store, now: float, shown: str) -> None:
    """It was read at 100 seconds and shows something else after 30, though nothing was written."""
    store.now, store.lasts_seconds = 100.0, 30.0
    answers = store.answers()
    assert html(answers.get("a")) == "a1"
    store.now = now
    assert html(answers.get("a")) == shown


def test_without_a_store_nothing_is_kept(store: Store) -> None:
    store.version = None
    answers = store.answers()
    assert [html(answers.get("a")) for store.now in (1.0, 2.0)] == ["a1", "a2"]


def test_those_who_ask_at_once_share_a_read(store: Store) -> None:
    gate = make_slow(store, "1")
    answers = store.answers()
    with ThreadPoolExecutor(5) as executor:
        asked = [executor.submit(answers.get, "a") for _ in range(5)]
        wait_until(lambda: store.reads)
        gate.set()
        assert [html(answer.result(60)) for answer in asked] == ["a1"] * 5


def test_a_page_that_takes_long_is_shown_as_it_was(store: Store) -> None:
    """The new one is read meanwhile, once, and is there for the next who asks."""
    answers = store.answers(patience_seconds=0)
    assert html(answers.get("a")) == "a1"
    gate = make_slow(store, "2")
    old = Answer(Page(b"a1", UTC_CALENDAR, READ_AT, "1"), is_old=True)
    assert [answers.get("a") for _ in range(3)] == [old] * 3
    gate.set()
    assert html(wait_until(lambda: fresh(answers, "a"))) == "a2"
    assert store.reads == ["a", "a"]


def fresh(answers: Answers[str], key: str) -> Answer | None:
    """Return an answer; None for an old one."""
    answer = answers.get(key)
    return None if answer.is_old else answer


def test_a_page_that_is_there_in_time_is_waited_for(store: Store) -> None:
    answers = store.answers(patience_seconds=60)
    assert html(answers.get("a")) == "a1"
    gate = make_slow(store, "2")
    with ThreadPoolExecutor(1) as executor:
        asked = executor.submit(answers.get, "a")
        wait_until(lambda: len(store.reads) == 2)
        assert not asked.done()
        gate.set()
        assert html(asked.result(60)) == "a2"


def test_what_was_written_during_a_read_is_read_after_it(store: Store) -> None:
    """A read that had begun before the write does not answer who asks after it."""
    answers = store.answers()
    gate = make_slow(store, "1")
    with ThreadPoolExecutor(2) as executor:
        first = executor.submit(answers.get, "a")
        wait_until(lambda: store.reads)
        store.version, store.now = "2", 2.0
        second = executor.submit(answers.get, "a")
        gate.set()
        assert (html(first.result(60)), html(second.result(60))) == ("a1", "a2")


@pytest.mark.parametrize(("age", "shown"), [(600.0, b"a1"), (600.1, b"a2")])
def test_a_page_of_ten_minutes_ago_is_not_shown(store: Store, age: float, shown: bytes) -> None:
    answers = store.answers(patience_seconds=0)
    assert html(answers.get("a")) == "a1"
    gate = make_slow(store, "2", age)
    with ThreadPoolExecutor(1) as executor:
        asked = executor.submit(answers.get, "a")
        wait_until(lambda: len(store.reads) == 2)
        if shown == b"a2":
            assert not asked.done()
            gate.set()
        answer = asked.result(60)
    assert (answer.is_old, answer.page.html) == (shown == b"a1", shown)


@pytest.mark.parametrize("kind", ["error", "problem"])
def test_why_there_is_no_newer_page_is_in_the_next_answer(store: Store, kind: str) -> None:
    """Whether all of it or one of its figures could not be read; then it is tried again."""
    answers = store.answers(patience_seconds=0)
    assert html(answers.get("a")) == "a1"
    gate = make_slow(store, "2")
    setattr(store, kind, "connection lost")
    answers.get("a")
    gate.set()
    wait_until(lambda: not answers.is_reading)
    gate = make_slow(store, "2", 2.0)
    answer = answers.get("a")
    assert (answer.is_old, answer.error, answer.page.html) == (True, "connection lost", b"a1")
    setattr(store, kind, "")
    gate.set()
    assert html(wait_until(lambda: fresh(answers, "a"))) == "a3"
    make_slow(store, "3", 3.0)
    assert answers.get("a").error == ""


def test_an_error_in_time_is_raised(store: Store) -> None:
    answers = store.answers()
    store.error = "connection lost"
    with pytest.raises(StoreError, match="connection lost"):
        answers.get("a")
    store.error = ""
    assert html(answers.get("a")) == "a2"


def test_a_page_with_a_figure_that_cannot_be_read_is_not_kept(store: Store) -> None:
    answers = store.answers()
    store.problem = "timeout"
    assert [html(answers.get("a")) for store.now in (1.0, 2.0)] == ["a1", "a2"]


def test_no_more_than_two_pages_are_read_at_once(store: Store) -> None:
    answers = store.answers()
    gate = make_slow(store, "1")
    started = [answers.start(key) for key in "abcd"]
    wait_until(lambda: len(store.reads) == 2)
    assert answers.is_reading
    gate.set()
    assert {read.result(60).page.html[:1] for read in started} == {b"a", b"b", b"c", b"d"}
    assert len(store.reads) == 4


def test_the_pages_asked_for_least_recently_make_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has two bytes."""
    monkeypatch.setattr(module, "MAX_BYTES", 6)
    answers = store.answers()
    for store.now, key in enumerate("abcadabc"):
        answers.get(key)
    assert store.reads == ["a", "b", "c", "d", "b", "c"]


def test_newer_pages_take_the_place_of_older_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages of two bytes have room in any version."""
    monkeypatch.setattr(module, "MAX_BYTES", 6)
    answers = store.answers()
    for store.version in ("1", "2", "3"):
        for key in "abcabc":
            store.now += 1
            answers.get(key)
    assert store.reads == list("abcabcabc")
