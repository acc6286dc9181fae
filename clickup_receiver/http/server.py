"""The HTTP servers: uvicorn with limits, one for deliveries and one for metrics."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from threading import Thread
from typing import TYPE_CHECKING, Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from clickup_receiver.http.limited_protocol import ConnectionLimit
from clickup_receiver.http.log_limit import LogLimit, limited_logger
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from clickup_receiver.http.metrics import Metrics

MIN_CONNECTIONS = 8
MAX_CONNECTIONS = 800
OTHER_OPEN_FILES = 100
MAX_METRICS_CONNECTIONS = 16
MAX_OPEN_FILES = 8192
LISTEN_BACKLOG = 1024
"""Connections that wait to be accepted; beyond it a client tries again after a second."""
ACCEPTED_AT_A_TIME = 16
"""Connections that are accepted before limits are applied to them; they need open files too."""
METRICS_HOST = "127.0.0.1"
GRACEFUL_STOP_SECONDS = 5
"""How long a stop waits for requests in progress. ClickUp waits 7 seconds for a response."""

logger = logging.getLogger("clickup-receiver")


def bind_socket(host: str, port: int, *, setting: str = "port") -> socket.socket:
    """Return a listening socket; port 0 picks a free port. Raises `ConfigurationError`.

    The socket names TCP as its protocol. Only then asyncio disables Nagle's algorithm, which delays
    every response by 40 ms since it is sent in two pieces.
    """
    if not host:  # stands for all addresses
        raise ConfigurationError("host: empty; choose an address such as 127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(LISTEN_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"host {host}, {setting} {port}: {error.strerror or error}; choose an address of this "
            "machine and a free port"
        ) from error
    return listener


def serve_metrics(metrics: Metrics, *, port: int) -> Callable[[], None]:
    """Serve metrics on the loopback interface; return a function that stops it.

    Raises `ConfigurationError` if the port cannot be used.
    """
    listener = bind_socket(METRICS_HOST, port, setting="metrics_port")

    async def export(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(routes=[Route("/metrics", export)])
    server = build_server(app, ConnectionLimit(MAX_METRICS_CONNECTIONS))
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    logger.info("metrics on http://%s:%d/metrics", METRICS_HOST, listener.getsockname()[1])

    def stop() -> None:
        server.should_exit = True
        thread.join()
        listener.close()

    return stop


class Server(uvicorn.Server):
    """A server that reports connections which it cannot accept in one line, not in thousands."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        limited = limited_logger("connections")

        def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            error = context.get("exception")
            if isinstance(error, OSError):
                limited.error("%s: %s", context["message"], error.strerror)
            else:
                loop.default_exception_handler(context)

        asyncio.get_running_loop().set_exception_handler(handle)
        logging.getLogger("uvicorn.error").filters = [LogLimit()]
        await super().startup(sockets)
        for listener in sockets or []:  # asyncio has set the backlog to what it accepts at a time
            listener.listen(LISTEN_BACKLOG)


def raise_file_limit() -> None:
    """Allow this process as many open files as its user may have, instead of 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _default_limit() -> ConnectionLimit:
    """Return a limit that leaves some of the files which this process may open to others."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ConnectionLimit(max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, soft - OTHER_OPEN_FILES)))


def build_server(app: Starlette, limit: ConnectionLimit | None = None) -> uvicorn.Server:
    """Return a server that is not running yet. It logs neither paths nor client addresses."""
    limit = limit or _default_limit()
    config: dict[str, Any] = {
        "http": limit.protocol_factory,
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "log_config": None,
        "backlog": ACCEPTED_AT_A_TIME,
        "timeout_graceful_shutdown": GRACEFUL_STOP_SECONDS,
    }
    return Server(uvicorn.Config(app, **config))
