"""Time in status follows every way in which the status of a task changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup.storage import to_ms
from tests.fake_clickup.client import NOW, Client, get_live_tasks

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Task, Workspace

BULK = "/task/bulk_time_in_status/task_ids"
BORN = NOW - timedelta(hours=10)


def find_list(workspace: Workspace, statuses: int) -> str:
    """Return a list whose workflow has so many statuses."""
    return next(
        list_id
        for list_id in workspace.lists
        if not workspace.is_archived_list(list_id)
        and len(workspace.statuses_of(list_id)) == statuses
    )


def format_since(hours: float) -> str:
    return str(to_ms(BORN + timedelta(hours=hours)))


def read_rows(body: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (row["status"], row["type"], row["orderindex"], *row["total_time"].values())
        for row in body["status_history"]
    ]


@pytest.fixture
def task(account: Account, workspace: Workspace) -> Task:
    """Return a task that went to work, back, and to work again in the ten hours before now."""
    task = account.create_task(find_list(workspace, 6), name="Walk", at=BORN)
    for hours, status in ((1, "in progress"), (3, "backlog"), (6, "in progress")):
        account.update_task(task.id, status=status, at=BORN + timedelta(hours=hours))
    return account.task(task.id)


def test_the_history_sums_by_status_and_has_the_current_one(
    client: Client, workspace: Workspace, task: Task
) -> None:
    body = client.get(f"/task/{task.id}/time_in_status")
    assert body["current_status"] == {
        "status": "in progress",
        "color": workspace.status_of(task).color,
        "total_time": {"by_minute": 240, "since": format_since(6)},
    }
    assert read_rows(body) == [
        ("backlog", "open", 0, 240, format_since(3)),
        ("in progress", "custom", 2, 360, format_since(6)),
    ]


def test_an_edit_without_status_change_keeps_the_time(
    client: Client, account: Account, task: Task
) -> None:
    before = client.get(f"/task/{task.id}/time_in_status")
    account.update_task(task.id, name="Walk on", status="in progress")
    account.add_texts(task.id, description="planted")
    account.delete_task(task.id)
    account.restore_task(task.id)
    assert client.get(f"/task/{task.id}/time_in_status") == before


def test_a_renamed_status_keeps_its_time(
    client: Client, account: Account, workspace: Workspace, task: Task
) -> None:
    task_list = workspace.lists[task.list_id]
    place = task_list.id if task_list.statuses else task_list.space_id
    account.rename_status(place, "backlog", "later")
    assert read_rows(client.get(f"/task/{task.id}/time_in_status"))[0][0::3] == ("later", 240)


def test_a_move_to_another_workflow_starts_its_first_status(
    client: Client, account: Account, workspace: Workspace, task: Task
) -> None:
    account.update_task(task.id, status="shipped", at=BORN + timedelta(hours=7))
    child = account.create_task(
        task.list_id, name="Child", parent_id=task.id, status="shipped", at=BORN
    )
    account.move_task(task.id, find_list(workspace, 3), at=BORN + timedelta(hours=9))
    for moved in (task, child):
        body = client.get(f"/task/{moved.id}/time_in_status")
        assert body["current_status"]["status"] == "to do"
        assert body["current_status"]["total_time"] == {"by_minute": 60, "since": format_since(9)}
        assert ("shipped", "done") in {row[:2] for row in read_rows(body)}
        assert client.get(f"/task/{moved.id}")["date_done"] is None


def test_generated_tasks_reach_their_status_at_the_last_edit(
    client: Client, workspace: Workspace
) -> None:
    task = next(
        task for task in get_live_tasks(workspace) if workspace.status_of(task).orderindex == 1
    )
    first, current = client.get(f"/task/{task.id}/time_in_status")["status_history"]
    assert first["total_time"]["since"] == str(task.created_ms)
    assert current["total_time"]["since"] == str(task.updated_ms)
    assert current["status"] == task.status


def test_bulk_time_in_status_omits_hidden_tasks(
    client: Client, workspace: Workspace, behaviour: Behaviour, task: Task
) -> None:
    hidden = next(
        candidate for candidate in get_live_tasks(workspace) if candidate.list_id != task.list_id
    )
    other = next(
        candidate for candidate in get_live_tasks(workspace) if candidate.list_id == task.list_id
    )
    behaviour.hidden_lists = {hidden.list_id}
    task_ids = [task.id, "86zzzzzzz", hidden.id, other.id, "NO"]
    bodies = client.get(BULK, task_ids=task_ids)
    assert list(bodies) == [task.id, other.id]
    assert bodies[task.id] == client.get(f"/task/{task.id}/time_in_status")


def test_time_in_status_of_an_unknown_task_is_rejected(client: Client) -> None:
    response = client.send_get("/task/86zzzzzzz/time_in_status")
    assert (response.status_code, response.json()["ECODE"]) == (401, "OAUTH_018")


def test_bulk_time_in_status_rejects_more_than_100_tasks(
    client: Client, workspace: Workspace
) -> None:
    task_ids = list(workspace.tasks)[:101]
    assert len(client.get(BULK, task_ids=task_ids[:100])) == 100
    assert client.send_get(BULK, task_ids=task_ids).status_code == 400


def test_time_in_status_is_rejected_without_the_clickapp(
    client: Client, behaviour: Behaviour, task: Task
) -> None:
    behaviour.time_in_status = False
    responses = [
        client.send_get(f"/task/{task.id}/time_in_status"),
        client.send_get(BULK, task_ids=[task.id]),
    ]
    errors = [(response.status_code, response.json()["ECODE"]) for response in responses]
    assert errors == [(400, "FEATURE_001")] * 2
