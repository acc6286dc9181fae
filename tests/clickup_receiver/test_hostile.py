"""Hostile clients of a real receiver: memory, descriptors and log lines stay bounded."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import pytest
import requests

from clickup_receiver.http.app import WEBHOOK_PATH
from clickup_receiver.http.signature import compute_signature
from tests.clickup_receiver.payloads import body, history
from tests.clickup_receiver.receiver_process import COMMAND, ReceiverProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import FakeClickUp

Address: TypeAlias = "tuple[str, int]"
LIMITED = ("sh", "-c", f'ulimit -n 256; exec {COMMAND} "$@"', "sh")
"""A receiver that may open few files, so that few connections take all of them."""
ATTACKERS = 10
ATTACK_SECONDS = 3
MIB = 2**20
GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST " + WEBHOOK_PATH.encode() + b" HTTP/1.1\r\nHost: a\r\n"
FORGED = b"X-Signature: " + b"0" * 64 + b"\r\n"
CHUNKED = POST + FORGED + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"
LARGE = POST + FORGED + b"Content-Length: 262144\r\n\r\n"


@pytest.fixture
def receiver(clickup: FakeClickUp, database: str, tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(clickup, database, tmp_path, command=LIMITED) as process:
        yield process
        assert process.stop() == 0


def address_of(url: str) -> Address:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


def deliver(receiver: ReceiverProcess, task_id: str) -> int:
    """Send an honest delivery on a new connection; return its status."""
    webhook_id = receiver.webhook_id
    secret = receiver.secret_store.get(webhook_id)[0]
    content = body("taskUpdated", history("name"), task_id=task_id, webhook_id=webhook_id)
    headers = {"X-Signature": compute_signature(content, secret).decode()}
    return requests.post(receiver.url, content, headers=headers, timeout=7).status_code


def memory_bytes(receiver: ReceiverProcess) -> int:
    """Return the resident memory of the receiver."""
    assert receiver.process
    status = Path(f"/proc/{receiver.process.pid}/status").read_text(encoding="ascii")
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS")
    )


def attack(address: Address, first: bytes, piece: bytes, until: float) -> None:
    """Send without reading, on a new connection whenever one is closed."""
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(address, timeout=1) as connection:
            connection.sendall(first)
            while time.monotonic() < until:
                connection.sendall(piece)


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (GET, GET * 1_000),
        (CHUNKED, b"x: y\r\n" * 10_000),
        (CHUNKED + b"x: ", b"y" * 60_000),
        (LARGE, b" " * 60_000),
        (POST + b"X-Long: ", b"y" * 60_000),
    ],
    ids=["pipelined", "trailers", "trailer", "bodies", "header"],
)
def test_a_flood_takes_little_memory_and_delays_no_delivery(
    receiver: ReceiverProcess, first: bytes, piece: bytes
) -> None:
    assert deliver(receiver, "before") == 200
    memory_before = memory_bytes(receiver)
    until = time.monotonic() + ATTACK_SECONDS
    address = address_of(receiver.url)
    threads = [Thread(target=attack, args=(address, first, piece, until)) for _ in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    peak = memory_before
    delivered = 0
    while time.monotonic() < until:
        delivered += deliver(receiver, f"86a{delivered}") == 200
        peak = max(peak, memory_bytes(receiver))
    for thread in threads:
        thread.join()
    assert delivered > 0
    assert peak - memory_before < 50 * MIB
    assert len(receiver.log) < 20_000


@pytest.mark.parametrize("is_metrics", [False, True], ids=["deliveries", "metrics"])
def test_idle_connections_leave_room_for_deliveries(
    receiver: ReceiverProcess, *, is_metrics: bool
) -> None:
    address = address_of(receiver.metrics_url if is_metrics else receiver.url)
    with ExitStack() as stack:
        for _ in range(600):
            stack.enter_context(socket.create_connection(address, timeout=30))
        statuses = [deliver(receiver, str(number)) for number in range(20)]
        assert statuses == [200] * 20
        metrics = requests.get(receiver.metrics_url, timeout=30)
        assert 'webhook_received_total{event="taskUpdated"} 20.0' in metrics.text
    assert len(receiver.log) < 20_000
