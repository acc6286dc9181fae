"""Malformed, smuggled and forged requests: nothing is stored, and no response is a 5xx.

`make test-long` sends far more of the forged ones.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.http import limited_protocol
from clickup_receiver.http.app import WEBHOOK_PATH
from clickup_receiver.http.signature import compute_signature
from tests.clickup_receiver.conftest import raw_request
from tests.clickup_receiver.payloads import OTHER_ID, SECRETS, body, history
from tests.support.scale import scaled

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tests.clickup_receiver.conftest import RunningReceiver

pytestmark = pytest.mark.faults

SEED = 15
FORGERIES = scaled(400, full=12_012)
CONTENT = body("taskUpdated", history("name"))
SIGNATURE = compute_signature(CONTENT, SECRETS[0])
FORGED = b"X-Signature: " + b"0" * 64
LENGTH = b"Content-Length: 5"
CHUNKED = b"Transfer-Encoding: chunked"
PATH = WEBHOOK_PATH.encode()


def request_line(line: bytes) -> bytes:
    return line + b"\r\nHost: a\r\n" + FORGED + b"\r\n" + LENGTH + b"\r\n\r\nhello"


def framed(*headers: bytes) -> bytes:
    """Return a request whose body would be another one, if its end were misread."""
    smuggled = raw_request(b"Content-Length: 2", FORGED, content=b"{}")
    return raw_request(FORGED, *headers, content=b"5\r\nhello\r\n0\r\n\r\n" + smuggled)


def chunk(data: bytes) -> bytes:
    return raw_request(FORGED, CHUNKED, content=data + b"\r\nhello\r\n0\r\n\r\n")


METHODS = (
    *(b"GET", b"HEAD", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI"),
    *(b"PROPFIND", b"post", b"GE T", b"", b"A" * 300, b"P\x00ST", b"P\xd6ST", b" POST", b"\tPOST"),
)
TARGETS = (
    *(b"*", b"", b"a", b"/", b"//", b"/a b", b"/\x00", b"/%00", b"/\xff", b"/%ff", b"/%", b"?"),
    *(b"/..", b"/%2e%2e/", b"/" + b"a" * 8_000, b"http://a" + PATH, b"http://", b"a:80"),
    *(PATH + b"/", PATH + b"?X-Signature=" + SIGNATURE, PATH + b"#a", PATH + b";a", PATH + b"\\"),
)
VERSIONS = (
    b"",
    b"HTTP/0.9",
    b"HTTP/1.0",
    b"HTTP/1.2",
    b"HTTP/2.0",
    b"HTTP/3",
    b"http/1.1",
    b"HTTP",
)
LENGTHS = (
    *(b"-1", b"+5", b"0x5", b"5, 5", b"5, 6", b"9" * 20, b"", b"1e3", b"5\x00", b"5 5", b"\xb2"),
    *(b"0" * 5_000 + b"5", b"0" * 15_000),
    *(b"5\r\nContent-Length: 6", b"5\r\nTransfer-Encoding: chunked", b"5\r\n 6"),
)
ENCODINGS = (
    *(b"identity", b"gzip, chunked", b"chunked, identity", b"chunked, chunked", b"xchunked"),
    *(
        b"\x0bchunked",
        b"chunked\r\nTransfer-Encoding: identity",
        b"\r\n chunked",
        b"",
        b'"chunked"',
    ),
)
CHUNKS = (
    *(b"-5", b"0x5", b"F" * 17, b" 5", b"", b"G", b"5 ", b"5;a=b", b"5;" + b"a" * 20_000),
    *(b"5\nhello\n0\n\n", b"5\r\nhelloX", b"00000000000000000005"),
)
HEADERS = (
    *(b"X\x00: a", b"X: \x00", b": a", b"X a: b", b" X: a", b"X: a\r\n b", b"X:\ra", b"X", b"X\n"),
    *(b"Host: b", b"Host: \xff", b"X: " + b"a" * 9_000, b"X: a\r\n" * 200 + b"X: b"),
    *(b"Expect: 100-continue", b"Expect: a", b"Content-Encoding: gzip", b"Content-Type: \xff"),
    *(b"Connection: close, keep-alive", b"Upgrade: websocket\r\nConnection: Upgrade"),
    b"X-Signature: " + SIGNATURE + b", " + SIGNATURE,
)
OTHERS = (
    *(
        b"\r\n" * 100,
        b"\x00" * 100,
        b"GET /livez\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ),
    *(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\xff" * 100,
        b"POST",
        b"{}",
        b"PROXY TCP4 1 2 3 4\r\n",
    ),
)
REQUESTS = {
    "methods": [request_line(method + b" " + PATH + b" HTTP/1.1") for method in METHODS],
    "targets": [request_line(b"POST " + target + b" HTTP/1.1") for target in TARGETS],
    "versions": [request_line(b"POST " + PATH + b" " + version) for version in VERSIONS],
    "lengths": [framed(b"Content-Length: " + length) for length in LENGTHS],
    "encodings": [framed(b"Transfer-Encoding: " + encoding) for encoding in ENCODINGS],
    "encoding with a space": [
        framed(b"Transfer-Encoding : chunked"),
        framed(b"Content-Length : 5"),
    ],
    "chunks": [chunk(size) for size in CHUNKS],
    "headers": [raw_request(header, FORGED, LENGTH, content=b"hello") for header in HEADERS],
    "others": list(OTHERS),
}


def read_to_end(connection: socket.socket) -> bytes:
    """Return what arrives until the connection is closed or reset."""
    received = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(65_536):
            received += data
    return received


@pytest.mark.parametrize("group", REQUESTS)
def test_malformed_requests_get_no_5xx(
    http_receiver: RunningReceiver,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    group: str,
) -> None:
    """Each meets a connection of its own, all of them at once."""
    monkeypatch.setattr(limited_protocol, "REQUEST_HEADER_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr("clickup_receiver.http.app.BODY_TIMEOUT_SECONDS", 0.2)
    with ExitStack() as stack:
        connections = [stack.enter_context(http_receiver.connect()) for _ in REQUESTS[group]]
        for connection, request in zip(connections, REQUESTS[group], strict=True):
            with suppress(ConnectionError):
                connection.sendall(request)
        responses = [read_to_end(connection) for connection in connections]
    statuses = re.findall(rb"^HTTP/1.1 (\d)\d\d ", b"".join(responses), re.MULTILINE)
    assert set(statuses) <= {b"1", b"2", b"4"}
    assert b"4" in statuses
    assert "Traceback" not in caplog.text
    assert http_receiver.stored() == []
    assert http_receiver.post(CONTENT) == 200


def test_there_are_108_malformed_requests() -> None:
    """As many as in the report of an attack that led to these tests."""
    assert sum(len(requests) for requests in REQUESTS.values()) >= 108


def flip_bit(data: bytes, random: Random) -> bytes:
    position = random.randrange(len(data))
    changed = data[position] ^ 1 << random.randrange(8)
    return data[:position] + bytes([changed]) + data[position + 1 :]


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def insert(data: bytes, random: Random) -> bytes:
    position = random.randrange(len(data) + 1)
    return data[:position] + random.randbytes(1) + data[position:]


def remove(data: bytes, random: Random) -> bytes:
    position = random.randrange(len(data))
    return data[:position] + data[position + 1 :]


def repeat_a_key(data: bytes, random: Random) -> bytes:
    key, value = random.choice(
        [("webhook_id", OTHER_ID), ("task_id", "86b"), ("event", "taskDeleted")]
    )
    return data[:-1] + f',"{key}":"{value}"}}'.encode()


def name_another_webhook(data: bytes, _: Random) -> bytes:
    return re.sub(rb'"webhook_id":"[^"]+"', b'"webhook_id":"%s"' % OTHER_ID.encode(), data)


BODY_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(flip_bit, cut, insert, remove, repeat_a_key, name_another_webhook),
    lambda data, _: data + b" ",
    lambda data, _: data + data,
)
SIGNATURE_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(cut, remove),
    lambda data, random: flip_bit(bytes.fromhex(data.decode()), random).hex().encode(),
    lambda data, random: random.choice([b"sha256=", b"0x", b"v1,", b"="]) + data,
    lambda data, random: data + random.choice([b",", b", ", b";", b"\t", b"0"]) + data,
    lambda data, _: data.upper(),
    lambda data, _: data[::-1],
    lambda _, random: random.randbytes(32).hex().encode(),
    lambda _, random: compute_signature(
        CONTENT,
        random.choice(["", " ", "null", "OTHER0SECRET", SECRETS[0] + "\n", SECRETS[0][:-1]]),
    ),
)


def test_forged_deliveries_are_not_accepted(http_receiver: RunningReceiver) -> None:
    """Either the signed body or its signature is changed."""
    random = Random(SEED)  # noqa: S311 - no secret
    accepted: list[tuple[bytes, bytes]] = []
    for number in range(FORGERIES):
        content, signature = CONTENT, SIGNATURE
        while (content, signature) == (CONTENT, SIGNATURE):
            if number % 2:
                content = random.choice(BODY_CHANGES)(CONTENT, random)
            else:
                signature = random.choice(SIGNATURE_CHANGES)(SIGNATURE, random)
        if http_receiver.post(content, signature=signature.decode()) != 403:
            accepted.append((content, signature))
    assert accepted == []
    assert http_receiver.stored() == []
    assert http_receiver.post(CONTENT) == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        raw_request(LENGTH, content=b"hello").replace(b" HTTP", b"?X-Signature=" + SIGNATURE, 1),
        raw_request(b"X_Signature: " + SIGNATURE, b"Content-Length: %d" % len(CONTENT)) + CONTENT,
        raw_request(b"Cookie: X-Signature=" + SIGNATURE, LENGTH, content=b"hello"),
        raw_request(
            CHUNKED,
            content=b"%x\r\n%s\r\n0\r\nX-Signature: %s\r\n\r\n"
            % (len(CONTENT), CONTENT, SIGNATURE),
        ),
    ],
    ids=["query", "underscore", "cookie", "trailer"],
)
def test_a_signature_in_another_place_does_not_count(
    http_receiver: RunningReceiver, request_bytes: bytes
) -> None:
    status_line = http_receiver.send_bytes(request_bytes)
    assert status_line.split()[1] in {b"403", b"400"}
    assert http_receiver.stored() == []
