"""Webhooks are listed to the user who created them, with their health and their secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.fake_clickup.client import Client

ENDPOINT = "https://receiver.example.com/clickup"


def test_a_webhook_is_listed_with_its_secret_and_plain_token(
    client: Client, account: Account, workspace: Workspace
) -> None:
    webhook = account.add_webhook(endpoint=ENDPOINT, events=["taskUpdated", "taskDeleted"])
    listed = client.get(f"/team/{workspace.id}/webhook")
    assert re.fullmatch("[A-Z0-9]{64}", webhook.secret)
    assert str(UUID(webhook.id)) == webhook.id
    assert listed == {
        "webhooks": [
            {
                "id": webhook.id,
                "userid": account.user_id,
                "team_id": int(workspace.id),
                "endpoint": ENDPOINT,
                "client_id": client.clickup.token,
                "events": ["taskUpdated", "taskDeleted"],
                "task_id": None,
                "list_id": None,
                "folder_id": None,
                "space_id": None,
                "view_id": None,
                "health": {"status": "active", "fail_count": 0},
                "secret": webhook.secret,
            }
        ]
    }


def test_a_failing_webhook_has_its_number_of_failures(
    client: Client, account: Account, workspace: Workspace
) -> None:
    webhook = account.add_webhook(workspace.id, endpoint=ENDPOINT, events=["*"], list_id="12")
    account.update_webhook(webhook.id, health="failing", fail_count=5)
    (listed,) = client.get(f"/team/{workspace.id}/webhook")["webhooks"]
    assert listed["health"] == {"status": "failing", "fail_count": 5}
    assert (listed["list_id"], listed["secret"]) == ("12", webhook.secret)
    with pytest.raises(KeyError):
        account.update_webhook("no such webhook")


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_webhooks_of_other_users_are_not_listed(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour, role: Any
) -> None:
    behaviour.role = role
    own = account.add_webhook(endpoint=ENDPOINT, events=["*"])
    other = account.add_webhook(endpoint=ENDPOINT, events=["*"], user_id=account.user_id + 1)
    listed = client.get(f"/team/{workspace.id}/webhook")["webhooks"]
    assert [webhook["id"] for webhook in listed] == [own.id]
    assert own.secret != other.secret
