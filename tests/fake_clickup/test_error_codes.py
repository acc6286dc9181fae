"""Errors, the rate limit and faults: the local ClickUp refuses as the real one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from fake_clickup import Account, Behaviour, FakeClickUp, Fault
from tests.fake_clickup.client import EVERYTHING, NOW, Client

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
def test_a_wrong_id_is_refused_as_at_clickup(
    client: Client, account: Account, path: str, expected: tuple[int, str, bool]
) -> None:
    """Expected: the status, the code, and whether the request counts against the rate limit."""
    account.foreign_workspaces.add("11")
    answer = client.answer(path)
    counted = "x-ratelimit-limit" in answer.headers
    assert (answer.status_code, answer.json()["ECODE"], counted) == expected
    assert list(answer.json()) == ["err", "ECODE"]


@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "OAUTH_017"), ("pk_1_WRONG", "OAUTH_025"), ("Bearer {token}", "OAUTH_025")],
)
def test_a_token_that_is_not_the_right_one_is_refused(
    client: Client, header: str | None, code: str
) -> None:
    headers = {"Authorization": header.format(token=client.clickup.token)} if header else {}
    answer = requests.get(f"{client.clickup.api_url}/user", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["ECODE"]) == (401, code)
    assert client.clickup.requests[-1].token_ok is False


def test_a_deleted_space_is_another_error_than_an_unknown_one(
    client: Client, account: Account, workspace: Workspace
) -> None:
    space_id, kept_id = list(workspace.spaces)[:2]
    account.delete(space_id)
    answer = client.answer(f"/space/{space_id}")
    assert (answer.status_code, answer.json()["ECODE"]) == (404, "PROJ_006")
    assert client.get(f"/space/{kept_id}")["id"] == kept_id
    assert not any(task["space"]["id"] == space_id for task in client.all_tasks(**EVERYTHING))


def test_writing_is_refused_and_recorded(client: Client) -> None:
    url = f"{client.clickup.api_url}/task/1"
    headers = {"Authorization": client.clickup.token}
    answer = client.session.put(url, json={"name": "x"}, headers=headers, timeout=10)
    assert answer.status_code == 405
    assert client.get("/user")
    assert [(one.method, one.status) for one in client.clickup.requests] == [
        ("PUT", 405),
        ("GET", 200),
    ]


def test_each_answer_counts_down_to_the_end_of_a_window_in_unix_seconds(
    client: Client, clock: ManualClock
) -> None:
    first = client.answer("/user").headers
    clock.seconds += 59
    second = client.answer("/user").headers
    assert first["Date"] == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert first["x-ratelimit-limit"] == "100"
    assert [first["x-ratelimit-remaining"], second["x-ratelimit-remaining"]] == ["99", "98"]
    end = str(round(NOW.timestamp()) + 60)
    assert [first["x-ratelimit-reset"], second["x-ratelimit-reset"]] == [end, end]


def test_a_used_up_window_answers_429_until_it_ends(
    client: Client, clock: ManualClock, behaviour: Behaviour
) -> None:
    behaviour.limit_per_minute = 2
    assert [client.answer("/user").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.answer("/user")
    assert refused.json() == {"err": "Rate limit reached", "ECODE": "APP_002"}
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in refused.headers
    clock.seconds = int(refused.headers["x-ratelimit-reset"])
    assert client.answer("/user").headers["x-ratelimit-remaining"] == "1"


def test_without_a_limit_nothing_is_said_about_one(client: Client, behaviour: Behaviour) -> None:
    behaviour.rate_limited, behaviour.limit_per_minute = False, 0
    assert "x-ratelimit-limit" not in client.answer("/user").headers


def test_faults_are_used_up_one_a_matching_request(client: Client, behaviour: Behaviour) -> None:
    behaviour.faults = [
        Fault(status=502, body="<html>Bad gateway</html>", headers={"Content-Type": "text/html"}),
        Fault(status=429, body={"err": "x"}, headers={"x-ratelimit-reset": "1"}, path="/user$"),
        Fault(status=200, body={"unexpected": 1}, path="/user$"),
        Fault(status=200, path="/space"),
    ]
    answers = [client.answer("/user") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [502, 429, 200, 200]
    assert answers[0].text == "<html>Bad gateway</html>"
    assert answers[1].headers["x-ratelimit-reset"] == "1"
    assert answers[2].json() == {"unexpected": 1}
    assert client.answer(f"/team/{client.workspace.id}/space").content == b""
    assert behaviour.faults == []


@pytest.mark.parametrize("body", ["", '{"tasks": ['])
def test_a_connection_can_be_cut_before_or_inside_the_answer(
    client: Client, behaviour: Behaviour, body: str
) -> None:
    behaviour.faults = [Fault(status=200, body=body, reset=True)]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("/user")
    assert client.get("/user")["user"]["email"] == "user1@example.com"


def test_an_error_in_on_request_comes_out_at_the_end(account: Account) -> None:
    def fail(_: Request, __: Account) -> None:
        raise ValueError("wrong in the test")

    def ask() -> None:
        clickup = FakeClickUp(account, behaviour=Behaviour(on_request=fail))
        with clickup, pytest.raises(requests.ConnectionError):
            requests.get(clickup.api_url, timeout=10)

    with pytest.raises(ValueError, match="wrong in the test"):
        ask()
