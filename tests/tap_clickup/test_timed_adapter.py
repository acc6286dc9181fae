"""A response must be complete by a deadline, however slowly its bytes arrive."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tap_clickup import timed_adapter
from tap_clickup.client import Client
from tap_clickup.errors import ApiUnavailableError
from tap_clickup.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "pk_1_ABCDEFGH12"  # noqa: S105 - no real one
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DRIPS = {
    "header": (HEAD, b"X-Header: 1\r\n"),
    "bytes of a header": (HEAD + b"X-Header: ", b"a"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-Trailer: 1\r\n"),
}
"""What is sent at once, and then again and again."""


@contextmanager
def dripping_server(start: bytes, drop: bytes) -> Iterator[str]:
    """Yield the address of a server that never completes a response."""
    stopped = Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    connection.recv(10_000)
                    connection.sendall(start)
                    while not stopped.wait(0.02):
                        connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/api/v2"
        finally:
            stopped.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("drip", DRIPS)
def test_a_response_that_drips_is_an_error(drip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_adapter, "MAX_RESPONSE_SECONDS", 0.5)
    with dripping_server(*DRIPS[drip]) as api_url:
        client = Client(api_url, api_token=TOKEN, limit=RateLimit())
        with pytest.raises(ApiUnavailableError, match="GET /user: the response takes too long"):
            client.get("/user")
        client.close()


def test_a_silent_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is earlier than the timeout of a read then."""
    monkeypatch.setattr(timed_adapter, "MAX_RESPONSE_SECONDS", 0.5)
    with dripping_server(HEAD, b"") as api_url:
        client = Client(api_url, api_token=TOKEN, limit=RateLimit())
        with pytest.raises(ApiUnavailableError, match="GET /user: the response takes too long"):
            client.get("/user")
        client.close()
