"""`pandev connect` in a Meltano project: it checks, saves, registers and loads, in this order."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pandev.cli import pandev
from tap_clickup.errors import ConfigurationError
from target_pandev.errors import StoreError
from tests.clickup_receiver.registrar_harness import switch_user
from tests.pandev.command import assert_golden
from tests.pandev.fake_meltano import REFUSAL, FakeMeltano, log_line

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from fake_clickup import Behaviour, FakeClickUp
    from fake_clickup.model import Workspace

ENDPOINT = "https://receiver.example.com/v1/clickup/webhook"
TOKEN = "TAP_CLICKUP_API_TOKEN"  # noqa: S105 - the name of the variable
SPACES = "TAP_CLICKUP_SPACE_IDS"
POLLING_ONLY = (
    "pandev: webhook_url is not set, so changes come by polling only, up to 15 minutes later; "
    "https://github.com/pandev-metrics/pandev-clickup/blob/main/docs/guides/webhooks.md "
    "shows how to receive them within seconds\n"
)


class Project:
    """A project whose token is in the environment only."""

    def __init__(self, meltano: FakeMeltano, clickup: FakeClickUp, store_url: str) -> None:
        self.meltano = meltano
        self.folder = meltano.folder
        self.tap: dict[str, Any] = {"api_token": clickup.token, "api_url": clickup.api_url}
        self.store_url = store_url

    def connect(self, *arguments: str) -> Result:
        data_dir = str(self.folder / "data")
        self.meltano.answer("tap-clickup", **self.tap)
        self.meltano.answer("target-pandev", store_url=self.store_url)
        self.meltano.answer("clickup-receiver", data_dir=data_dir)
        return CliRunner().invoke(pandev, ["connect", *arguments])

    @property
    def saved(self) -> str | None:
        """What is in `.env`."""
        path = self.folder / ".env"
        return path.read_text() if path.exists() else None


@pytest.fixture
def project(
    clickup: FakeClickUp, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    meltano = FakeMeltano(tmp_path, monkeypatch)
    meltano.log(log_line("stored 220 tasks in schema pandev", "target-pandev"))
    monkeypatch.setenv(TOKEN, clickup.token)
    for variable in (SPACES, "CLICKUP_RECEIVER_WEBHOOK_URL", "CLICKUP_RECEIVER_DATA_DIR"):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    return Project(meltano, clickup, database)


def test_connect_checks_saves_registers_and_loads(
    project: Project, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R16, R27: every process has token and selection then; only the owner can read them."""
    space_id = next(iter(workspace.spaces))
    monkeypatch.setenv(SPACES, f'["{space_id}"]')
    project.tap["workspace_ids"] = [workspace.id]
    project.tap["space_ids"] = [space_id]
    ended = project.connect("--webhook-url", ENDPOINT)
    assert ended.exit_code == 0, ended.output
    assert ended.stderr == ""
    *lines, synced, last = ended.stdout.splitlines(keepends=True)
    assert_golden("connect", "".join((*lines, last)))
    assert synced.startswith("synced in ")
    token = project.tap["api_token"]
    assert project.saved == (
        f"{TOKEN}={token}\n{SPACES}='[\"{space_id}\"]'\nCLICKUP_RECEIVER_WEBHOOK_URL={ENDPOINT}\n"
    )
    assert stat.S_IMODE((project.folder / ".env").stat().st_mode) == 0o600
    assert token not in ended.output
    assert [webhook.space_id for webhook in workspace.webhooks.values()] == [space_id]
    assert project.meltano.runs == ["--log-format=json run poll"]
    assert project.meltano.surroundings == ["pandev connect 0077"]


def test_without_a_public_address_changes_come_by_polling(
    project: Project, workspace: Workspace
) -> None:
    """R113: that is said, and has an exit code of its own; everything is loaded."""
    ended = project.connect()
    assert (ended.exit_code, ended.stderr) == (3, POLLING_ONLY)
    *lines, _, last = ended.stdout.splitlines(keepends=True)
    assert_golden("connect_polling", "".join((*lines, last)))
    assert workspace.webhooks == {}
    assert project.saved == f"{TOKEN}={project.tap['api_token']}\n"


def test_json_has_every_step(
    project: Project, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.tap["workspace_ids"] = [workspace.id]
    monkeypatch.setenv("CLICKUP_RECEIVER_WEBHOOK_URL", ENDPOINT)
    ended = project.connect("--format", "json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    printed = json.loads(ended.stdout)
    assert printed["sync"].pop("seconds") >= 0
    (webhook,) = workspace.webhooks.values()
    stored = "stored 220 tasks in schema pandev"
    assert printed == {
        "exit_code": 0,
        "user": {"id": "45315415", "name": "Person 1"},
        "selected": {"workspaces": 1, "spaces": 4},
        "webhook_url": ENDPOINT,
        "saved": [TOKEN, "CLICKUP_RECEIVER_WEBHOOK_URL"],
        "webhooks": [
            {
                "workspace_id": workspace.id,
                "space_id": None,
                "webhook_id": webhook.id,
                "changes": ["created"],
                "health": "active",
                "error": None,
            }
        ],
        "removed_webhooks": [],
        "sync": {
            "exit_code": 0,
            "command": "meltano run poll",
            "problem": None,
            "running": None,
            "log": [{"source": "target-pandev", "level": "info", "text": stored}],
        },
        "problems": [],
    }
    off = json.loads(project.connect("--off", "--format", "json").stdout)
    assert (off["exit_code"], off["removed_webhooks"]) == (0, [webhook.id])


def test_json_has_the_problems(project: Project, behaviour: Behaviour) -> None:
    polling = project.connect("--format", "json")
    assert (polling.exit_code, polling.stderr) == (3, "")
    assert json.loads(polling.stdout)["exit_code"] == 3
    (problem,) = json.loads(polling.stdout)["problems"]
    assert f"pandev: {problem}\n" == POLLING_ONLY
    behaviour.role = "member"
    denied = json.loads(project.connect("--webhook-url", ENDPOINT, "--format", "json").stdout)
    assert denied["exit_code"] == 3
    errors = [webhook["error"] for webhook in denied["webhooks"]]
    assert len(errors) == 2
    assert [problem.split(": ", 1)[1] for problem in denied["problems"]] == errors
    project.tap["space_ids"] = ["1"]
    refused = project.connect("--format", "json")
    assert (refused.exit_code, refused.stderr) == (1, "")
    printed = json.loads(refused.stdout)
    assert (printed["exit_code"], printed["sync"]) == (1, None)
    assert printed["problems"][-1] == "the check has not passed, so nothing is changed"


def test_nothing_is_changed_before_the_check_has_passed(
    project: Project, workspace: Workspace
) -> None:
    project.tap["space_ids"] = ["1"]
    ended = project.connect("--webhook-url", ENDPOINT)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == (
        "pandev: selection: space_ids: 1 not visible to the token in the selected workspaces; make "
        "its user a member of the space, or deselect it by pandev scopes deselect\n"
        "pandev: the check has not passed, so nothing is changed\n"
    )
    assert project.saved is None
    assert workspace.webhooks == {}
    assert project.meltano.runs == []


def test_a_store_that_takes_no_writes_changes_nothing(
    project: Project, workspace: Workspace
) -> None:
    project.store_url = "postgresql://127.0.0.1:1/nowhere"
    ended = project.connect("--webhook-url", ENDPOINT)
    assert isinstance(ended.exception, StoreError)
    assert (project.saved, workspace.webhooks, project.meltano.runs) == (None, {}, [])


@pytest.mark.parametrize(("role", "exit_code"), [("owner", 0), ("member", 3)])
def test_a_failed_load_has_precedence(
    project: Project, behaviour: Behaviour, role: Any, exit_code: int
) -> None:
    behaviour.role = role
    assert project.connect("--webhook-url", ENDPOINT).exit_code == exit_code
    project.meltano.log(log_line("cannot connect", "target-pandev", "critical"), exit_code=1)
    ended = project.connect("--webhook-url", ENDPOINT)
    assert ended.exit_code == 1
    assert ended.stderr.endswith(
        "pandev: target-pandev: cannot connect\n"
        "pandev: meltano run poll: exit code 1; its log says why\n"
    )


def test_a_sync_that_is_running_loads_it_as_well(project: Project) -> None:
    project.meltano.log(REFUSAL, exit_code=1)
    ended = project.connect("--webhook-url", ENDPOINT)
    assert ended.exit_code == 0
    assert ended.stderr == "pandev: a sync is running; pandev status shows how far it is\n"


def test_saving_and_loading_can_be_left_out(project: Project, workspace: Workspace) -> None:
    """No store is needed then."""
    project.store_url = "postgresql://127.0.0.1:1/nowhere"
    ended = project.connect("--webhook-url", ENDPOINT, "--no-save", "--no-sync")
    assert ended.exit_code == 0, ended.output
    assert len(workspace.webhooks) == 1
    assert (project.saved, project.meltano.runs) == (None, [])


def test_what_is_in_env_already_is_not_saved_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin_settings.env_file._loaded", {TOKEN})
    ended = project.connect("--webhook-url", ENDPOINT, "--data-dir", "data")
    assert ended.exit_code == 0, ended.output
    assert project.saved == (
        f"CLICKUP_RECEIVER_WEBHOOK_URL={ENDPOINT}\n"
        f"CLICKUP_RECEIVER_DATA_DIR={project.folder / 'data'}\n"
    )


def test_another_users_token_is_not_saved(
    project: Project, clickup: FakeClickUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R95: it would take the place of the one to which the webhooks belong."""
    project.connect("--webhook-url", ENDPOINT)
    before = project.saved
    switch_user(clickup.account)
    project.tap["api_token"] = clickup.token
    monkeypatch.setenv(TOKEN, clickup.token)
    monkeypatch.setattr("plugin_settings.env_file._loaded", set())
    ended = project.connect("--webhook-url", ENDPOINT)
    assert isinstance(ended.exception, ConfigurationError)
    assert "use the token of that user, or run pandev connect --replace-user" in str(
        ended.exception
    )
    assert project.saved == before
    assert len(project.meltano.runs) == 1


def test_off_needs_the_address(project: Project) -> None:
    ended = project.connect("--off")
    assert str(ended.exception) == (
        "webhook_url is not set: our webhooks are found by that address; give --webhook-url"
    )


def test_off_removes_the_webhooks_and_keeps_the_settings(
    project: Project, workspace: Workspace
) -> None:
    """Also without their secrets, and when the integration is disabled."""
    project.tap["workspace_ids"] = [workspace.id]
    project.connect("--webhook-url", ENDPOINT)
    before = project.saved
    (project.folder / "data" / "webhooks.json").unlink()
    project.tap["enabled"] = False
    ended = project.connect("--webhook-url", ENDPOINT, "--off")
    assert ended.stdout == "1 webhook removed\n"
    assert workspace.webhooks == {}
    assert project.saved == before
