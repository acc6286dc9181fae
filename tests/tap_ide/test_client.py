"""Requests of the client: retries, limits, errors, and where the token goes."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tap_ide import client
from tap_ide.client import Client
from tap_ide.errors import HistoryLimitError, SourceError
from tap_ide.settings import Account
from tests.tap_ide.heartbeat_server import TOKEN, HeartbeatServer, hang_up, heartbeat, respond
from tests.tap_ide.runner import USER1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from requests_mock import Mocker

DAY = date(2026, 3, 1)
API = "https://wakatime.example.com/api/v1"
HEARTBEATS = f"{API}/users/current/heartbeats"


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.001)


@pytest.fixture
def heartbeats(wakatime: HeartbeatServer) -> Iterator[Client]:
    with Client(Account(USER1, wakatime.url, TOKEN), lambda: None) as opened:
        yield opened


def test_transient_errors_are_retried(wakatime: HeartbeatServer, heartbeats: Client) -> None:
    wakatime.days["2026-03-01"] = [heartbeat(1.0)]
    wakatime.faults = [respond(500), respond(503), hang_up, respond(429, Retry_After="0")]
    assert b'"time": 1.0' in heartbeats.read_day(DAY).body
    assert len(wakatime.requested_days) == 5


def test_retries_have_a_limit(wakatime: HeartbeatServer, heartbeats: Client) -> None:
    wakatime.faults = [respond(502)] * 9
    with pytest.raises(
        SourceError, match=r"^user1@example\.com at 127\.0\.0\.1: HTTP 502 in 5 attempts"
    ):
        heartbeats.read_day(DAY)
    assert len(wakatime.requested_days) == 5


def test_the_server_decides_how_long_to_wait_within_a_limit(
    wakatime: HeartbeatServer, heartbeats: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_WAIT_SECONDS", 0.3)
    wakatime.faults = [respond(429, Retry_After="86400")]
    began = time.monotonic()
    heartbeats.read_day(DAY)
    assert 0.3 <= time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "HTTP 401: the token is wrong or was replaced; set the API key of the account in"),
        (403, "HTTP 403: the token is wrong or was replaced; set the API key of the account in"),
        (404, "HTTP 404: check wakatime_url; it ends with /api/v1, and with"),
        (302, "HTTP 302: check wakatime_url; it ends with /api/v1, and with"),
    ],
)
def test_other_errors_are_not_retried(requests_mock: Mocker, status: int, expected: str) -> None:
    headers = {"Location": HEARTBEATS}
    requests_mock.get(HEARTBEATS, status_code=status, text="planted-error", headers=headers)
    with (
        Client(Account(USER1, API, TOKEN), lambda: None) as opened,
        pytest.raises(SourceError, match=expected) as raised,
    ):
        opened.read_day(DAY)
    assert "planted" not in str(raised.value)
    assert requests_mock.call_count == 1


def test_a_day_beyond_the_plan_is_an_error_of_its_own(requests_mock: Mocker) -> None:
    requests_mock.get(HEARTBEATS, status_code=402)
    with (
        Client(Account(USER1, API, TOKEN), lambda: None) as opened,
        pytest.raises(HistoryLimitError, match="HTTP 402"),
    ):
        opened.read_day(DAY)


def test_redirects_are_not_followed(wakatime: HeartbeatServer, heartbeats: Client) -> None:
    with HeartbeatServer() as other:
        wakatime.faults = [respond(307, Location=f"{other.url}/users/current/heartbeats")]
        with pytest.raises(SourceError, match="HTTP 307"):
            heartbeats.read_day(DAY)
        assert other.authorizations == []


def test_netrc_does_not_replace_the_token(
    wakatime: HeartbeatServer, heartbeats: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    heartbeats.read_day(DAY)
    assert wakatime.authorizations == ["Basic cGxhbnRlZC10b2tlbi0x"]


def test_a_large_response_is_refused(
    wakatime: HeartbeatServer, heartbeats: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_RESPONSE_BYTES", 1_000)
    wakatime.faults = [respond(200, b"x" * 1_001)]
    with pytest.raises(SourceError, match="the response is too large"):
        heartbeats.read_day(DAY)


def test_a_slow_response_is_refused(
    wakatime: HeartbeatServer, heartbeats: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "10000")
        request.end_headers()
        for _ in range(1_000):
            request.wfile.write(b"x")
            time.sleep(0.01)

    monkeypatch.setattr(client, "MAX_RESPONSE_SECONDS", 0.1)
    wakatime.faults = [trickle]
    began = time.monotonic()
    with pytest.raises(SourceError, match="the response takes too long"):
        heartbeats.read_day(DAY)
    assert time.monotonic() - began < 5


def test_a_server_that_cannot_be_reached_is_named(wakatime: HeartbeatServer) -> None:
    with HeartbeatServer() as gone:
        url = gone.url
    with (
        Client(Account(USER1, url, TOKEN), lambda: None) as opened,
        pytest.raises(SourceError, match="ConnectionError in 5 attempts; check that the server"),
    ):
        opened.read_day(DAY)
    assert wakatime.requested_days == []


def test_a_wait_ends_with_a_signal(wakatime: HeartbeatServer) -> None:
    def interrupt() -> None:
        if wakatime.requested_days:
            raise SystemExit(143)

    wakatime.faults = [respond(429, Retry_After="60")]
    began = time.monotonic()
    with (
        Client(Account(USER1, wakatime.url, TOKEN), interrupt) as opened,
        pytest.raises(SystemExit),
    ):
        opened.read_day(DAY)
    assert time.monotonic() - began < 5
