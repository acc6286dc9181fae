"""A token of another user creates no second webhook, and orphans none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.inbox.events import EVENTS
from clickup_receiver.webhooks.secret_store import EnvironmentSecretStore, FileSecretStore
from tap_clickup.errors import ConfigurationError
from tests.clickup_receiver.registrar_harness import ENDPOINT, RegistrarHarness, switch_user

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp


@pytest.fixture
def harness(clickup: FakeClickUp, tmp_path: Path) -> RegistrarHarness:
    return RegistrarHarness(clickup, tmp_path)


def remove_user_ids(harness: RegistrarHarness) -> None:
    """Make webhooks.json one of an earlier version."""
    path = harness.folder / "webhooks.json"
    webhooks = json.loads(path.read_text(encoding="utf-8"))
    for webhook in webhooks.values():
        del webhook["user_id"]
    path.write_text(json.dumps(webhooks), encoding="utf-8")
    harness.secret_store = FileSecretStore(path)


def user_ids(harness: RegistrarHarness) -> list[str | None]:
    return [webhook.user_id for webhook in harness.secret_store.get_all().values()]


def test_the_user_who_created_a_webhook_is_stored(
    harness: RegistrarHarness, account: Account
) -> None:
    harness.reconcile()
    assert user_ids(harness) == [str(account.user_id)]


def test_a_token_of_another_user_is_rejected(harness: RegistrarHarness, account: Account) -> None:
    """R95: ClickUp does not show the existing webhook to it, and would accept a second one."""
    (status,) = harness.reconcile()
    before = harness.stored_secrets
    creator_id = account.user_id
    switch_user(account)
    for call in (harness.reconcile, harness.registrar.remove_all):
        with pytest.raises(ConfigurationError) as raised:
            call()
        assert str(raised.value) == (
            f"api_token: belongs to ClickUp user {account.user_id}, but user {creator_id} created "
            f"webhook {status.webhook_id}; use the token of that user, or run pandev connect "
            "--replace-user once"
        )
    assert list(harness.webhooks) == [status.webhook_id]
    assert harness.stored_secrets == before
    assert [request.method for request in harness.clickup.requests].count("POST") == 1


def test_another_users_token_leaves_a_deselected_workspace_alone(
    harness: RegistrarHarness, account: Account
) -> None:
    (status,) = harness.reconcile()
    harness.config["workspace_ids"] = [account.workspaces[1].id]
    switch_user(account)
    with pytest.raises(ConfigurationError, match="api_token: belongs to ClickUp user"):
        harness.reconcile()
    assert list(harness.webhooks) == [status.webhook_id]
    assert list(harness.stored_secrets) == [status.webhook_id]
    assert account.workspaces[1].webhooks == {}


def test_another_users_webhooks_are_replaced_on_request(
    harness: RegistrarHarness, account: Account
) -> None:
    """Only their creator can delete them, but their deliveries are no longer accepted."""
    (old,) = harness.reconcile()
    switch_user(account)
    assert harness.registrar.forget_other_users() == [old.webhook_id]
    (new,) = harness.reconcile()
    assert new.changes == ("created",)
    assert set(harness.webhooks) == {old.webhook_id, new.webhook_id}
    assert list(harness.stored_secrets) == [new.webhook_id]
    assert user_ids(harness) == [str(account.user_id)]
    assert harness.registrar.forget_other_users() == []
    assert list(harness.stored_secrets) == [new.webhook_id]


def test_a_webhook_of_an_earlier_version_stays_and_gets_its_user(
    harness: RegistrarHarness, account: Account
) -> None:
    (first,) = harness.reconcile()
    remove_user_ids(harness)
    assert user_ids(harness) == [None]
    (second,) = harness.reconcile()
    assert harness.writes == []
    assert second.webhook_id == first.webhook_id
    assert user_ids(harness) == [str(account.user_id)]


def test_a_setting_of_an_earlier_version_stays_in_use(harness: RegistrarHarness) -> None:
    """A setting cannot be changed here."""
    (first,) = harness.reconcile()
    remove_user_ids(harness)
    text = (harness.folder / "webhooks.json").read_text(encoding="utf-8")
    setting = EnvironmentSecretStore(text, setting="CLICKUP_RECEIVER_WEBHOOKS")
    harness.secret_store = setting  # type: ignore[assignment]
    (second,) = harness.reconcile()
    assert harness.writes == []
    assert (second.webhook_id, second.error) == (first.webhook_id, None)


def test_another_users_token_is_noticed_without_a_stored_user(
    harness: RegistrarHarness, account: Account
) -> None:
    """The webhook may also have been deleted in ClickUp: nothing is changed before it is clear."""
    (old,) = harness.reconcile()
    remove_user_ids(harness)
    switch_user(account)
    (status,) = harness.reconcile()
    assert status.error == (
        f"webhook {old.webhook_id}: deleted in ClickUp or created by a user other than the "
        "token's; use the token of the user who ran pandev connect, or run pandev connect "
        "--replace-user once"
    )
    assert harness.writes == []
    assert list(harness.stored_secrets) == list(harness.webhooks) == [old.webhook_id]
    own = account.add_webhook(endpoint=ENDPOINT, events=EVENTS)
    with pytest.raises(ConfigurationError, match="created by a user other than the token's"):
        harness.registrar.remove_all()
    assert own.id not in harness.webhooks
    assert list(harness.stored_secrets) == [old.webhook_id]
    assert harness.registrar.forget_other_users() == [old.webhook_id]
    assert harness.registrar.remove_all() == []
