"""`pandev doctor`: webhooks that are missing, fail or are silent, and those of another user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.webhooks.secret_store import FileSecretStore
from fake_clickup import generate
from tests.clickup_receiver.registrar_harness import switch_user
from tests.pandev.doctor_store import ADDRESS, Doctor, Row, add_inbox, execute
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Webhook, Workspace

CONNECT = "run pandev connect, which registers it"
OK = [("ok", "1 webhook active", None)]


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=5)


@pytest.fixture
def doctor(clickup: FakeClickUp, database: str, tmp_path: Path) -> Doctor:
    """Return a doctor of a set-up whose receiver has a public address."""
    settings = {"TAP_CLICKUP_API_TOKEN": clickup.token, "TAP_CLICKUP_API_URL": clickup.api_url}
    return Doctor(database, tmp_path, settings)


@pytest.fixture
def webhook(doctor: Doctor, account: Account, workspace: Workspace) -> Webhook:
    """Return the webhook of the whole workspace, whose secret is stored."""
    webhook = account.add_webhook(endpoint=ADDRESS, events=["*"])
    store_secret(doctor, webhook, workspace)
    return webhook


def store_secret(doctor: Doctor, webhook: Webhook, workspace: Workspace) -> None:
    """Store a webhook's secret, as `pandev connect` does."""
    FileSecretStore(doctor.folder / "webhooks.json").put(
        webhook.id,
        webhook.secret,
        workspace_id=workspace.id,
        space_id=webhook.space_id,
        user_id=str(webhook.user_id),
    )


def look(doctor: Doctor) -> list[Row]:
    """Return what is found about webhooks."""
    return doctor.examine("--webhook-url", ADDRESS)["webhooks"]


@pytest.mark.usefixtures("webhook")
def test_a_webhook_of_the_whole_workspace_covers_its_spaces(
    doctor: Doctor, workspace: Workspace
) -> None:
    assert look(doctor) == OK
    doctor.settings["TAP_CLICKUP_SPACE_IDS"] = f'["{next(iter(workspace.spaces))}"]'
    assert look(doctor) == OK


def test_a_webhook_deleted_in_clickup_is_a_problem(
    doctor: Doctor, webhook: Webhook, workspace: Workspace
) -> None:
    """R98: ClickUp does not report it, and the store has no row of it after the next run."""
    del workspace.webhooks[webhook.id]
    text = f"webhook {webhook.id} of workspace {workspace.id} was deleted in ClickUp"
    assert look(doctor) == [("problem", text, CONNECT)]


@pytest.mark.usefixtures("webhook")
def test_a_workspace_without_a_webhook_is_a_problem(
    doctor: Doctor, account: Account, workspace: Workspace
) -> None:
    """R33, R35: neither a webhook of another address nor one of a list is ours."""
    workspace.webhooks.clear()
    (doctor.folder / "webhooks.json").unlink()
    account.add_webhook(endpoint="https://other.example.com/hook", events=["*"])
    account.add_webhook(endpoint=ADDRESS, events=["*"], list_id=next(iter(workspace.lists)))
    text = f"workspace {workspace.id} has no webhook of ours: its changes come by polling only"
    assert look(doctor) == [("problem", text, CONNECT)]


def test_a_selected_space_without_a_webhook_is_a_problem(
    doctor: Doctor, account: Account, workspace: Workspace
) -> None:
    """R33, R35: of two selected spaces, one has a webhook."""
    covered, uncovered = list(workspace.spaces)[:2]
    doctor.settings["TAP_CLICKUP_SPACE_IDS"] = f'["{covered}", "{uncovered}"]'
    webhook = account.add_webhook(endpoint=ADDRESS, events=["*"], space_id=covered)
    store_secret(doctor, webhook, workspace)
    place = f"space {uncovered} of workspace {workspace.id}"
    text = f"{place} has no webhook of ours: its changes come by polling only"
    assert look(doctor) == [("problem", text, CONNECT)]


def test_a_webhook_of_an_earlier_address_is_a_problem(doctor: Doctor, webhook: Webhook) -> None:
    """R98: ours by its stored secret, but deliveries go to where no receiver is any more."""
    found = doctor.examine("--webhook-url", "https://new.example.com/hook")["webhooks"]
    text = f"webhook {webhook.id} delivers to https://receiver.example.com, not to https://new."
    assert found == [("problem", f"{text}example.com", "run pandev connect, which corrects it")]


def test_webhooks_of_another_user_are_a_problem(
    doctor: Doctor, account: Account, webhook: Webhook
) -> None:
    """R95: the token's user differs from the user who created them."""
    switch_user(account)
    doctor.settings["TAP_CLICKUP_API_TOKEN"] = account.token
    other = f"user {webhook.user_id}"
    text = f"the token belongs to ClickUp user {account.user_id}, but {other} created webhook "
    remedy = f"use a token of {other}, or run pandev connect --replace-user once"
    assert look(doctor) == [("problem", f"{text}{webhook.id}", remedy)]


def test_a_webhook_of_an_earlier_version_is_of_no_other_user(
    doctor: Doctor, webhook: Webhook, workspace: Workspace
) -> None:
    """It did not store the user."""
    path = doctor.folder / "webhooks.json"
    path.unlink()
    FileSecretStore(path).put(webhook.id, webhook.secret, workspace_id=workspace.id)
    assert look(doctor) == OK


@pytest.mark.parametrize("role", ["member", "guest"])
def test_a_member_is_not_asked_for_webhooks(
    doctor: Doctor, behaviour: Behaviour, role: str
) -> None:
    """R113: polling only, as the check of the role says."""
    behaviour.role = role  # type: ignore[assignment]
    assert look(doctor) == [("skipped", "polling only, see the check role", None)]


def test_without_webhooks_changes_come_by_polling(doctor: Doctor) -> None:
    expected = [("skipped", "webhook_url is not set: polling only", None)]
    assert doctor.examine()["webhooks"] == expected


def test_a_failing_webhook_is_named_without_an_address(
    doctor: Doctor, account: Account, webhook: Webhook, workspace: Workspace
) -> None:
    """R98: the settings of this machine need not have it."""
    account.update_webhook(webhook.id, health="failing", fail_count=1)
    text = f"webhook {webhook.id} of workspace {workspace.id} is failing after 1 failed delivery"
    remedy = "ClickUp cannot reach it: from any host on the internet, try curl -I <webhook_url>"
    assert doctor.examine()["webhooks"] == [("problem", text, remedy)]


@pytest.mark.parametrize("health", ["failing", "suspended"])
def test_a_webhook_that_is_not_active_is_a_problem(
    doctor: Doctor, account: Account, webhook: Webhook, workspace: Workspace, health: str
) -> None:
    """R98: with the advice that ClickUp cannot reach the address."""
    account.update_webhook(webhook.id, health=health, fail_count=7)
    files = set(doctor.folder.iterdir())
    ((outcome, text, remedy),) = look(doctor)
    assert set(doctor.folder.iterdir()) == files
    expected = f"webhook {webhook.id} of workspace {workspace.id} is {health} after 7 failed "
    assert (outcome, text) == ("problem", f"{expected}deliveries")
    assert remedy == (
        "ClickUp cannot reach it: from any host on the internet, try curl -I "
        "https://receiver.example.com/v1/clickup/webhook"
    )


def test_a_silent_webhook_is_a_problem(
    doctor: Doctor, account: Account, workspace: Workspace, database: str
) -> None:
    """R98: it is active for ClickUp, and delivers nothing."""
    account.add_webhook(endpoint=ADDRESS, events=["*"], id="h1")
    add_inbox(doctor.folder, last_delivery_hours=3)
    add_task(doctor, workspace, edited_at=datetime.now(UTC) - timedelta(minutes=90))
    ((outcome, text, remedy),) = look(doctor)
    assert outcome == "problem"
    assert text.startswith("webhook h1: no delivery since 20")
    assert remedy == "check that the user who created it is active; pandev connect repairs it"
    for change in (
        "date_updated = now() - interval '130 min'",  # less than an hour after the delivery
        "date_updated = now() - interval '9 min'",  # its delivery may be under way
        "date_updated = now() - interval '90 min', _sdc_deleted_at = now()",
    ):
        execute(database, f"UPDATE tasks SET {change}")  # noqa: S608 - one of the above
        assert look(doctor) == OK, change


@pytest.mark.parametrize(("minutes", "outcome"), [(50, "ok"), (70, "problem")])
def test_a_webhook_may_be_silent_for_an_hour(
    doctor: Doctor, account: Account, workspace: Workspace, minutes: int, outcome: str
) -> None:
    """Counted from its last delivery to the last edit of a task."""
    account.add_webhook(endpoint=ADDRESS, events=["*"], id="h1")
    add_inbox(doctor.folder, last_delivery_hours=5)
    edited_at = datetime.now(UTC) - timedelta(hours=5) + timedelta(minutes=minutes)
    add_task(doctor, workspace, edited_at=edited_at)
    assert [found for found, _, _ in look(doctor)] == [outcome]


def add_task(doctor: Doctor, workspace: Workspace, *, edited_at: datetime) -> None:
    """Insert a task."""
    assert doctor.database
    with connect(doctor.database) as connection:
        connection.execute(
            "INSERT INTO tasks (workspace_id, id, date_updated, _sdc_extracted_at, _sdc_hash) "
            "VALUES (%s, '86a1', %s, now(), gen_random_uuid())",
            (workspace.id, edited_at),
        )
