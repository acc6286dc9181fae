"""Limits for slow and oversized clients."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.http.server import bind_socket
from tests.clickup_receiver.conftest import raw_request
from tests.clickup_receiver.payloads import body, history

if TYPE_CHECKING:
    from tests.clickup_receiver.conftest import RunningReceiver

DELIVERY = body("taskUpdated", history("name"))


def test_a_connection_without_request_headers_is_closed(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timeout applies to each request on a connection, not only to the first."""
    monkeypatch.setattr("clickup_receiver.http.server.REQUEST_HEADER_TIMEOUT_SECONDS", 0.2)
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


def send_endless_header(connection: socket.socket) -> None:
    connection.sendall(raw_request(b"X-Long: ")[:-4])
    for _ in range(10_000):
        connection.sendall(b"a" * 1_000)


def test_an_endless_header_closes_the_connection(http_receiver: RunningReceiver) -> None:
    with http_receiver.connect() as connection, pytest.raises(ConnectionError):
        send_endless_header(connection)
    assert http_receiver.post(DELIVERY) == 200


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
