"""Webhooks are created, changed and deleted as by ClickUp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.fake_clickup.client import Client

ENDPOINT = "https://receiver.example.com/clickup"
SUBSCRIPTION: dict[str, Any] = {"endpoint": ENDPOINT, "events": ["taskUpdated", "taskDeleted"]}


def send(client: Client, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    return client.send(method, path, body)


@pytest.fixture
def path(workspace: Workspace) -> str:
    return f"/team/{workspace.id}/webhook"


def test_a_created_webhook_is_listed(client: Client, path: str) -> None:
    status, created = send(client, "POST", path, SUBSCRIPTION)
    (listed,) = client.get(path)["webhooks"]
    assert status == 200
    assert created == {"id": listed["id"], "webhook": listed}
    assert (listed["endpoint"], listed["events"]) == (ENDPOINT, SUBSCRIPTION["events"])
    assert listed["health"] == {"status": "active", "fail_count": 0}


def test_a_duplicate_webhook_is_rejected(
    client: Client, account: Account, path: str, workspace: Workspace
) -> None:
    spaces = [*workspace.spaces]
    assert send(client, "POST", path, SUBSCRIPTION)[0] == 200
    error = {"err": "Webhook configuration already exists", "ECODE": "OAUTH_171"}
    assert send(client, "POST", path, SUBSCRIPTION) == (400, error)
    for other in ({"events": "*"}, {"endpoint": f"{ENDPOINT}/2"}, {"space_id": spaces[0]}):
        assert send(client, "POST", path, {**SUBSCRIPTION, **other})[0] == 200
    account.add_webhook(endpoint="https://a.example.com", events=["*"], user_id=account.user_id + 1)
    of_another = {"endpoint": "https://a.example.com", "events": "*"}
    assert send(client, "POST", path, of_another)[0] == 200
    assert len(client.get(path)["webhooks"]) == 5


def test_the_most_specific_filter_of_a_webhook_is_used(
    client: Client, path: str, workspace: Workspace
) -> None:
    task_list = next(task_list for task_list in workspace.lists.values() if not task_list.archived)
    places = {"list_id": int(task_list.id), "space_id": task_list.space_id}
    webhook = send(client, "POST", path, {**SUBSCRIPTION, **places})[1]["webhook"]
    assert (webhook["list_id"], webhook["space_id"]) == (task_list.id, None)


def test_an_endpoint_without_a_scheme_gets_https(client: Client, path: str) -> None:
    body = {**SUBSCRIPTION, "endpoint": "a.example.com/x"}
    webhook = send(client, "POST", path, body)[1]["webhook"]
    assert webhook["endpoint"] == "https://a.example.com/x"


def test_a_reactivated_webhook_keeps_its_secret(
    client: Client, account: Account, path: str
) -> None:
    webhook = send(client, "POST", path, SUBSCRIPTION)[1]["webhook"]
    account.update_webhook(webhook["id"], health="suspended", fail_count=100)
    changes = {"endpoint": f"{ENDPOINT}/new", "events": ["taskMoved"], "status": "active"}
    status, changed = send(client, "PUT", f"/webhook/{webhook['id']}", changes)
    assert (status, changed["webhook"]) == (
        200,
        {**webhook, "endpoint": f"{ENDPOINT}/new", "events": ["taskMoved"]},
    )
    assert client.get(path)["webhooks"] == [changed["webhook"]]


def test_a_deleted_webhook_is_not_listed(client: Client, path: str) -> None:
    created = send(client, "POST", path, SUBSCRIPTION)[1]
    assert send(client, "DELETE", f"/webhook/{created['id']}") == (200, {})
    assert client.get(path) == {"webhooks": []}
    assert send(client, "DELETE", f"/webhook/{created['id']}")[1]["ECODE"] == "OAUTH_018"


def test_webhooks_of_other_users_cannot_be_written(client: Client, account: Account) -> None:
    other = account.add_webhook(endpoint=ENDPOINT, events=["*"], user_id=account.user_id + 1)
    for method in ("PUT", "DELETE"):
        changes = {**SUBSCRIPTION, "status": "active"}
        assert send(client, method, f"/webhook/{other.id}", changes)[1]["ECODE"] == "OAUTH_018"
    assert account.workspaces[0].webhooks == {other.id: other}


def test_a_member_cannot_create_a_webhook(client: Client, behaviour: Behaviour, path: str) -> None:
    """R113: with the role of a member, webhooks cannot be registered."""
    behaviour.role = "member"
    assert send(client, "POST", path, SUBSCRIPTION)[0] == 403
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
    created = send(client, "POST", path, SUBSCRIPTION)[1]
    for changes in (SUBSCRIPTION, {"status": "active"}, {**SUBSCRIPTION, "status": "asleep"}):
        assert send(client, "PUT", f"/webhook/{created['id']}", changes)[0] == 400


def test_a_webhook_filter_with_an_unknown_id_is_rejected(client: Client, path: str) -> None:
    assert send(client, "POST", path, {**SUBSCRIPTION, "space_id": "404"})[0] == 401
    assert send(client, "POST", "/team/404/webhook", SUBSCRIPTION)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_webhooks_and_time_entries_can_be_written(
    client: Client, workspace: Workspace, method: str
) -> None:
    entries = f"/team/{workspace.id}/time_entries"
    for path in (f"/team/{workspace.id}/task", "/task/86a1", "/list/1/task", f"{entries}/tags"):
        assert send(client, method, path, {})[0] == 405
