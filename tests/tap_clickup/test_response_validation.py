"""Ignored parameters, denied requests and invalid responses are reported per stream."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Fault
from tap_clickup.readers.task_reader import ARCHIVED_LIST_WORKERS
from tests.fake_clickup.client import get_all_tasks, get_live_tasks, get_searchable_tasks
from tests.tap_clickup.dates import ms_to_iso
from tests.tap_clickup.runner import (
    ALL_TIME,
    LiveTaskFaults,
    expected_versions,
    is_task_page,
    task_versions,
    updated_ms,
)

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import TapRunner


@pytest.mark.parametrize(
    ("ignored", "reason"),
    [
        ("order_by", "not in ascending order of date_updated"),
        ("reverse", "not in ascending order of date_updated"),
        ("date_updated_gt", "requested were tasks from"),
        ("space_ids[]", "which was not requested"),
        ("page", "page is ignored"),
    ],
)
def test_ignored_parameter_fails_the_tasks_stream_only(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, ignored: str, reason: str
) -> None:
    workspace = account.workspaces[0]
    behaviour.ignored_parameters = {ignored}
    bulk = [task.id for task in get_searchable_tasks(workspace)]
    if ignored == "page":
        account.bulk_update(bulk, at=datetime(2026, 3, 4, tzinfo=UTC), priority=1)
    space_ids = list(workspace.spaces)[:1] if ignored == "space_ids[]" else []
    run = run_tap(space_ids=space_ids, workspace_ids=[workspace.id], start_date=ALL_TIME)
    assert run.error
    assert run.error.startswith("not everything was read: ")
    assert f"stream tasks: GET /team/{workspace.id}/task" in run.error
    subjects = {subject.rpartition(" list ")[0] or subject for subject, _ in run.read_failures}
    assert "stream tasks" in subjects
    assert subjects - {"stream tasks", "tasks of archived"} == set()
    assert reason in run.error
    assert run.rows("users")
    assert run.rows("sync_runs")[0]["complete"] is False
    bookmark = run.task_cursors[workspace.id] or ""
    read_ids = {task for task, _ in task_versions(run, workspace)}
    selected = [
        task
        for task in get_live_tasks(workspace)
        if not space_ids or workspace.lists[task.list_id].space_id in space_ids
    ]
    assert [
        task.id
        for task in selected
        if ms_to_iso(updated_ms(task)) < bookmark and task.id not in read_ids
    ] == []


def test_archived_tasks_in_a_live_page_are_rejected(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    task = {"id": "86a1", "date_updated": "1772600000001", "archived": True}
    page = {"tasks": [task], "last_page": True}
    LiveTaskFaults(behaviour, workspace, [Fault(200, page, path=f"/team/{workspace.id}/task$")])
    run = run_tap(workspace_ids=[workspace.id])
    assert run.error
    assert "task 86a1 has archived=True, which was not requested" in run.error
    read_ids = set(run.column("tasks", "id"))
    assert read_ids & {"86a1", *(task.id for task in get_live_tasks(workspace))} == set()
    assert run.task_cursors == {workspace.id: None}


def test_failed_retries_keep_pages_and_the_next_run_resumes(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    """The third page of live tasks responds with 429 until the retries are used up."""
    live_requests: list[str] = []
    faults = LiveTaskFaults(behaviour, workspace)
    hold_archived = behaviour.on_request

    def fail(request: Request, account: Account) -> None:
        assert hold_archived
        hold_archived(request, account)
        if is_task_page(request, workspace, archived=False):
            live_requests.append(request.path)
            if len(live_requests) == 3:
                faults.extend([Fault(status=429, path=f"/team/{workspace.id}/task$")] * 6)

    behaviour.on_request = fail
    failed = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
    assert failed.error
    assert "HTTP 429 from 127.0.0.1 in 6 attempts" in failed.error
    live_ids = {task.id for task in get_live_tasks(workspace)}
    timestamps = [row["date_updated"] for row in failed.rows("tasks") if row["id"] in live_ids]
    shared = 1  # the second page starts with the last task of the first
    assert len(timestamps) == 200 - shared
    assert failed.task_cursors == {workspace.id: max(timestamps)}
    rest = run_tap(workspace_ids=[workspace.id], state=failed.state)
    assert task_versions(failed, workspace) | task_versions(rest, workspace) == expected_versions(
        get_all_tasks(workspace)
    )
    assert len(rest.rows("tasks")) < len(get_all_tasks(workspace)) - 190


def test_denied_workspace_does_not_stop_the_other(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    denied, accessible = account.workspaces
    path = f"/team/{denied.id}/"
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_027"}, path=path)] * 9
    run = run_tap(start_date=ALL_TIME)
    assert run.error is None
    assert task_versions(run, denied) == set()
    assert task_versions(run, accessible) == expected_versions(get_all_tasks(accessible))
    complete = {row["workspace_id"]: row["complete"] for row in run.rows("sync_runs")}
    assert complete == {denied.id: False, accessible.id: True}
    refused = [what for what, _ in run.read_failures]
    assert len(refused) == len(set(refused))
    assert set(refused) >= {
        "spaces (archived=false)",
        "spaces (archived=true)",
        "stream tasks",
        "stream time_entries",
        "stream webhooks",
    }
    assert f"GET {path}task: HTTP 401 OAUTH_027" in run.log


def test_token_revoked_during_a_run_stops_it(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    """No concurrent read sends another request after the one that received the 401."""
    account, old = run_tap.clickup.account, run_tap.clickup.token

    def revoke(request: Request, _: Account) -> None:
        if is_task_page(request, workspace, archived=False):
            account.token, request.token_ok = f"{old}REVOKED", False

    behaviour.on_request = revoke
    run = run_tap(start_date=ALL_TIME)
    assert run.error
    assert run.error.startswith("401 Unauthorized: the token is wrong")
    max_concurrent = (2 + ARCHIVED_LIST_WORKERS) * len(account.workspaces) + 1
    assert (
        1
        <= len([request for request in run_tap.clickup.requests if request.status == 401])
        <= max_concurrent
    )
    assert run_tap.requests_to("/time_entries") == []
    assert run.task_cursors == {visible.id: None for visible in account.workspaces}


def test_empty_workspace_succeeds(run_tap: TapRunner, workspace: Workspace) -> None:
    for objects in (workspace.tasks, workspace.lists, workspace.folders, workspace.spaces):
        objects.clear()
    run = run_tap(workspace_ids=[workspace.id])
    assert run.error is None
    assert run.rows("tasks") == []
    assert run.rows("spaces") == []


def test_odd_task_is_read_without_its_odd_fields(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    tags: list[Any] = [7.5, None, {}]
    task = {"id": "86a", "date_updated": "1772000000000", "tags": tags, "space": list[str]()}
    page = {"tasks": [task], "last_page": True}
    LiveTaskFaults(behaviour, workspace, [Fault(200, page, path=f"/team/{workspace.id}/task$")])
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    assert run.error is None
    (row,) = [row for row in run.rows("tasks") if row["id"] == "86a"]
    assert (row["tags"], row["space_id"]) == (["7.5"], None)
    (sync_run,) = run.rows("sync_runs")
    assert sync_run["complete"] is True
    assert sync_run["notes"][-2:] == [
        "tasks 86a: the field space cannot be read, or is implausible, and is left out",
        "tasks 86a: the field tags.name cannot be read, or is implausible, and is left out",
    ]
    assert all(note in run.log for note in sync_run["notes"][-2:])


@pytest.mark.parametrize(("count", "is_changed"), [(9, False), (10, True)])
def test_folders_without_any_id_show_that_the_format_has_changed(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace, count: int, *, is_changed: bool
) -> None:
    """A few odd folders are the same in every run; of a changed format the run has to fail."""
    (space_id, *_) = workspace.spaces
    path = f"/space/{space_id}/folder"
    behaviour.faults = [Fault(200, {"folders": [{"name": "Odd"}] * count}, path=f"{path}$")]
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    assert (f"GET {path}: no object has a readable id" in (run.error or "")) is is_changed
    left_out = (f"folders without id in GET {path}", "left out: the field id cannot be read")
    assert (left_out in run.read_failures) is not is_changed


def test_odd_status_is_reported_and_all_others_are_read(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    broken = {"id": "9", "name": "Broken", "statuses": [{"type": "open"}, {"status": "done"}]}
    valid = {"id": "8", "name": "Whole", "statuses": []}
    behaviour.faults = [Fault(200, {"spaces": [broken, valid]}, path="/space$")]
    run = run_tap(start_date=ALL_TIME, workspace_ids=[workspace.id])
    left_out = ("statuses without id in space 9", "left out: the field status cannot be read")
    assert left_out in run.read_failures
    assert {"8", "9"} <= {row["id"] for row in run.rows("spaces")}
    assert ("9", "done") in {(row["scope_id"], row["status"]) for row in run.rows("statuses")}
