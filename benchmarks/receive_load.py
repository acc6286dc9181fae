"""Send signed deliveries over many connections, one at a time per connection."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.receiver_server import SECRET, WEBHOOK_ID
from clickup_receiver.http.app import WEBHOOK_PATH
from clickup_receiver.http.signature import compute_signature

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES = 2_048
"""Length of a body."""


@dataclass
class Sent:
    """The duration of each delivery in seconds, and every status other than 200."""

    seconds: list[float] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)
    wall_seconds: float = 0.0


def build_requests(count: int, *, first: int) -> Iterator[bytes]:
    """Yield requests, each with a different event, over a thousand tasks."""
    for number in range(first, first + count):
        item = {
            "id": str(3_000_000_000_000_000_000 + number),
            "type": 1,
            "date": "1772600000000",
            "field": "status",
            "parent_id": "162641062",
            "user": {"id": 183, "email": "user1@example.com"},
            "before": {"status": "to do", "type": "open"},
            "after": {"status": "done", "type": "closed"},
        }
        delivery = {
            "event": "taskStatusUpdated",
            "history_items": [item],
            "task_id": f"86bench{number % 1_000:03}",
            "team_id": "9001",
            "webhook_id": WEBHOOK_ID,
            "padding": "",
        }
        text = json.dumps(delivery, separators=(",", ":"))
        body = (text[:-2] + "x" * (BYTES - len(text)) + text[-2:]).encode()
        signature = compute_signature(body, SECRET).decode()
        head = (
            f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: localhost\r\nX-Signature: {signature}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def send(port: int, requests: Iterator[bytes], *, connections: int) -> Sent:
    """Send requests, one at a time per connection."""
    sent = Sent()
    started = time.perf_counter()
    await asyncio.gather(*(_send_over_connection(port, requests, sent) for _ in range(connections)))
    sent.wall_seconds = time.perf_counter() - started
    return sent


async def _send_over_connection(port: int, requests: Iterator[bytes], sent: Sent) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        sent.seconds.append(time.perf_counter() - started)
        if not head.startswith(b"HTTP/1.1 200"):
            sent.rejected.append(int(head.split()[1]))
    writer.close()
    await writer.wait_closed()
