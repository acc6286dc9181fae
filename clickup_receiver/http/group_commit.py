"""Store many deliveries per commit: a disk syncs only a few hundred times per second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clickup_receiver.inbox.inbox import Delivery

MAX_GROUP_SIZE = 500
"""Deliveries per commit. It bounds how long the next delivery waits for its own commit."""


class GroupCommit:
    """Stores the deliveries of concurrent requests, on one event loop.

    While a commit is in progress, the deliveries of the next one are collected. `store` runs in a
    thread.
    """

    def __init__(self, store: Callable[[Sequence[Delivery]], list[bool]]) -> None:
        self._store = store
        self._pending: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._commit_task: asyncio.Task[None] | None = None

    async def add(self, delivery: Delivery) -> bool:
        """Return whether a delivery is new, once it is durable. Raises what `store` raises."""
        is_new: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.append((delivery, is_new))
        if self._commit_task is None:
            self._commit_task = asyncio.create_task(self._commit_pending())
        return await is_new

    async def _commit_pending(self) -> None:
        while self._pending:
            group = self._pending[:MAX_GROUP_SIZE]
            self._pending = self._pending[MAX_GROUP_SIZE:]
            try:
                results = await asyncio.to_thread(self._store, [delivery for delivery, _ in group])
            except Exception as error:  # noqa: BLE001 - every request of the group raises it
                for _, is_new in group:
                    if not is_new.done():  # done: its client disconnected before the response
                        is_new.set_exception(error)
            else:
                for (_, is_new), result in zip(group, results, strict=True):
                    if not is_new.done():
                        is_new.set_result(result)
        self._commit_task = None
