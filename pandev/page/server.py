"""The HTTP server of the page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click
import uvicorn

from clickup_receiver.http.server import bind_socket
from pandev.page.app import build_app, build_pages
from pandev.page.security import LOOPBACK_HOSTS

if TYPE_CHECKING:
    import socket

    from pandev.page.connections import Connections
    from pandev.page.integration import Installation

GRACEFUL_STOP_SECONDS: Final = 2
MAX_CONNECTIONS: Final = 64


class Server(uvicorn.Server):
    """A server that prints its address once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            name = f"[{host}]" if ":" in host else host
            click.echo(f"page on http://{name}:{port}/ (Ctrl-C stops it)")


def serve_page(
    connections: Connections,
    installation: Installation,
    *,
    host: str,
    port: int,
    is_loopback: bool,
) -> None:
    """Serve the page until a signal. Raises `ConfigurationError` if the port cannot be used."""
    hosts = LOOPBACK_HOSTS if is_loopback else ("*",)
    pages = build_pages(connections, installation)
    app = build_app(pages, hosts=hosts)
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACEFUL_STOP_SECONDS,
    )
    listener = bind_socket(host, port)
    pages.warm_up()
    try:
        asyncio.run(Server(config).serve([listener]))
    finally:
        listener.close()
