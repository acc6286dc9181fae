"""The page on a real HTTP server, and what a person reads in its HTML."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from threading import Thread
from typing import TYPE_CHECKING, Any

import uvicorn

from clickup_receiver.http.server import bind_socket
from pandev.page.app import build_app, build_pages
from pandev.page.connections import Connections
from pandev.page.integration import Installation
from pandev.page.security import LOOPBACK_HOSTS
from pandev.status.surroundings import Surroundings
from target_pandev.open_store import StoreSettings
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALLATION = Installation(lambda: {"enabled": True}, None, Surroundings)
VOID = {"meta", "link", "input", "br"}


@dataclass(frozen=True)
class Answer:
    """A response with its text."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a figure in JSON."""
        ((_, rows),) = json.loads(self.text).items()
        found: list[dict[str, Any]] = rows
        return found


@dataclass(frozen=True)
class RunningPage:
    """A page that answers on a port of this machine."""

    port: int

    @property
    def address(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, *, method: str = "GET", host: str = "127.0.0.1") -> Answer:
        """Return the response to a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers={"Host": host})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read().decode())
        finally:
            connection.close()


@contextmanager
def serve_store(
    settings: StoreSettings,
    installation: Installation = INSTALLATION,
    *,
    patience_seconds: float = 60,
) -> Iterator[RunningPage]:
    """Serve the page of a store while the context lasts; it shows no old figures by itself."""
    connections = Connections(settings)
    pages = build_pages(connections, installation, patience_seconds=patience_seconds)
    app = build_app(pages, hosts=LOOPBACK_HOSTS)
    config = uvicorn.Config(app, ws="none", lifespan="off", access_log=False, log_config=None)
    server = uvicorn.Server(config)
    listener = bind_socket("127.0.0.1", 0)
    thread = Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield RunningPage(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        connections.close()


def serve_database(database: str, **options: Any) -> Any:
    """Serve the page of a test's database while the context lasts."""
    return serve_store(StoreSettings(url=database), **options)


class _Reader(HTMLParser):
    """Collects the text within each element whose id, tag or class is asked for."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.open: list[list[str]] = []
        self.depths: list[int] = []
        self.depth = 0
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        self.depth += 1
        values = dict(attrs)
        if self.wanted in {tag, f"#{values.get('id')}"} or (
            self.wanted[1:] in (values.get("class") or "").split() and self.wanted.startswith(".")
        ):
            self.open.append([])
            self.depths.append(self.depth)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.depths and self.depths[-1] == self.depth:
            self.depths.pop()
            self.found.append(" ".join("".join(self.open.pop()).split()))
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        for parts in self.open:
            parts.append(data)


def texts(html: str, wanted: str) -> list[str]:
    """Return the texts of elements by tag, `.class` or `#id`, inner ones first."""
    reader = _Reader(wanted)
    reader.feed(html)
    return reader.found
