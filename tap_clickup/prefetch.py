"""Runs readings beside each other, each one item ahead of whoever takes them.

Knows nothing of ClickUp. Memory is bounded: a reading waits until its last item was taken before it
gives another, however fast it is.
"""

from __future__ import annotations

from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Item = TypeVar("Item")
THREAD_NAME = "tap-clickup reading"


class Prefetcher(Generic[Item]):
    """The items of several readings in the order of their arrival; begins at once.

    The error of one reading ends all: it is raised where its item would have been taken. After
    `close` no reading begins another item; none is waited for.
    """

    def __init__(self, readings: Iterable[Iterable[Item]]) -> None:
        self._arrived: SimpleQueue[tuple[Lock, Item | BaseException | None]] = SimpleQueue()
        self._closed = False
        self._taken: list[Lock] = []
        for reading in readings:
            taken = Lock()  # held from when an item is given until it is taken
            self._taken.append(taken)
            # A daemon: a run that is ended does not wait for an answer, or for the rate limit.
            Thread(target=self._run, args=(reading, taken), name=THREAD_NAME, daemon=True).start()

    def __iter__(self) -> Iterator[Item]:
        running = len(self._taken)
        try:
            while running:
                taken, item = self._arrived.get()
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    running -= 1
                    continue
                taken.release()
                yield item
        finally:
            self.close()

    def close(self) -> None:
        """Let the readings end."""
        self._closed = True
        for taken in self._taken:
            with suppress(RuntimeError):  # nothing waits to be taken
                taken.release()

    def _run(self, reading: Iterable[Item], taken: Lock) -> None:
        try:
            for item in reading:
                taken.acquire()
                if self._closed:
                    return
                self._arrived.put((taken, item))
        except BaseException as error:  # noqa: BLE001 - raised again where the item is awaited
            self._arrived.put((taken, error))
        else:
            self._arrived.put((taken, None))
