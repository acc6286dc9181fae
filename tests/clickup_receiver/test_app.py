"""How the receiver answers, over a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING

import pytest
import requests

from clickup_receiver.http import app, server
from clickup_receiver.http.app import PATH
from clickup_receiver.http.group_commit import MOST, GroupCommit
from clickup_receiver.http.server import listening
from clickup_receiver.http.signature import signature_of
from clickup_receiver.inbox.inbox import Delivery, InboxError
from tests.clickup_receiver.payloads import (
    OTHER_ID,
    PRIVATE,
    SECRETS,
    WEBHOOK_ID,
    body,
    history,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.clickup_receiver.conftest import Running

EDIT = history("name")


def counted(running: Running, name: str, **labels: str) -> float:
    """Return a figure of the receiver's metrics."""
    return running.receiver.metrics.registry.get_sample_value(name, labels) or 0.0


def test_a_signed_delivery_is_stored_before_its_200(running: Running) -> None:
    """R36."""
    assert running.post(body("taskUpdated", EDIT)) == 200
    assert running.stored() == ["86a1"]
    assert counted(running, "webhook_received_total", event="taskUpdated") == 1


def test_five_attempts_of_one_delivery_are_one_event(running: Running) -> None:
    assert [running.post(body("taskUpdated", EDIT)) for _ in range(5)] == [200] * 5
    assert running.stored() == ["86a1"]
    assert counted(running, "webhook_duplicates_total") == 4


def test_both_secrets_of_a_webhook_are_accepted(running: Running) -> None:
    first, second = (body("taskUpdated", EDIT, task_id=one) for one in "12")
    assert running.post(first, signature=signature_of(first, SECRETS[0]).decode()) == 200
    assert running.post(second, signature=signature_of(second, SECRETS[1]).decode()) == 200
    assert running.stored() == ["1", "2"]


RIGHT = signature_of(body("taskUpdated", EDIT), SECRETS[0]).decode()


@pytest.mark.parametrize("signature", ["", RIGHT[:-1], RIGHT.upper(), "0" * 64, "é" * 64])
def test_a_wrong_signature_is_403_and_nothing_is_stored(running: Running, signature: str) -> None:
    """ClickUp suspends a webhook at once on 401 and on 410."""
    given = body("taskUpdated", EDIT)
    headers = {"X-Signature": signature.encode("latin-1")}
    answer = requests.post(running.url + PATH, given, headers=headers, timeout=30)
    assert answer.status_code == 403
    assert running.stored() == []
    assert counted(running, "webhook_rejected_total", reason="wrong signature") == 1


def raw(*lines: bytes, content: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST " + PATH.encode() + b" HTTP/1.1", b"Host: a", *lines, b"", content])


def answered(running: Running, sent: bytes) -> bytes:
    """Return the status line that raw bytes are answered with, nothing if there is no answer."""
    with running.connect() as connection:
        connection.sendall(sent)
        return connection.makefile("rb").readline().rstrip()


@pytest.mark.parametrize("count", [0, 2])
def test_no_signature_and_a_repeated_one_are_403(running: Running, count: int) -> None:
    given = body("taskUpdated", EDIT)
    header = b"X-Signature: " + signature_of(given, SECRETS[0])
    length = f"Content-Length: {len(given)}".encode()
    for signatures, expected in (([header] * count, b"403 Forbidden"), ([header], b"200 OK")):
        line = answered(running, raw(length, *signatures, content=given))
        assert line == b"HTTP/1.1 " + expected


def test_the_signature_of_another_webhook_is_403(running: Running) -> None:
    given = body("taskUpdated", EDIT)
    assert running.post(given, signature=signature_of(given, "OTHER0SECRET").decode()) == 403
    other = body("taskUpdated", EDIT, webhook_id=OTHER_ID)
    assert running.post(other, signature=signature_of(other, "OTHER0SECRET").decode()) == 200
    unknown = body("taskUpdated", EDIT, webhook_id="unknown")
    assert running.post(unknown) == 403


def test_an_automations_call_is_403(running: Running) -> None:
    """It is not signed, and has neither event nor webhook_id."""
    given = json.dumps({"auto_id": "1", "trigger_id": "2", "date": "2026", "payload": {}}).encode()
    assert running.post(given) == 403


@pytest.mark.parametrize("given", [b"", b"[]", b"\xff", b"\xef\xbb\xbf{}", b"[" * 10_000, b"NaN"])
def test_a_body_that_names_no_webhook_is_403(running: Running, given: bytes) -> None:
    assert running.post(given) == 403


def test_a_signed_body_that_is_no_event_is_a_dead_letter_and_200(running: Running) -> None:
    """A repetition cannot mend it, and failures add up to a suspension."""
    given = body("taskUpdated", EDIT, task_id=None, note=PRIVATE)
    assert running.post(given) == 200
    (dead,) = running.inbox.dead_letters()
    assert (dead.webhook_id, dead.reason) == (WEBHOOK_ID, "task_id: expected an id")
    assert running.stored() == []


def test_an_unknown_event_is_200_and_not_stored(running: Running) -> None:
    assert running.post(body("taskTeleported2027", EDIT)) == 200
    assert running.post(body("taskCommentPosted", history("comment"))) == 200
    assert running.stored() == []
    assert running.inbox.dead_letters() == []


def test_who_looks_whether_something_is_here_gets_200(running: Running) -> None:
    """R99: curl -I."""
    for method, path in [("HEAD", PATH), ("GET", PATH), ("GET", "/livez"), ("GET", "/readyz")]:
        assert requests.request(method, running.url + path, timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PUT", PATH, 405),
        ("DELETE", PATH, 405),
        ("PATCH", PATH, 405),
        ("POST", PATH + "/", 404),
        ("POST", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/metrics", 404),
        ("POST", "//v1/clickup/webhook", 404),
    ],
)
def test_other_methods_and_paths_are_405_and_404_and_never_a_redirect(
    running: Running, method: str, path: str, expected: int
) -> None:
    answer = requests.request(method, running.url + path, timeout=30, allow_redirects=False)
    assert answer.status_code == expected


@pytest.mark.parametrize(("length", "expected"), [(2**20, 200), (2**20 + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_more_than_a_mebibyte_is_413(
    running: Running, length: int, expected: int, *, chunked: bool
) -> None:
    given = body("taskUpdated", EDIT)
    given = given[:-1] + b" " * (length - len(given)) + b"}"
    headers = {"X-Signature": signature_of(given, SECRETS[0]).decode()}
    sent = iter([given[: 2**19], given[2**19 :]]) if chunked else given
    answer = requests.post(running.url + PATH, sent, headers=headers, timeout=30)
    assert answer.status_code == expected
    assert running.stored() == (["86a1"] if expected == 200 else [])


def test_what_cannot_be_stored_is_503_and_is_stored_when_it_comes_again(
    running: Running, tmp_path: Path
) -> None:
    running.inbox._connection.execute("PRAGMA busy_timeout = 0")  # noqa: SLF001 - no test waits
    holder = sqlite3.connect(tmp_path / "receiver" / "inbox.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    given = body("taskUpdated", EDIT)
    headers = {"X-Signature": signature_of(given, SECRETS[0]).decode()}
    answer = requests.post(running.url + PATH, given, headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert requests.get(running.url + "/readyz", timeout=30).status_code == 503
    assert requests.get(running.url + "/livez", timeout=30).status_code == 200
    holder.execute("ROLLBACK")
    holder.close()
    assert running.post(given) == 200
    assert running.stored() == ["86a1"]


def test_neither_body_nor_signature_nor_secret_is_logged(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    given = body("taskUpdated", EDIT, note=PRIVATE)
    assert running.post(given) == 200
    assert running.post(given, signature="0" * 64) == 403
    broken = body("taskUpdated", EDIT, task_id=[PRIVATE])
    assert running.post(broken) == 200
    assert "wrong signature" in caplog.text
    for secret in (PRIVATE, *SECRETS, signature_of(given, SECRETS[0]).decode(), "0" * 64):
        assert secret not in caplog.text


def test_a_head_that_does_not_come_ends_its_connection(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
    for sent in (b"", b"POST ", raw(b"X-Slow: 1")[:-4]):
        assert answered(running, sent) == b""
    with running.connect() as connection:  # nor the second one on a connection
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = connection.makefile("rb")
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
        assert list(iter(answer.readline, b"\r\n"))
        assert answer.readline() == b"OK\n"
        connection.sendall(b"GET /li")
        assert answer.read() == b""
    assert running.post(body("taskUpdated", EDIT)) == 200


def test_a_body_that_does_not_come_is_408(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0.2)
    line = answered(running, raw(b"Content-Length: 100", content=b"{"))
    assert line == b"HTTP/1.1 408 Request Timeout"


def flood(connection: socket.socket) -> None:
    """Send a header that never ends."""
    connection.sendall(raw(b"X-Long: ")[:-4])
    for _ in range(10_000):
        connection.sendall(b"a" * 1_000)


def test_answers_do_not_wait_for_nagles_algorithm() -> None:
    """Asyncio switches it off for sockets that name TCP as their protocol, and for no others."""
    with listening("127.0.0.1", 0) as one:
        assert one.proto == socket.IPPROTO_TCP


def test_a_head_without_end_is_cut(running: Running) -> None:
    with running.connect() as connection, pytest.raises(ConnectionError):
        flood(connection)
    assert running.post(body("taskUpdated", EDIT)) == 200


def test_a_body_that_is_cut_is_not_stored(running: Running) -> None:
    given = body("taskUpdated", EDIT)
    head = raw(b"Content-Length: 1000", b"X-Signature: " + signature_of(given, SECRETS[0]))
    with running.connect() as connection:
        connection.sendall(head + given)
        connection.shutdown(socket.SHUT_RDWR)
    assert running.post(body("taskUpdated", EDIT, task_id="2")) == 200
    assert running.stored() == ["2"]


def test_500_idle_connections_keep_nobody_out(running: Running) -> None:
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(running.connect())
        assert running.post(body("taskUpdated", EDIT)) == 200
    assert running.stored() == ["86a1"]


def test_a_delivery_a_hundred_times_at_once_is_one_event(running: Running) -> None:
    given = body("taskUpdated", EDIT)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: running.post(given), range(100))) == {200}
    assert running.stored() == ["86a1"]


def test_requests_beside_each_other_share_commits() -> None:
    groups: list[int] = []

    def store(group: Sequence[Delivery]) -> list[bool]:
        groups.append(len(group))
        return [delivery.signature.isdigit() for delivery in group]

    async def add() -> list[bool]:
        commits = GroupCommit(store)
        names = [str(number) if number % 2 else "known" for number in range(1_200)]
        return list(await asyncio.gather(*(commits.add(Delivery(one, "w", None)) for one in names)))

    assert asyncio.run(add()) == [bool(number % 2) for number in range(1_200)]
    assert groups == [MOST, MOST, 200]


def test_a_client_that_leaves_before_its_answer_disturbs_no_other() -> None:
    storing, left = Event(), Event()

    def store(group: Sequence[Delivery]) -> list[bool]:
        storing.set()
        left.wait(30)
        return [True] * len(group)

    async def add() -> list[bool]:
        commits = GroupCommit(store)
        first, second = (asyncio.create_task(commits.add(Delivery(one, "w", None))) for one in "12")
        await asyncio.to_thread(storing.wait, 30)
        first.cancel()
        await asyncio.wait([first])
        left.set()
        return [await second, await commits.add(Delivery("3", "w", None))]

    assert asyncio.run(asyncio.wait_for(add(), 30)) == [True, True]


def test_a_failed_commit_fails_its_requests_and_no_other() -> None:
    def store(group: Sequence[Delivery]) -> list[bool]:
        if any(delivery.signature == "wrong" for delivery in group):
            raise InboxError("no")
        return [True] * len(group)

    async def add() -> list[bool | BaseException]:
        commits = GroupCommit(store)
        first = await asyncio.gather(
            commits.add(Delivery("wrong", "w", None)), return_exceptions=True
        )
        return [*first, await commits.add(Delivery("right", "w", None))]

    failed, stored = asyncio.run(add())
    assert isinstance(failed, InboxError)
    assert stored is True
