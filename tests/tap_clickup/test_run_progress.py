"""A run is visible before it ends, and a run that a refused token ended is visible too."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fake_clickup import Fault
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    import pytest

    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

INTERVAL = "tap_clickup.streams.sync_runs.INTERVAL_SECONDS"
REFUSED_TOKEN = {"ECODE": "OAUTH_025"}


def rows_of(run: TapRun, workspace: Workspace) -> list[Row]:
    return [row for row in run.rows("sync_runs") if row["workspace_id"] == workspace.id]


def failures(run: TapRun) -> list[Row]:
    """Return what each row of a run says, without the texts."""
    return [
        {
            "workspace_id": row["workspace_id"],
            "is_finished": row["finished_at"] is not None,
            "complete": row["complete"],
            "refused": [(item["what"], item["retryable"]) for item in row["refused"]],
        }
        for row in run.rows("sync_runs")
    ]


def test_a_long_run_writes_its_row_before_it_ends(
    run_tap: TapRunner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R135: the row says how far the run is, and is replaced at its end."""
    monkeypatch.setattr(INTERVAL, 0.0)
    run = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
    *running, last = rows_of(run, workspace)
    assert len(running) > 10
    assert {(row["finished_at"], row["complete"]) for row in running} == {(None, None)}
    assert last["complete"] is True
    assert last["progress"] is None
    assert {(row["source"], row["started_at"]) for row in running} == {
        (last["source"], last["started_at"])
    }
    shares = [row["progress"] for row in running if row["progress"] is not None]
    assert running[0]["progress"] is None
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1
    read = [row["records"].get("tasks", 0) for row in running]
    assert read == sorted(read)
    assert read[-1] == last["records"]["tasks"]


def test_the_last_row_of_each_workspace_is_finished(
    run_tap: TapRunner, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(INTERVAL, 0.0)
    run = run_tap(start_date=ALL_TIME)
    last = [rows_of(run, place)[-1] for place in account.workspaces]
    assert [row["complete"] for row in last] == [True, True]


def test_each_row_of_a_run_is_newer_than_the_one_before(
    run_tap: TapRunner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(INTERVAL, 0.0)
    run = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
    times = [
        datetime.fromisoformat(message["time_extracted"]) for message in run.records("sync_runs")
    ]
    assert times == sorted(times)


def test_a_short_run_writes_its_row_once(run_tap: TapRunner, account: Account) -> None:
    run = run_tap(start_date=ALL_TIME)
    assert run.column("sync_runs", "workspace_id") == [place.id for place in account.workspaces]


def test_rows_in_between_belong_to_the_selected_stream(
    run_tap: TapRunner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(INTERVAL, 0.0)
    stream_maps = {"sync_runs": None}
    run = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME, stream_maps=stream_maps)
    assert run.rows("sync_runs") == []
    assert run.rows("tasks")


def test_a_refused_token_is_a_row_of_each_known_workspace(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """R92: the store shows it, although the run could read nothing."""
    first = run_tap(start_date=ALL_TIME)
    behaviour.faults = [Fault(status=401, body=REFUSED_TOKEN, path="/team")]
    run = run_tap(state=first.state)
    assert failures(run) == [
        {
            "workspace_id": workspace_id,
            "is_finished": True,
            "complete": False,
            "refused": [("run", True)],
        }
        for workspace_id in sorted(place.id for place in account.workspaces)
    ]
    assert {row["refused"][0]["why"] for row in run.rows("sync_runs")} == {run.error}
    assert (run.error or "").startswith("401 Unauthorized: the token is wrong")


def test_a_refused_token_of_a_first_run_writes_nothing(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    behaviour.faults = [Fault(status=401, body=REFUSED_TOKEN, path="/team")]
    assert run_tap().messages == []


def test_a_token_refused_in_between_ends_the_row_of_the_run(
    run_tap: TapRunner, workspace: Workspace, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(INTERVAL, 0.0)
    path = f"/team/{workspace.id}/time_entries"
    behaviour.faults = [Fault(status=401, body=REFUSED_TOKEN, path=path)] * 9
    run = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
    last = failures(run)[-1]
    assert last["is_finished"]
    assert last["refused"] == [("run", True)]
    assert len({row["started_at"] for row in run.rows("sync_runs")}) == 1
