"""What is true of every request, over HTTP: token, retries, errors; nothing leaks, nothing else."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Fault, LocalClickUp, generate
from tap_clickup.client import ATTEMPTS, Client, authorization
from tap_clickup.errors import (
    ClickUpError,
    ProtocolError,
    RefusedError,
    SettingError,
    TokenError,
    UnavailableError,
)
from tap_clickup.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account, Knobs
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import SimulatedClock

PRIVATE = "planted-in-an-error-body"


@pytest.fixture
def client(clickup: LocalClickUp, clock: SimulatedClock) -> Iterator[Client]:
    made = Client(clickup.api_url, api_token=clickup.token, limit=RateLimit(), clock=clock)
    yield made
    made.close()


def statuses(clickup: LocalClickUp) -> list[int]:
    return [request.status for request in clickup.requests]


# --- the token (R12, R14)


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
def test_a_token_is_sent_as_clickup_wants_it(token: str, header: str) -> None:
    assert authorization(token) == header


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
def test_another_form_of_token_is_refused_without_a_request_and_not_shown(
    token: str, clickup: LocalClickUp
) -> None:
    """R14, R16."""
    with pytest.raises(SettingError, match="expected a personal API token") as refused:
        Client(clickup.api_url, api_token=token, limit=RateLimit())
    assert clickup.requests == []
    assert len(token.strip()) < 4 or token.strip() not in str(refused.value)


def test_an_entry_in_netrc_does_not_replace_the_token(
    client: Client, clickup: LocalClickUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert client.get("/user", expect="user").body["user"]["email"] == "user1@example.com"
    assert [request.token_ok for request in clickup.requests] == [True]


def test_neither_the_client_nor_what_it_holds_shows_the_token(
    client: Client, clickup: LocalClickUp
) -> None:
    """R16."""
    secret = clickup.token.rpartition("_")[2]
    shown = f"{client!r} {vars(client)!r} {client.traffic}"
    assert secret not in shown


# --- the address (R8)


@pytest.mark.parametrize(
    ("api_url", "reason"),
    [
        ("http://api.clickup.com/api/v2", "use https"),
        ("http://127.0.0.1.example.com/api/v2", "use https"),
        ("http://localhost@example.com/", "use https"),
        ("ftp://api.clickup.com", "expected an address such as"),
        ("api.clickup.com/api/v2", "expected an address such as"),
        ("http://[::1", "expected an address such as"),
        ("", "expected an address such as"),
    ],
)
def test_an_address_that_would_show_the_token_to_others_is_refused(
    api_url: str, reason: str
) -> None:
    with pytest.raises(SettingError, match=reason):
        Client(api_url, api_token="pk_123_ABCDEFGH12", limit=RateLimit())  # noqa: S106 - no real one


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_http_is_allowed_for_this_machine(host: str) -> None:
    url = f"http://{host}:1/api/v2/"
    Client(url, api_token="pk_123_ABCDEFGH12", limit=RateLimit()).close()  # noqa: S106 - no real one


def test_a_redirect_is_not_followed(client: Client, knobs: Knobs) -> None:
    with LocalClickUp(generate(seed=2, tasks=1)) as other:
        knobs.faults = [Fault(status=302, headers={"Location": f"{other.api_url}/user"})]
        with pytest.raises(ProtocolError, match="HTTP 302: a redirect, which is not followed"):
            client.get("/user", expect="user")
        assert other.requests == []


# --- what may heal


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502, body="<html>Bad gateway</html>"),
        Fault(status=503, body={"err": PRIVATE}),
        Fault(status=504),
        Fault(status=200, reset=True),
        Fault(status=200, body='{"user": {"id": 1, "name": "cut in the middle', reset=True),
        Fault(status=429),
    ],
)
def test_what_may_heal_is_asked_again(
    client: Client, clickup: LocalClickUp, knobs: Knobs, clock: SimulatedClock, fault: Fault
) -> None:
    knobs.faults = [fault, fault]
    assert client.get("/user", expect="user").body["user"]["email"] == "user1@example.com"
    assert len(clickup.requests) == 3
    first, second = clock.slept
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 1.5
    assert (client.traffic.requests, client.traffic.retries) == (3, 2)
    assert client.traffic.waited_seconds == pytest.approx(first + second)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body={"err": PRIVATE}),
        Fault(status=200, body=f'{{"user": "{PRIVATE}', reset=True),
    ],
)
def test_what_does_not_heal_fails_after_a_few_attempts_and_shows_no_body(
    client: Client,
    clickup: LocalClickUp,
    knobs: Knobs,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    knobs.faults = [fault] * 10
    with caplog.at_level(logging.DEBUG), pytest.raises(UnavailableError) as failed:
        client.get("/user", expect="user")
    assert len(clickup.requests) == ATTEMPTS
    assert "from 127.0.0.1 in 6 attempts" in str(failed.value)
    assert PRIVATE not in caplog.text + str(failed.value)
    assert clickup.token not in caplog.text + str(failed.value)


def test_a_clickup_that_cannot_be_reached_is_named_in_one_line(clock: SimulatedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    client = Client(url, api_token="pk_123_ABCDEFGH12", limit=RateLimit(), clock=clock)  # noqa: S106
    with pytest.raises(UnavailableError) as failed:
        client.get("/team", expect="teams")
    assert str(failed.value) == (
        "GET /team: ConnectionError from 127.0.0.1 in 6 attempts; "
        "check that it can be reached on its port, and run again"
    )


# --- the rate limit, by the server's own count


def test_a_long_run_never_meets_the_limit(client: Client, clickup: LocalClickUp) -> None:
    for _ in range(250):
        client.get("/user", expect="user")
    assert statuses(clickup) == [200] * 250


def test_a_limit_used_up_by_somebody_else_is_waited_for_as_the_server_says(
    client: Client, clickup: LocalClickUp, knobs: Knobs, clock: SimulatedClock
) -> None:
    knobs.limit_per_minute, knobs.window_seconds = 1, 37
    clickup.answer("GET", "/api/v2/user", token=clickup.token)
    client.get("/team", expect="teams")
    assert [(one.path, one.status) for one in clickup.requests] == [
        ("/api/v2/user", 200),
        ("/api/v2/team", 429),
        ("/api/v2/team", 200),
    ]
    assert sum(clock.slept) >= 37


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_wrong_local_clock_does_not_change_the_wait(
    client: Client, knobs: Knobs, clock: SimulatedClock, minutes: int
) -> None:
    server_s = int(clock.seconds) + minutes * 60
    knobs.clock = lambda: server_s
    knobs.faults = [Fault(status=429, headers={"x-ratelimit-reset": str(server_s + 37)})]
    client.get("/user", expect="user")
    assert 37 <= sum(clock.slept) <= 37.5


# --- what no repetition heals


@pytest.mark.parametrize("code", ["017", "019", "021", "025", "077"])
def test_a_dead_token_is_told_by_its_code(client: Client, knobs: Knobs, code: str) -> None:
    """R92, R93."""
    knobs.faults = [Fault(status=401, body={"err": PRIVATE, "ECODE": f"OAUTH_{code}"})]
    with pytest.raises(TokenError) as dead:
        client.get("/team", expect="teams")
    assert str(dead.value) == (
        "401 Unauthorized: the token is wrong, expired or was regenerated; "
        "make a fresh one in ClickUp under avatar > Settings > My Settings > Apps > API Token, "
        f"and set it as TAP_CLICKUP_API_TOKEN (OAUTH_{code})"
    )


@pytest.mark.parametrize("code", ["018", "023", "027", "056", ""])
def test_another_401_is_an_object_that_is_gone_or_hidden(
    client: Client, clickup: LocalClickUp, knobs: Knobs, code: str
) -> None:
    body = (
        {"err": "Oauth token not found", "ECODE": f"OAUTH_{code}"} if code else "<html>401</html>"
    )
    knobs.faults = [Fault(status=401, body=body, path="/space/7/")] * 2
    for _ in range(2):
        with pytest.raises(RefusedError, match="gone, or hidden from the token's user"):
            client.get("/space/7/folder", expect="folders")
    paths = [request.path for request in clickup.requests]
    assert paths == ["/api/v2/space/7/folder", "/api/v2/user", "/api/v2/space/7/folder"]


def test_a_401_while_the_user_cannot_be_asked_is_a_dead_token(client: Client, knobs: Knobs) -> None:
    knobs.faults = [Fault(status=401, body={"ECODE": "OAUTH_018"}) for _ in range(2)]
    with pytest.raises(TokenError, match="OAUTH_018"):
        client.get("/space/7/folder", expect="folders")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "INPUT_003", ProtocolError),
        (403, "PAYWALL_004", RefusedError),
        (404, "PROJ_006", RefusedError),
        (405, "APP_405", ProtocolError),
    ],
)
def test_a_refusal_names_path_status_and_code_and_is_not_repeated(
    client: Client, clickup: LocalClickUp, status: int, code: str, kind: type
) -> None:
    clickup.knobs.faults = [Fault(status=status, body={"err": PRIVATE, "ECODE": code})]
    with pytest.raises(kind) as refused:
        client.get("/list/abc", expect="id")
    assert str(refused.value) == f"GET /list/abc: HTTP {status} {code}"
    assert len(clickup.requests) == 1


@pytest.mark.parametrize("code", [PRIVATE, "a b", 7, None, "X" * 41])
def test_a_code_that_is_none_is_not_shown(client: Client, knobs: Knobs, code: Any) -> None:
    knobs.faults = [Fault(status=404, body={"ECODE": code})]
    with pytest.raises(RefusedError) as refused:
        client.get("/user", expect="user")
    assert str(refused.value) == "GET /user: HTTP 404"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the answer is not JSON"),
        (f"<html>{PRIVATE}</html>", "the answer is not JSON"),
        ({"err": PRIVATE}, "the answer holds no 'tasks'"),
        ({"tasks": None}, "the answer holds no 'tasks'"),
        ({"tasks": 7}, "the answer holds no 'tasks'"),
        ([], "the answer is no JSON object"),
    ],
)
def test_a_200_without_what_was_asked_is_an_error_and_not_an_empty_result(
    client: Client, knobs: Knobs, workspace: Workspace, body: Any, reason: str
) -> None:
    knobs.faults = [Fault(status=200, body=body)]
    with pytest.raises(ProtocolError) as strange:
        client.get(f"/team/{workspace.id}/task", expect="tasks")
    assert str(strange.value) == f"GET /team/{workspace.id}/task: {reason}"


def test_every_error_is_one_line(client: Client, knobs: Knobs, account: Account) -> None:
    """R16: nothing of a body or of the token in any of them."""
    secret = account.token.rpartition("_")[2]
    for status in (400, 401, 403, 404, 409, 500, 302, 200):
        body = {"err": f"{PRIVATE}\n{account.token}", "ECODE": "OAUTH_025"}
        knobs.faults = [Fault(status=status, body=body)] * 6
        with pytest.raises(ClickUpError) as error:
            client.get("/user", expect="user")
        knobs.faults.clear()
        shown = str(error.value)
        assert [part for part in (PRIVATE, secret, "\n") if part in shown] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/task/86a1"),
        ("POST", "/team/1/webhook/2"),
        ("PUT", "/team/1/webhook"),
        ("DELETE", "/list/1"),
        ("DELETE", "/webhook/1/../../list/1"),
        ("PATCH", "/webhook/1"),
    ],
)
def test_nothing_is_written_but_webhooks(client: Client, method: str, path: str) -> None:
    """R128: whatever calls the client, no other request leaves it."""
    with pytest.raises(ValueError, match="no write of this client"):
        client.write(method, path, {}, expect=None)
