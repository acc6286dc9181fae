"""The proxies of deploy/ with a real receiver behind them, and hostile clients before them."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import suppress
from statistics import median
from threading import Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from clickup_receiver.http.app import MAX_BODY_BYTES, WEBHOOK_PATH
from clickup_receiver.http.signature import compute_signature
from tests.clickup_receiver.payloads import body, history, status
from tests.clickup_receiver.receiver_process import ReceiverProcess
from tests.debian.proxies import COMMANDS, HOST, Proxy, start_proxy
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from urllib.parse import SplitResult

    from fake_clickup import FakeClickUp

ATTACK_SECONDS = 4
HOSTILE = "127.0.0.2"
"""The address of hostile clients, so that limits per address apply to them alone."""
CLICKUP_TIMEOUT_SECONDS = 7
POST = f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: {HOST}\r\n".encode()
FORGED = b"X-Signature: " + b"0" * 64 + b"\r\n"
LARGE = POST + FORGED + b"Content-Length: 262144\r\n\r\n" + b" " * 262144
ATTACKS = (
    [(POST + b"X-Slow: ", b"y")] * 8
    + [(POST + FORGED + b"Content-Length: 262144\r\n\r\n", b" ")] * 8
    + [(POST + b"Content-Length: 262144\r\n\r\n", b" ")] * 8
    + [(LARGE, LARGE)] * 8
)
"""What 32 clients send first, and then again and again."""


@pytest.fixture
def receiver(clickup: FakeClickUp, database: str, tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(clickup, database, tmp_path) as process:
        yield process
        assert process.stop() == 0


@pytest.fixture(params=COMMANDS)
def proxy(
    request: pytest.FixtureRequest, receiver: ReceiverProcess, tmp_path: Path
) -> Iterator[Proxy]:
    """Yield a proxy; the receiver's own client sends its deliveries through it."""
    parts: SplitResult = requests.compat.urlsplit(receiver.url)
    folder = tmp_path / "proxy"
    folder.mkdir()
    process, running = start_proxy(request.param, folder, parts.netloc)
    receiver.url = running.url + parts.path
    receiver.session.verify = str(running.certificate)
    receiver.session.trust_env = False  # REQUESTS_CA_BUNDLE would replace the certificate
    yield running
    process.terminate()
    assert process.wait(30) == 0


@pytest.mark.usefixtures("proxy")
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_signed_body_arrives_unchanged(
    receiver: ReceiverProcess, database: str, *, is_chunked: bool
) -> None:
    """The signature is right for the raw bytes only: spaces and letters are as they were sent."""
    change = history(
        "status", before=status("to do", "open"), after=status("größer 課題", "custom")
    )
    delivery = json.loads(body("taskStatusUpdated", change, webhook_id=receiver.webhook_id))
    content = json.dumps(delivery, ensure_ascii=False, indent=1).encode()
    secret = receiver.secret_store.get(receiver.webhook_id)[0]
    headers = {"X-Signature": compute_signature(content, secret).decode()}
    parts = iter([content[:100], content[100:]])
    response = receiver.session.post(
        receiver.url, parts if is_chunked else content, headers=headers, timeout=30
    )
    assert response.status_code == 200

    def read_changes() -> list[tuple[str]]:
        with psycopg.connect(database) as connection:
            return connection.execute("SELECT to_value FROM pandev.task_changes").fetchall()

    assert wait_until(read_changes) == [("größer 課題",)]


def test_errors_of_the_receiver_reach_the_client(receiver: ReceiverProcess, proxy: Proxy) -> None:
    """ClickUp suspends a webhook at once on 401 and 410, so a proxy must not add them."""
    session = receiver.session
    too_large = b" " * (MAX_BODY_BYTES + 1)
    forged = {"X-Signature": "0" * 64}
    assert session.head(receiver.url, timeout=30).status_code == 200
    assert session.post(receiver.url, b"{}", timeout=30).status_code == 403
    assert session.post(receiver.url, b"{}", headers=forged, timeout=30).status_code == 403
    assert session.post(receiver.url, too_large, headers=forged, timeout=30).status_code == 413
    for path in ("/livez", "/readyz", "/metrics", "/", WEBHOOK_PATH + "/"):
        assert session.get(proxy.url + path, timeout=30).status_code == 404


def attack(proxy: Proxy, first: bytes, piece: bytes, until: float) -> None:
    """Send slowly, or as fast as possible, on a new connection whenever one is closed."""
    while time.monotonic() < until:
        with suppress(OSError), proxy.connect(HOSTILE) as connection:
            connection.sendall(first)
            while time.monotonic() < until:
                connection.sendall(piece)
                time.sleep(0.5 if len(piece) == 1 else 0)


def test_hostile_clients_delay_no_delivery(receiver: ReceiverProcess, proxy: Proxy) -> None:
    """32 of them, with slow headers, slow bodies and large bodies without a right signature."""
    assert receiver.post("taskUpdated", history("name")) == 200
    until = time.monotonic() + ATTACK_SECONDS
    threads = [Thread(target=attack, args=(proxy, *sent, until)) for sent in ATTACKS]
    for thread in threads:
        thread.start()
    seconds: list[float] = []
    while time.monotonic() < until:
        receiver.session.close()  # the next delivery comes on a new connection
        started = time.monotonic()
        number = str(len(seconds))
        assert receiver.post("taskUpdated", history("name", number=number)) == 200
        seconds.append(time.monotonic() - started)
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert median(seconds) < 1
    assert max(seconds) < CLICKUP_TIMEOUT_SECONDS
    # Only nginx keeps what is not complete to itself.
    assert ("no signature" in receiver.log) == (proxy.name == "caddy")


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
def test_nginx_lets_a_burst_pass_and_limits_a_flood(
    receiver: ReceiverProcess, proxy: Proxy
) -> None:
    burst = Counter(
        receiver.post("taskUpdated", history("name", number=str(number))) for number in range(300)
    )
    assert burst == {200: 300}
    get = f"GET {WEBHOOK_PATH} HTTP/1.1\r\nHost: {HOST}\r\n".encode()
    flood: Counter[bytes] = Counter()
    for _ in range(4):
        with proxy.connect(HOSTILE) as connection:
            connection.sendall((get + b"\r\n") * 499 + get + b"Connection: close\r\n\r\n")
            with connection.makefile("rb") as response:
                flood.update(line.split()[1] for line in response if line.startswith(b"HTTP/"))
    assert flood.keys() == {b"200", b"429"}
    assert sum(flood.values()) == 2_000
    assert receiver.post("taskUpdated", history("name", number="after")) == 200
