"""Deliveries of concurrent requests are stored together, and fail or succeed by commit."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.http.group_commit import MAX_GROUP_SIZE, GroupCommit
from clickup_receiver.inbox.inbox import Delivery, InboxError

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_concurrent_requests_share_commits() -> None:
    group_sizes: list[int] = []

    def store(group: Sequence[Delivery]) -> list[bool]:
        group_sizes.append(len(group))
        return [delivery.signature.isdigit() for delivery in group]

    async def add() -> list[bool]:
        group_commit = GroupCommit(store)
        signatures = [str(number) if number % 2 else "known" for number in range(1_200)]
        deliveries = [Delivery(signature, "w", None) for signature in signatures]
        return list(await asyncio.gather(*map(group_commit.add, deliveries)))

    assert asyncio.run(add()) == [bool(number % 2) for number in range(1_200)]
    assert group_sizes == [MAX_GROUP_SIZE, MAX_GROUP_SIZE, 200]


@pytest.mark.parametrize("fails", [False, True])
def test_a_disconnected_client_does_not_affect_others(*, fails: bool) -> None:
    """It leaves while its delivery is being stored, or while that fails."""
    storing = Event()
    disconnected = Event()

    def store(group: Sequence[Delivery]) -> list[bool]:
        storing.set()
        disconnected.wait(30)
        if fails and group[0].signature == "1":
            raise InboxError("cannot be stored")
        return [True] * len(group)

    async def add() -> list[bool | BaseException]:
        group_commit = GroupCommit(store)
        first = asyncio.create_task(group_commit.add(Delivery("1", "w", None)))
        second = asyncio.create_task(group_commit.add(Delivery("2", "w", None)))
        await asyncio.to_thread(storing.wait, 30)
        first.cancel()
        await asyncio.wait([first])
        disconnected.set()
        results = await asyncio.gather(second, return_exceptions=True)
        return [*results, await group_commit.add(Delivery("3", "w", None))]

    second, third = asyncio.run(asyncio.wait_for(add(), 30))
    assert isinstance(second, InboxError) if fails else second is True
    assert third is True


def test_a_failed_commit_fails_only_its_own_requests() -> None:
    def store(group: Sequence[Delivery]) -> list[bool]:
        if any(delivery.signature == "invalid" for delivery in group):
            raise InboxError("cannot be stored")
        return [True] * len(group)

    async def add() -> list[bool | BaseException]:
        group_commit = GroupCommit(store)
        results = await asyncio.gather(
            group_commit.add(Delivery("invalid", "w", None)), return_exceptions=True
        )
        return [*results, await group_commit.add(Delivery("valid", "w", None))]

    failed, stored = asyncio.run(add())
    assert isinstance(failed, InboxError)
    assert stored is True
