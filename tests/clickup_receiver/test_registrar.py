"""Webhooks are made, compared and repaired; a second run changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clickup_receiver.feed.message_builder import PushTap
from clickup_receiver.inbox.events import EVENTS
from clickup_receiver.webhooks.registrar import Registered, Registration, checked_endpoint
from clickup_receiver.webhooks.secret_store import SecretsFile
from fake_clickup import Fault
from tap_clickup.errors import ConfigurationError, InvalidTokenError
from tests.tap_clickup.runner import SimulatedClock

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Webhook, Workspace

ENDPOINT = "https://receiver.example.com/v1/clickup/webhook"


class Registrar:
    """Repairs the webhooks of a selection; `sent` are the writes that this took."""

    def __init__(self, clickup: FakeClickUp, folder: Path) -> None:
        self.clickup = clickup
        self.secrets = SecretsFile(folder / "webhooks.json")
        self.config: dict[str, Any] = {"workspace_ids": [clickup.account.workspaces[0].id]}
        self.endpoint = ENDPOINT
        self.sent: list[str] = []

    @property
    def registration(self) -> Registration:
        settings = {"api_url": self.clickup.api_url, "api_token": self.clickup.token}
        tap = PushTap(config={**settings, "requests_per_minute": 400_000, **self.config})
        tap.sync_context.client._clock = SimulatedClock()  # noqa: SLF001 - waits otherwise
        return Registration(tap.sync_context, self.secrets, endpoint=self.endpoint)

    def __call__(self) -> list[Registered]:
        before = len(self.clickup.requests)
        found = self.registration.repair()
        self.sent = [one.method for one in self.clickup.requests[before:] if one.method != "GET"]
        return found

    @property
    def webhooks(self) -> dict[str, Webhook]:
        return self.clickup.account.workspaces[0].webhooks

    @property
    def kept(self) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        return {key: (one.space_id, one.secrets) for key, one in self.secrets.webhooks().items()}

    def secrets_at_clickup(self) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        return {key: (one.space_id, (one.secret,)) for key, one in self.webhooks.items()}


@pytest.fixture
def register(clickup: FakeClickUp, tmp_path: Path) -> Registrar:
    return Registrar(clickup, tmp_path)


def test_one_webhook_is_made_for_a_workspace_that_is_selected_as_a_whole(
    register: Registrar,
) -> None:
    """R33, R35."""
    (found,) = register()
    (made,) = register.webhooks.values()
    assert (found.webhook_id, found.space_id, found.done) == (made.id, None, ("created",))
    assert (made.endpoint, set(made.events), made.space_id) == (ENDPOINT, set(EVENTS), None)
    assert register.kept == register.secrets_at_clickup()


def test_a_second_run_changes_nothing(register: Registrar) -> None:
    """R35: never twice."""
    first = register()
    second = register()
    assert register.sent == []
    assert [one.webhook_id for one in second] == [one.webhook_id for one in first]
    assert second[0].done == ()
    assert second[0].is_healthy


def test_one_is_made_for_each_selected_space_and_each_workspace(
    register: Registrar, account: Account, workspace: Workspace
) -> None:
    """R131."""
    chosen = sorted(workspace.spaces)[:2]
    register.config["space_ids"] = chosen
    assert sorted(str(one.space_id) for one in register()) == chosen
    assert sorted(str(one.space_id) for one in register.webhooks.values()) == chosen
    assert register.kept == register.secrets_at_clickup()
    register.config = {}
    places = [(one.workspace_id, one.space_id) for one in register()]
    assert places == [(one.id, None) for one in account.workspaces]


def test_a_space_that_is_switched_off_loses_its_webhook(
    register: Registrar, workspace: Workspace
) -> None:
    one, other = sorted(workspace.spaces)[:2]
    register.config["space_ids"] = [one, other]
    register()
    register.config["space_ids"] = [other]
    register()
    assert [each.space_id for each in register.webhooks.values()] == [other]
    assert register.kept == register.secrets_at_clickup()
    assert register.sent == ["DELETE"]


@pytest.mark.parametrize("count", [1, 2])
def test_spaces_that_cannot_be_read_cost_no_webhook(
    register: Registrar, workspace: Workspace, count: int
) -> None:
    register.config["space_ids"] = sorted(workspace.spaces)[:2]
    register()
    before = {*register.webhooks}
    register.clickup.behaviour.faults += [Fault(status=403, path="/space$") for _ in range(count)]
    (found,) = register()
    assert str(found.problem).startswith("not all spaces could be read")
    assert (register.sent, {*register.webhooks}, {*register.kept}) == ([], before, before)


def test_a_workspace_that_is_switched_off_loses_its_webhook(
    register: Registrar, account: Account
) -> None:
    """R132."""
    register.config = {}
    register()
    register.config["workspace_ids"] = [account.workspaces[1].id]
    register()
    assert register.webhooks == {}
    assert {one.workspace_id for one in register.secrets.webhooks().values()} == {
        account.workspaces[1].id
    }


def test_a_token_that_was_rotated_keeps_webhooks_and_secrets(register: Registrar) -> None:
    """R129, R130."""
    register()
    before = register.kept
    register.clickup.account.token = "pk_40000001_ANOTHERONE00"  # noqa: S105 - made up
    register()
    assert (register.sent, register.kept) == ([], before)


def test_another_address_is_put_into_the_same_webhook(register: Registrar) -> None:
    (first,) = register()
    register.endpoint = "https://other.example.com/v1/clickup/webhook"
    (second,) = register()
    assert second.webhook_id == first.webhook_id
    assert second.done == ("address",)
    (webhook,) = register.webhooks.values()
    assert webhook.endpoint == register.endpoint
    assert register.kept == register.secrets_at_clickup()


def test_events_that_are_missing_are_added(register: Registrar, account: Account) -> None:
    (first,) = register()
    account.update_webhook(str(first.webhook_id), events=("taskCreated",))
    (second,) = register()
    assert second.done == ("events",)
    assert set(register.webhooks[str(first.webhook_id)].events) == set(EVENTS)


@pytest.mark.parametrize(("health", "fail_count"), [("failing", 7), ("suspended", 100)])
def test_a_webhook_that_fails_is_made_active_and_told(
    register: Registrar, account: Account, health: str, fail_count: int
) -> None:
    """R98."""
    (first,) = register()
    account.update_webhook(str(first.webhook_id), health=health, fail_count=fail_count)
    (found,) = register()
    assert (found.health, found.fail_count, found.done) == (health, fail_count, ("reactivated",))
    assert not found.is_healthy
    webhook = register.webhooks[str(first.webhook_id)]
    assert (webhook.health, webhook.fail_count) == ("active", 0)


def test_one_whose_answer_was_lost_is_found_again(register: Registrar) -> None:
    """ClickUp made it, the connection broke, the second attempt says OAUTH_171."""
    lost = 0

    def cut(request: Any, account: Account) -> None:
        nonlocal lost
        if request.method == "POST" and not lost:
            lost += 1
            account.add_webhook(
                register.config["workspace_ids"][0], endpoint=ENDPOINT, events=EVENTS
            )
            register.clickup.behaviour.faults.append(
                Fault(status=200, reset=True, path="/webhook$")
            )

    register.clickup.behaviour.on_request = cut
    (found,) = register()
    assert lost == 1
    assert [found.webhook_id] == [*register.webhooks]
    assert register.kept == register.secrets_at_clickup()


def test_one_whose_secret_was_lost_is_taken_over(register: Registrar) -> None:
    """The folder of the receiver is gone: ClickUp shows the secret to whom made it."""
    (first,) = register()
    for webhook_id in register.kept:
        register.secrets.drop(webhook_id)
    (second,) = register()
    assert second.webhook_id == first.webhook_id
    assert register.kept == register.secrets_at_clickup()


def test_one_of_two_for_the_same_place_is_removed(register: Registrar, account: Account) -> None:
    (first,) = register()
    other = account.add_webhook(endpoint=ENDPOINT, events=("taskCreated",))
    register.webhooks[str(first.webhook_id)] = register.webhooks.pop(str(first.webhook_id))
    assert [*register.webhooks] == [other.id, first.webhook_id]
    register()
    assert [*register.webhooks] == [first.webhook_id]


def test_one_whose_secret_nobody_shows_is_replaced(register: Registrar, account: Account) -> None:
    old = account.add_webhook(endpoint=ENDPOINT, events=EVENTS)
    listed = {"webhooks": [{"id": old.id, "endpoint": ENDPOINT, "events": [*EVENTS]}]}
    register.clickup.behaviour.faults.append(Fault(status=200, body=listed, path="/webhook$"))
    (found,) = register()
    assert found.done == ("created",)
    assert [*register.webhooks] == [found.webhook_id] != [old.id]
    assert register.sent == ["DELETE", "POST"]


def test_what_clickup_does_not_take_is_told_with_its_code(register: Registrar) -> None:
    def refuse(request: Any, account: Account) -> None:  # noqa: ARG001 - a hook's shape
        if request.method == "POST":
            refusal = {"err": "?", "ECODE": "WEBHOOK_007"}
            register.clickup.behaviour.faults.append(Fault(400, refusal, path="/webhook$"))

    register.clickup.behaviour.on_request = refuse
    (found,) = register()
    assert str(found.problem).endswith("HTTP 400 WEBHOOK_007")


def test_webhooks_of_others_are_left_alone(register: Registrar, account: Account) -> None:
    """Another address, or a place smaller than a space: not of our making."""
    list_id = next(iter(account.workspaces[0].lists))
    others = {
        account.add_webhook(endpoint="https://other.example.com/", events=("taskCreated",)).id,
        account.add_webhook(endpoint=ENDPOINT, events=("taskCreated",), list_id=list_id).id,
    }
    (found,) = register()
    assert found.done == ("created",)
    assert {*register.webhooks} == {*others, found.webhook_id}


def test_one_that_was_deleted_in_clickup_is_made_anew(register: Registrar) -> None:
    (first,) = register()
    register.webhooks.clear()
    (second,) = register()
    assert second.webhook_id != first.webhook_id
    assert register.kept == register.secrets_at_clickup()


def test_a_members_token_means_polling_only(
    register: Registrar, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """R113."""
    behaviour.role = "member"
    (found,) = register()
    assert found.webhook_id is None
    assert "changes come by polling only; make the user an owner or admin" in str(found.problem)
    assert "polling only" in caplog.text
    assert register.kept == {}


def test_all_are_removed_with_the_integration(register: Registrar) -> None:
    register()
    assert len(register.registration.remove()) == 1
    assert (register.webhooks, register.kept) == ({}, {})


def test_a_workspace_that_fails_does_not_stop_the_others(
    register: Registrar, account: Account
) -> None:
    register.config = {}
    failing, other = (one.id for one in account.workspaces)
    register.clickup.behaviour.faults += [
        Fault(status=400, body={"err": "?", "ECODE": "X_1"}, path=f"/team/{failing}/webhook")
    ]
    found = {one.workspace_id: one for one in register()}
    assert "HTTP 400 X_1" in str(found[failing].problem)
    assert found[other].done == ("created",)


def test_a_dead_token_stops_all(register: Registrar) -> None:
    register.config["api_token"] = "pk_1_OLDOLDOLD"  # noqa: S105 - made up
    with pytest.raises(InvalidTokenError):
        register()


@pytest.mark.parametrize(
    "url", ["", "receiver.example.com", "http://receiver.example.com/x", "ftp://a/b", "https://[1"]
)
def test_an_address_that_clickup_cannot_call_safely_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="webhook_url: expected the https address"):
        checked_endpoint(url)


def test_no_secret_is_logged(register: Registrar, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        register()
    (webhook,) = register.webhooks.values()
    assert webhook.secret not in caplog.text
    assert webhook.endpoint not in caplog.text
