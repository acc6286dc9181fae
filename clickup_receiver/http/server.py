"""uvicorn, with the limits for slow and oversized clients that it lacks."""

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

    from clickup_receiver.http.app import Metrics

HEAD_SECONDS = 5.0
HEAD_BYTES = 16 * 2**10
CONNECTIONS = 800
"""Less than the 1,024 files that a process may open by default."""
BACKLOG = 2048
STOP_SECONDS = 5
"""How long a stop waits for requests that are under way: ClickUp gives up after 7."""


logger = logging.getLogger("clickup-receiver")


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose next request line and headers are late or too long."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Await the first head."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it makes a head too long."""
        if self._deadline:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._deadline and self._head_bytes > HEAD_BYTES:
            self._close()

    def on_headers_complete(self) -> None:
        """Leave the body to the application."""
        self._head_came()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Await the next head on this connection."""
        super().on_response_complete()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Await nothing more."""
        self._head_came()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head_came()
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._close)

    def _head_came(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 picks a free port. Raises `ConfigurationError`.

    It names its protocol: only then asyncio switches off Nagle's algorithm, which makes each answer
    wait 40 ms, as it is sent in two pieces.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise ConfigurationError(
            f"host {host}, port {port}: {error.strerror or error}; choose an address of this "
            "machine and a port that is free"
        ) from error
    return made


def show_metrics(metrics: Metrics, *, port: int) -> Callable[[], None]:
    """Serve metrics on the loopback device; return what ends that. Raises `ConfigurationError`."""
    try:
        served, thread = start_http_server(port, addr="127.0.0.1", registry=metrics.registry)
    except OSError as error:
        raise ConfigurationError(
            f"metrics_port {port}: {error.strerror}; choose one that is free"
        ) from error

    logger.info("metrics on http://127.0.0.1:%d/metrics", served.server_port)

    def stop() -> None:
        served.shutdown()
        served.server_close()
        thread.join()

    return stop


def server(app: Starlette) -> uvicorn.Server:
    """Return a server that is not yet running. Its log names no path and no client."""
    config: dict[str, Any] = {
        "http": LimitedProtocol,
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "log_config": None,
        "limit_concurrency": CONNECTIONS,
        "timeout_graceful_shutdown": STOP_SECONDS,
    }
    return uvicorn.Server(uvicorn.Config(app, **config))
