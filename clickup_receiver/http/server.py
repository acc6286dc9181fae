"""uvicorn, with limits for slow and oversized clients that it lacks, and the metrics server."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from prometheus_client import start_http_server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from starlette.applications import Starlette

    from clickup_receiver.http.metrics import Metrics

REQUEST_HEADER_TIMEOUT_SECONDS = 5.0
MAX_REQUEST_HEADER_BYTES = 16 * 2**10
MAX_CONNECTIONS = 800
"""Less than the 1,024 files that a process may open by default."""
LISTEN_BACKLOG = 2048
GRACEFUL_STOP_SECONDS = 5
"""How long a stop waits for requests in progress. ClickUp waits 7 seconds for a response."""

logger = logging.getLogger("clickup-receiver")


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection if its next request line and headers are late or too large."""

    _header_timeout: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request header."""
        super().connection_made(transport)
        self._start_header_timeout()

    def data_received(self, data: bytes) -> None:
        """Process data; close the connection if a request header becomes too large."""
        if self._header_timeout:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._header_timeout and self._header_bytes > MAX_REQUEST_HEADER_BYTES:
            self._close()

    def on_headers_complete(self) -> None:
        """Stop the timeout; the application limits the body."""
        self._cancel_header_timeout()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Start the timeout of the next request header on this connection."""
        super().on_response_complete()
        self._start_header_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._cancel_header_timeout()
        super().connection_lost(exc)

    def _start_header_timeout(self) -> None:
        self._cancel_header_timeout()
        self._header_bytes = 0
        self._header_timeout = self.loop.call_later(REQUEST_HEADER_TIMEOUT_SECONDS, self._close)

    def _cancel_header_timeout(self) -> None:
        if self._header_timeout:
            self._header_timeout.cancel()
            self._header_timeout = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 picks a free port. Raises `ConfigurationError`.

    The socket names TCP as its protocol. Only then asyncio disables Nagle's algorithm, which delays
    every response by 40 ms since it is sent in two pieces.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(LISTEN_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"host {host}, port {port}: {error.strerror or error}; choose an address of this "
            "machine and a free port"
        ) from error
    return listener


def serve_metrics(metrics: Metrics, *, port: int) -> Callable[[], None]:
    """Serve metrics on the loopback interface; return a function that stops it.

    Raises `ConfigurationError` if the port cannot be used.
    """
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=metrics.registry)
    except OSError as error:
        raise ConfigurationError(
            f"metrics_port {port}: {error.strerror}; choose a free port"
        ) from error

    logger.info("metrics on http://127.0.0.1:%d/metrics", server.server_port)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def build_server(app: Starlette) -> uvicorn.Server:
    """Return a server that is not running yet. It logs neither paths nor client addresses."""
    config: dict[str, Any] = {
        "http": LimitedProtocol,
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "log_config": None,
        "limit_concurrency": MAX_CONNECTIONS,
        "timeout_graceful_shutdown": GRACEFUL_STOP_SECONDS,
    }
    return uvicorn.Server(uvicorn.Config(app, **config))
