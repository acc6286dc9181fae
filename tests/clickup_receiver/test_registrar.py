"""Webhooks are created, compared and repaired; a second call changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clickup_receiver.inbox.events import EVENTS
from clickup_receiver.webhooks.registrar import validate_endpoint
from clickup_receiver.webhooks.secret_store import FileSecretStore
from fake_clickup import Fault
from tap_clickup.errors import ConfigurationError, InvalidTokenError
from tests.clickup_receiver.registrar_harness import ENDPOINT, RegistrarHarness

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp, Request
    from fake_clickup.model import Workspace


@pytest.fixture
def harness(clickup: FakeClickUp, tmp_path: Path) -> RegistrarHarness:
    return RegistrarHarness(clickup, tmp_path)


def test_a_selected_workspace_gets_one_webhook(harness: RegistrarHarness) -> None:
    """R33, R35: it is registered automatically, and its URL is ours."""
    (status,) = harness.reconcile()
    (webhook,) = harness.webhooks.values()
    assert status.webhook_id == webhook.id
    assert status.space_id is None
    assert status.changes == ("created",)
    assert webhook.endpoint == ENDPOINT
    assert set(webhook.events) == set(EVENTS)
    assert webhook.space_id is None
    assert harness.stored_secrets == harness.clickup_secrets


def test_a_second_call_changes_nothing(harness: RegistrarHarness) -> None:
    """R35: repeated registration adds no duplicate."""
    (first,) = harness.reconcile()
    (second,) = harness.reconcile()
    assert harness.writes == []
    assert second.webhook_id == first.webhook_id
    assert second.changes == ()
    assert second.is_healthy


def test_each_selected_space_and_workspace_gets_a_webhook(
    harness: RegistrarHarness, account: Account, workspace: Workspace
) -> None:
    """R131: one token serves every workspace of its user."""
    selected = sorted(workspace.spaces)[:2]
    harness.config["space_ids"] = selected
    assert sorted(str(status.space_id) for status in harness.reconcile()) == selected
    assert sorted(str(webhook.space_id) for webhook in harness.webhooks.values()) == selected
    assert harness.stored_secrets == harness.clickup_secrets
    harness.config = {}
    scopes = [(status.workspace_id, status.space_id) for status in harness.reconcile()]
    assert scopes == [(workspace.id, None) for workspace in account.workspaces]


def test_a_deselected_space_loses_its_webhook(
    harness: RegistrarHarness, workspace: Workspace
) -> None:
    first, second = sorted(workspace.spaces)[:2]
    harness.config["space_ids"] = [first, second]
    harness.reconcile()
    harness.config["space_ids"] = [second]
    harness.reconcile()
    assert [webhook.space_id for webhook in harness.webhooks.values()] == [second]
    assert harness.stored_secrets == harness.clickup_secrets
    assert harness.writes == ["DELETE"]


@pytest.mark.parametrize("fault_count", [1, 2])
def test_unreadable_spaces_leave_webhooks_unchanged(
    harness: RegistrarHarness, workspace: Workspace, fault_count: int
) -> None:
    """Otherwise the webhook of a space that cannot be read now would be removed."""
    harness.config["space_ids"] = sorted(workspace.spaces)[:2]
    harness.reconcile()
    before = set(harness.webhooks)
    fault = Fault(status=403, path="/space$")
    harness.clickup.behaviour.faults += [fault] * fault_count
    (status,) = harness.reconcile()
    assert str(status.error).startswith("not all spaces could be read")
    assert harness.writes == []
    assert set(harness.webhooks) == before
    assert set(harness.stored_secrets) == before


def test_a_deselected_workspace_loses_its_webhook(
    harness: RegistrarHarness, account: Account
) -> None:
    """R132: a workspace can be deselected at any time."""
    harness.config = {}
    harness.reconcile()
    remaining = account.workspaces[1].id
    harness.config["workspace_ids"] = [remaining]
    harness.reconcile()
    assert harness.webhooks == {}
    webhooks = harness.secret_store.get_all().values()
    assert {webhook.workspace_id for webhook in webhooks} == {remaining}


def test_token_rotation_keeps_webhooks_and_secrets(harness: RegistrarHarness) -> None:
    """R129, R130: the same webhooks, without another registration."""
    harness.reconcile()
    before = harness.stored_secrets
    harness.clickup.account.token = "pk_40000001_ANOTHERONE00"  # noqa: S105 - made up
    harness.reconcile()
    assert harness.writes == []
    assert harness.stored_secrets == before


def test_a_changed_endpoint_updates_the_same_webhook(harness: RegistrarHarness) -> None:
    (first,) = harness.reconcile()
    harness.endpoint = "https://other.example.com/v1/clickup/webhook"
    (second,) = harness.reconcile()
    assert second.webhook_id == first.webhook_id
    assert second.changes == ("endpoint updated",)
    (webhook,) = harness.webhooks.values()
    assert webhook.endpoint == harness.endpoint
    assert harness.stored_secrets == harness.clickup_secrets


def test_missing_events_are_added(harness: RegistrarHarness, account: Account) -> None:
    (first,) = harness.reconcile()
    account.update_webhook(str(first.webhook_id), events=("taskCreated",))
    (second,) = harness.reconcile()
    assert second.changes == ("events updated",)
    assert set(harness.webhooks[str(first.webhook_id)].events) == set(EVENTS)


@pytest.mark.parametrize(("health", "fail_count"), [("failing", 7), ("suspended", 100)])
def test_a_failing_webhook_is_reactivated_and_reported(
    harness: RegistrarHarness, account: Account, health: str, fail_count: int
) -> None:
    """R98: the status contains the health that ClickUp reported."""
    (first,) = harness.reconcile()
    account.update_webhook(str(first.webhook_id), health=health, fail_count=fail_count)
    (second,) = harness.reconcile()
    assert second.health == health
    assert second.fail_count == fail_count
    assert second.changes == ("reactivated",)
    assert not second.is_healthy
    webhook = harness.webhooks[str(first.webhook_id)]
    assert webhook.health == "active"
    assert webhook.fail_count == 0


def test_a_lost_response_to_creation_adds_no_duplicate(harness: RegistrarHarness) -> None:
    """ClickUp created it, the connection broke, and the retry is rejected with OAUTH_171."""
    lost_responses = 0

    def lose_response(request: Request, account: Account) -> None:
        nonlocal lost_responses
        if request.method == "POST" and not lost_responses:
            lost_responses += 1
            workspace_id = harness.config["workspace_ids"][0]
            account.add_webhook(workspace_id, endpoint=ENDPOINT, events=EVENTS)
            fault = Fault(status=200, reset=True, path="/webhook$")
            harness.clickup.behaviour.faults.append(fault)

    harness.clickup.behaviour.on_request = lose_response
    (status,) = harness.reconcile()
    assert lost_responses == 1
    assert [status.webhook_id] == list(harness.webhooks)
    assert harness.stored_secrets == harness.clickup_secrets


def test_a_webhook_without_a_stored_secret_is_adopted(harness: RegistrarHarness) -> None:
    """The receiver's directory was lost. ClickUp shows the secret to the user who created it."""
    (first,) = harness.reconcile()
    harness.secret_store.delete(str(first.webhook_id))
    assert harness.stored_secrets == {}
    (second,) = harness.reconcile()
    assert second.webhook_id == first.webhook_id
    assert harness.stored_secrets == harness.clickup_secrets


def test_a_duplicate_webhook_is_removed(harness: RegistrarHarness, account: Account) -> None:
    """The one whose secret is stored is kept, also if ClickUp lists it last."""
    (first,) = harness.reconcile()
    webhook_id = str(first.webhook_id)
    other = account.add_webhook(endpoint=ENDPOINT, events=("taskCreated",))
    harness.webhooks[webhook_id] = harness.webhooks.pop(webhook_id)
    assert list(harness.webhooks) == [other.id, webhook_id]
    harness.reconcile()
    assert list(harness.webhooks) == [webhook_id]


def test_a_webhook_with_an_unknown_secret_is_replaced(
    harness: RegistrarHarness, account: Account
) -> None:
    """Its deliveries cannot be verified."""
    old = account.add_webhook(endpoint=ENDPOINT, events=EVENTS)
    listed = {"webhooks": [{"id": old.id, "endpoint": ENDPOINT, "events": [*EVENTS]}]}
    harness.clickup.behaviour.faults.append(Fault(status=200, body=listed, path="/webhook$"))
    (status,) = harness.reconcile()
    assert status.changes == ("created",)
    assert status.webhook_id != old.id
    assert list(harness.webhooks) == [status.webhook_id]
    assert harness.writes == ["DELETE", "POST"]


def test_a_webhook_that_cannot_be_replaced_gets_no_duplicate(
    harness: RegistrarHarness, account: Account
) -> None:
    """Its secret is not known, and ClickUp does not delete it."""
    old = account.add_webhook(endpoint=ENDPOINT, events=EVENTS)
    listed = {"webhooks": [{"id": old.id, "endpoint": ENDPOINT, "events": [*EVENTS]}]}
    harness.clickup.behaviour.faults += [
        Fault(status=200, body=listed, path="/team/[0-9]+/webhook$"),
        Fault(status=403, body={"err": "?", "ECODE": "OAUTH_023"}, path=f"/webhook/{old.id}$"),
    ]
    (status,) = harness.reconcile()
    assert status.error == f"webhook {old.id}: its secret is not known, and it cannot be deleted"
    assert harness.writes == ["DELETE"]
    assert list(harness.webhooks) == [old.id]


def test_a_rejected_creation_reports_the_ecode(harness: RegistrarHarness) -> None:
    def reject_creation(request: Request, account: Account) -> None:  # noqa: ARG001 - a hook
        if request.method == "POST":
            response = {"err": "?", "ECODE": "WEBHOOK_007"}
            harness.clickup.behaviour.faults.append(Fault(400, response, path="/webhook$"))

    harness.clickup.behaviour.on_request = reject_creation
    (status,) = harness.reconcile()
    assert str(status.error).endswith("HTTP 400 WEBHOOK_007")


def test_webhooks_of_other_tools_are_left_alone(
    harness: RegistrarHarness, account: Account
) -> None:
    """Those with another endpoint, or with a scope smaller than a space, are not ours."""
    list_id = next(iter(account.workspaces[0].lists))
    events = ("taskCreated",)
    elsewhere = account.add_webhook(endpoint="https://other.example.com/", events=events)
    one_list = account.add_webhook(endpoint=ENDPOINT, events=events, list_id=list_id)
    (status,) = harness.reconcile()
    assert status.changes == ("created",)
    assert set(harness.webhooks) == {elsewhere.id, one_list.id, status.webhook_id}


def test_a_webhook_deleted_in_clickup_is_created_again(harness: RegistrarHarness) -> None:
    (first,) = harness.reconcile()
    harness.webhooks.clear()
    (second,) = harness.reconcile()
    assert second.webhook_id != first.webhook_id
    assert harness.stored_secrets == harness.clickup_secrets


def test_a_members_token_falls_back_to_polling(
    harness: RegistrarHarness, workspace: Workspace, behaviour: Behaviour
) -> None:
    """R113: with the role of a member, changes arrive by polling only, which is reported once."""
    behaviour.role = "member"
    harness.config["space_ids"] = sorted(workspace.spaces)[:2]
    (status,) = harness.reconcile()
    assert status.webhook_id is None
    assert status.is_denied
    assert status.scope == f"workspace {workspace.id}"
    expected = "changes come by polling only; make the user an owner or admin"
    assert expected in str(status.error)
    assert harness.writes == ["POST"]
    assert harness.stored_secrets == {}


def test_a_member_keeps_the_webhooks_that_exist(
    harness: RegistrarHarness, workspace: Workspace, behaviour: Behaviour
) -> None:
    """The user was an admin when they were created."""
    first, second = sorted(workspace.spaces)[:2]
    harness.config["space_ids"] = [second]
    harness.reconcile()
    behaviour.role = "member"
    harness.config["space_ids"] = [first, second]
    kept, denied = harness.reconcile()
    assert (kept.space_id, kept.changes) == (second, ())
    assert denied.is_denied
    assert [webhook.space_id for webhook in harness.webhooks.values()] == [second]
    assert harness.stored_secrets == harness.clickup_secrets


def test_all_webhooks_are_removed_with_the_integration(harness: RegistrarHarness) -> None:
    (status,) = harness.reconcile()
    assert harness.registrar.remove_all() == [status.webhook_id]
    assert harness.webhooks == {}
    assert harness.stored_secrets == {}


def test_webhooks_without_a_stored_secret_are_removed_too(
    harness: RegistrarHarness, account: Account
) -> None:
    """Their secrets are in another directory. Those of other tools stay."""
    harness.config = {}
    harness.reconcile()
    ours = [webhook.id for webhook in harness.webhooks.values()]
    ours += account.workspaces[1].webhooks
    list_id = next(iter(account.workspaces[0].lists))
    elsewhere = account.add_webhook(endpoint="https://other.example.com/", events=EVENTS)
    one_list = account.add_webhook(endpoint=ENDPOINT, events=EVENTS, list_id=list_id)
    harness.secret_store = FileSecretStore(harness.folder / "other" / "webhooks.json")
    harness.config = {"workspace_ids": [account.workspaces[0].id]}
    assert harness.registrar.remove_all() == sorted(ours)
    assert set(harness.webhooks) == {elsewhere.id, one_list.id}
    assert account.workspaces[1].webhooks == {}
    assert not (harness.folder / "other").exists()


def test_a_failing_workspace_does_not_block_others(
    harness: RegistrarHarness, account: Account
) -> None:
    harness.config = {}
    failing, other = (workspace.id for workspace in account.workspaces)
    response = {"err": "?", "ECODE": "X_1"}
    harness.clickup.behaviour.faults.append(
        Fault(status=400, body=response, path=f"/team/{failing}/webhook")
    )
    statuses = {status.workspace_id: status for status in harness.reconcile()}
    assert "HTTP 400 X_1" in str(statuses[failing].error)
    assert statuses[other].changes == ("created",)


def test_an_invalid_token_raises_an_error(harness: RegistrarHarness) -> None:
    harness.config["api_token"] = "pk_1_OLDOLDOLD"  # noqa: S105 - made up
    with pytest.raises(InvalidTokenError):
        harness.reconcile()


@pytest.mark.parametrize(
    "url", ["", "receiver.example.com", "http://receiver.example.com/x", "ftp://a/b", "https://[1"]
)
def test_invalid_or_unencrypted_endpoint_is_rejected(url: str) -> None:
    with pytest.raises(ConfigurationError, match="webhook_url: expected the https address"):
        validate_endpoint(url)


def test_secrets_and_endpoint_are_not_logged(
    harness: RegistrarHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        harness.reconcile()
    (webhook,) = harness.webhooks.values()
    assert f"webhook {webhook.id}: created" in caplog.text
    assert webhook.secret not in caplog.text
    assert webhook.endpoint not in caplog.text
