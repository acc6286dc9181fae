"""The token and private content never leak (R16, R53, R54, R89, R90, R91)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, FakeClickUp, Fault
from tests.fake_clickup.client import get_searchable_tasks
from tests.tap_clickup.runner import ALL_TIME, config_for, environment, run_command

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Behaviour
    from tests.tap_clickup.runner import TapRunner

PLANTED = {
    "description": "planted-description",
    "custom_field_value": "planted-field-value",
    "attachment_name": "planted-attachment.png",
    "comment": "planted-comment",
}


@pytest.mark.parametrize("fails", [False, True])
def test_private_content_never_leaks(
    clickup: FakeClickUp, account: Account, behaviour: Behaviour, *, fails: bool
) -> None:
    """No record, state or log line contains it, not even at DEBUG or after a failed request."""
    for workspace in account.workspaces:
        for task in get_searchable_tasks(workspace)[:200:20]:
            account.add_texts(task.id, **PLANTED)
    if fails:
        body = json.dumps({"err": "planted-error", "ECODE": "planted", "tasks": [PLANTED]})
        behaviour.faults = [
            Fault(status=500, body=body, path="/task$"),
            Fault(status=200, body=body[:-9], reset=True, path="/task$"),
            Fault(status=200, body=body[:-9], path="/task$"),
            Fault(status=403, body=body, path="/list$"),
        ]
    values = {**environment(clickup), "TAP_CLICKUP_START_DATE": ALL_TIME}
    process = run_command("--config=ENV", LOGLEVEL="DEBUG", **values)
    assert process.returncode == fails
    output = process.stdout + process.stderr
    secret = clickup.token.rpartition("_")[2]
    assert [text for text in (*PLANTED.values(), "planted", secret) if text in output] == []
    assert "DEBUG" in process.stderr


def test_token_from_a_config_file_is_never_logged(clickup: FakeClickUp, tmp_path: Path) -> None:
    """R16, R17: it may come from a file, and neither messages nor the log contain it."""
    clickup.behaviour.limit_per_minute = 10_000  # the command waits in real time
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config_for(clickup)), encoding="utf-8")
    process = run_command(f"--config={file}")
    assert process.returncode == 0
    assert clickup.token not in process.stdout + process.stderr


def test_rotated_token_continues_from_the_same_state(run_tap: TapRunner, account: Account) -> None:
    """R94, R129: after rotation only the new token is used, and the bookmarks stay."""
    first = run_tap()
    old, account.token = account.token, f"{account.token}ROTATED"
    second = run_tap(state=first.state)
    assert second.error is None
    assert second.task_cursors == first.task_cursors
    assert {request.token_ok for request in run_tap.clickup.requests} == {True}
    assert run_tap(api_token=old).error is not None
