"""A whole run of the command: its output and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_clickup import Account, FakeClickUp, Fault
from tests.fake_clickup.client import get_all_tasks
from tests.tap_clickup.cli_output import STREAMS, error_lines
from tests.tap_clickup.runner import ALL_TIME, TapRun, environment, run_command

if TYPE_CHECKING:
    from fake_clickup import Behaviour


def test_successful_run_exits_0(clickup: FakeClickUp, account: Account) -> None:
    values = {**environment(clickup), "TAP_CLICKUP_START_DATE": ALL_TIME}
    process = run_command("--config=ENV", **values)
    assert process.returncode == 0
    assert error_lines(process) == []
    run = TapRun(process.stdout, process.stderr)
    tasks = [task.id for workspace in account.workspaces for task in get_all_tasks(workspace)]
    assert sorted(run.column("tasks", "id")) == sorted(tasks)
    schemas = [message["stream"] for message in run.messages if message["type"] == "SCHEMA"]
    assert list(dict.fromkeys(schemas)) == STREAMS


def test_failed_stream_exits_1_after_the_others(clickup: FakeClickUp, behaviour: Behaviour) -> None:
    behaviour.ignored_parameters = {"reverse"}
    process = run_command("--config=ENV", **environment(clickup))
    run = TapRun(process.stdout, process.stderr)
    assert process.returncode == 1
    assert run.rows("sync_runs")[0]["complete"] is False
    failures = [
        line for line in error_lines(process) if line.startswith("not everything was read: ")
    ]
    assert ["stream tasks: GET /team/" in line for line in failures] == [True]


def test_denied_space_exits_0(clickup: FakeClickUp, behaviour: Behaviour, account: Account) -> None:
    space_id = next(iter(account.workspaces[0].spaces))
    behaviour.faults = [
        Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"/space/{space_id}/list")
    ]
    process = run_command("--config=ENV", **environment(clickup))
    (line,) = error_lines(process)
    assert process.returncode == 0
    assert "lists (archived=false) not read: GET /space/" in line
