"""A receiver on the loopback interface, with its own inbox."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests

from clickup_receiver.http.app import WEBHOOK_PATH, Receiver
from clickup_receiver.http.limited_protocol import ConnectionLimit
from clickup_receiver.http.server import MAX_CONNECTIONS, bind_socket, build_server
from clickup_receiver.http.signature import compute_signature
from clickup_receiver.inbox.inbox import Inbox
from tests.clickup_receiver.message_source import MessageSourceHarness
from tests.clickup_receiver.payloads import SECRETS, SECRETS_BY_WEBHOOK
from tests.support.clocks import SimulatedClock
from tests.support.waiting import wait_until
from tests.tap_clickup.runner import TapRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import FakeClickUp


class RunningReceiver:
    """A receiver that is listening."""

    def __init__(self, receiver: Receiver, port: int, limit: ConnectionLimit) -> None:
        self.receiver = receiver
        self.limit = limit
        self.port = port
        self.session = requests.Session()
        self.url = f"http://127.0.0.1:{port}"
        self.webhook_url = self.url + WEBHOOK_PATH

    @property
    def inbox(self) -> Inbox:
        return self.receiver.inbox

    def post(self, body: bytes, *, signature: str | None = None) -> int:
        """Send a body and return the response's status; the signature is right by default."""
        if signature is None:
            signature = compute_signature(body, SECRETS[0]).decode()
        response = self.session.post(
            self.webhook_url, body, headers={"X-Signature": signature}, timeout=30
        )
        return response.status_code

    def send_raw(self, *headers: bytes, content: bytes = b"") -> bytes:
        """Send a POST with these header lines; return the status line, empty without a response."""
        return self.send_bytes(raw_request(*headers, content=content))

    def send_bytes(self, data: bytes) -> bytes:
        """Send bytes; return the status line of the response, empty if there is none."""
        with self.connect() as connection:
            connection.sendall(data)
            return connection.makefile("rb").readline().rstrip()

    def stored(self) -> list[str]:
        """Return the object ids of the pending events, in order."""
        return [pending.event.object_id for pending in self.inbox.pending(limit=10_000)]

    def metric(self, name: str, **labels: str) -> float:
        return self.receiver.metrics.registry.get_sample_value(name, labels) or 0.0

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


def raw_request(*headers: bytes, content: bytes = b"") -> bytes:
    """Return the bytes of a POST to the webhook's path."""
    request_line = b"POST " + WEBHOOK_PATH.encode() + b" HTTP/1.1"
    return b"\r\n".join([request_line, b"Host: a", *headers, b"", content])


@pytest.fixture
def source(clickup: FakeClickUp) -> MessageSourceHarness:
    return MessageSourceHarness(clickup)


@pytest.fixture
def run_tap(
    clickup: FakeClickUp, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> TapRunner:
    return TapRunner(clickup, SimulatedClock(), capsys, caplog)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    inbox = Inbox(tmp_path / "receiver" / "inbox.sqlite")
    yield inbox
    inbox.close()


@pytest.fixture
def http_receiver(inbox: Inbox) -> Iterator[RunningReceiver]:
    receiver = Receiver(inbox, lambda webhook_id: SECRETS_BY_WEBHOOK.get(webhook_id, ()))
    limit = ConnectionLimit(MAX_CONNECTIONS)
    http_server = build_server(receiver.build_app(), limit)
    with bind_socket("127.0.0.1", 0) as listener:
        thread = Thread(target=http_server.run, args=([listener],))
        thread.start()
        running = RunningReceiver(receiver, listener.getsockname()[1], limit)
        try:
            wait_until(lambda: http_server.started)  # until then its thread imports modules
            yield running
        finally:
            running.session.close()
            http_server.should_exit = True
            thread.join()
