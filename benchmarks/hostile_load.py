"""Honest deliveries at a steady rate while others attack, and what unsigned bodies cost."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.receive_load import build_requests

if TYPE_CHECKING:
    import psutil

HOST = "127.0.0.1"
DELIVERIES_PER_SECOND = 20
TIMEOUT_SECONDS = 7.0
"""How long ClickUp waits for a response."""
SAMPLE_SECONDS = 0.05


@dataclass
class Honest:
    """The duration of each honest delivery in seconds; one that failed has the timeout's."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    peak_bytes: int = 0
    """Largest resident memory of the receiver in the meantime."""


async def deliver_steadily(
    port: int, process: psutil.Process, *, first: int, seconds: float
) -> Honest:
    """Send each delivery at its time over a new connection, however late the earlier ones are."""
    honest = Honest()
    sampling = asyncio.create_task(_sample_memory(process, honest))
    count = round(seconds * DELIVERIES_PER_SECOND)
    started = time.monotonic()
    deliveries = []
    for number, request in enumerate(islice(build_requests(count, first=first), count)):
        await asyncio.sleep(started + number / DELIVERIES_PER_SECOND - time.monotonic())
        deliveries.append(asyncio.create_task(_deliver(port, request, honest)))
    await asyncio.gather(*deliveries)
    sampling.cancel()
    return honest


async def _deliver(port: int, request: bytes, honest: Honest) -> None:
    started = time.monotonic()
    is_accepted = False
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(request)
                is_accepted = b" 200 " in await reader.readline()
            finally:
                writer.close()
    honest.failures += not is_accepted
    honest.seconds.append(time.monotonic() - started if is_accepted else TIMEOUT_SECONDS)


async def _sample_memory(process: psutil.Process, honest: Honest) -> None:
    while True:
        honest.peak_bytes = max(honest.peak_bytes, process.memory_info().rss)
        await asyncio.sleep(SAMPLE_SECONDS)


def send_refused(port: int, request: bytes, *, count: int) -> None:
    """Send an unsigned request several times, each over a new connection, and read the response."""
    for _ in range(count):
        with suppress(OSError), socket.create_connection((HOST, port), TIMEOUT_SECONDS) as client:
            with suppress(OSError):  # refused before all of it was sent
                client.sendall(request)
            client.recv(1_000)
