"""An invalid state ends the command with a one-line error, before any request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.tap_clickup import accounts
from tests.tap_clickup.runner import environment, run_command

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp

HERE = {"context": {"workspace_id": accounts.WORKSPACE}}
NOT_OURS = "state: not a state of tap-clickup; pass the last STATE of a run, or no state"
IN = f"in {HERE['context']}"
MOMENT = "expected a date or timestamp such as 2026-01-31"


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def state_of(stream: str, *partitions: Any) -> Any:
    return {"bookmarks": {stream: {"partitions": list(partitions)}}}


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (state_of("tasks", {**HERE, "cursors": None}), NOT_OURS),
        (state_of("tasks", {**HERE, "cursors": ["2026-01-31"]}), NOT_OURS),
        (state_of("tasks", {"cursors": {}}), NOT_OURS),
        (state_of("time_entries", {"read_until": "2026-01-31"}), NOT_OURS),
        (state_of("tasks", None), NOT_OURS),
        (
            state_of("tasks", {**HERE, "cursors": {"live": 1772600000001}}),
            f"state of tasks {IN}, cursor live: {MOMENT}",
        ),
        (
            state_of("tasks", {**HERE, "start_date": "soon"}),
            f"state of tasks {IN}, start_date: {MOMENT}",
        ),
        (
            state_of("time_entries", {**HERE, "read_until": "later"}),
            f"state of time_entries {IN}, read_until: {MOMENT}",
        ),
        (
            state_of("time_in_status", {**HERE, "tasks": {"cursors": {"live": "x"}}}),
            f"state of time_in_status {IN}, cursor live: {MOMENT}",
        ),
        (state_of("time_in_status", {**HERE, "tasks": {"cursors": None}}), NOT_OURS),
        (state_of("time_in_status", {**HERE, "tasks": None}), NOT_OURS),
        ({"bookmarks": None}, NOT_OURS),
        ({"bookmarks": []}, NOT_OURS),
        ({"bookmarks": {"tasks": None}}, NOT_OURS),
        ({"bookmarks": {"tasks": {"partitions": None}}}, NOT_OURS),
        ([], NOT_OURS),
        (["2026-01-31"], NOT_OURS),
    ],
    ids=json.dumps,
)
def test_invalid_state_is_rejected_before_any_request(
    clickup: FakeClickUp, tmp_path: Path, state: Any, line: str
) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    values = {**environment(clickup), "TAP_CLICKUP_TIME_IN_STATUS": "true"}
    ended = run_command("--config=ENV", f"--state={file}", **values)
    shown = [line for line in ended.stderr.splitlines() if "| INFO " not in line]
    assert (ended.returncode, ended.stdout) == (1, "")
    assert [line.split("| ")[-1] for line in shown] == [line]
    assert clickup.requests == []


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}, {"bookmarks": {"tasks": {}}}], ids=repr)
def test_empty_state_is_a_first_run(clickup: FakeClickUp, tmp_path: Path, state: Any) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    ended = run_command("--config=ENV", f"--state={file}", **environment(clickup))
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False)
    assert '"stream":"sync_runs"' in ended.stdout
