"""`pandev connect` registers the webhooks that the receiver then knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clickup_receiver.receiver_process import ReceiverProcess
from tests.end_to_end.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Behaviour, FakeClickUp
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


def test_it_registers_once_and_tells_what_it_did(project: Pipeline, workspace: Workspace) -> None:
    """R33 to R35."""
    first, second = project.run(*CONNECT), project.run(*CONNECT)
    (webhook,) = workspace.webhooks.values()
    told = f"workspace {workspace.id}: webhook {webhook.id} at {ENDPOINT}"
    assert first.stdout == f"{told} (created)\n"
    assert second.stdout == f"{told} (active)\n"
    assert webhook.secret not in first.stdout + first.stderr


def test_the_receiver_takes_what_a_registered_webhook_sends(
    project: Pipeline, clickup: FakeClickUp, database: str
) -> None:
    project.run(*CONNECT)
    with ReceiverProcess(clickup, database, project.folder, {"webhook-url": ENDPOINT}) as receiver:
        assert receiver.post("taskDeleted", task_id="86gone") == 200


def test_a_members_token_is_told_that_changes_are_polled(
    project: Pipeline, behaviour: Behaviour
) -> None:
    """R113."""
    behaviour.role = "member"
    ended = project.run(*CONNECT)
    assert ended.returncode == 0
    assert "changes come by polling only" in ended.stdout


def test_off_removes_the_webhooks(project: Pipeline, workspace: Workspace) -> None:
    project.run(*CONNECT)
    assert project.run(*CONNECT, "--off").stdout == "1 webhooks removed\n"
    assert workspace.webhooks == {}


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("CLICKUP_RECEIVER_WEBHOOK_URL", "http://receiver.example.com", "webhook_url: expected"),
        ("TAP_CLICKUP_API_TOKEN", "secret", "api_token: expected a personal API token"),
        ("TAP_CLICKUP_ENABLED", "false", "enabled is false: switch it on, or use --off"),
        ("TAP_CLICKUP_WORKSPACE_IDS", '["1"]', "workspace_ids: 1 not visible to the token"),
    ],
)
def test_what_cannot_work_is_told_in_one_line(
    project: Pipeline, setting: str, value: str, complaint: str
) -> None:
    project.settings[setting] = value
    ended = project.run(*CONNECT)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(f"pandev: {complaint}")
    assert "Traceback" not in ended.stderr
