"""Many deliveries in one commit: a disk takes some hundred commits a second, of any size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clickup_receiver.inbox.inbox import Delivery

MOST = 500
"""Deliveries of one commit: what comes next waits no longer than that takes."""


class GroupCommit:
    """Stores deliveries of requests that run beside each other, on one event loop.

    While one commit is under way, the next one gathers. `store` runs in a thread.
    """

    def __init__(self, store: Callable[[Sequence[Delivery]], list[bool]]) -> None:
        self._store = store
        self._gathered: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def add(self, delivery: Delivery) -> bool:
        """Return once the delivery is durable, whether it was new; raises what `store` raises."""
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._gathered.append((delivery, stored))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        return await stored

    async def _commit(self) -> None:
        while self._gathered:
            group, self._gathered = self._gathered[:MOST], self._gathered[MOST:]
            try:
                news = await asyncio.to_thread(self._store, [delivery for delivery, _ in group])
            except Exception as error:  # noqa: BLE001 - each request that waits raises it
                for _, stored in group:
                    if not stored.done():  # else its client left before the answer
                        stored.set_exception(error)
            else:
                for (_, stored), new in zip(group, news, strict=True):
                    if not stored.done():
                        stored.set_result(new)
        self._committing = None
