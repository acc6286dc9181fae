"""A sweep reports all tasks, however old, so that the target can find deleted ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.fake_clickup.client import get_all_tasks, get_live_tasks, get_searchable_tasks
from tests.tap_clickup.runner import ALL_TIME, TapRun, is_task_page, updated_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Task, Workspace
    from tests.tap_clickup.runner import Row, TapRunner


def find_completed_read(run: TapRun, workspace: Workspace, stream: str = "tasks") -> Row | None:
    """Return the completed read of a stream, or None."""
    rows = [
        row
        for row in run.rows("completed_reads")
        if (row["workspace_id"], row["stream"]) == (workspace.id, stream)
    ]
    assert len(rows) <= 1
    return rows[0] if rows else None


def swept_ids(run: TapRun, workspace: Workspace) -> set[str]:
    """Return the ids of the tasks in a sweep's completed read."""
    row = find_completed_read(run, workspace)
    assert row
    return {key[0] for key in row["keys"]}


def collect_ids(tasks: list[Task]) -> set[str]:
    return {task.id for task in tasks}


def call_once(
    behaviour: Behaviour, condition: Callable[[Request], bool], action: Callable[[], object]
) -> None:
    """Call a function once, before the response to the first request that meets a condition."""
    matching: list[Request] = []

    def check_request(request: Request, _: Account) -> None:
        if condition(request):
            matching.append(request)
            if len(matching) == 1:
                action()

    behaviour.on_request = check_request


def creation_pass(workspace: Workspace, *, archived: bool) -> Callable[[Request], bool]:
    """Return a condition for the requests of a pass ordered by creation date."""
    return lambda request: (
        is_task_page(request, workspace, archived=archived)
        and request.query["order_by"] == ["created"]
    )


def test_sweep_reads_live_then_archived_tasks_by_creation_date(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    run_tap(sweep=True, workspace_ids=[workspace.id])
    requested = [request.query for request in run_tap.requests_to(f"/team/{workspace.id}/task")]
    sweep = [query for query in requested if query["order_by"] == ["created"]]
    assert {len(query) for query in sweep} == {7}
    assert {(*query["reverse"], *query["page"]) for query in sweep} == {("true", "0")}
    assert [query["archived"][0] for query in sweep] == sorted(
        query["archived"][0] for query in sweep
    )
    for archived in ("false", "true"):
        bounds = [
            int(query["date_created_gt"][0]) for query in sweep if query["archived"] == [archived]
        ]
        assert bounds[0] == 0
        assert bounds == sorted(bounds)
    assert [query["archived"] for query in requested if query["order_by"] == ["updated"]] == [
        ["false"],
        ["true"],
    ]


def test_sweep_reports_all_ids_but_loads_only_recent_tasks(
    run_tap: TapRunner, account: Account
) -> None:
    start = datetime.now(UTC) - timedelta(days=40)
    run = run_tap(sweep=True, start_date=start.isoformat())
    for workspace in account.workspaces:
        recent = [
            task
            for task in get_all_tasks(workspace)
            if updated_ms(task) >= start.timestamp() * 1000
        ]
        loaded = {row["id"] for row in run.rows("tasks") if row["workspace_id"] == workspace.id}
        assert swept_ids(run, workspace) == collect_ids(get_all_tasks(workspace))
        assert loaded == collect_ids(recent)
        assert 0 < len(recent) < len(get_all_tasks(workspace))


def test_sweep_completed_read_has_exact_bounds(run_tap: TapRunner, workspace: Workspace) -> None:
    before = datetime.now(UTC)
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    row = find_completed_read(run, workspace)
    assert row
    started, finished = (
        datetime.fromisoformat(row.pop(f"{n}_at")) for n in ("started", "finished")
    )
    until = (started - timedelta(minutes=10)).isoformat(timespec="milliseconds")
    assert row == {
        "workspace_id": workspace.id,
        "stream": "tasks",
        "scope": "all",
        "conditions": {"workspace_id": {"in": [workspace.id]}, "date_created": {"before": until}},
        "key_properties": ["id"],
        "count": len(workspace.tasks),
        "keys": [[task_id] for task_id in sorted(workspace.tasks)],
    }
    sent = [datetime.fromisoformat(message["time_extracted"]) for message in run.records("tasks")]
    assert before - timedelta(milliseconds=1) <= started <= min(sent)
    assert max(sent) <= finished + timedelta(milliseconds=1)


def test_selected_spaces_limit_the_sweep(run_tap: TapRunner, workspace: Workspace) -> None:
    selected = list(workspace.spaces)[:2]
    run = run_tap(sweep=True, workspace_ids=[workspace.id], space_ids=selected)
    row = find_completed_read(run, workspace)
    assert row
    assert sorted(row["conditions"].pop("space_id")["in"]) == sorted(selected)
    assert set(row["conditions"]) == {"workspace_id", "date_created"}
    lists = {
        task_list.id for task_list in workspace.lists.values() if task_list.space_id in selected
    }
    assert swept_ids(run, workspace) == collect_ids(
        [task for task in get_all_tasks(workspace) if task.list_id in lists]
    )


def test_workspace_without_selected_spaces_is_not_requested(
    run_tap: TapRunner, account: Account
) -> None:
    chosen, other = account.workspaces
    run = run_tap(sweep=True, space_ids=[next(iter(chosen.spaces))])
    assert run_tap.requests_to(f"/team/{other.id}/task") == []
    assert find_completed_read(run, chosen)
    assert find_completed_read(run, other) is None


def test_sync_run_counts_live_tasks_and_clickups_estimate(
    run_tap: TapRunner, account: Account
) -> None:
    run = run_tap(sweep=True)
    for workspace, row in zip(account.workspaces, run.rows("sync_runs"), strict=True):
        counted_tasks = [
            task
            for task in get_all_tasks(workspace)
            if not workspace.is_archived_list(task.list_id)
        ]
        assert row["source"] == "tap-clickup-sweep"
        assert row["live_tasks"] == len(get_live_tasks(workspace))
        assert row["approximate_task_count"] == len(counted_tasks)


def test_sweep_keeps_start_date_and_cursors(run_tap: TapRunner, workspace: Workspace) -> None:
    sweep = run_tap(sweep=True, workspace_ids=[workspace.id])
    (bookmark,) = sweep.state["bookmarks"]["tasks"]["partitions"]
    assert bookmark["cursors"] == {}
    assert "replication_key_value" not in bookmark
    assert datetime.fromisoformat(bookmark["start_date"])
    second = run_tap(sweep=True, workspace_ids=[workspace.id], state=sweep.state)
    assert second.state["bookmarks"]["tasks"] == sweep.state["bookmarks"]["tasks"]
    poll = run_tap(workspace_ids=[workspace.id])
    after = run_tap(sweep=True, workspace_ids=[workspace.id], state=poll.state)
    assert after.state["bookmarks"]["tasks"] == poll.state["bookmarks"]["tasks"]


def test_deleted_task_is_missing_and_restored_task_is_back(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    deleted = next(
        task
        for task in get_searchable_tasks(workspace)
        if task.parent_id and not workspace.subtask_ids(task.id)
    )
    account.delete_task(deleted.id)
    assert swept_ids(run_tap(sweep=True), workspace) == collect_ids(get_all_tasks(workspace))
    assert deleted.id not in workspace.tasks
    account.restore_task(deleted.id)
    assert deleted.id in swept_ids(run_tap(sweep=True), workspace)


def test_task_moved_out_of_the_selection_is_missing(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    space_id, other_space_id = list(workspace.spaces)[:2]
    space_by_list = {task_list.id: task_list.space_id for task_list in workspace.lists.values()}
    task = next(
        candidate
        for candidate in get_live_tasks(workspace)
        if space_by_list[candidate.list_id] == space_id
    )
    list_id = next(list_id for list_id, space in space_by_list.items() if space == other_space_id)
    assert task.id in swept_ids(run_tap(sweep=True, space_ids=[space_id]), workspace)
    account.move_task(task.id, list_id)
    assert task.id not in swept_ids(run_tap(sweep=True, space_ids=[space_id]), workspace)


def test_tasks_of_an_inaccessible_space_are_missing(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    """It looks like a deleted space, so the target has to guard against it."""
    lost = list(workspace.spaces)[1]
    behaviour.hidden_spaces = {lost}
    run = run_tap(sweep=True)
    space_by_list = {task_list.id: task_list.space_id for task_list in workspace.lists.values()}
    visible = [task for task in get_all_tasks(workspace) if space_by_list[task.list_id] != lost]
    assert swept_ids(run, workspace) == collect_ids(visible) < collect_ids(get_all_tasks(workspace))
    spaces = find_completed_read(run, workspace, "spaces")
    assert spaces
    assert {key[0] for key in spaces["keys"]} == set(workspace.spaces) - {lost}


@pytest.mark.parametrize("archived", [True, False], ids=["leaves", "enters"])
def test_task_archived_or_restored_between_passes_is_found(
    run_tap: TapRunner,
    account: Account,
    behaviour: Behaviour,
    workspace: Workspace,
    *,
    archived: bool,
) -> None:
    """Otherwise it would be in neither pass, or only in one that is over."""
    tasks = [task for task in get_searchable_tasks(workspace) if task.archived is archived]
    task = max(tasks, key=lambda task: task.created_ms)
    condition = creation_pass(workspace, archived=archived)
    call_once(behaviour, condition, lambda: account.archive_task(task.id, archived=not archived))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert swept_ids(run, workspace) == collect_ids(get_all_tasks(workspace))


@pytest.mark.parametrize("archives", [False, True], ids=["restores", "archives"])
def test_tasks_of_a_list_archived_between_passes_are_found(
    run_tap: TapRunner,
    account: Account,
    behaviour: Behaviour,
    workspace: Workspace,
    *,
    archives: bool,
) -> None:
    list_id = next(
        task_list.id
        for task_list in workspace.lists.values()
        if task_list.archived is not archives
        and (task_list.archived or not workspace.is_archived_list(task_list.id))
    )
    condition = creation_pass(workspace, archived=False)
    call_once(behaviour, condition, lambda: account.archive(list_id, archived=archives))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert swept_ids(run, workspace) == collect_ids(get_all_tasks(workspace))


@pytest.mark.parametrize("into_archive", [True, False])
@pytest.mark.parametrize("moved_at", ["list", "live", "archived"])
def test_subtasks_moved_between_passes_are_found(
    run_tap: TapRunner,
    account: Account,
    workspace: Workspace,
    moved_at: str,
    *,
    into_archive: bool,
) -> None:
    """Only the parent's `date_updated` moves; archived lists are read before and after the rest."""
    list_ids = [
        get_live_tasks(workspace)[0].list_id,
        next(task_list.id for task_list in workspace.lists.values() if task_list.archived),
    ]
    source, target = list_ids if into_archive else reversed(list_ids)
    old = datetime(2025, 6, 1, tzinfo=UTC)
    parent = account.create_task(source, name="Parent", at=old)
    child = account.create_task(source, name="Child", at=old, parent_id=parent.id)
    condition = {
        "list": lambda request: request.path.endswith(f"/list/{list_ids[1]}/task"),
        "live": creation_pass(workspace, archived=False),
        "archived": creation_pass(workspace, archived=True),
    }[moved_at]
    call_once(run_tap.clickup.behaviour, condition, lambda: account.move_task(parent.id, target))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert collect_ids(get_all_tasks(workspace)) - swept_ids(run, workspace) == set()
    assert child.id in swept_ids(run, workspace)


@pytest.mark.parametrize("status", [400, 401], ids=["failed", "denied"])
@pytest.mark.parametrize(
    "failing_path",
    [
        "team/{workspace}/task",
        "list/{archived}/task",
        "space/{space}/folder",
        "space/{space}/list",
        "team/{workspace}/space",
    ],
)
@pytest.mark.parametrize("number", [0, 1], ids=["first", "second"])
def test_incomplete_sweep_completes_only_the_other_workspace(
    run_tap: TapRunner, behaviour: Behaviour, failing_path: str, status: int, number: int
) -> None:
    account = run_tap.clickup.account
    workspace, other = account.workspaces[number], account.workspaces[1 - number]
    archived = next(task_list.id for task_list in workspace.lists.values() if task_list.archived)
    names = {"workspace": workspace.id, "archived": archived, "space": next(iter(workspace.spaces))}
    fault = Fault(
        status=status, body={"ECODE": "OAUTH_027"}, path=f"/{failing_path.format(**names)}$"
    )
    behaviour.faults = [fault]
    run = run_tap(sweep=True, start_date=ALL_TIME)
    assert behaviour.faults == []
    assert find_completed_read(run, workspace) is None
    assert swept_ids(run, other) == collect_ids(get_all_tasks(other))
    assert bool(run.error) is (status == 400)
    cursors = [partition["cursors"] for partition in run.state["bookmarks"]["tasks"]["partitions"]]
    assert cursors == [{}, {}]
    assert {row["workspace_id"]: row["live_tasks"] for row in run.rows("sync_runs")} == {
        workspace.id: None,
        other.id: len(get_live_tasks(other)),
    }


@pytest.mark.parametrize("status", [400, 401], ids=["failed", "denied"])
def test_failed_second_look_at_the_hierarchy_completes_no_tasks(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace, status: int
) -> None:
    """A task may have moved into an archived list that could not be listed again."""
    fault = Fault(status=status, body={"ECODE": "OAUTH_027"}, path=f"/team/{workspace.id}/space$")
    condition = creation_pass(workspace, archived=True)
    call_once(behaviour, condition, lambda: behaviour.faults.append(fault))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert behaviour.faults == []
    assert find_completed_read(run, workspace) is None
    assert find_completed_read(run, workspace, "lists")
    assert bool(run.error) is (status == 400)
