"""Requests over HTTP: the token, retries, the rate limit and errors that leak nothing."""

from __future__ import annotations

import json
import logging
import socket
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import FakeClickUp, Fault, generate
from tap_clickup.api_token import authorization_header
from tap_clickup.client import MAX_ATTEMPTS, Client
from tap_clickup.errors import (
    AccessDeniedError,
    ApiUnavailableError,
    ClickUpError,
    ClockError,
    ConfigurationError,
    InvalidTokenError,
    UnexpectedResponseError,
)
from tap_clickup.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from requests_mock import Mocker

    from fake_clickup import Account, Behaviour
    from tests.support.clocks import SimulatedClock

API = "https://api.clickup.com/api/v2"
PRIVATE = "planted-in-an-error-body"


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=1)


@pytest.fixture
def client(clickup: FakeClickUp, clock: SimulatedClock) -> Iterator[Client]:
    new_client = Client(clickup.api_url, api_token=clickup.token, limit=RateLimit(), clock=clock)
    yield new_client
    new_client.close()


@pytest.fixture
def offline(clock: SimulatedClock) -> Iterator[Client]:
    """Return a client whose responses a test gives with `requests_mock`."""
    new_client = Client(API, api_token="pk_1_PLANTEDTOKEN", limit=RateLimit(), clock=clock)  # noqa: S106
    yield new_client
    new_client.close()


def date_header(seconds: float) -> dict[str, str]:
    return {"Date": formatdate(seconds, usegmt=True)}


def statuses(clickup: FakeClickUp) -> list[int]:
    return [request.status for request in clickup.requests]


@pytest.mark.parametrize(
    ("token", "header"),
    [
        ("pk_123_ABCDEFGH12", "pk_123_ABCDEFGH12"),
        ("  pk_123_ABCDEFGH12\n", "pk_123_ABCDEFGH12"),
        ("Bearer pk_123_ABCDEFGH12", "pk_123_ABCDEFGH12"),
        ("bearer  pk_123_ABCDEFGH12", "pk_123_ABCDEFGH12"),
        ("Bearer 123_0123456789abcdef", "Bearer 123_0123456789abcdef"),
    ],
)
def test_token_is_normalized_for_the_header(token: str, header: str) -> None:
    """R12: a personal API token is sent without `Bearer`, an OAuth token with it."""
    assert authorization_header(token) == header


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "pk_",
        "pk_123",
        "pk_123_short",
        "pk_abc_ABCDEFGH12",
        "pk_123_ABCDEFGH12 pk_123_ABCDEFGH12",
        "pk_123_ABCDEF\r\nX-Other: 1",
        "pk_123_ABCDEFGHÄÖ",
        "PK_123_ABCDEFGH12",
        "123_0123456789abcdef",
        "Bearer ",
        "Bearer pk_123",
        "Bearer short",
    ],
)
def test_invalid_token_is_rejected_without_showing_it(token: str, requests_mock: Mocker) -> None:
    """R14, R16: the error is the same for every invalid token, so it contains none of them."""
    with pytest.raises(ConfigurationError) as rejected:
        Client(API, api_token=token, limit=RateLimit())
    assert str(rejected.value) == (
        "api_token: expected a personal API token, which begins with 'pk_'; "
        "create one in ClickUp under avatar > Settings > My Settings > Apps > API Token"
    )
    assert requests_mock.call_count == 0


def test_netrc_does_not_replace_the_token(
    client: Client, clickup: FakeClickUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password other\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert client.get("/user", required_key="user").body["user"]["email"] == "user1@example.com"
    assert [request.token_ok for request in clickup.requests] == [True]


def test_client_repr_hides_the_token(client: Client, clickup: FakeClickUp) -> None:
    """R16: the token is in no representation of the client or of its attributes."""
    secret = clickup.token.rpartition("_")[2]
    text = f"{client!r} {vars(client)!r} {client.stats}"
    assert secret not in text


@pytest.mark.parametrize(
    ("api_url", "reason"),
    [
        ("http://api.clickup.com/api/v2", "use https"),
        ("http://127.0.0.1.example.com/api/v2", "use https"),
        ("http://localhost@example.com/", "expected a URL such as"),
        ("ftp://api.clickup.com", "expected a URL such as"),
        ("api.clickup.com/api/v2", "expected a URL such as"),
        ("http://[::1", "expected a URL such as"),
        ("http://127.0.0.2:8080\\@localhost/api/v2", "expected a URL such as"),
        ("http://localhost\\.example.com/", "expected a URL such as"),
        ("https://user:password@api.clickup.com/api/v2", "expected a URL such as"),
        ("https://api.clickup.com/ api/v2", "expected a URL such as"),
        ("https://api.clickup.com/\r\nHost: example.com", "expected a URL such as"),
        ("", "expected a URL such as"),
    ],
)
def test_insecure_or_invalid_api_url_is_rejected(api_url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        Client(api_url, api_token="pk_123_ABCDEFGH12", limit=RateLimit())  # noqa: S106 - no real one


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_http_is_allowed_for_loopback(host: str) -> None:
    url = f"http://{host}:1/api/v2/"
    Client(url, api_token="pk_123_ABCDEFGH12", limit=RateLimit()).close()  # noqa: S106 - no real one


def test_redirect_is_not_followed(client: Client, behaviour: Behaviour) -> None:
    """R8: it could lead to another host."""
    with FakeClickUp(generate(seed=2, tasks=1)) as other:
        behaviour.faults = [Fault(status=302, headers={"Location": f"{other.api_url}/user"})]
        with pytest.raises(UnexpectedResponseError, match="HTTP 302: redirects are not followed"):
            client.get("/user", required_key="user")
        assert other.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502, body="<html>Bad gateway</html>"),
        Fault(status=503, body={"err": PRIVATE}),
        Fault(status=504),
        Fault(status=200, reset=True),
        Fault(status=200, body='{"user": {"id": 1, "name": "cut in the middle', reset=True),
    ],
)
def test_transient_errors_are_retried(
    client: Client, clickup: FakeClickUp, behaviour: Behaviour, clock: SimulatedClock, fault: Fault
) -> None:
    behaviour.faults = [fault, fault]
    assert client.get("/user", required_key="user").body["user"]["email"] == "user1@example.com"
    assert len(clickup.requests) == 3
    first, second = clock.slept
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 1.5
    assert client.stats.requests == 3
    assert client.stats.retries == 2
    assert client.stats.waited_seconds == pytest.approx(first + second)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body={"err": PRIVATE}),
        Fault(status=200, body=f'{{"user": "{PRIVATE}', reset=True),
    ],
)
def test_persistent_errors_give_up_without_leaking_the_body(
    client: Client,
    clickup: FakeClickUp,
    behaviour: Behaviour,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    behaviour.faults = [fault] * 10
    with caplog.at_level(logging.DEBUG), pytest.raises(ApiUnavailableError) as caught:
        client.get("/user", required_key="user")
    assert len(clickup.requests) == MAX_ATTEMPTS
    assert "from 127.0.0.1 in 6 attempts" in str(caught.value)
    assert PRIVATE not in caplog.text + str(caught.value)
    assert clickup.token not in caplog.text + str(caught.value)


def test_unreachable_host_is_reported_in_one_line(clock: SimulatedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    client = Client(url, api_token="pk_123_ABCDEFGH12", limit=RateLimit(), clock=clock)  # noqa: S106
    with pytest.raises(ApiUnavailableError) as caught:
        client.get("/team", required_key="teams")
    assert str(caught.value) == (
        "GET /team: ConnectionError from 127.0.0.1 in 6 attempts; "
        "check that its port can be reached, and run again"
    )


def test_long_run_stays_below_the_rate_limit(client: Client, clickup: FakeClickUp) -> None:
    for _ in range(250):
        client.get("/user", required_key="user")
    assert statuses(clickup) == [200] * 250


def test_rate_limit_used_by_others_waits_until_the_reset(
    client: Client, clickup: FakeClickUp, behaviour: Behaviour, clock: SimulatedClock
) -> None:
    behaviour.limit_per_minute, behaviour.window_seconds = 1, 37
    clickup.respond("GET", "/api/v2/user", token=clickup.token)
    client.get("/team", required_key="teams")
    assert [(request.path, request.status) for request in clickup.requests] == [
        ("/api/v2/user", 200),
        ("/api/v2/team", 429),
        ("/api/v2/team", 200),
    ]
    assert sum(clock.slept) >= 37


def test_429_without_headers_is_retried_for_a_whole_window(
    client: Client, clickup: FakeClickUp, behaviour: Behaviour, clock: SimulatedClock
) -> None:
    behaviour.faults = [Fault(status=429)] * (MAX_ATTEMPTS - 1)
    client.get("/user", required_key="user")
    assert statuses(clickup) == [429] * 5 + [200]
    assert 2 + 4 + 8 + 16 + 32 <= sum(clock.slept) <= 62 + 5 * 0.5


@pytest.mark.parametrize("minutes", [-4, 4])
def test_wrong_local_clock_does_not_change_the_wait(
    offline: Client, requests_mock: Mocker, clock: SimulatedClock, minutes: int
) -> None:
    server_s = int(clock.seconds) + minutes * 60
    date = date_header(server_s)
    limited = {"status_code": 429, "headers": {**date, "x-ratelimit-reset": str(server_s + 37)}}
    requests_mock.get(f"{API}/user", [limited, {"json": {"user": {"id": 1}}, "headers": date}])
    offline.get("/user", required_key="user")
    assert 37 <= sum(clock.slept) <= 37.5


@pytest.mark.parametrize(
    ("minutes", "text"), [(-6, "6 minutes ahead of"), (6, "6 minutes behind"), (-1440, "1,440 m")]
)
def test_a_clock_that_differs_by_more_than_five_minutes_is_an_error(
    offline: Client, requests_mock: Mocker, clock: SimulatedClock, minutes: int, text: str
) -> None:
    date = date_header(clock.seconds + minutes * 60)
    requests_mock.get(f"{API}/user", json={"user": {"id": 1}}, headers=date)
    with pytest.raises(ClockError, match=f"the clock of this machine is {text}"):
        offline.get("/user", required_key="user")


def test_a_response_that_is_too_large_is_an_error(
    offline: Client, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_clickup.client.MAX_RESPONSE_BYTES", 200_000)
    requests_mock.get(f"{API}/user", json={"user": {"id": 1, "note": "a" * 100_000}})
    offline.get("/user", required_key="user")
    requests_mock.get(f"{API}/user", json={"user": {"id": 1, "note": "a" * 300_000}})
    with pytest.raises(UnexpectedResponseError, match="GET /user: the response is too large"):
        offline.get("/user", required_key="user")


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Jan 2026 00:00:00"])
def test_a_response_without_a_valid_date_is_accepted(
    offline: Client, requests_mock: Mocker, date: str
) -> None:
    requests_mock.get(f"{API}/user", json={"user": {"id": 1}}, headers={"Date": date})
    assert offline.get("/user", required_key="user").body == {"user": {"id": 1}}


@pytest.mark.parametrize("code", ["017", "019", "021", "025", "077"])
def test_invalid_token_is_recognized_by_its_ecode(
    offline: Client, requests_mock: Mocker, code: str
) -> None:
    """R92, R93: the error names the cause and says where to create a new token."""
    body = {"err": PRIVATE, "ECODE": f"OAUTH_{code}"}
    requests_mock.get(f"{API}/team", status_code=401, json=body)
    with pytest.raises(InvalidTokenError) as caught:
        offline.get("/team", required_key="teams")
    assert str(caught.value) == (
        "401 Unauthorized: the token is wrong, expired or was regenerated; "
        "create a new one in ClickUp under avatar > Settings > My Settings > Apps > API Token, "
        f"and set it as TAP_CLICKUP_API_TOKEN (OAUTH_{code})"
    )


@pytest.mark.parametrize("code", ["018", "023", "027", "056", ""])
def test_other_401_means_a_hidden_or_deleted_object(
    offline: Client, requests_mock: Mocker, code: str
) -> None:
    denied = f'{{"err": "Oauth token not found", "ECODE": "OAUTH_{code}"}}'
    text = denied if code else "<html>401</html>"
    requests_mock.get(f"{API}/space/7/folder", status_code=401, text=text)
    requests_mock.get(f"{API}/user", json={"user": {"id": 1}})
    for _ in range(2):
        with pytest.raises(AccessDeniedError, match="deleted, or not visible to the token's user"):
            offline.get("/space/7/folder", required_key="folders")
    paths = [request.path for request in requests_mock.request_history]
    assert paths == ["/api/v2/space/7/folder", "/api/v2/user", "/api/v2/space/7/folder"]


def test_401_is_an_invalid_token_if_the_user_is_denied_too(
    offline: Client, requests_mock: Mocker
) -> None:
    for path in ("/space/7/folder", "/user"):
        requests_mock.get(API + path, status_code=401, json={"ECODE": "OAUTH_018"})
    with pytest.raises(InvalidTokenError, match="OAUTH_018"):
        offline.get("/space/7/folder", required_key="folders")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "INPUT_003", UnexpectedResponseError),
        (403, "PAYWALL_004", AccessDeniedError),
        (404, "PROJ_006", AccessDeniedError),
        (405, "APP_405", UnexpectedResponseError),
    ],
)
def test_rejected_request_is_reported_without_retry(
    offline: Client, requests_mock: Mocker, status: int, code: str, kind: type
) -> None:
    body = {"err": PRIVATE, "ECODE": code}
    requests_mock.get(f"{API}/list/abc", status_code=status, json=body)
    with pytest.raises(kind) as caught:
        offline.get("/list/abc", required_key="id")
    assert str(caught.value) == f"GET /list/abc: HTTP {status} {code}"
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("code", [PRIVATE, "a b", 7, None, "X" * 41])
def test_invalid_ecode_is_hidden(offline: Client, requests_mock: Mocker, code: Any) -> None:
    requests_mock.get(f"{API}/user", status_code=404, json={"ECODE": code})
    with pytest.raises(AccessDeniedError) as caught:
        offline.get("/user", required_key="user")
    assert str(caught.value) == "GET /user: HTTP 404"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the response is not JSON"),
        (f"<html>{PRIVATE}</html>", "the response is not JSON"),
        ({"err": PRIVATE}, "the response has no 'tasks'"),
        ({"tasks": None}, "the response has no 'tasks'"),
        ({"tasks": 7}, "the response has no 'tasks'"),
        ([], "the response is not a JSON object"),
    ],
)
def test_200_without_the_requested_data_is_an_error(
    offline: Client, requests_mock: Mocker, body: Any, reason: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    requests_mock.get(f"{API}/team/9/task", text=text)
    with pytest.raises(UnexpectedResponseError) as caught:
        offline.get("/team/9/task", required_key="tasks")
    assert str(caught.value) == f"GET /team/9/task: {reason}"


def test_every_error_is_one_line_without_secrets(offline: Client, requests_mock: Mocker) -> None:
    """R16: no error contains any part of a response body or of the token."""
    secret = "PLANTEDTOKEN"  # noqa: S105 - of a test
    for status in (400, 401, 403, 404, 409, 500, 302, 200):
        body = {"err": f"{PRIVATE}\npk_1_{secret}", "ECODE": "OAUTH_025"}
        requests_mock.get(f"{API}/user", status_code=status, json=body)
        with pytest.raises(ClickUpError) as error:
            offline.get("/user", required_key="user")
        text = str(error.value)
        assert [part for part in (PRIVATE, secret, "\n") if part in text] == []
