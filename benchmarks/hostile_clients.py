"""Hostile clients of a receiver: many connections that send too much, too slowly or unsigned.

`python -m benchmarks.hostile_clients ATTACK PORT SECONDS` attacks a port of this machine only.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.receiver_server import WEBHOOK_ID
from clickup_receiver.http.app import MAX_BODY_BYTES, WEBHOOK_PATH
from clickup_receiver.http.server import raise_file_limit

GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST " + WEBHOOK_PATH.encode() + b" HTTP/1.1\r\nHost: a\r\n"
FORGED = b"X-Signature: " + b"0" * 64 + b"\r\n"
CHUNKED = POST + FORGED + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"
MANY = 500
MORE_THAN_FILES = 1_100
"""More connections than the 1,024 files that a process may usually open."""
RECEIVED_BYTES = 2**16


def build_unsigned_body(size: int) -> bytes:
    """Return JSON that takes long to decode, and that names a webhook."""
    start = b'{"webhook_id":"%s","x":[' % WEBHOOK_ID.encode()
    values = b"[]," * ((size - len(start) - 4) // 3) + b"[]"
    return start + values + b" " * (size - len(start) - len(values) - 2) + b"]}"


def build_unsigned_request(size: int, *, header: bytes = FORGED) -> bytes:
    """Return a request with an unsigned body; without `header` it can be refused before it."""
    return POST + header + b"Content-Length: %d\r\n\r\n" % size + build_unsigned_body(size)


@dataclass(frozen=True)
class Attack:
    """What each of the connections sends: `first` once, then `piece` again and again.

    If `reads`, it waits for data, or for the end of the connection, before the next piece. A
    connection that is closed is replaced at once.
    """

    first: bytes = b""
    piece: bytes = b""
    connections: int = 10
    pause_seconds: float = 0.0
    reads: bool = False
    is_on_metrics: bool = False


ATTACKS = {
    "slow headers": Attack(POST, b"X-Slow: 1\r\n", connections=MANY, pause_seconds=1),
    "slow bodies": Attack(
        POST + FORGED + b"Content-Length: 10000\r\n\r\n", b" ", connections=MANY, pause_seconds=1
    ),
    "endless header": Attack(POST + b"X-Long: ", b"y" * 60_000),
    "pipelined requests": Attack(GET, GET * 1_000),
    "many chunks": Attack(CHUNKED.removesuffix(b"0\r\n"), b"1\r\na\r\n" * 10_000, connections=32),
    "many trailers": Attack(CHUNKED, b"x: y\r\n" * 10_000),
    "endless trailer": Attack(CHUNKED + b"x: ", b"y" * 60_000),
    "unsigned bodies of 1 MiB": Attack(
        piece=build_unsigned_request(2**20, header=b""), connections=16, reads=True
    ),
    "unsigned bodies at the limit": Attack(
        piece=build_unsigned_request(MAX_BODY_BYTES), connections=32, reads=True
    ),
    "large bodies, unread responses": Attack(
        POST + FORGED + b"Content-Length: %d\r\n\r\n" % MAX_BODY_BYTES, b" " * 60_000
    ),
    "refused requests": Attack(piece=build_unsigned_request(200), connections=32, reads=True),
    "idle connections": Attack(connections=MORE_THAN_FILES, reads=True),
    "idle metrics connections": Attack(connections=MORE_THAN_FILES, reads=True, is_on_metrics=True),
}


def run_attack(attack: Attack, port: int, seconds: float) -> None:
    """Attack a port of this machine for some seconds."""
    asyncio.run(_run(attack, port, time.monotonic() + seconds))


async def _run(attack: Attack, port: int, end: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(end - time.monotonic()):
            connections = (_attack_again_and_again(attack, port) for _ in range(attack.connections))
            await asyncio.gather(*connections)


async def _attack_again_and_again(attack: Attack, port: int) -> None:
    while True:
        with suppress(OSError), socket.socket() as connection:
            connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
            await _attack(attack, connection, port)
        await asyncio.sleep(0)


async def _attack(attack: Attack, connection: socket.socket, port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", port))
    await loop.sock_sendall(connection, attack.first)
    while True:
        await loop.sock_sendall(connection, attack.piece)
        if attack.reads and not await loop.sock_recv(connection, RECEIVED_BYTES):
            return
        await asyncio.sleep(attack.pause_seconds)


def main() -> None:
    """Run an attack by its name; say so as soon as it begins."""
    name, port, seconds = sys.argv[1:]
    raise_file_limit()
    print("attacking", flush=True)
    run_attack(ATTACKS[name], int(port), float(seconds))


if __name__ == "__main__":
    main()
