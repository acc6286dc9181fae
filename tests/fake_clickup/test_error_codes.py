"""Error codes, the rate limit and faults are those of ClickUp."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from fake_clickup import Account, Behaviour, FakeClickUp, Fault
from tests.fake_clickup.client import EVERYTHING, NOW, Client
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from fake_clickup import Request
    from fake_clickup.model import Workspace
    from tests.support.clocks import ManualClock


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/task/86zzzzzzz", (401, "OAUTH_018", True)),
        ("/task/86ZZZZZZZ", (401, "OAUTH_027", True)),
        ("/task/86zzzzzzz/comment", (401, "OAUTH_018", True)),
        ("/folder/99", (401, "OAUTH_018", True)),
        ("/folder/99/list", (401, "OAUTH_018", True)),
        ("/space/99/folder", (401, "OAUTH_018", True)),
        ("/list/0", (401, "OAUTH_027", True)),
        ("/list/99/task", (401, "OAUTH_027", True)),
        ("/list/abc", (400, "INPUT_003", False)),
        ("/list/00000000/task", (400, "INPUT_003", False)),
        ("/team/99/space", (404, "SHARD_031", False)),
        ("/team/11/task", (401, "OAUTH_056", True)),
        ("/nothing", (404, "APP_001", False)),
    ],
)
def test_invalid_ids_give_the_error_codes_of_clickup(
    client: Client, account: Account, path: str, expected: tuple[int, str, bool]
) -> None:
    """Expected: the status, the code, and whether the request counts against the rate limit."""
    account.foreign_workspaces.add("11")
    response = client.send_get(path)
    status, code, counted = expected
    assert response.status_code == status
    assert response.json()["ECODE"] == code
    assert ("x-ratelimit-limit" in response.headers) == counted
    assert list(response.json()) == ["err", "ECODE"]


@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "OAUTH_017"), ("pk_1_WRONG", "OAUTH_025"), ("Bearer {token}", "OAUTH_025")],
)
def test_an_invalid_token_is_rejected(client: Client, header: str | None, code: str) -> None:
    headers = {"Authorization": header.format(token=client.clickup.token)} if header else {}
    response = requests.get(f"{client.clickup.api_url}/user", headers=headers, timeout=10)
    assert (response.status_code, response.json()["ECODE"]) == (401, code)
    assert client.clickup.requests[-1].token_ok is False


def test_deleted_and_unknown_spaces_give_different_errors(
    client: Client, account: Account, workspace: Workspace
) -> None:
    space_id, kept_id = list(workspace.spaces)[:2]
    account.delete(space_id)
    response = client.send_get(f"/space/{space_id}")
    assert (response.status_code, response.json()["ECODE"]) == (404, "PROJ_006")
    assert client.get(f"/space/{kept_id}")["id"] == kept_id
    assert not any(task["space"]["id"] == space_id for task in client.all_tasks(**EVERYTHING))


def test_write_requests_are_rejected_and_recorded(client: Client) -> None:
    url = f"{client.clickup.api_url}/task/1"
    headers = {"Authorization": client.clickup.token}
    response = client.session.put(url, json={"name": "x"}, headers=headers, timeout=10)
    assert response.status_code == 405
    assert client.get("/user")
    assert [(request.method, request.status) for request in client.clickup.requests] == [
        ("PUT", 405),
        ("GET", 200),
    ]


def test_rate_limit_headers_count_down_within_a_window(client: Client, clock: ManualClock) -> None:
    first = client.send_get("/user").headers
    clock.seconds += 59
    second = client.send_get("/user").headers
    assert first["Date"] == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert first["x-ratelimit-limit"] == "100"
    assert [first["x-ratelimit-remaining"], second["x-ratelimit-remaining"]] == ["99", "98"]
    end = str(round(NOW.timestamp()) + 60)
    assert [first["x-ratelimit-reset"], second["x-ratelimit-reset"]] == [end, end]


def test_an_exhausted_rate_limit_gives_429_until_the_reset(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.limit_per_minute = 2
    assert [client.send_get("/user").status_code for _ in range(3)] == [200, 200, 429]
    rejected = client.send_get("/user")
    assert rejected.json() == {"err": "Rate limit reached", "ECODE": "APP_002"}
    assert rejected.headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in rejected.headers
    clock.seconds = int(rejected.headers["x-ratelimit-reset"])
    assert client.send_get("/user").headers["x-ratelimit-remaining"] == "1"


def test_without_a_rate_limit_there_are_no_headers_of_it(
    client: Client, behaviour: Behaviour
) -> None:
    behaviour.rate_limited, behaviour.limit_per_minute = False, 0
    assert "x-ratelimit-limit" not in client.send_get("/user").headers


def test_each_fault_is_sent_to_one_matching_request(client: Client, behaviour: Behaviour) -> None:
    behaviour.faults = [
        Fault(status=502, body="<html>Bad gateway</html>", headers={"Content-Type": "text/html"}),
        Fault(status=429, body={"err": "x"}, headers={"x-ratelimit-reset": "1"}, path="/user$"),
        Fault(status=200, body={"unexpected": 1}, path="/user$"),
        Fault(status=200, path="/space"),
    ]
    responses = [client.send_get("/user") for _ in range(4)]
    assert [response.status_code for response in responses] == [502, 429, 200, 200]
    assert responses[0].text == "<html>Bad gateway</html>"
    assert responses[1].headers["x-ratelimit-reset"] == "1"
    assert responses[2].json() == {"unexpected": 1}
    assert client.send_get(f"/team/{client.workspace.id}/space").content == b""
    assert behaviour.faults == []


def test_a_fault_may_be_sent_after_the_request_was_carried_out(
    client: Client, behaviour: Behaviour, workspace: Workspace
) -> None:
    path = f"/team/{workspace.id}/webhook"
    behaviour.faults = [Fault(status=500, path="/webhook$", method="POST", executed=True)]
    assert client.get(path) == {"webhooks": []}
    body = {"endpoint": "https://receiver.example.com", "events": ["taskUpdated"]}
    with pytest.raises(requests.JSONDecodeError):  # the body is empty
        client.send("POST", path, body)
    assert len(client.get(path)["webhooks"]) == 1


def test_a_delayed_response_ends_with_its_client(
    client: Client, behaviour: Behaviour, workspace: Workspace
) -> None:
    """The request is carried out nevertheless; a client that waits gets the response."""
    path = f"/team/{workspace.id}/webhook"
    delayed: dict[str, Any] = {
        "status": 200,
        "path": "/webhook$",
        "method": "POST",
        "executed": True,
    }
    behaviour.faults = [
        Fault(**delayed, delay_seconds=600),
        Fault(**delayed, delay_seconds=0.2, body={"late": True}),
    ]
    body = {"endpoint": "https://receiver.example.com", "events": ["taskUpdated"]}
    with pytest.raises(requests.ReadTimeout):
        client.session.post(
            f"{client.clickup.api_url}{path}",
            json=body,
            headers={"Authorization": client.clickup.token},
            timeout=(10, 0.2),
        )
    wait_until(lambda: len(workspace.webhooks) == 1)
    began = time.monotonic()
    assert client.send("POST", path, body) == (200, {"late": True})
    assert time.monotonic() - began > 0.2


def test_on_response_is_called_once_the_request_was_carried_out(
    client: Client, behaviour: Behaviour, workspace: Workspace
) -> None:
    counts = []
    behaviour.on_response = lambda *_: counts.append(len(workspace.webhooks))
    body = {"endpoint": "https://receiver.example.com", "events": ["taskUpdated"]}
    client.send("POST", f"/team/{workspace.id}/webhook", body)
    assert counts == [1]


@pytest.mark.parametrize("body", ["", '{"tasks": ['])
def test_a_connection_can_be_reset_before_or_in_a_response(
    client: Client, behaviour: Behaviour, body: str
) -> None:
    behaviour.faults = [Fault(status=200, body=body, reset=True)]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("/user")
    assert client.get("/user")["user"]["email"] == "user1@example.com"


def test_an_error_in_on_request_is_raised_on_exit(account: Account) -> None:
    def fail(_: Request, __: Account) -> None:
        raise ValueError("wrong in the test")

    def ask() -> None:
        clickup = FakeClickUp(account, behaviour=Behaviour(on_request=fail))
        with clickup, pytest.raises(requests.ConnectionError):
            requests.get(clickup.api_url, timeout=10)

    with pytest.raises(ValueError, match="wrong in the test"):
        ask()
