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

CONTEXT_ONLY = {"context": {"workspace_id": accounts.WORKSPACE}}
INVALID_STATE = "state: not a state of tap-clickup; pass the last STATE of a run, or no state"
IN = f"in {CONTEXT_ONLY['context']}"
EXPECTED_TIMESTAMP = "expected a date or timestamp such as 2026-01-31"


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def state_of(stream: str, *partitions: Any) -> Any:
    return {"bookmarks": {stream: {"partitions": list(partitions)}}}


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (state_of("tasks", {**CONTEXT_ONLY, "cursors": None}), INVALID_STATE),
        (state_of("tasks", {**CONTEXT_ONLY, "cursors": ["2026-01-31"]}), INVALID_STATE),
        (state_of("tasks", {"cursors": {}}), INVALID_STATE),
        (state_of("time_entries", {"read_until": "2026-01-31"}), INVALID_STATE),
        (state_of("time_entries", {**CONTEXT_ONLY, "sent": {"40000001": "x"}}), INVALID_STATE),
        (state_of("time_entries", {**CONTEXT_ONLY, "sent": []}), INVALID_STATE),
        (state_of("tasks", None), INVALID_STATE),
        (
            state_of("tasks", {**CONTEXT_ONLY, "cursors": {"live": 1772600000001}}),
            f"state of tasks {IN}, cursor live: {EXPECTED_TIMESTAMP}",
        ),
        (
            state_of("tasks", {**CONTEXT_ONLY, "start_date": "soon"}),
            f"state of tasks {IN}, start_date: {EXPECTED_TIMESTAMP}",
        ),
        (
            state_of("time_entries", {**CONTEXT_ONLY, "read_until": "later"}),
            f"state of time_entries {IN}, read_until: {EXPECTED_TIMESTAMP}",
        ),
        (
            state_of("time_in_status", {**CONTEXT_ONLY, "tasks": {"cursors": {"live": "x"}}}),
            f"state of time_in_status {IN}, cursor live: {EXPECTED_TIMESTAMP}",
        ),
        (state_of("time_in_status", {**CONTEXT_ONLY, "tasks": {"cursors": None}}), INVALID_STATE),
        (state_of("time_in_status", {**CONTEXT_ONLY, "tasks": None}), INVALID_STATE),
        (state_of("time_in_status", {**CONTEXT_ONLY, "tasks": {}}), INVALID_STATE),
        (state_of("tasks", {"context": {}}), INVALID_STATE),
        (state_of("tasks", {"context": {"workspace_id": 90000000001}}), INVALID_STATE),
        (state_of("time_entries", {**CONTEXT_ONLY, "spaces": "90000000011"}), INVALID_STATE),
        (state_of("time_entries", {**CONTEXT_ONLY, "user_ids": None}), INVALID_STATE),
        (state_of("time_entries", {**CONTEXT_ONLY, "sees": ["all"]}), INVALID_STATE),
        (
            state_of("time_entries", {**CONTEXT_ONLY, "sent": {"40000001": {"2026-01-31": 1}}}),
            INVALID_STATE,
        ),
        (
            state_of("time_entries", {**CONTEXT_ONLY, "start_date": None}),
            f"state of time_entries {IN}, start_date: {EXPECTED_TIMESTAMP}",
        ),
        (
            state_of("tasks", {**CONTEXT_ONLY, "cursors": {"live": ""}}),
            f"state of tasks {IN}, cursor live: {EXPECTED_TIMESTAMP}",
        ),
        (
            state_of("tasks", {**CONTEXT_ONLY, "cursors": {"live": "9999-12-31T23:00:00-14:00"}}),
            f"state of tasks {IN}, cursor live: {EXPECTED_TIMESTAMP}",
        ),
        ({"bookmarks": None}, INVALID_STATE),
        ({"bookmarks": []}, INVALID_STATE),
        ({"bookmarks": {"tasks": None}}, INVALID_STATE),
        ({"bookmarks": {"tasks": {"partitions": None}}}, INVALID_STATE),
        ({"bookmarks": {"tasks": {"partitions": {}}}}, INVALID_STATE),
        ([], "--state {file}: expected a JSON object"),
        (["2026-01-31"], "--state {file}: expected a JSON object"),
    ],
    ids=json.dumps,
)
def test_invalid_state_is_rejected_before_any_request(
    clickup: FakeClickUp, tmp_path: Path, state: Any, line: str
) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    values = {**environment(clickup), "TAP_CLICKUP_TIME_IN_STATUS": "true"}
    process = run_command("--config=ENV", f"--state={file}", **values)
    logged = [line for line in process.stderr.splitlines() if "| INFO " not in line]
    assert process.returncode == 1
    assert process.stdout == ""
    assert [line.split("| ")[-1] for line in logged] == [line.replace("{file}", str(file))]
    assert clickup.requests == []


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}, {"bookmarks": {"tasks": {}}}], ids=repr)
def test_empty_state_is_a_first_run(clickup: FakeClickUp, tmp_path: Path, state: Any) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    process = run_command("--config=ENV", f"--state={file}", **environment(clickup))
    assert process.returncode == 0
    assert "Traceback" not in process.stderr
    assert '"stream":"sync_runs"' in process.stdout
