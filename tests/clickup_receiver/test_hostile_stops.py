"""A receiver that is stopped or killed under load: what it has acknowledged is in its inbox."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from http import HTTPStatus
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

import pytest
import requests
from requests.exceptions import ChunkedEncodingError

from clickup_receiver.http.signature import compute_signature
from tests.clickup_receiver.payloads import body, history
from tests.clickup_receiver.receiver_process import TIMEOUT_SECONDS, ReceiverProcess, free_port
from tests.support.scale import scaled
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp

pytestmark = pytest.mark.faults

STOPS = scaled(1, full=20)
SENDERS = 8


class Load:
    """Deliveries from several threads while its `with` block runs.

    `acknowledged` are the signatures of those that got 200.
    """

    def __init__(self, receiver: ReceiverProcess) -> None:
        self.acknowledged: set[str] = set()
        self._url = receiver.url
        self._webhook_id = receiver.webhook_id
        self._secret = receiver.secret_store.get(self._webhook_id)[0]
        self._numbers = count()
        self._stopped = Event()
        self._threads = [Thread(target=self._send) for _ in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        """Wait until some more deliveries are acknowledged."""
        enough = len(self.acknowledged) + 100
        wait_until(lambda: len(self.acknowledged) >= enough)

    def _send(self) -> None:
        """Send deliveries, also while the receiver is stopped."""
        with requests.Session() as session:
            while not self._stopped.is_set():
                item = history("name", number=str(next(self._numbers)))
                content = body("taskUpdated", item, webhook_id=self._webhook_id)
                signature = compute_signature(content, self._secret).decode()
                headers = {"X-Signature": signature}
                try:
                    response = session.post(self._url, content, headers=headers, timeout=30)
                except (requests.ConnectionError, ChunkedEncodingError):
                    # The receiver ended before the response or within it.
                    time.sleep(0.05)
                    continue
                if response.status_code == HTTPStatus.OK:
                    self.acknowledged.add(signature)


def stored_signatures(receiver: ReceiverProcess) -> set[str]:
    with closing(sqlite3.connect(receiver.folder / "data" / "inbox.sqlite")) as connection:
        return {key for (key,) in connection.execute("SELECT key FROM deliveries")}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_acknowledged_delivery_is_lost_by_a_stop_under_load(
    clickup: FakeClickUp, database: str, tmp_path: Path, number: signal.Signals
) -> None:
    options = {"port": str(free_port()), "target-command": "false"}
    with ReceiverProcess(clickup, database, tmp_path, options) as receiver:
        with Load(receiver) as load:
            for stop in range(STOPS):
                if stop:
                    receiver.start()
                load.wait_for_more()
                assert receiver.process
                receiver.process.send_signal(number)
                exit_code = receiver.process.wait(TIMEOUT_SECONDS)
                assert exit_code == (-number if number == signal.SIGKILL else 0)
        assert load.acknowledged <= stored_signatures(receiver)
        assert len(load.acknowledged) >= 100 * STOPS
