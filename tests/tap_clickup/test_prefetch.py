"""Prefetching: iterators run concurrently, one item ahead, and stop with their consumer."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tap_clickup.prefetch import THREAD_NAME, Prefetcher

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE = 10


def threads_have_ended() -> bool:
    """Return whether all prefetch threads have ended, after waiting for them."""
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME:
            thread.join(DEADLINE)
    return THREAD_NAME not in {thread.name for thread in threading.enumerate()}


def test_every_item_is_returned_in_its_iterators_order() -> None:
    items = list(Prefetcher([["a1", "a2", "a3"], [], ["b1", "b2"]]))
    assert sorted(items) == ["a1", "a2", "a3", "b1", "b2"]
    assert [item for item in items if item.startswith("a")] == ["a1", "a2", "a3"]
    assert threads_have_ended()


def test_slow_iterator_does_not_block_concurrent_ones() -> None:
    go_on = threading.Event()

    def slow() -> Iterator[str]:
        assert go_on.wait(DEADLINE)
        yield "slow"

    prefetched = iter(Prefetcher([slow(), ["fast", "faster"]]))
    assert [next(prefetched), next(prefetched)] == ["fast", "faster"]
    go_on.set()
    assert list(prefetched) == ["slow"]


def test_iterator_waits_until_its_last_item_is_taken() -> None:
    started: list[int] = []
    third = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(10):
            started.append(number)
            if number == 2:
                third.set()
            yield number

    prefetched = iter(Prefetcher([numbers()]))
    assert next(prefetched) == 0
    assert third.wait(DEADLINE)
    assert started == [0, 1, 2]
    assert list(prefetched) == list(range(1, 10))


def test_error_is_raised_in_place_and_stops_other_iterators() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    def endless() -> Iterator[int]:
        while True:
            yield 0

    taken_items: list[int] = []
    with pytest.raises(ValueError, match="broken"):
        taken_items.extend(item for item in Prefetcher([broken(), endless()]))
    assert threads_have_ended()


def test_iterators_stop_when_the_consumer_leaves() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 0

    for item in Prefetcher([endless()]):
        assert item == 0
        break
    assert threads_have_ended()


class StoppedError(Exception):
    """A signal was handled."""


def test_a_signal_delivered_to_another_thread_interrupts_the_consumer() -> None:
    """R135: a run that waits for a response stops at once, whichever thread gets the signal."""
    go_on = threading.Event()

    def stop(*_: object) -> None:
        raise StoppedError

    def send_signal() -> Iterator[str]:
        go_on.wait(0.3)  # until the consumer waits
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        assert go_on.wait(DEADLINE)
        yield "late"

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(StoppedError):
            list(Prefetcher([send_signal()]))
    finally:
        signal.signal(signal.SIGTERM, previous)
        go_on.set()
    assert threads_have_ended()
