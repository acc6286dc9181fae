"""The responses of the receiver, over a real connection."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests

from clickup_receiver.http.app import MAX_LARGE_BODIES, WEBHOOK_PATH
from clickup_receiver.http.signature import compute_signature
from clickup_receiver.inbox.events import decode_body
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from tests.clickup_receiver.conftest import raw_request
from tests.clickup_receiver.payloads import (
    OTHER_ID,
    PRIVATE,
    SECRETS,
    WEBHOOK_ID,
    body,
    history,
)
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clickup_receiver.conftest import RunningReceiver

EDIT = history("name")
VALID_SIGNATURE = compute_signature(body("taskUpdated", EDIT), SECRETS[0]).decode()


def test_a_signed_delivery_is_stored_and_answered_200(http_receiver: RunningReceiver) -> None:
    """R36: the response does not wait for the target, only for the inbox."""
    assert http_receiver.post(body("taskUpdated", EDIT)) == 200
    assert http_receiver.stored() == ["86a1"]
    assert http_receiver.metric("webhook_received_total", event="taskUpdated") == 1


def test_repeated_deliveries_are_stored_once(http_receiver: RunningReceiver) -> None:
    """ClickUp makes up to five attempts."""
    assert [http_receiver.post(body("taskUpdated", EDIT)) for _ in range(5)] == [200] * 5
    assert http_receiver.stored() == ["86a1"]
    assert http_receiver.metric("webhook_duplicates_total") == 4


def test_both_secrets_of_a_webhook_are_accepted(http_receiver: RunningReceiver) -> None:
    first = body("taskUpdated", EDIT, task_id="1")
    second = body("taskUpdated", EDIT, task_id="2")
    assert http_receiver.post(first, signature=compute_signature(first, SECRETS[0]).decode()) == 200
    assert (
        http_receiver.post(second, signature=compute_signature(second, SECRETS[1]).decode()) == 200
    )
    assert http_receiver.stored() == ["1", "2"]


@pytest.mark.parametrize(
    "signature", ["", VALID_SIGNATURE[:-1], VALID_SIGNATURE.upper(), "0" * 64, "é" * 64]
)
def test_an_invalid_signature_is_403(http_receiver: RunningReceiver, signature: str) -> None:
    """Nothing is stored. Never 401 or 410: ClickUp suspends a webhook for them at once."""
    headers = {"X-Signature": signature.encode("latin-1")}
    response = requests.post(
        http_receiver.webhook_url, body("taskUpdated", EDIT), headers=headers, timeout=30
    )
    assert response.status_code == 403
    assert http_receiver.stored() == []
    assert http_receiver.metric("webhook_rejected_total", reason="wrong signature") == 1


@pytest.mark.parametrize("count", [0, 2])
def test_a_missing_or_repeated_signature_is_403(http_receiver: RunningReceiver, count: int) -> None:
    content = body("taskUpdated", EDIT)
    signature = b"X-Signature: " + compute_signature(content, SECRETS[0])
    length = f"Content-Length: {len(content)}".encode()
    rejected = http_receiver.send_raw(length, *[signature] * count, content=content)
    assert rejected == b"HTTP/1.1 403 Forbidden"
    accepted = http_receiver.send_raw(length, signature, content=content)
    assert accepted == b"HTTP/1.1 200 OK"


def test_the_signature_of_another_webhook_is_403(http_receiver: RunningReceiver) -> None:
    ours = body("taskUpdated", EDIT)
    assert (
        http_receiver.post(ours, signature=compute_signature(ours, "OTHER0SECRET").decode()) == 403
    )
    other = body("taskUpdated", EDIT, webhook_id=OTHER_ID)
    assert (
        http_receiver.post(other, signature=compute_signature(other, "OTHER0SECRET").decode())
        == 200
    )
    unknown = body("taskUpdated", EDIT, webhook_id="unknown")
    assert http_receiver.post(unknown) == 403


def test_a_body_that_names_two_webhooks_is_403(http_receiver: RunningReceiver) -> None:
    """The last of equal keys counts in JSON; the webhook that has signed is the other one."""
    content = body("taskUpdated", EDIT)[:-1] + f',"webhook_id":"{OTHER_ID}"}}'.encode()
    assert http_receiver.post(content) == 403
    assert http_receiver.stored() == []


@pytest.mark.parametrize("signature", [b"", b"X-Signature: 00", b"X-Signature: " + b"g" * 64])
def test_a_request_that_cannot_be_signed_is_403_before_its_body(
    http_receiver: RunningReceiver, signature: bytes
) -> None:
    lines = [b"Content-Length: 200000", signature] if signature else [b"Content-Length: 200000"]
    with http_receiver.connect() as connection:
        connection.sendall(raw_request(*lines))
        response = connection.makefile("rb").read()
    assert response.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"connection: close\r\n" in response.lower()


def test_an_unsigned_body_is_not_decoded(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[bytes] = []

    def decode(content: bytes) -> dict[str, Any]:
        decoded.append(content)
        return decode_body(content)

    monkeypatch.setattr("clickup_receiver.http.app.decode_body", decode)
    content = body("taskUpdated", EDIT)
    assert http_receiver.post(content, signature="0" * 64) == 403
    assert http_receiver.post(b"[" * 100_000, signature="0" * 64) == 403
    assert decoded == []
    assert http_receiver.post(content) == 200
    assert decoded == [content]


def test_secrets_that_cannot_be_read_are_503_in_one_line(
    http_receiver: RunningReceiver, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    path = tmp_path / SECRETS_FILE_NAME
    path.write_bytes(b"{}")
    path.chmod(0o644)
    http_receiver.receiver.get_secrets = FileSecretStore(path).get
    assert http_receiver.post(body("taskUpdated", EDIT)) == 503
    path.unlink()
    path.mkdir(mode=0o700)
    assert http_receiver.post(body("taskUpdated", EDIT)) == 503
    assert "others can read or write it; run chmod 600 on it" in caplog.text
    assert "expected a regular file" in caplog.text
    assert "Traceback" not in caplog.text


def test_large_bodies_leave_room_for_ordinary_ones(http_receiver: RunningReceiver) -> None:
    """A client that sends large bodies slowly cannot take memory without limit."""
    signature = b"X-Signature: " + b"0" * 64
    part = raw_request(b"Content-Length: 200000", signature, content=b" " * 100_000)
    with ExitStack() as stack:
        for _ in range(MAX_LARGE_BODIES):
            stack.enter_context(http_receiver.connect()).sendall(part)
        wait_until(lambda: http_receiver.receiver.large_bodies == MAX_LARGE_BODIES)
        assert http_receiver.send_bytes(part) == b"HTTP/1.1 503 Service Unavailable"
        assert http_receiver.post(body("taskUpdated", EDIT)) == 200
    wait_until(lambda: http_receiver.receiver.large_bodies == 0)
    content = body("taskUpdated", EDIT, task_id="2", note="a" * 100_000)
    assert http_receiver.post(content) == 200
    assert http_receiver.stored() == ["86a1", "2"]


def test_a_call_of_an_automation_is_403(http_receiver: RunningReceiver) -> None:
    """ClickUp's automations do not sign, and name neither an event nor a webhook."""
    call = {"auto_id": "1", "trigger_id": "2", "date": "2026", "payload": {}}
    assert http_receiver.post(json.dumps(call).encode()) == 403


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"\xef\xbb\xbf{}", b"[" * 10_000, b"NaN"])
def test_a_body_without_a_webhook_id_is_403(http_receiver: RunningReceiver, content: bytes) -> None:
    assert http_receiver.post(content) == 403


def test_a_signed_invalid_event_is_200_and_a_dead_letter(http_receiver: RunningReceiver) -> None:
    """A repeated delivery would be invalid too, and failures add up to a suspension."""
    assert http_receiver.post(body("taskUpdated", EDIT, task_id=None, note=PRIVATE)) == 200
    (letter,) = http_receiver.inbox.dead_letters()
    assert letter.webhook_id == WEBHOOK_ID
    assert letter.reason == "task_id: expected an id"
    assert http_receiver.stored() == []
    assert http_receiver.metric("webhook_dead_letters_total") == 1


def test_an_unknown_event_is_200_and_not_stored(http_receiver: RunningReceiver) -> None:
    assert http_receiver.post(body("taskTeleported2027", EDIT)) == 200
    assert http_receiver.post(body("taskCommentPosted", history("comment"))) == 200
    assert http_receiver.stored() == []
    assert http_receiver.inbox.dead_letters() == []
    assert http_receiver.metric("webhook_received_total", event="other") == 2


def test_get_and_head_answer_200(http_receiver: RunningReceiver) -> None:
    """R99: `curl -I` shows that the receiver is reachable."""
    for method, path in (
        ("HEAD", WEBHOOK_PATH),
        ("GET", WEBHOOK_PATH),
        ("GET", "/livez"),
        ("GET", "/readyz"),
    ):
        assert requests.request(method, http_receiver.url + path, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PUT", WEBHOOK_PATH, 405),
        ("DELETE", WEBHOOK_PATH, 405),
        ("PATCH", WEBHOOK_PATH, 405),
        ("POST", WEBHOOK_PATH + "/", 404),
        ("POST", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/metrics", 404),
        ("POST", "//v1/clickup/webhook", 404),
    ],
)
def test_unknown_methods_and_paths_are_405_and_404(
    http_receiver: RunningReceiver, method: str, path: str, expected: int
) -> None:
    """Never a redirect, which ClickUp counts as a failed delivery."""
    response = requests.request(method, http_receiver.url + path, timeout=30, allow_redirects=False)
    assert response.status_code == expected


@pytest.mark.parametrize(("length", "expected"), [(2**18, 200), (2**18 + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_larger_than_256_kib_is_413(
    http_receiver: RunningReceiver, length: int, expected: int, *, chunked: bool
) -> None:
    content = body("taskUpdated", EDIT)
    content = content[:-1] + b" " * (length - len(content)) + b"}"
    headers = {"X-Signature": compute_signature(content, SECRETS[0]).decode()}
    data = iter([content[: 2**17], content[2**17 :]]) if chunked else content
    response = requests.post(http_receiver.webhook_url, data, headers=headers, timeout=30)
    assert response.status_code == expected
    assert http_receiver.stored() == (["86a1"] if expected == 200 else [])


def test_a_body_that_is_announced_as_too_large_is_413_unread(
    http_receiver: RunningReceiver,
) -> None:
    signature = b"X-Signature: " + b"0" * 64
    with http_receiver.connect() as connection:
        connection.settimeout(3)
        connection.sendall(raw_request(b"Content-Length: 262145", signature))
        assert connection.recv(1_000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("signature", "status"), [(b"X-Signature: " + b"0" * 64, b"413"), (b"X-Other: 0", b"403")]
)
def test_a_client_may_send_the_rest_of_a_rejected_body(
    http_receiver: RunningReceiver, signature: bytes, status: bytes
) -> None:
    """A connection that is reset meanwhile would cost a proxy the response: it reports 502."""
    with http_receiver.connect() as connection:
        connection.settimeout(3)
        connection.sendall(raw_request(b"Content-Length: 300000", signature))
        response = connection.recv(1_000)
        for _ in range(3):
            connection.sendall(b" " * 100_000)
            time.sleep(0.05)
        response += connection.recv(1_000)
        assert response.startswith(b"HTTP/1.1 " + status)
        assert b"connection: close" in response.lower()
        assert connection.recv(1) == b""


def test_the_rest_of_a_rejected_body_is_not_parsed(http_receiver: RunningReceiver) -> None:
    """Parsing it would cost as much CPU and memory as reading it: an error of it goes unnoticed."""
    with http_receiver.connect() as connection:
        connection.settimeout(3)
        connection.sendall(raw_request(b"Transfer-Encoding: chunked", b"X-Other: 0"))
        response = connection.recv(1_000)
        connection.sendall(b"not a chunk\r\n")
        response += connection.makefile("rb").read()
        assert response.count(b"HTTP/1.1") == 1
        assert response.startswith(b"HTTP/1.1 403 ")


def test_a_rejected_body_that_does_not_end_is_cut(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clickup_receiver.http.app.DISCARD_SECONDS", 0.2)
    with http_receiver.connect() as connection:
        connection.settimeout(3)
        connection.sendall(raw_request(b"Content-Length: 300000", b"X-Other: 0") + b" " * 1_000)
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 403 ")


def test_a_locked_inbox_is_503_until_it_is_released(
    http_receiver: RunningReceiver, tmp_path: Path
) -> None:
    """ClickUp repeats the delivery, which is stored then."""
    http_receiver.inbox._connection.execute("PRAGMA busy_timeout = 0")  # noqa: SLF001 - no wait in a test
    holder = sqlite3.connect(tmp_path / "receiver" / "inbox.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    content = body("taskUpdated", EDIT)
    headers = {"X-Signature": compute_signature(content, SECRETS[0]).decode()}
    response = requests.post(http_receiver.webhook_url, content, headers=headers, timeout=30)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert requests.get(http_receiver.url + "/readyz", timeout=30).status_code == 503
    assert requests.get(http_receiver.url + "/livez", timeout=30).status_code == 200
    holder.execute("ROLLBACK")
    holder.close()
    assert http_receiver.post(content) == 200
    assert http_receiver.stored() == ["86a1"]


def test_readyz_says_what_a_delivery_would_get(
    http_receiver: RunningReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clickup_receiver.http.app.READY_SECONDS", 0)
    path = tmp_path / "receiver" / "inbox.sqlite"

    def statuses() -> tuple[int, int]:
        ready = requests.get(http_receiver.url + "/readyz", timeout=30).status_code
        return ready, http_receiver.post(body("taskUpdated", EDIT))

    assert statuses() == (200, 200)
    monkeypatch.setattr(http_receiver.inbox, "_limit_bytes", 1)
    assert statuses() == (503, 503)
    monkeypatch.setattr(http_receiver.inbox, "_limit_bytes", 2**30)
    assert statuses() == (200, 200)
    path.rename(tmp_path / "away")
    assert statuses() == (503, 503)
    (tmp_path / "away").rename(path)
    assert statuses() == (200, 200)


def test_bodies_signatures_and_secrets_are_not_logged(
    http_receiver: RunningReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    content = body("taskUpdated", EDIT, note=PRIVATE)
    assert http_receiver.post(content) == 200
    assert http_receiver.post(content, signature="0" * 64) == 403
    invalid_event = body("taskUpdated", EDIT, task_id=[PRIVATE])
    assert http_receiver.post(invalid_event) == 200
    assert "request rejected: wrong signature (403)" in caplog.text
    assert "delivery is not a valid event: task_id: expected an id" in caplog.text
    signature = compute_signature(content, SECRETS[0]).decode()
    for secret in (PRIVATE, *SECRETS, signature, "0" * 64):
        assert secret not in caplog.text


def test_a_body_that_does_not_arrive_is_408(
    http_receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clickup_receiver.http.app.BODY_TIMEOUT_SECONDS", 0.2)
    signature = b"X-Signature: " + b"0" * 64
    status_line = http_receiver.send_raw(b"Content-Length: 100", signature, content=b"{")
    assert status_line == b"HTTP/1.1 408 Request Timeout"


def test_an_incomplete_body_is_not_stored(http_receiver: RunningReceiver) -> None:
    content = body("taskUpdated", EDIT)
    signature = b"X-Signature: " + compute_signature(content, SECRETS[0])
    with http_receiver.connect() as connection:
        connection.sendall(raw_request(b"Content-Length: 1000", signature, content=content))
        connection.shutdown(socket.SHUT_RDWR)
    assert http_receiver.post(body("taskUpdated", EDIT, task_id="2")) == 200
    assert http_receiver.stored() == ["2"]


def test_concurrent_duplicates_are_stored_once(http_receiver: RunningReceiver) -> None:
    content = body("taskUpdated", EDIT)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: http_receiver.post(content), range(100)))
    assert statuses == [200] * 100
    assert http_receiver.stored() == ["86a1"]
