"""Webhooks are created, changed and deleted as by ClickUp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.fake_clickup.client import Client

ENDPOINT = "https://receiver.example.com/clickup"
WANTED: dict[str, Any] = {"endpoint": ENDPOINT, "events": ["taskUpdated", "taskDeleted"]}


def send(client: Client, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    response = client.session.request(
        method,
        client.clickup.api_url + path,
        json=body,
        headers={"Authorization": client.clickup.token},
        timeout=10,
    )
    return response.status_code, response.json()


@pytest.fixture
def path(workspace: Workspace) -> str:
    return f"/team/{workspace.id}/webhook"


def test_a_created_webhook_is_listed(client: Client, path: str) -> None:
    status, made = send(client, "POST", path, WANTED)
    (listed,) = client.get(path)["webhooks"]
    assert status == 200
    assert made == {"id": listed["id"], "webhook": listed}
    assert (listed["endpoint"], listed["events"]) == (ENDPOINT, WANTED["events"])
    assert listed["health"] == {"status": "active", "fail_count": 0}


def test_a_duplicate_webhook_is_rejected(
    client: Client, account: Account, path: str, workspace: Workspace
) -> None:
    spaces = [*workspace.spaces]
    assert send(client, "POST", path, WANTED)[0] == 200
    error = {"err": "Webhook configuration already exists", "ECODE": "OAUTH_171"}
    assert send(client, "POST", path, WANTED) == (400, error)
    for other in ({"events": "*"}, {"endpoint": f"{ENDPOINT}/2"}, {"space_id": spaces[0]}):
        assert send(client, "POST", path, {**WANTED, **other})[0] == 200
    account.add_webhook(endpoint="https://a.example.com", events=["*"], user_id=account.user_id + 1)
    of_another = {"endpoint": "https://a.example.com", "events": "*"}
    assert send(client, "POST", path, of_another)[0] == 200
    assert len(client.get(path)["webhooks"]) == 5


def test_the_most_specific_filter_of_a_webhook_is_used(
    client: Client, path: str, workspace: Workspace
) -> None:
    one = next(each for each in workspace.lists.values() if not each.archived)
    places = {"list_id": int(one.id), "space_id": one.space_id}
    made = send(client, "POST", path, {**WANTED, **places})[1]["webhook"]
    assert (made["list_id"], made["space_id"]) == (one.id, None)


def test_an_endpoint_without_a_scheme_gets_https(client: Client, path: str) -> None:
    made = send(client, "POST", path, {**WANTED, "endpoint": "a.example.com/x"})[1]["webhook"]
    assert made["endpoint"] == "https://a.example.com/x"


def test_a_reactivated_webhook_keeps_its_secret(
    client: Client, account: Account, path: str
) -> None:
    made = send(client, "POST", path, WANTED)[1]["webhook"]
    account.update_webhook(made["id"], health="suspended", fail_count=100)
    changes = {"endpoint": f"{ENDPOINT}/new", "events": ["taskMoved"], "status": "active"}
    status, changed = send(client, "PUT", f"/webhook/{made['id']}", changes)
    assert (status, changed["webhook"]) == (
        200,
        {**made, "endpoint": f"{ENDPOINT}/new", "events": ["taskMoved"]},
    )
    assert client.get(path)["webhooks"] == [changed["webhook"]]


def test_a_deleted_webhook_is_not_listed(client: Client, path: str) -> None:
    made = send(client, "POST", path, WANTED)[1]
    assert send(client, "DELETE", f"/webhook/{made['id']}") == (200, {})
    assert client.get(path) == {"webhooks": []}
    assert send(client, "DELETE", f"/webhook/{made['id']}")[1]["ECODE"] == "OAUTH_018"


def test_webhooks_of_other_users_cannot_be_written(client: Client, account: Account) -> None:
    other = account.add_webhook(endpoint=ENDPOINT, events=["*"], user_id=account.user_id + 1)
    for method in ("PUT", "DELETE"):
        changes = {**WANTED, "status": "active"}
        assert send(client, method, f"/webhook/{other.id}", changes)[1]["ECODE"] == "OAUTH_018"
    assert account.workspaces[0].webhooks == {other.id: other}


def test_a_member_cannot_create_a_webhook(client: Client, behaviour: Behaviour, path: str) -> None:
    """R113: only owners and admins can create webhooks."""
    behaviour.role = "member"
    assert send(client, "POST", path, WANTED)[0] == 403
    assert client.get(path) == {"webhooks": []}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"endpoint": ENDPOINT},
        {"events": ["taskUpdated"]},
        {"endpoint": "", "events": ["taskUpdated"]},
        {"endpoint": ENDPOINT, "events": []},
    ],
)
def test_a_webhook_without_endpoint_or_events_is_rejected(
    client: Client, path: str, body: Any
) -> None:
    assert send(client, "POST", path, body)[0] == 400
    assert client.get(path) == {"webhooks": []}


def test_a_webhook_update_needs_endpoint_events_and_status(client: Client, path: str) -> None:
    made = send(client, "POST", path, WANTED)[1]
    for changes in (WANTED, {"status": "active"}, {**WANTED, "status": "asleep"}):
        assert send(client, "PUT", f"/webhook/{made['id']}", changes)[0] == 400


def test_a_webhook_filter_with_an_unknown_id_is_rejected(client: Client, path: str) -> None:
    assert send(client, "POST", path, {**WANTED, "space_id": "404"})[0] == 401
    assert send(client, "POST", "/team/404/webhook", WANTED)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_webhooks_can_be_written(client: Client, workspace: Workspace, method: str) -> None:
    for path in (f"/team/{workspace.id}/task", "/task/86a1", "/list/1/task"):
        assert send(client, method, path, {})[0] == 405
