"""Run several iterators concurrently, each one item ahead of its consumer.

Knows nothing of ClickUp. Memory is bounded: an iterator waits until its latest item was consumed
before it passes on another, however fast it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")
THREAD_NAME = "tap-clickup prefetch"
SIGNAL_CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class _Item(Generic[T]):
    """An item, and the slot of its iterator: free unless an item of it waits to be consumed."""

    value: T
    slot: Semaphore


@dataclass(frozen=True)
class _Failed:
    """An iterator has raised an error."""

    error: BaseException


@dataclass(frozen=True)
class _Exhausted:
    """An iterator has no further items."""


_Event: TypeAlias = _Item[T] | _Failed | _Exhausted


class Prefetcher(Generic[T]):
    """The items of several iterators in the order of their arrival. Starts at once.

    The error of one iterator stops all: it is raised where its item would have been consumed. After
    `close` no iterator starts another item; `close` does not wait for them.
    """

    def __init__(self, iterables: Iterable[Iterable[T]]) -> None:
        self._events: SimpleQueue[_Event[T]] = SimpleQueue()
        self._closed = False
        self._slots: list[Semaphore] = []
        for iterable in iterables:
            slot = Semaphore(1)
            self._slots.append(slot)
            # A daemon: a run that is stopped does not wait for a response, or for the rate limit.
            Thread(target=self._run, args=(iterable, slot), name=THREAD_NAME, daemon=True).start()

    def __iter__(self) -> Iterator[T]:
        active = len(self._slots)
        try:
            while active:
                event = self._next_event()
                if isinstance(event, _Failed):
                    raise event.error
                if isinstance(event, _Exhausted):
                    active -= 1
                    continue
                event.slot.release()
                yield event.value
        finally:
            self.close()

    def _next_event(self) -> _Event[T]:
        """Wait for an event, and let Python handle signals in between.

        A signal that arrives just before `get` blocks, or that the system delivers to another
        thread, does not interrupt it: without a timeout, SIGTERM waited for the next response.
        https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
        """
        while True:
            try:
                return self._events.get(timeout=SIGNAL_CHECK_SECONDS)
            except Empty:
                continue

    def close(self) -> None:
        """Let the iterators stop."""
        self._closed = True
        for slot in self._slots:
            slot.release()  # so that one that waits for its slot notices

    def _run(self, iterable: Iterable[T], slot: Semaphore) -> None:
        try:
            for value in iterable:
                slot.acquire()
                if self._closed:
                    return
                self._events.put(_Item(value, slot))
        except BaseException as error:  # noqa: BLE001 - raised again where the item is consumed
            self._events.put(_Failed(error))
        else:
            self._events.put(_Exhausted())
