"""Only the selection is read (R26, R132), with few GET requests (R8, R114, R125)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fake_clickup import Fault
from tests.fake_clickup.client import get_all_tasks, get_searchable_tasks
from tests.tap_clickup.runner import ALL_TIME, catalog_selecting, expected_versions, task_versions

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import TapRunner


def test_only_selected_workspaces_are_read(run_tap: TapRunner, account: Account) -> None:
    other, selected = account.workspaces
    run = run_tap(workspace_ids=[selected.id, selected.id], start_date=ALL_TIME)
    assert run.column("workspaces", "id") == [selected.id]
    assert task_versions(run, selected) == expected_versions(get_all_tasks(selected))
    assert other.id not in run.stdout
    assert [path for path in run_tap.requested_paths if other.id in path] == []


def test_no_record_of_an_unselected_space_is_written(run_tap: TapRunner, account: Account) -> None:
    """R26: live and archived spaces of one workspace are selected, and none of the other."""
    workspace, other = account.workspaces
    selected = list(workspace.spaces)[1:]
    run = run_tap(space_ids=selected, start_date=ALL_TIME)
    selected_tasks = [
        task
        for task in get_all_tasks(workspace)
        if workspace.lists[task.list_id].space_id in selected
    ]
    assert task_versions(run, workspace) == expected_versions(selected_tasks)
    assert task_versions(run, other) == set()
    folders = [folder for folder in workspace.folders.values() if not folder.hidden]
    assert sorted(run.column("folders", "id")) == sorted(
        folder.id for folder in folders if folder.space_id in selected
    )
    assert sorted(run.column("lists", "id")) == sorted(
        task_list.id for task_list in workspace.lists.values() if task_list.space_id in selected
    )
    for stream in ("folders", "lists", "tasks"):
        space_ids = set(run.column(stream, "space_id"))
        assert space_ids, stream
        assert space_ids - set(selected) == set(), stream
    assert run.column("spaces", "id") == selected
    hidden = [*other.spaces, *other.lists, next(iter(workspace.spaces))]
    assert [object_id for object_id in hidden if object_id in run.stdout] == []
    assert run.error is None


def test_unselected_space_costs_no_request(run_tap: TapRunner, workspace: Workspace) -> None:
    selected, *others = workspace.spaces
    run_tap(space_ids=[selected], workspace_ids=[workspace.id])
    paths = run_tap.requested_paths
    assert [path for path in paths if selected in path]
    assert [path for path in paths for space_id in others if space_id in path] == []


def test_unknown_ids_are_reported_before_any_message(run_tap: TapRunner, account: Account) -> None:
    first, second = (workspace.id for workspace in account.workspaces)
    run = run_tap(workspace_ids=[first, "1", "2"])
    assert run.error == (
        f"workspace_ids: 1, 2 not visible to the token, which sees {first}, {second}"
    )
    assert run.stdout == ""
    run = run_tap(space_ids=["8", "7"])
    assert run.error == (
        "space_ids: 7, 8 not visible to the token in the selected workspaces; "
        "make its user a member of the space, or correct the setting"
    )
    assert run.stdout == ""


def test_failed_spaces_request_does_not_report_unknown_ids(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    selected = next(iter(workspace.spaces))
    behaviour.faults = [Fault(status=500, path=f"{workspace.id}/space$")] * 12
    run = run_tap(workspace_ids=[workspace.id], space_ids=[selected])
    assert run.error
    assert run.error.startswith("not everything was read: spaces (archived=false): GET /team/")
    assert run.rows("tasks") == []


def test_run_sends_only_get_requests_under_api_v2(run_tap: TapRunner, account: Account) -> None:
    """R8, R114, R125: all requests read, go to the configured host and stay under /api/v2."""
    run_tap(start_date=ALL_TIME)
    requests = run_tap.clickup.requests
    assert {request.method for request in requests} == {"GET"}
    assert [request.path for request in requests if not request.path.startswith("/api/v2/")] == []
    assert {request.token_ok for request in requests} == {True}
    for workspace in account.workspaces:
        pages = [
            request for request in run_tap.requests_to("/task") if workspace.id in request.path
        ]
        assert len(pages) <= len(get_searchable_tasks(workspace)) // 100 + 2
    spaces = sum(len(workspace.spaces) for workspace in account.workspaces)
    folders = sum(
        not folder.hidden
        for workspace in account.workspaces
        for folder in workspace.folders.values()
    )
    hierarchy = 1 + 2 * 2 + 4 * spaces + folders
    slices = (datetime.now(UTC) - datetime(2025, 1, 1, tzinfo=UTC)) // timedelta(days=30) + 2
    assert len(run_tap.requests_to("/time_entries")) <= 2 * slices
    for path in ("/webhook", "/custom_item", "/group"):
        assert len(run_tap.requests_to(path)) == 2
    places = ("/team", "/space", "/folder", "/list")
    assert len([request for request in requests if request.path.endswith(places)]) == hierarchy


def test_run_stays_below_the_rate_limit(run_tap: TapRunner, behaviour: Behaviour) -> None:
    """Requests are sequential here: the simulated clock adds up concurrent sleeps."""
    behaviour.limit_per_minute = 10
    catalog = catalog_selecting("spaces", "folders", "lists", "statuses", "users", "sync_runs")
    run = run_tap(start_date=ALL_TIME, catalog=catalog)
    assert run.error is None
    assert len(run_tap.clickup.requests) > 40
    assert {request.status for request in run_tap.clickup.requests} == {200}
    assert run.rows("sync_runs")[0]["waited_seconds"] > 60


def test_concurrent_reads_share_the_rate_limit(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """A slot may be used late, as other threads move the clock; the few 429s are retried."""
    behaviour.limit_per_minute = 10
    run = run_tap(start_date=ALL_TIME)
    assert run.error is None
    for workspace in account.workspaces:
        assert task_versions(run, workspace) == expected_versions(get_all_tasks(workspace))
    statuses = [request.status for request in run_tap.clickup.requests]
    assert set(statuses) - {200, 429} == set()
    assert statuses.count(429) < len(statuses) / 10
    # At most 8 requests in any 61 seconds.
    assert run_tap.clock.seconds - run_tap.clock.began > 61 * (
        len(run_tap.clickup.requests) // 8 - 1
    )
