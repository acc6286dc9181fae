"""Limits for slow and oversized clients."""

from __future__ import annotations

import re
import socket
import sqlite3
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.http import limited_protocol
from clickup_receiver.http.limited_protocol import MAX_PIECES, MAX_PIPELINED_REQUESTS
from clickup_receiver.http.server import bind_socket
from clickup_receiver.http.signature import compute_signature
from tests.clickup_receiver.conftest import raw_request
from tests.clickup_receiver.payloads import SECRETS, body, history
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clickup_receiver.conftest import RunningReceiver

DELIVERY = body("taskUpdated", history("name"))
NEXT_DELIVERY = body("taskUpdated", history("name", number="2"), task_id="next")


def test_a_connection_without_request_headers_is_closed(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timeout applies to each request on a connection, not only to the first."""
    monkeypatch.setattr(
        "clickup_receiver.http.limited_protocol.REQUEST_HEADER_TIMEOUT_SECONDS", 0.2
    )
    for data in (b"", b"POST ", raw_request(b"X-Slow: 1")[:-4]):
        assert http_receiver.send_bytes(data) == b""
    with http_receiver.connect() as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        response = connection.makefile("rb")
        assert response.readline() == b"HTTP/1.1 200 OK\r\n"
        assert list(iter(response.readline, b"\r\n"))
        assert response.readline() == b"OK\n"
        connection.sendall(b"GET /li")
        assert response.read() == b""
    assert http_receiver.post(DELIVERY) == 200


def send_endlessly(connection: socket.socket, first: bytes, piece: bytes) -> None:
    """Send up to 100 MB, more than the buffers of a connection take."""
    connection.sendall(first)
    for _ in range(100_000_000 // len(piece)):
        connection.sendall(piece)


def test_an_endless_header_closes_the_connection(http_receiver: RunningReceiver) -> None:
    with http_receiver.connect() as connection, pytest.raises(ConnectionError):
        send_endlessly(connection, raw_request(b"X-Long: ")[:-4], b"a" * 1_000)
    assert http_receiver.post(DELIVERY) == 200


GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"


def test_pipelined_requests_are_answered_in_order(http_receiver: RunningReceiver) -> None:
    with http_receiver.connect() as connection:
        last = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        connection.sendall(GET * MAX_PIPELINED_REQUESTS + last)
        response = connection.makefile("rb").read()
    statuses = re.findall(rb"HTTP/1.1 (\d+)", response)
    assert statuses == [b"200"] * MAX_PIPELINED_REQUESTS + [b"404"]


def test_too_many_pipelined_requests_close_the_connection(http_receiver: RunningReceiver) -> None:
    with http_receiver.connect() as connection, pytest.raises(ConnectionError):
        send_endlessly(connection, GET, GET * 100)
    assert http_receiver.post(DELIVERY) == 200


@pytest.mark.parametrize("piece", [b"a: b\r\n" * 100, b"a" * 1_000], ids=["many", "one"])
def test_endless_trailers_close_the_connection(
    http_receiver: RunningReceiver, piece: bytes
) -> None:
    signature = b"X-Signature: " + b"0" * 64
    chunked = raw_request(b"Transfer-Encoding: chunked", signature, content=b"1\r\n{\r\n0\r\n")
    with http_receiver.connect() as connection, pytest.raises(ConnectionError):
        send_endlessly(connection, chunked + b"x: ", piece)
    assert http_receiver.post(DELIVERY) == 200


@pytest.mark.parametrize(
    ("piece", "end"),
    [
        (b"1\r\na\r\n", b""),
        (b"a: b\r\n", b"0\r\n"),
        (b"", b""),
    ],
    ids=["chunks", "trailers", "neither"],
)
def test_too_many_pieces_close_the_connection(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch, piece: bytes, end: bytes
) -> None:
    """Each takes a thousand times the time of a byte of a large piece."""
    monkeypatch.setattr("clickup_receiver.http.app.BODY_TIMEOUT_SECONDS", 0.2)
    signature = b"X-Signature: " + b"0" * 64
    chunked = raw_request(b"Transfer-Encoding: chunked", signature)
    with http_receiver.connect() as connection:
        connection.sendall(chunked + end + piece * (MAX_PIECES + 1))
        expected = b"" if piece else b"HTTP/1.1 408 Request Timeout"
        assert read_to_end(connection).split(b"\r\n")[0] == expected


def test_an_unread_body_does_not_hold_the_connection(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timeout starts with the response, even if the body has not arrived."""
    monkeypatch.setattr(limited_protocol, "REQUEST_HEADER_TIMEOUT_SECONDS", 0.2)
    with http_receiver.connect() as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
        connection.settimeout(30)
        assert b"404 Not Found" in connection.makefile("rb").read()


def test_a_pipelined_body_is_not_counted_as_a_header(http_receiver: RunningReceiver) -> None:
    """Its header arrives while the previous request is answered, the body afterwards."""
    content = body("taskUpdated", history("name"), note="a" * 100_000)
    signature = b"X-Signature: " + compute_signature(content, SECRETS[0])
    length = b"Content-Length: %d" % len(content)
    delivery = raw_request(length, signature, b"Connection: close", content=content)
    with http_receiver.connect() as connection:
        connection.sendall(GET + delivery[:1_000])
        answers = connection.makefile("rb")
        assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
        for start in range(1_000, len(delivery), 10_000):
            connection.sendall(delivery[start : start + 10_000])
        assert answers.read().count(b"HTTP/1.1 200 OK") == 1
    assert http_receiver.stored() == ["86a1"]


def test_a_pipelined_request_may_take_long(
    http_receiver: RunningReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timeout of a header ends with the header, whatever the client has sent before."""
    monkeypatch.setattr(limited_protocol, "REQUEST_HEADER_TIMEOUT_SECONDS", 0.2)
    signature = b"X-Signature: " + compute_signature(DELIVERY, SECRETS[0])
    length = b"Content-Length: %d" % len(DELIVERY)
    delivery = raw_request(length, signature, b"Connection: close", content=DELIVERY)
    holder = sqlite3.connect(tmp_path / "receiver" / "inbox.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with http_receiver.connect() as connection:
        connection.sendall(GET + delivery)
        connection.settimeout(1)
        with suppress(TimeoutError):
            assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
            assert connection.recv(1_000) != b""
        holder.execute("ROLLBACK")
        connection.settimeout(30)
        assert b"HTTP/1.1 200 OK" in read_to_end(connection)
    holder.close()


def test_beyond_the_limit_the_oldest_idle_connection_is_closed(
    http_receiver: RunningReceiver,
) -> None:
    limit = http_receiver.limit
    limit.max_connections = 5
    with ExitStack() as stack:
        idle = [stack.enter_context(http_receiver.connect()) for _ in range(5)]
        wait_until(lambda: len(limit.unfinished) == 5)
        assert http_receiver.post(DELIVERY) == 200
        idle[0].settimeout(30)
        assert read_to_end(idle[0]) == b""
        for connection in idle[1:]:
            connection.sendall(GET.replace(b"Host", b"Connection: close\r\nHost"))
            assert read_to_end(connection).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("before", [b"", GET], ids=["first", "pipelined"])
def test_beyond_the_limit_the_oldest_unfinished_body_is_cut(
    http_receiver: RunningReceiver, before: bytes
) -> None:
    """Clients that send their bodies slowly do not keep others out."""
    limit = http_receiver.limit
    limit.max_connections = 5
    signature = b"X-Signature: " + compute_signature(DELIVERY, SECRETS[0])
    length = b"Content-Length: %d" % len(DELIVERY)
    request = before + raw_request(length, signature, b"Connection: close", content=DELIVERY)
    with ExitStack() as stack:
        slow = [stack.enter_context(http_receiver.connect()) for _ in range(5)]
        for connection in slow:
            connection.sendall(request[:-1])
        wait_until(lambda: len(limit.unfinished) == 5)
        assert http_receiver.post(NEXT_DELIVERY) == 200
        assert b"403" not in read_to_end(slow[0])
        for connection in slow[1:]:
            connection.sendall(request[-1:])
            assert read_to_end(connection).endswith(b"\r\n\r\nOK\n")
    assert http_receiver.stored() == ["next", "86a1"]


def read_to_end(connection: socket.socket) -> bytes:
    """Return what arrives until the connection is closed; an abort ends it too."""
    with suppress(ConnectionResetError):
        return connection.makefile("rb").read()
    return b""


def test_nagles_algorithm_is_disabled() -> None:
    """Asyncio disables it only for sockets that name TCP as their protocol."""
    with bind_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_500_idle_connections_do_not_block_a_delivery(http_receiver: RunningReceiver) -> None:
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(http_receiver.connect())
        assert http_receiver.post(DELIVERY) == 200
    assert http_receiver.stored() == ["86a1"]


@pytest.mark.parametrize("split", [0, 100, 300], ids=["whole", "header", "body"])
def test_a_delivery_that_offers_an_upgrade_is_read(
    http_receiver: RunningReceiver, split: int
) -> None:
    """Java's client offers HTTP/2 with every request; a server may ignore that (RFC 9110, 7.8)."""
    signature = b"X-Signature: " + compute_signature(DELIVERY, SECRETS[0])
    length = b"Content-Length: %d" % len(DELIVERY)
    upgrade = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMA")
    request = raw_request(*upgrade, length, signature, content=DELIVERY)
    with http_receiver.connect() as connection:
        connection.sendall(request[:split])
        time.sleep(0.1)
        connection.sendall(request[split:])
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
    assert http_receiver.stored() == ["86a1"]
