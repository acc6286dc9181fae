"""`pandev token` saves a token that works and is the same user's, and never shows it."""

from __future__ import annotations

import json
import os
import pty
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from clickup_receiver.webhooks.secret_store import FileSecretStore
from pandev.cli import pandev
from tap_clickup.errors import ClickUpError
from tests.clickup_receiver.registrar_harness import RegistrarHarness, switch_user
from tests.pandev.command import PANDEV, assert_golden, write_env

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import Workspace

VARIABLE = "TAP_CLICKUP_API_TOKEN"


@pytest.fixture(autouse=True)
def folder(clickup: FakeClickUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder without a Meltano project, in which no token is set yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAP_CLICKUP_API_URL", clickup.api_url)
    monkeypatch.setenv("CLICKUP_RECEIVER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(VARIABLE)
    return tmp_path


def paste(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(pandev, ["token", *arguments], input=text)


def saved(folder: Path) -> str | None:
    path = folder / ".env"
    return path.read_text() if path.exists() else None


def regenerate(account: Account) -> str:
    """Make ClickUp accept another token of the same user only."""
    account.token = f"pk_{account.user_id}_REGENERATED00"
    return account.token


def test_the_first_token_is_saved_for_its_owner_only(clickup: FakeClickUp, folder: Path) -> None:
    """R16, R21: it is in no output."""
    ended = paste(f"  {clickup.token}\n")
    assert ended.exit_code == 0
    assert_golden("token", ended.stdout)
    assert saved(folder) == f"{VARIABLE}={clickup.token}\n"
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert clickup.requests[0].path == "/api/v2/team"
    assert {request.method for request in clickup.requests} == {"GET"}


def test_a_token_of_the_same_user_keeps_the_webhooks(
    clickup: FakeClickUp, folder: Path, workspace: Workspace
) -> None:
    """R129, R130: also if the old one is no longer accepted; the other lines of `.env` stay."""
    harness = RegistrarHarness(clickup, folder / "data")
    harness.reconcile()
    secrets = harness.stored_secrets
    paste(clickup.token)
    with (folder / ".env").open("a") as file:
        file.write("# a comment\n")
    token = regenerate(clickup.account)
    ended = paste(token)
    assert ended.exit_code == 0, ended.output
    assert "next      nothing: a running clickup-receiver and later runs use it\n" in ended.stdout
    assert saved(folder) == f"{VARIABLE}={token}\n# a comment\n"
    assert token not in ended.output
    assert harness.stored_secrets == secrets
    assert len(workspace.webhooks) == len(secrets) == 1


def test_the_result_as_json_has_no_token(clickup: FakeClickUp) -> None:
    ended = paste(clickup.token, "--format", "json")
    assert json.loads(ended.stdout) == {
        "user": {"id": str(clickup.account.user_id), "name": "Person 1"},
        "saved_in": ".env",
        "next": "pandev check, pandev scopes, then pandev connect",
    }
    assert clickup.token not in ended.output


def test_another_users_token_is_refused(clickup: FakeClickUp, folder: Path) -> None:
    """R95: by the current token, and by the user of the webhooks if there is none."""
    account = clickup.account
    old_user = account.user_id
    paste(clickup.token)
    before = saved(folder)
    switch_user(account)
    begin = f"the token belongs to ClickUp user {account.user_id}, but "
    advice = "use a token of that user, or --replace-user"
    ended = paste(account.token)
    assert str(ended.exception) == f"{begin}the current one to user {old_user}; {advice}"
    FileSecretStore(folder / "data" / "webhooks.json").put(
        "4b67", "a secret", workspace_id="1", user_id=str(old_user)
    )
    ended = paste(account.token)
    assert str(ended.exception) == f"{begin}user {old_user} created webhook 4b67; {advice}"
    assert saved(folder) == before


def test_another_user_can_take_over(clickup: FakeClickUp, folder: Path) -> None:
    paste(clickup.token)
    switch_user(clickup.account)
    ended = paste(clickup.token, "--replace-user")
    assert ended.exit_code == 0, ended.output
    assert "next      pandev connect --replace-user, as webhooks belong" in ended.stdout
    assert saved(folder) == f"{VARIABLE}={clickup.token}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no token was given: paste it at the prompt, or pipe it in"),
        ("\n", "no token was given: paste it at the prompt, or pipe it in"),
        ("pk_slip\n", "api_token: expected a personal API token, which begins with 'pk_'"),
        ("pk_1_WRONGWRONG\n", "401 Unauthorized: the token is wrong"),
    ],
)
def test_a_token_that_does_not_work_is_not_saved(folder: Path, text: str, message: str) -> None:
    ended = paste(text)
    assert isinstance(ended.exception, ClickUpError)
    assert message in str(ended.exception)
    assert saved(folder) is None


def test_a_token_that_does_not_see_the_selection_is_not_saved(
    clickup: FakeClickUp, folder: Path, behaviour: Behaviour, workspace: Workspace
) -> None:
    behaviour.hidden_spaces = {*workspace.spaces}
    ended = paste(clickup.token)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.endswith("pandev: the check has not passed, so nothing is saved\n")
    assert saved(folder) is None


def test_a_token_in_the_environment_is_not_shadowed(
    clickup: FakeClickUp, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, clickup.token)
    ended = paste(regenerate(clickup.account))
    assert str(ended.exception) == (
        f"{VARIABLE}: set in the environment, which takes precedence over .env; unset it there"
    )
    assert saved(folder) is None


def test_the_prompt_does_not_show_the_token(clickup: FakeClickUp, folder: Path) -> None:
    write_env(folder, TAP_CLICKUP_API_URL=clickup.api_url)
    process_id, terminal = pty.fork()
    if process_id == 0:
        os.execv(PANDEV, ["pandev", "token"])  # noqa: S606 - no shell is wanted
    shown = b""
    with suppress(OSError), os.fdopen(terminal, "r+b", buffering=0) as file:  # ends with an error
        while block := file.read(1024):
            shown += block
            if shown.endswith(b"API token of ClickUp: "):
                file.write(f"{clickup.token}\n".encode())
    assert os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]) == 0
    lines = shown.decode().splitlines()
    assert lines[0] == "API token of ClickUp: "
    assert lines[1].startswith("user ")
    assert clickup.token not in shown.decode()
    assert clickup.token in (saved(folder) or "")
