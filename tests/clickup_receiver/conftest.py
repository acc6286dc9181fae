"""A receiver on the loopback device, with an inbox of its own."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import requests

from clickup_receiver.http.app import PATH, Receiver
from clickup_receiver.http.server import listening, server
from clickup_receiver.http.signature import signature_of
from clickup_receiver.inbox.inbox import Inbox
from tests.clickup_receiver.message_source import MessageSourceHarness
from tests.clickup_receiver.payloads import KEYS, SECRETS
from tests.tap_clickup.runner import Reader, SimulatedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import FakeClickUp


class Running:
    """A receiver that listens; `post` sends a body, signed unless told otherwise."""

    def __init__(self, receiver: Receiver, port: int) -> None:
        self.receiver = receiver
        self.port = port
        self.session = requests.Session()
        self.url = f"http://127.0.0.1:{port}"

    @property
    def inbox(self) -> Inbox:
        return self.receiver.inbox

    def post(self, body: bytes, *, signature: str | None = None) -> int:
        signed = signature_of(body, SECRETS[0]).decode()
        headers = {"X-Signature": signed if signature is None else signature}
        return self.session.post(self.url + PATH, body, headers=headers, timeout=30).status_code

    def stored(self) -> list[str]:
        return [one.event.object_id for one in self.inbox.pending(limit=10_000)]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@pytest.fixture
def source(clickup: FakeClickUp) -> MessageSourceHarness:
    return MessageSourceHarness(clickup)


@pytest.fixture
def read(
    clickup: FakeClickUp, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Reader:
    return Reader(clickup, SimulatedClock(), capsys, caplog)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    opened = Inbox(tmp_path / "receiver" / "inbox.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def running(inbox: Inbox) -> Iterator[Running]:
    receiver = Receiver(inbox, lambda webhook_id: KEYS.get(webhook_id, ()))
    serving = server(receiver.application())
    with listening("127.0.0.1", 0) as listener:
        thread = Thread(target=serving.run, args=([listener],))
        thread.start()
        one = Running(receiver, listener.getsockname()[1])
        try:
            yield one
        finally:
            one.session.close()
            serving.should_exit = True
            thread.join()
