"""A sweep reports all tasks, however old, so that the target can find deleted ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.fake_clickup.client import every, live, readable
from tests.tap_clickup.runner import ALL_TIME, TapRun, is_task_page, updated_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Task, Workspace
    from tests.tap_clickup.runner import Row, TapRunner


def completed(run: TapRun, workspace: Workspace, stream: str = "tasks") -> Row | None:
    """Return the completed read of a stream, or None."""
    found = [
        row
        for row in run.rows("completed_reads")
        if (row["workspace_id"], row["stream"]) == (workspace.id, stream)
    ]
    assert len(found) <= 1
    return found[0] if found else None


def swept(run: TapRun, workspace: Workspace) -> set[str]:
    """Return the ids of the tasks in a sweep's completed read."""
    row = completed(run, workspace)
    assert row
    return {key[0] for key in row["keys"]}


def ids(tasks: list[Task]) -> set[str]:
    return {task.id for task in tasks}


def when(behaviour: Behaviour, meets: Callable[[Request], bool], do: Callable[[], object]) -> None:
    """Call a function once, before the response to the first request that meets a condition."""
    met: list[Request] = []

    def meet(request: Request, _: Account) -> None:
        if meets(request):
            met.append(request)
            if len(met) == 1:
                do()

    behaviour.on_request = meet


def of(workspace: Workspace, *, archived: bool) -> Callable[[Request], bool]:
    """Return a condition for the requests of a pass ordered by creation date."""
    return lambda request: (
        is_task_page(request, workspace, archived=archived)
        and request.query["order_by"] == ["created"]
    )


def test_sweep_reads_live_then_archived_tasks_by_creation_date(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    run_tap(sweep=True, workspace_ids=[workspace.id])
    asked = [request.query for request in run_tap.requests_to(f"/team/{workspace.id}/task")]
    sweep = [query for query in asked if query["order_by"] == ["created"]]
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
    assert [query["archived"] for query in asked if query["order_by"] == ["updated"]] == [
        ["false"],
        ["true"],
    ]


def test_sweep_reports_all_ids_but_loads_only_recent_tasks(
    run_tap: TapRunner, account: Account
) -> None:
    start = datetime.now(UTC) - timedelta(days=40)
    run = run_tap(sweep=True, start_date=start.isoformat())
    for workspace in account.workspaces:
        young = [t for t in every(workspace) if updated_ms(t) >= start.timestamp() * 1000]
        loaded = {r["id"] for r in run.rows("tasks") if r["workspace_id"] == workspace.id}
        assert swept(run, workspace) == ids(every(workspace))
        assert loaded == ids(young)
        assert 0 < len(young) < len(every(workspace))


def test_sweep_completed_read_has_exact_bounds(run_tap: TapRunner, workspace: Workspace) -> None:
    before = datetime.now(UTC)
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    row = completed(run, workspace)
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
    row = completed(run, workspace)
    assert row
    assert sorted(row["conditions"].pop("space_id")["in"]) == sorted(selected)
    assert set(row["conditions"]) == {"workspace_id", "date_created"}
    lists = {
        task_list.id for task_list in workspace.lists.values() if task_list.space_id in selected
    }
    assert swept(run, workspace) == ids([t for t in every(workspace) if t.list_id in lists])


def test_workspace_without_selected_spaces_is_not_requested(
    run_tap: TapRunner, account: Account
) -> None:
    chosen, other = account.workspaces
    run = run_tap(sweep=True, space_ids=[next(iter(chosen.spaces))])
    assert run_tap.requests_to(f"/team/{other.id}/task") == []
    assert completed(run, chosen)
    assert completed(run, other) is None


def test_sync_run_counts_live_tasks_and_clickups_estimate(
    run_tap: TapRunner, account: Account
) -> None:
    run = run_tap(sweep=True)
    for workspace, row in zip(account.workspaces, run.rows("sync_runs"), strict=True):
        homes = [t for t in every(workspace) if not workspace.is_archived_list(t.list_id)]
        assert row["source"] == "tap-clickup-sweep"
        assert (row["live_tasks"], row["approximate_task_count"]) == (
            len(live(workspace)),
            len(homes),
        )


def test_sweep_keeps_start_date_and_cursors(run_tap: TapRunner, workspace: Workspace) -> None:
    sweep = run_tap(sweep=True, workspace_ids=[workspace.id])
    (kept,) = sweep.state["bookmarks"]["tasks"]["partitions"]
    assert (kept["cursors"], "replication_key_value" in kept) == ({}, False)
    assert datetime.fromisoformat(kept["start_date"])
    again = run_tap(sweep=True, workspace_ids=[workspace.id], state=sweep.state)
    assert again.state["bookmarks"]["tasks"] == sweep.state["bookmarks"]["tasks"]
    poll = run_tap(workspace_ids=[workspace.id])
    after = run_tap(sweep=True, workspace_ids=[workspace.id], state=poll.state)
    assert after.state["bookmarks"]["tasks"] == poll.state["bookmarks"]["tasks"]


# --- deleted, restored and moved tasks


def test_deleted_task_is_missing_and_restored_task_is_back(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    gone = next(t for t in readable(workspace) if t.parent_id and not workspace.subtask_ids(t.id))
    account.delete_task(gone.id)
    assert swept(run_tap(sweep=True), workspace) == ids(every(workspace))
    assert gone.id not in workspace.tasks
    account.restore_task(gone.id)
    assert gone.id in swept(run_tap(sweep=True), workspace)


def test_task_moved_out_of_the_selection_is_missing(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    here, there = list(workspace.spaces)[:2]
    homes = {task_list.id: task_list.space_id for task_list in workspace.lists.values()}
    task = next(t for t in live(workspace) if homes[t.list_id] == here)
    place = next(list_id for list_id, space in homes.items() if space == there)
    assert task.id in swept(run_tap(sweep=True, space_ids=[here]), workspace)
    account.move_task(task.id, place)
    assert task.id not in swept(run_tap(sweep=True, space_ids=[here]), workspace)


def test_tasks_of_an_inaccessible_space_are_missing(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    """It looks like a deleted space, so the target has to guard against it."""
    lost = list(workspace.spaces)[1]
    behaviour.hidden_spaces = {lost}
    run = run_tap(sweep=True)
    homes = {task_list.id: task_list.space_id for task_list in workspace.lists.values()}
    seen = [t for t in every(workspace) if homes[t.list_id] != lost]
    assert swept(run, workspace) == ids(seen) < ids(every(workspace))
    spaces = completed(run, workspace, "spaces")
    assert spaces
    assert {key[0] for key in spaces["keys"]} == set(workspace.spaces) - {lost}


# --- concurrent edits


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
    found = [task for task in readable(workspace) if task.archived is archived]
    task, asked = max(found, key=lambda task: task.created_ms), of(workspace, archived=archived)
    when(behaviour, asked, lambda: account.archive_task(task.id, archived=not archived))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert swept(run, workspace) == ids(every(workspace))


@pytest.mark.parametrize("archives", [False, True], ids=["brings back", "archives"])
def test_tasks_of_a_list_archived_between_passes_are_found(
    run_tap: TapRunner,
    account: Account,
    behaviour: Behaviour,
    workspace: Workspace,
    *,
    archives: bool,
) -> None:
    place = next(
        task_list.id
        for task_list in workspace.lists.values()
        if task_list.archived is not archives
        and (task_list.archived or not workspace.is_archived_list(task_list.id))
    )
    asked = of(workspace, archived=False)
    when(behaviour, asked, lambda: account.archive(place, archived=archives))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert swept(run, workspace) == ids(every(workspace))


@pytest.mark.parametrize("into_archive", [True, False])
@pytest.mark.parametrize("when_asked", ["list", "live", "archived"])
def test_subtasks_moved_between_passes_are_found(
    run_tap: TapRunner,
    account: Account,
    workspace: Workspace,
    when_asked: str,
    *,
    into_archive: bool,
) -> None:
    """Only the parent's `date_updated` moves; archived lists are read before and after the rest."""
    places = [
        live(workspace)[0].list_id,
        next(task_list.id for task_list in workspace.lists.values() if task_list.archived),
    ]
    source, goal = places if into_archive else reversed(places)
    old = datetime(2025, 6, 1, tzinfo=UTC)
    parent = account.create_task(source, name="Parent", at=old)
    child = account.create_task(source, name="Child", at=old, parent_id=parent.id)
    asked = {
        "list": lambda request: request.path.endswith(f"/list/{places[1]}/task"),
        "live": of(workspace, archived=False),
        "archived": of(workspace, archived=True),
    }[when_asked]
    when(run_tap.clickup.behaviour, asked, lambda: account.move_task(parent.id, goal))
    run = run_tap(sweep=True, workspace_ids=[workspace.id])
    assert ids(every(workspace)) - swept(run, workspace) == set()
    assert child.id in swept(run, workspace)


# --- incomplete reads


@pytest.mark.parametrize("status", [400, 401], ids=["failed", "refused"])
@pytest.mark.parametrize(
    "where",
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
    run_tap: TapRunner, behaviour: Behaviour, where: str, status: int, number: int
) -> None:
    account = run_tap.clickup.account
    workspace, other = account.workspaces[number], account.workspaces[1 - number]
    archived = next(task_list.id for task_list in workspace.lists.values() if task_list.archived)
    names = {"workspace": workspace.id, "archived": archived, "space": next(iter(workspace.spaces))}
    fault = Fault(status=status, body={"ECODE": "OAUTH_027"}, path=f"/{where.format(**names)}$")
    behaviour.faults = [fault]
    run = run_tap(sweep=True, start_date=ALL_TIME)
    assert behaviour.faults == []
    assert completed(run, workspace) is None
    assert swept(run, other) == ids(every(other))
    assert bool(run.error) is (status == 400)
    cursors = [partition["cursors"] for partition in run.state["bookmarks"]["tasks"]["partitions"]]
    assert cursors == [{}, {}]
    assert {row["workspace_id"]: row["live_tasks"] for row in run.rows("sync_runs")} == {
        workspace.id: None,
        other.id: len(live(other)),
    }
