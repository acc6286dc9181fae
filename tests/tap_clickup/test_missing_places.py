"""Workspaces, lists and ClickApps that ClickUp no longer shows are named, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, Fault, generate
from tests.tap_clickup.runner import ALL_TIME, catalog_selecting

if TYPE_CHECKING:
    from fake_clickup import Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

REASON = (
    "not in the response of GET /team any longer; its rows are kept: make the token's user a "
    "member again, or set workspace_ids to the workspaces to read"
)


@pytest.fixture
def account() -> Account:
    sizes: Any = {"spaces": 2, "folders": 1, "lists": 1, "folderless_lists": 1, "sprints": 1}
    return generate(seed=5, tasks=40, workspaces=2, time_entries=0, **sizes)


@pytest.fixture
def first(run_tap: TapRunner) -> TapRun:
    return run_tap(start_date=ALL_TIME)


def sync_runs(run: TapRun) -> dict[str, Row]:
    return {row["workspace_id"]: row for row in run.rows("sync_runs")}


@pytest.mark.parametrize("sweep", [False, True], ids=["poll", "sweep"])
def test_a_workspace_that_is_no_longer_visible_is_named(
    run_tap: TapRunner, account: Account, first: TapRun, *, sweep: bool
) -> None:
    visible, missing = (workspace.id for workspace in account.workspaces)
    hidden = account.workspaces.pop()
    run = run_tap(start_date=ALL_TIME, state=first.state, sweep=sweep)
    assert run.error is None
    assert f"workspace {missing} not read: {REASON}" in run.log
    runs = sync_runs(run)
    assert list(runs) == [visible, missing]
    assert runs[visible]["complete"] is True
    assert runs[missing]["complete"] is False
    failure = {"what": f"workspace {missing}", "why": REASON, "retryable": False}
    assert runs[missing]["refused"] == [failure]
    assert (runs[missing]["records"], runs[missing]["live_tasks"]) == ({}, None)
    assert {row["workspace_id"] for row in run.rows("completed_reads")} == {visible}
    again = run_tap(start_date=ALL_TIME, state=run.state)
    assert sync_runs(again)[missing]["complete"] is False
    account.workspaces.append(hidden)
    account.create_task(next(iter(hidden.lists)), name="Created meanwhile")
    back = run_tap(start_date=ALL_TIME, state=again.state)
    assert sync_runs(back)[missing]["complete"] is True
    assert "Created meanwhile" in back.column("tasks", "name")


def test_a_run_without_any_known_workspace_fails(
    run_tap: TapRunner, account: Account, first: TapRun
) -> None:
    known = sorted(workspace.id for workspace in account.workspaces)
    account.workspaces.clear()
    run = run_tap(start_date=ALL_TIME, state=first.state)
    assert run.error == (
        f"the token sees none of the workspaces that were read before: {', '.join(known)}"
    )
    assert run.messages == []


def test_a_deselected_workspace_is_not_missing(
    run_tap: TapRunner, account: Account, first: TapRun
) -> None:
    selected, deselected = (workspace.id for workspace in account.workspaces)
    run = run_tap(start_date=ALL_TIME, state=first.state, workspace_ids=[selected])
    assert list(sync_runs(run)) == [selected]
    (read,) = (row for row in run.rows("completed_reads") if row["workspace_id"] == deselected)
    assert (read["stream"], read["scope"], read["keys"]) == ("spaces", "all", [])
    assert read["conditions"] == {"workspace_id": {"in": [deselected]}, "id": {"in": []}}
    assert read["started_at"] <= read["finished_at"]
    again = run_tap(start_date=ALL_TIME, state=run.state, workspace_ids=[selected])
    assert deselected in again.column("completed_reads", "workspace_id")
    both = run_tap(start_date=ALL_TIME, state=again.state)
    reads = [row for row in both.rows("completed_reads") if row["stream"] == "spaces"]
    assert [set(row["conditions"]) for row in reads] == [{"workspace_id"}] * 2


def test_without_the_stream_spaces_no_selection_is_reported(
    run_tap: TapRunner, account: Account, first: TapRun
) -> None:
    catalog = catalog_selecting("tasks", "completed_reads")
    workspace_ids = [account.workspaces[0].id]
    run = run_tap(
        start_date=ALL_TIME, state=first.state, workspace_ids=workspace_ids, catalog=catalog
    )
    assert "spaces" not in run.column("completed_reads", "stream")


@pytest.mark.parametrize("sweep", [False, True], ids=["first load", "sweep"])
def test_a_list_that_only_tasks_name_is_named_once(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, workspace: Workspace, *, sweep: bool
) -> None:
    """As with a list that was shared one by one: ClickUp shows it in no space."""
    hidden = next(item for item in workspace.lists.values() if item.space_id in workspace.spaces)
    account.create_task(hidden.id, name="Task of the hidden list")
    path = f"/space/{hidden.space_id}/"
    empty: Row = {"folder": {"folders": []}, "list": {"lists": []}}
    behaviour.faults = [
        Fault(status=200, body=body, path=f"{path}{name}$")
        for name, body in empty.items()
        for _ in range(4)
    ]
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id], sweep=sweep)
    assert run.error is None
    (note,) = (note for note in run.rows("sync_runs")[0]["notes"] if "shows in no space" in note)
    assert note.startswith("tasks are in list")
    assert hidden.id in note
    assert run.log.count("which ClickUp shows in no space") == 1
    assert "Task of the hidden list" in run.column("tasks", "name")


def test_lists_of_a_denied_space_are_not_named_again(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    space_id = next(iter(workspace.spaces))
    denied = Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"/space/{space_id}/folder$")
    behaviour.faults = [denied, denied]
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    assert len(run.read_failures) == 2
    assert "which ClickUp shows in no space" not in run.log


def test_sprints_are_read_where_clickup_sends_no_features(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    sprints = sorted(run.column("sprints", "id"))
    assert sprints != []
    spaces = [
        {"id": space.id, "name": space.name, "statuses": []} for space in workspace.spaces.values()
    ]
    path = f"/team/{workspace.id}/space$"
    behaviour.faults = [
        Fault(status=200, body={"spaces": items}, path=path) for items in (spaces, [])
    ]
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    assert set(run.column("spaces", "sprints_enabled")) == {None}
    assert set(sprints) <= set(run.column("sprints", "id"))
