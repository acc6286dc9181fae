"""`pandev connect` registers webhooks, and the receiver accepts their deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clickup_receiver.receiver_process import ReceiverProcess
from tests.end_to_end.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Workspace

ENDPOINT = "https://receiver.example.com/v1/clickup/webhook"
CONNECT = ("pandev", "connect")


@pytest.fixture
def project(clickup: FakeClickUp, workspace: Workspace, tmp_path: Path) -> Pipeline:
    settings = {
        "TAP_CLICKUP_API_TOKEN": clickup.token,
        "TAP_CLICKUP_API_URL": clickup.api_url,
        "TAP_CLICKUP_WORKSPACE_IDS": f'["{workspace.id}"]',
        "CLICKUP_RECEIVER_WEBHOOK_URL": ENDPOINT,
        "CLICKUP_RECEIVER_DATA_DIR": str(tmp_path / "data"),
    }
    return Pipeline(tmp_path, settings)


def test_connect_registers_one_webhook_and_reports_it(
    project: Pipeline, workspace: Workspace
) -> None:
    """R33, R34, R35: connecting again adds no duplicate."""
    first = project.run(*CONNECT)
    second = project.run(*CONNECT)
    (webhook,) = workspace.webhooks.values()
    line = f"workspace {workspace.id}: webhook {webhook.id} at {ENDPOINT}"
    assert first.stdout == f"{line} (created)\n"
    assert second.stdout == f"{line} (active)\n"
    assert webhook.secret not in first.stdout + first.stderr


def test_the_receiver_accepts_deliveries_of_a_new_webhook(
    project: Pipeline, clickup: FakeClickUp, database: str
) -> None:
    project.run(*CONNECT)
    with ReceiverProcess(clickup, database, project.folder, {"webhook-url": ENDPOINT}) as receiver:
        assert receiver.post("taskDeleted", task_id="86gone") == 200


def test_a_members_token_falls_back_to_polling(
    project: Pipeline, workspace: Workspace, behaviour: Behaviour
) -> None:
    """R113: with the role of a member no webhook is registered, and the mode is reported."""
    behaviour.role = "member"
    run = project.run(*CONNECT)
    assert run.returncode == 0
    assert run.stdout == (
        f"workspace {workspace.id}: POST /team/{workspace.id}/webhook: HTTP 403 ROLE_001: the "
        "token's user may not create webhooks, so changes come by polling only; make the user an "
        "owner or admin under Workspace settings > People\n"
    )
    assert workspace.webhooks == {}


def test_off_removes_the_webhooks(project: Pipeline, workspace: Workspace) -> None:
    project.run(*CONNECT)
    assert project.run(*CONNECT, "--off").stdout == "1 webhook removed\n"
    assert workspace.webhooks == {}


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        (
            "CLICKUP_RECEIVER_WEBHOOK_URL",
            "http://receiver.example.com",
            (
                "webhook_url: expected the https address under which ClickUp reaches this "
                "receiver, such as https://receiver.example.com/v1/clickup/webhook"
            ),
        ),
        (
            "TAP_CLICKUP_API_TOKEN",
            "secret",
            (
                "api_token: expected a personal API token, which begins with 'pk_'; create one in "
                "ClickUp under avatar > Settings > My Settings > Apps > API Token"
            ),
        ),
        ("TAP_CLICKUP_ENABLED", "false", "enabled is false: switch it on, or use --off"),
        (
            "TAP_CLICKUP_WORKSPACE_IDS",
            '["1"]',
            "workspace_ids: 1 not visible to the token, which sees {workspace_ids}",
        ),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(
    project: Pipeline, account: Account, setting: str, value: str, message: str
) -> None:
    project.settings[setting] = value
    run = project.run(*CONNECT)
    workspace_ids = ", ".join(workspace.id for workspace in account.workspaces)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr == f"pandev: {message.format(workspace_ids=workspace_ids)}\n"
    assert [workspace.webhooks for workspace in account.workspaces] == [{}, {}]
