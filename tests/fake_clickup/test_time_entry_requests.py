"""Time entries are created, changed and deleted as by ClickUp."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from fake_clickup import generate
from tests.fake_clickup.client import NOW, get_live_tasks
from tests.fake_clickup.test_shapes import ENTRIES, check

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.fake_clickup.client import Client

START_MS = round(NOW.timestamp() * 1000) - 7_200_000
CREATED = ("time_entries/create_on_task_a:data",)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, now=NOW, tasks=400, time_entries=120, workspaces=2)


@pytest.fixture
def path(workspace: Workspace) -> str:
    return f"/team/{workspace.id}/time_entries"


@pytest.fixture
def body(workspace: Workspace) -> dict[str, Any]:
    """Return the body of a request for an entry of the token's user."""
    task = get_live_tasks(workspace)[0]
    return {"tid": task.id, "start": START_MS, "duration": 1_800_000, "description": "text"}


def other_member(account: Account, workspace: Workspace) -> int:
    return next(user_id for user_id in workspace.members if user_id != account.user_id)


def test_a_created_time_entry_is_listed(client: Client, path: str, body: dict[str, Any]) -> None:
    status, created = client.send("POST", path, body)
    (listed,) = [
        entry for entry in client.get(path)["data"] if entry["id"] == created["data"]["id"]
    ]
    assert status == 200
    assert listed["task"]["id"] == body["tid"]
    assert listed["description"] == "text"
    assert (listed["start"], listed["end"]) == (str(START_MS), str(START_MS + 1_800_000))
    assert (listed["duration"], listed["source"]) == ("1800000", "api")


def test_a_created_time_entry_is_shaped_as_recorded(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    check([client.send("POST", path, body)[1]["data"]], *CREATED)


def test_a_deleted_time_entry_is_returned_as_recorded(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    entry_id = client.send("POST", path, body)[1]["data"]["id"]
    status, deleted = client.send("DELETE", f"{path}/{entry_id}")
    assert status == 200
    check(deleted["data"], ENTRIES[1])
    assert entry_id not in {entry["id"] for entry in client.get(path)["data"]}
    assert client.send("DELETE", f"{path}/{entry_id}")[1]["ECODE"] == "OAUTH_018"


def test_a_time_entry_of_another_member_is_theirs(
    client: Client, account: Account, workspace: Workspace, path: str, body: dict[str, Any]
) -> None:
    other = other_member(account, workspace)
    _, created = client.send("POST", path, {**body, "assignee": other})
    assert created["data"]["user"]["id"] == other
    assert client.get(path, assignee=other)["data"][-1]["id"] == created["data"]["id"]


@pytest.mark.parametrize("assignee", [404, "nonsense", []])
def test_an_unknown_assignee_is_dropped_in_silence(
    client: Client, account: Account, path: str, body: dict[str, Any], assignee: Any
) -> None:
    status, created = client.send("POST", path, {**body, "assignee": assignee})
    assert (status, created["data"]["user"]["id"]) == (200, account.user_id)


def test_a_former_member_is_an_unknown_assignee(
    client: Client, account: Account, workspace: Workspace, path: str, body: dict[str, Any]
) -> None:
    leaver = other_member(account, workspace)
    account.remove_member(leaver)
    _, created = client.send("POST", path, {**body, "assignee": leaver})
    assert created["data"]["user"]["id"] == account.user_id


def test_a_member_can_write_only_their_own_time(
    client: Client, account: Account, behaviour: Behaviour, path: str, body: dict[str, Any]
) -> None:
    other = other_member(account, client.workspace)
    entry_id = client.send("POST", path, {**body, "assignee": other})[1]["data"]["id"]
    behaviour.role = "member"
    assert client.send("POST", path, {**body, "assignee": other})[0] == 403
    assert client.send("PUT", f"{path}/{entry_id}", {"duration": 1})[0] == 403
    assert client.send("DELETE", f"{path}/{entry_id}")[0] == 403
    assert client.send("POST", path, {**body, "assignee": account.user_id})[0] == 200


def test_the_end_counts_and_not_the_duration(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    for key in ("end", "stop"):
        _, created = client.send("POST", path, {**body, key: START_MS + 1000})
        assert created["data"]["duration"] == 1000


def test_a_start_in_seconds_makes_an_entry_in_1970(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    _, created = client.send("POST", path, {**body, "start": START_MS // 1000})
    assert created["data"]["start"] == START_MS // 1000


def test_a_negative_duration_is_a_running_timer(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    _, created = client.send("POST", path, {**body, "duration": -468})
    assert "end" not in created["data"]
    assert created["data"]["duration"] < 0


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"start": None}, (400, "BODY_002")),
        ({"start": "1"}, (400, "BODY_002")),
        ({"duration": None}, (400, "BODY_002")),
        ({"tid": None}, (403, "TIMEENTRY_064")),
        ({"tid": "86zzzzzzz"}, (401, "OAUTH_018")),
    ],
)
def test_an_incomplete_time_entry_is_rejected(
    client: Client,
    path: str,
    body: dict[str, Any],
    changes: dict[str, Any],
    error: tuple[int, str],
) -> None:
    before = dict(client.workspace.time_entries)
    status, response = client.send("POST", path, {**body, **changes})
    assert (status, response["ECODE"]) == error
    assert client.workspace.time_entries == before


def test_a_changed_time_entry_keeps_what_is_not_named(
    client: Client, account: Account, workspace: Workspace, path: str, body: dict[str, Any]
) -> None:
    other = other_member(account, workspace)
    entry = client.send("POST", path, {**body, "assignee": other})[1]["data"]
    times = {"start": START_MS + 1, "end": START_MS + 60_001, "duration": 5}
    status, changed = client.send("PUT", f"{path}/{entry['id']}", times)
    assert (status, changed["data"]["duration"]) == (200, 60_000)
    stored = account.time_entry(entry["id"])
    assert (stored.user_id, stored.task_id, stored.description) == (other, body["tid"], "text")
    client.send("PUT", f"{path}/{entry['id']}", {"duration": 120_000})
    assert account.time_entry(entry["id"]).end_ms == START_MS + 120_001


@pytest.mark.parametrize(
    "changes", [{"start": 1}, {"end": 1}, {"tags": [{"name": "a", "tag_fg": "", "tag_bg": ""}]}]
)
def test_a_change_needs_start_and_end_and_the_action_of_tags(
    client: Client, path: str, body: dict[str, Any], changes: dict[str, Any]
) -> None:
    entry_id = client.send("POST", path, body)[1]["data"]["id"]
    assert client.send("PUT", f"{path}/{entry_id}", changes)[0] == 400


def test_an_unknown_time_entry_cannot_be_changed(client: Client, path: str) -> None:
    assert client.send("PUT", f"{path}/404", {"duration": 1})[1]["ECODE"] == "OAUTH_018"
    assert client.send("DELETE", "/team/404/time_entries/1")[0] == 404


@pytest.mark.parametrize("missing", ["null", "absent", "zero"])
def test_an_entry_without_a_task_can_be_changed(
    client: Client, account: Account, behaviour: Behaviour, path: str, missing: Any
) -> None:
    behaviour.missing_task_format = missing
    entry = account.add_time_entry(None, start=NOW, duration=timedelta(hours=1))
    status, changed = client.send("PUT", f"{path}/{entry.id}", {"duration": 1000})
    task = {"null": None, "absent": "absent", "zero": "0"}[missing]
    assert (status, changed["data"]["duration"]) == (200, 1000)
    assert changed["data"].get("task", "absent") == task


def test_an_entry_cannot_be_moved_to_another_workspace(
    client: Client, path: str, body: dict[str, Any]
) -> None:
    entry_id = client.send("POST", path, body)[1]["data"]["id"]
    other = next(iter(client.clickup.account.workspaces[1].tasks))
    status, error = client.send("PUT", f"{path}/{entry_id}", {"tid": other})
    assert (status, error["ECODE"]) == (401, "OAUTH_027")


@pytest.mark.parametrize("start", [START_MS * 1000, -START_MS * 1000, 10**40])
def test_a_time_in_microseconds_is_refused(
    client: Client, path: str, body: dict[str, Any], start: int
) -> None:
    status, error = client.send("POST", path, {**body, "start": start})
    assert (status, error["ECODE"]) == (400, "BODY_002")


@pytest.mark.parametrize("headers", [{"Content-Length": "1e3"}, {"Transfer-Encoding": "chunked"}])
def test_a_body_without_its_length_is_refused(
    client: Client, path: str, headers: dict[str, str]
) -> None:
    request = requests.Request("POST", f"{client.clickup.api_url}{path}").prepare()
    request.headers.update(headers, Authorization=client.clickup.token)
    assert client.session.send(request, timeout=10).status_code == 411
