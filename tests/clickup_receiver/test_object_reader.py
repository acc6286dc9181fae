"""Objects that events name are read once each, as the records that the tap emits."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from fake_clickup import Account, Behaviour, FakeClickUp, Fault, generate
from tests.clickup_receiver.message_source import (
    MessageSourceHarness,
    changed_events,
    pending_event,
    searchable_task_ids,
)
from tests.clickup_receiver.payloads import PRIVATE, history
from tests.tap_clickup.runner import ALL_TIME, TapRunner

if TYPE_CHECKING:
    from fake_clickup.model import Workspace


def test_few_changed_tasks_are_read_individually(
    source: MessageSourceHarness, workspace: Workspace, run_tap: TapRunner
) -> None:
    """R56: the records equal those of the tap, and each task is requested once."""
    task_ids = list(workspace.tasks)[:5]
    paths = source.build(*changed_events(task_ids * 3))
    assert sorted(paths) == sorted(f"/task/{task_id}" for task_id in task_ids)
    tap_rows = {row["id"]: row for row in run_tap(start_date=ALL_TIME).rows("tasks")}
    assert source.rows("tasks") == [tap_rows[task_id] for task_id in task_ids]


def test_many_changed_tasks_are_read_by_pages(
    source: MessageSourceHarness, account: Account, workspace: Workspace, run_tap: TapRunner
) -> None:
    """A thousand events of fifty tasks cost one request."""
    at = datetime.now(UTC) - timedelta(hours=1)
    task_ids = searchable_task_ids(workspace)[:50]
    account.bulk_update(task_ids, at=at, name="Renamed")
    date = str(int(at.timestamp() * 1000))
    events = changed_events(task_ids * 20, history_items=[history("name", date=date)])
    assert source.build(*events) == [f"/team/{workspace.id}/task"]
    tap_rows = {row["id"]: row for row in run_tap(start_date=ALL_TIME).rows("tasks")}
    rows = {row["id"]: row for row in source.rows("tasks")}
    assert rows == {task_id: tap_rows[task_id] for task_id in task_ids}


def test_tasks_that_the_search_index_lacks_are_read_individually(
    behaviour: Behaviour, account: Account, workspace: Workspace, source: MessageSourceHarness
) -> None:
    """The index of ClickUp's search may lag behind an edit."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    task_ids = searchable_task_ids(workspace)[:20]
    account.bulk_update(task_ids, at=at, name="Renamed")
    behaviour.index_lag = 3600
    date = str(int(at.timestamp() * 1000))
    paths = source.build(*changed_events(task_ids, history_items=[history("name", date=date)]))
    single_reads = [path for path in paths if "team" not in path]
    assert single_reads == [f"/task/{task_id}" for task_id in task_ids]
    assert {row["id"] for row in source.rows("tasks")} >= set(task_ids)
    assert {row["name"] for row in source.rows("tasks") if row["id"] in task_ids} == {"Renamed"}


def test_tasks_with_a_stale_search_result_are_read_individually(
    behaviour: Behaviour, account: Account, workspace: Workspace, source: MessageSourceHarness
) -> None:
    """The index contains the first of two edits, and the event is about the second."""
    now = time.time()
    task_ids = searchable_task_ids(workspace)[:6]
    behaviour.clock = lambda: now - 300
    account.bulk_update(task_ids, name="First")
    behaviour.clock = time.time
    behaviour.index_lag = 60
    account.bulk_update(task_ids, name="Second")
    date = str(workspace.tasks[task_ids[0]].updated_ms)
    source.build(*changed_events(task_ids, history_items=[history("name", date=date)]))
    assert [row["name"] for row in source.rows("tasks")[-6:]] == ["Second"] * 6


def test_pages_are_read_only_while_cheaper_than_single_tasks(behaviour: Behaviour) -> None:
    """An event that is replayed after weeks does not read weeks of tasks."""
    account = generate(seed=7, tasks=900, workspaces=1)
    (workspace,) = account.workspaces
    with FakeClickUp(account, behaviour=behaviour) as clickup:
        latest = sorted(
            searchable_task_ids(workspace),
            key=lambda task_id: workspace.tasks[task_id].updated_ms or 0,
        )[-6:]
        old = history("name", date="1704067200000")
        source = MessageSourceHarness(clickup)
        paths = source.build(*changed_events(latest, history_items=[old]))
    assert paths == [f"/team/{workspace.id}/task", *(f"/task/{task_id}" for task_id in latest)]


def test_hidden_and_deleted_objects_are_left_to_the_sweep(
    source: MessageSourceHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """HTTP 404 may mean either, so nothing is marked as deleted."""
    source.build(pending_event("taskUpdated", task_id="86unknown"))
    assert source.messages == []
    assert source.failed_events == {}
    assert "task 86unknown changed and cannot be read" in caplog.text


@pytest.mark.parametrize("task_id", ["../../../oauth/token", "../user", "..", "86a/../../user"])
def test_an_id_cannot_lead_to_another_path(source: MessageSourceHarness, task_id: str) -> None:
    """After a 404 the token is checked by `GET /user`."""
    paths = source.build(pending_event("taskUpdated", task_id=task_id))
    assert source.messages == []
    refused = [] if task_id == ".." else [f"/task/{quote(task_id, safe='')}", "/user"]
    assert paths == refused


def test_a_task_of_another_workspace_is_left_out(
    source: MessageSourceHarness, clickup: FakeClickUp, caplog: pytest.LogCaptureFixture
) -> None:
    """A webhook of one workspace says nothing about another, whatever the delivery names."""
    other = clickup.account.workspaces[1]
    task_id = next(iter(other.tasks))
    source.build(pending_event("taskUpdated", task_id=task_id))
    assert source.messages == []
    assert f"task {task_id} changed and cannot be read: it belongs to workspace" in caplog.text


def test_a_deleted_task_that_is_in_another_workspace_is_deleted(
    source: MessageSourceHarness, clickup: FakeClickUp
) -> None:
    """It can be read, but not in the workspace of the webhook."""
    task_id = next(iter(clickup.account.workspaces[1].tasks))
    source.build(pending_event("taskDeleted", task_id=task_id))
    assert source.rows("tasks") == [
        {
            "workspace_id": source.workspace_id,
            "id": task_id,
            "_sdc_deleted_at": "2026-03-01T12:00:00.000+00:00",
        }
    ]


def test_an_object_of_unexpected_shape_fails_only_its_events(
    source: MessageSourceHarness, clickup: FakeClickUp, workspace: Workspace
) -> None:
    good, bad = list(workspace.tasks)[:2]
    clickup.behaviour.faults.append(Fault(status=200, body={"name": PRIVATE}, path=bad))
    source.build(
        pending_event("taskUpdated", task_id=bad, event_id=1),
        pending_event("taskUpdated", task_id=good, event_id=2),
        pending_event("taskMoved", task_id=bad, event_id=3),
    )
    assert [row["id"] for row in source.rows("tasks")] == [good]
    reason = "ClickUp sent an object of an unexpected shape (id)"
    assert source.failed_events == {1: reason, 3: reason}


def test_spaces_folders_and_lists_equal_those_of_the_tap(
    source: MessageSourceHarness, workspace: Workspace, run_tap: TapRunner
) -> None:
    """R56: the same records by webhook as by poll."""
    space_id = next(iter(workspace.spaces))
    folder_id = next(folder.id for folder in workspace.folders.values() if not folder.hidden)
    list_id = next(list_.id for list_ in workspace.lists.values() if list_.folder_id != folder_id)
    source.build(
        pending_event("spaceUpdated", space_id=space_id),
        pending_event("folderUpdated", folder_id=folder_id),
        pending_event("listUpdated", list_id=list_id),
    )
    run = run_tap(start_date=ALL_TIME)
    for stream, object_id in (("spaces", space_id), ("folders", folder_id), ("lists", list_id)):
        tap_rows = {row["id"]: row for row in run.rows(stream)}
        rows = {row["id"]: row for row in source.rows(stream)}
        assert object_id in rows
        assert rows == {row_id: tap_rows[row_id] for row_id in rows}
    statuses = [json.dumps(row) for row in run.rows("statuses")]
    assert {row["scope_type"] for row in source.rows("statuses")} >= {"space"}
    assert [row for row in source.rows("statuses") if json.dumps(row) not in statuses] == []


def test_a_list_and_its_folder_emit_the_list_once(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    list_ = next(
        list_
        for list_ in workspace.lists.values()
        if not workspace.folders[list_.folder_id].hidden and not list_.archived
    )
    source.build(
        pending_event("folderUpdated", folder_id=list_.folder_id),
        pending_event("listUpdated", list_id=list_.id),
    )
    list_ids = [row["id"] for row in source.rows("lists")]
    assert list_.id in list_ids
    assert len(list_ids) == len(set(list_ids))


def test_a_changed_sprint_is_emitted_with_its_whole_folder(
    source: MessageSourceHarness, run_tap: TapRunner
) -> None:
    """The dates that a sprint's name leaves out are inferred from the other sprints."""
    tap_rows = {row["id"]: row for row in run_tap(start_date=ALL_TIME).rows("sprints")}
    sprint = next(row for row in tap_rows.values() if not row["archived"])
    paths = source.build(pending_event("listUpdated", list_id=sprint["id"]))
    assert paths == [
        f"/list/{sprint['id']}",
        f"/folder/{sprint['folder_id']}",
        f"/space/{sprint['space_id']}",
    ]
    rows = {row["id"]: row for row in source.rows("sprints")}
    assert rows[sprint["id"]] == sprint
    assert rows == {row_id: tap_rows[row_id] for row_id in rows}


def test_objects_of_other_spaces_are_not_emitted(
    clickup: FakeClickUp, workspace: Workspace
) -> None:
    """R26: a task of a space that is not selected never reaches the target."""
    selected, other = list(workspace.spaces)[:2]
    source = MessageSourceHarness(clickup, {"space_ids": [selected]}, space_id=selected)
    task_ids = {
        workspace.lists[task.list_id].space_id: task.id for task in workspace.tasks.values()
    }
    source.build(
        *changed_events([task_ids[selected], task_ids[other]]),
        pending_event("spaceUpdated", space_id=other),
    )
    assert [row["id"] for row in source.rows("tasks")] == [task_ids[selected]]
    assert source.rows("spaces") == []


def test_pages_request_only_spaces_of_their_own_workspace(
    clickup: FakeClickUp, account: Account, workspace: Workspace
) -> None:
    """A selection may name spaces of several workspaces."""
    first_task = workspace.tasks[searchable_task_ids(workspace)[0]]
    space_id = workspace.lists[first_task.list_id].space_id
    other_space_id = next(iter(account.workspaces[1].spaces))
    source = MessageSourceHarness(
        clickup, {"space_ids": [space_id, other_space_id]}, space_id=space_id
    )
    task_ids = [
        task_id
        for task_id in searchable_task_ids(workspace)
        if workspace.lists[workspace.tasks[task_id].list_id].space_id == space_id
    ][:10]
    account.bulk_update(task_ids, name="Renamed")
    change = history("name", date=str(workspace.tasks[task_ids[0]].updated_ms))
    paths = source.build(*changed_events(task_ids, history_items=[change]))
    assert paths == [f"/team/{workspace.id}/task"]
    space_ids = [
        request.query.get("space_ids[]") for request in clickup.requests if "task" in request.path
    ]
    assert space_ids == [[space_id]]
    assert {row["id"] for row in source.rows("tasks")} >= set(task_ids)
