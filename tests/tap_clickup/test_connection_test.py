"""The connection test: one record per stream, and it fails where a run would fail."""

from __future__ import annotations

import pytest

from fake_clickup import Account, Behaviour, FakeClickUp, Fault, generate
from tests.tap_clickup.cli_output import STREAMS, error_lines
from tests.tap_clickup.runner import TapRun, environment, run_command


class TestEveryStream:
    @pytest.fixture
    def account(self) -> Account:
        """Return an account in which each stream has a record."""
        new_account = generate(seed=7, tasks=200)
        new_account.add_webhook(endpoint="https://example.com/", events=["taskCreated"])
        return new_account

    def test_connection_test_reads_one_record_per_stream(self, clickup: FakeClickUp) -> None:
        """R21: the check requests `GET /api/v2/team`, before anything else. No line is an error."""
        values = {**environment(clickup), "TAP_CLICKUP_TIME_IN_STATUS": "true"}
        process = run_command("--config=ENV", "--test", **values)
        assert process.returncode == 0
        assert error_lines(process) == []
        run = TapRun(process.stdout, process.stderr)
        # Time in status is read after a whole page of tasks, and only one task is read here.
        assert {stream: len(run.rows(stream)) for stream in STREAMS} == {
            **dict.fromkeys(STREAMS, 1),
            "time_in_status": 0,
            "task_changes": 0,
        }
        assert clickup.requests[0].path == "/api/v2/team"


def test_connection_test_names_user_workspaces_and_roles(
    clickup: FakeClickUp, account: Account, behaviour: Behaviour
) -> None:
    behaviour.role = "member"
    process = run_command("--config=ENV", "--test", **environment(clickup))
    user = account.workspaces[0].users[account.user_id]
    lines = [line.rpartition(" | ")[2] for line in process.stderr.splitlines()]
    assert [line for line in lines if line.startswith(("user: ", "workspace "))][:3] == [
        f"user: {user.username} ({user.id})",
        *(
            f"workspace {workspace.id} ({workspace.name}): member"
            for workspace in account.workspaces
        ),
    ]


@pytest.mark.parametrize("status", [401, 200])
def test_connection_test_fails_where_a_run_would_fail(
    clickup: FakeClickUp, behaviour: Behaviour, status: int
) -> None:
    behaviour.faults = [Fault(status=status, body={"ECODE": "OAUTH_025"}, path="/team")]
    process = run_command("--config=ENV", "--test", **environment(clickup))
    reason = {401: "401 Unauthorized", 200: "GET /team: the response has no 'teams'"}[status]
    assert process.returncode == 1
    assert process.stdout == ""
    (line,) = error_lines(process)
    assert line.startswith(reason)


def test_connection_test_names_the_failing_stream(
    clickup: FakeClickUp, behaviour: Behaviour
) -> None:
    """It takes the first record of any concurrent read, so all of them fail here."""
    behaviour.faults = [Fault(status=400, path="/task$")] * 999
    process = run_command("--config=ENV", "--test", **environment(clickup))
    assert process.returncode == 1
    failures = [
        line for line in error_lines(process) if line.startswith("not everything was read: ")
    ]
    assert ["stream tasks: GET /team/" in line for line in failures] == [True]
