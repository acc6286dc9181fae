"""`pandev connect` registers webhooks, and the receiver accepts their deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clickup_receiver.webhooks.secret_store import FileSecretStore
from fake_clickup import Fault
from tests.clickup_receiver.receiver_process import ReceiverProcess
from tests.clickup_receiver.registrar_harness import audit_entries, switch_user
from tests.end_to_end.pipeline import Pipeline
from tests.pandev.command import assert_golden

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Workspace

ENDPOINT = "https://receiver.example.com/v1/clickup/webhook"
CONNECT = ("pandev", "connect", "--no-sync")
NEXT_STEP = "keep clickup-receiver running, so that changes are loaded\n"


@pytest.fixture
def project(clickup: FakeClickUp, workspace: Workspace, tmp_path: Path) -> Pipeline:
    """Return a folder without a Meltano project."""
    settings = {
        "TAP_CLICKUP_API_TOKEN": clickup.token,
        "TAP_CLICKUP_API_URL": clickup.api_url,
        "TAP_CLICKUP_WORKSPACE_IDS": f'["{workspace.id}"]',
        "CLICKUP_RECEIVER_WEBHOOK_URL": ENDPOINT,
        "CLICKUP_RECEIVER_DATA_DIR": str(tmp_path / "data"),
    }
    project = Pipeline(tmp_path, settings)
    (tmp_path / "meltano.yml").unlink()
    return project


def facts(account: Account, spaces: int, workspaces: str = "1 workspace") -> str:
    """Return what is printed once the check has passed."""
    user = next(workspace.users[account.user_id] for workspace in account.workspaces)
    return (
        f"user      {user.username} ({account.user_id})\n"
        f"selected  {spaces} spaces in {workspaces}\n"
        f"address   {ENDPOINT}\n"
    )


def test_connect_registers_one_webhook_and_reports_it(
    project: Pipeline, account: Account, workspace: Workspace
) -> None:
    """R7, R33, R34, R35: connecting again adds no duplicate."""
    first = project.run(*CONNECT)
    second = project.run(*CONNECT)
    (webhook,) = workspace.webhooks.values()
    begin = f"{facts(account, 4)}workspace {workspace.id}: webhook {webhook.id}"
    assert first.stdout == f"{begin} (created)\n{NEXT_STEP}"
    assert second.stdout == f"{begin} (active)\n{NEXT_STEP}"
    assert webhook.secret not in first.stdout + first.stderr


def test_the_receiver_accepts_deliveries_of_a_new_webhook(
    project: Pipeline, clickup: FakeClickUp, database: str
) -> None:
    project.run(*CONNECT)
    options = {"webhook-url": ENDPOINT, "poll-command": ""}
    with ReceiverProcess(clickup, database, project.folder, options) as receiver:
        assert receiver.post("taskDeleted", task_id="86gone") == 200


def test_without_meltano_a_guide_says_how_to_load(project: Pipeline, account: Account) -> None:
    run = project.run(*CONNECT[:-1])
    assert run.returncode == 0
    assert run.stdout.startswith(facts(account, 4))
    assert NEXT_STEP not in run.stdout
    assert run.stderr == (
        "pandev: no meltano.yml in this folder or above, so nothing was loaded; run the tap into "
        "the target as https://github.com/pandev-metrics/pandev-clickup/blob/main/docs/guides/"
        "without-meltano.md shows\n"
    )


def test_a_members_token_falls_back_to_polling(
    project: Pipeline, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    """R113: a member may not register webhooks; one line and an exit code of its own say so."""
    behaviour.role = "member"
    run = project.run(*CONNECT)
    assert run.returncode == 3
    assert run.stdout == facts(account, 4) + NEXT_STEP
    assert run.stderr == (
        f"pandev: workspace {workspace.id}: POST /team/{workspace.id}/webhook: HTTP 403 ROLE_001: "
        "the token's user may not create webhooks, so changes come by polling only; make the user "
        "an owner or admin under Workspace settings > People\n"
    )
    assert workspace.webhooks == {}


def test_a_workspace_that_fails_is_reported_in_one_line(
    project: Pipeline, account: Account, behaviour: Behaviour
) -> None:
    """The others are connected. Exit code 1 differs from that of a member's token."""
    failing, other = account.workspaces
    del project.settings["TAP_CLICKUP_WORKSPACE_IDS"]
    response = {"err": "?", "ECODE": "X_1"}
    behaviour.faults.append(Fault(400, response, path=f"/team/{failing.id}/webhook"))
    run = project.run(*CONNECT)
    assert run.returncode == 1
    assert run.stderr == (
        f"pandev: workspace {failing.id}: GET /team/{failing.id}/webhook: HTTP 400 X_1\n"
    )
    (webhook,) = other.webhooks.values()
    assert run.stdout == (
        f"{facts(account, 8, '2 workspaces')}workspace {other.id}: webhook {webhook.id} (created)\n"
    )


def test_another_users_token_is_refused_or_replaces_the_webhook(
    project: Pipeline, account: Account, workspace: Workspace
) -> None:
    """R95: there is never a second webhook without notice."""
    project.run(*CONNECT)
    (old,) = workspace.webhooks.values()
    switch_user(account)
    project.settings["TAP_CLICKUP_API_TOKEN"] = account.token
    refusal = (
        f"pandev: api_token: belongs to ClickUp user {account.user_id}, but user {old.user_id} "
        f"created webhook {old.id}; use the token of that user, or run pandev connect "
        "--replace-user once\n"
    )
    for options in ((), ("--off",)):
        run = project.run(*CONNECT, *options)
        assert (run.returncode, run.stdout, run.stderr) == (1, "", refusal)
    assert list(workspace.webhooks) == [old.id]
    run = project.run(*CONNECT, "--replace-user")
    (new,) = (webhook for webhook in workspace.webhooks.values() if webhook.id != old.id)
    assert run.returncode == 0
    line = f"workspace {workspace.id}: webhook {new.id} (created)\n"
    assert run.stdout == facts(account, 4) + line + NEXT_STEP
    assert run.stderr == (
        f"pandev: webhook {old.id}: no longer accepted, but not removed at ClickUp; the user who "
        "created it can delete it under Settings > Integrations > Webhooks, unless that was done "
        "already\n"
    )
    assert project.run(*CONNECT).stderr == ""
    assert audit_entries(project.folder / "data") == [
        {"action": "connect", **entry}
        for entry in (
            {
                "outcome": "webhook created",
                "webhook_id": old.id,
                "workspace_id": workspace.id,
                "clickup_user_id": str(old.user_id),
            },
            *[
                {
                    "outcome": "token of another user refused",
                    "clickup_user_id": str(account.user_id),
                    "webhook_id": old.id,
                    "webhook_user_id": str(old.user_id),
                }
            ]
            * 2,
            {
                "outcome": "webhook's secret deleted",
                "webhook_id": old.id,
                "workspace_id": workspace.id,
                "webhook_user_id": str(old.user_id),
            },
            {
                "outcome": "webhook created",
                "webhook_id": new.id,
                "workspace_id": workspace.id,
                "clickup_user_id": str(account.user_id),
            },
        )
    ]
    text = (project.folder / "data" / "audit.log").read_text()
    secrets = (old.secret, new.secret, account.token)
    assert [secret for secret in secrets if secret in text] == []


def test_off_removes_the_webhooks(project: Pipeline, workspace: Workspace) -> None:
    project.run(*CONNECT)
    assert_golden("connect_off", project.run(*CONNECT, "--off").stdout)
    assert workspace.webhooks == {}
    assert project.run(*CONNECT, "--off").stdout.startswith("0 webhooks removed\n")


def test_off_finds_webhooks_by_their_endpoint(
    project: Pipeline, workspace: Workspace, tmp_path: Path
) -> None:
    """Their secrets are in the directory of a service, or lost. Nothing is created here."""
    project.run(*CONNECT)
    assert len(workspace.webhooks) == 1
    project.settings["CLICKUP_RECEIVER_DATA_DIR"] = str(tmp_path / "elsewhere")
    assert_golden("connect_off", project.run(*CONNECT, "--off").stdout)
    assert workspace.webhooks == {}
    (entry,) = audit_entries(tmp_path / "elsewhere")
    assert entry["outcome"] == "webhook deleted"
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["audit.log"]


def test_connect_adopts_a_webhook_whose_secret_was_lost(
    project: Pipeline, account: Account, workspace: Workspace, tmp_path: Path
) -> None:
    project.run(*CONNECT)
    (webhook,) = workspace.webhooks.values()
    project.settings["CLICKUP_RECEIVER_DATA_DIR"] = str(tmp_path / "elsewhere")
    line = f"workspace {workspace.id}: webhook {webhook.id} (active)\n"
    assert project.run(*CONNECT).stdout == facts(account, 4) + line + NEXT_STEP
    assert list(workspace.webhooks) == [webhook.id]
    adopted = FileSecretStore(tmp_path / "elsewhere" / "webhooks.json").get(webhook.id)
    assert adopted == (webhook.secret,)


def test_nothing_changes_if_it_cannot_be_recorded(
    project: Pipeline, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "audit.log").symlink_to(tmp_path / "elsewhere")
    run = project.run(*CONNECT)
    assert run.returncode == 1
    assert run.stderr == f"pandev: audit log {tmp_path}/data/audit.log: is a symbolic link\n"
    assert workspace.webhooks == {}
    assert not (tmp_path / "elsewhere").exists()


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
            (
                "selection: workspace_ids: 1 not visible to the token, which sees {workspace_ids}; "
                "choose workspaces by pandev scopes\n"
                "pandev: the check has not passed, so nothing is changed"
            ),
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
