"""Webhooks are read with their health and without anything that could forge a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, Fault
from tests.tap_clickup import accounts
from tests.tap_clickup.runner import TapRun, environment, run_command

if TYPE_CHECKING:
    from fake_clickup import Behaviour, FakeClickUp
    from fake_clickup.model import Webhook
    from tests.tap_clickup.runner import TapRunner

ENDPOINT = (
    "https://planteduser:plantedpassword@receiver.example.com:8443/plantedpath?key=plantedquery#p"
)


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def webhook(account: Account) -> Webhook:
    return account.add_webhook(
        endpoint=ENDPOINT,
        events=["taskUpdated", "taskDeleted"],
        space_id="61",
        folder_id="62",
        list_id="63",
        task_id="86a64",
        view_id="plantedview",
        client_id="plantedclient",
        health="failing",
        fail_count=65,
    )


def secrets_in(output: str, webhook: Webhook) -> list[str]:
    return [secret for secret in (webhook.secret, "planted") if secret in output]


def test_every_webhook_column_is_mapped(run_tap: TapRunner, webhook: Webhook) -> None:
    run = run_tap()
    assert run.rows("webhooks") == [
        {
            "workspace_id": accounts.WORKSPACE,
            "id": webhook.id,
            "user_id": "40000001",
            "endpoint": "https://receiver.example.com:8443",
            "events": ["taskUpdated", "taskDeleted"],
            "space_id": "61",
            "folder_id": "62",
            "list_id": "63",
            "task_id": "86a64",
            "health_status": "failing",
            "fail_count": 65,
        }
    ]
    assert secrets_in(run.stdout + run.log, webhook) == []


def test_workspace_webhook_reports_its_health(run_tap: TapRunner, account: Account) -> None:
    """R98: failing webhooks are visible in these columns."""
    account.add_webhook(endpoint="https://receiver.example.com", events=["*"])
    (row,) = run_tap().rows("webhooks")
    locations = [row[name] for name in ("space_id", "folder_id", "list_id", "task_id")]
    assert locations == [None] * 4
    health = [row[name] for name in ("endpoint", "events", "health_status", "fail_count")]
    assert health == ["https://receiver.example.com", ["*"], "active", 0]


@pytest.mark.parametrize(
    "endpoint", ["receiver.example.com/planted", "https://[planted/", "planted", ""]
)
def test_invalid_endpoint_is_hidden_and_does_not_fail_others(
    run_tap: TapRunner, account: Account, endpoint: str
) -> None:
    invalid_webhook = account.add_webhook(endpoint=endpoint, events=["*"])
    other = account.add_webhook(endpoint="https://receiver.example.com/", events=["*"])
    run = run_tap()
    assert run.column("webhooks", "id") == [invalid_webhook.id, other.id]
    assert run.error is None
    assert secrets_in(run.stdout + run.log, invalid_webhook) == []


def test_other_users_webhooks_are_outside_the_completed_read(
    run_tap: TapRunner, account: Account
) -> None:
    own = account.add_webhook(endpoint=ENDPOINT, events=["*"])
    account.add_webhook(endpoint=ENDPOINT, events=["*"], user_id=accounts.MEMBER)
    (row,) = (row for row in run_tap().rows("completed_reads") if row["stream"] == "webhooks")
    assert row["scope"] == "all"
    assert row["keys"] == [[own.id]]
    assert row["conditions"] == {
        "workspace_id": {"in": [accounts.WORKSPACE]},
        "user_id": {"in": ["40000001"]},
    }


@pytest.mark.parametrize("is_odd", [False, True])
def test_webhook_secret_never_leaks(
    clickup: FakeClickUp, webhook: Webhook, *, is_odd: bool
) -> None:
    """R16: not in the output, the state or the log, even at DEBUG or if it has no id."""
    item = {"secret": webhook.secret, "endpoint": ENDPOINT}
    if is_odd:
        odd_page = Fault(status=200, body={"webhooks": [item]}, path="/webhook$")
        clickup.behaviour.faults = [odd_page]
    process = run_command("--config=ENV", LOGLEVEL="DEBUG", **environment(clickup))
    assert process.returncode == 0
    assert secrets_in(process.stdout + process.stderr, webhook) == []
    assert "DEBUG" in process.stderr
    assert clickup.token not in process.stdout + process.stderr
    assert len(TapRun(process.stdout).rows("webhooks")) == (not is_odd)


@pytest.mark.parametrize(
    ("status", "ecode", "why"),
    [
        (401, "OAUTH_027", "HTTP 401 OAUTH_027: deleted, or not visible to the token's user"),
        (403, "OAUTH_023", "HTTP 403 OAUTH_023"),
    ],
)
def test_denied_webhooks_do_not_stop_other_streams(
    run_tap: TapRunner, behaviour: Behaviour, status: int, ecode: str, why: str
) -> None:
    """R113: with the role of a member, tasks are read, and that webhooks are not is reported."""
    behaviour.faults = [Fault(status=status, body={"ECODE": ecode}, path="/webhook$")]
    run = run_tap(start_date="2026-03-01")
    assert run.read_failures == [
        ("stream webhooks", f"GET /team/{accounts.WORKSPACE}/webhook: {why}")
    ]
    assert run.error is None
    assert run.rows("sync_runs")[0]["complete"] is False
    assert [row for row in run.rows("completed_reads") if row["stream"] == "webhooks"] == []
    assert sorted(run.column("tasks", "id")) == ["86parent1", "86task001"]
