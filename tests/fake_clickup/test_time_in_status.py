"""Time in status follows every way in which the status of a task changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup.storage import to_ms
from tests.fake_clickup.client import NOW, Client, live

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Task, Workspace

BULK = "/task/bulk_time_in_status/task_ids"
BORN = NOW - timedelta(hours=10)


def list_of(workspace: Workspace, statuses: int) -> str:
    """Return a list whose workflow has so many statuses."""
    return next(
        one
        for one in workspace.lists
        if not workspace.is_archived_list(one) and len(workspace.statuses_of(one)) == statuses
    )


def since(hours: float) -> str:
    return str(to_ms(BORN + timedelta(hours=hours)))


def rows(shown: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (one["status"], one["type"], one["orderindex"], *one["total_time"].values())
        for one in shown["status_history"]
    ]


@pytest.fixture
def task(account: Account, workspace: Workspace) -> Task:
    """Return a task that went to work, back, and to work again in the ten hours before now."""
    made = account.create_task(list_of(workspace, 6), name="Walk", at=BORN)
    for hours, status in ((1, "in progress"), (3, "backlog"), (6, "in progress")):
        account.update_task(made.id, status=status, at=BORN + timedelta(hours=hours))
    return account.task(made.id)


def test_the_history_sums_by_status_and_has_the_current_one(
    client: Client, workspace: Workspace, task: Task
) -> None:
    shown = client.get(f"/task/{task.id}/time_in_status")
    assert shown["current_status"] == {
        "status": "in progress",
        "color": workspace.status_of(task).color,
        "total_time": {"by_minute": 240, "since": since(6)},
    }
    assert rows(shown) == [
        ("backlog", "open", 0, 240, since(3)),
        ("in progress", "custom", 2, 360, since(6)),
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
    assert rows(client.get(f"/task/{task.id}/time_in_status"))[0][0::3] == ("later", 240)


def test_a_move_to_another_workflow_starts_its_first_status(
    client: Client, account: Account, workspace: Workspace, task: Task
) -> None:
    account.update_task(task.id, status="shipped", at=BORN + timedelta(hours=7))
    child = account.create_task(
        task.list_id, name="Child", parent_id=task.id, status="shipped", at=BORN
    )
    account.move_task(task.id, list_of(workspace, 3), at=BORN + timedelta(hours=9))
    for one in (task, child):
        shown = client.get(f"/task/{one.id}/time_in_status")
        assert shown["current_status"]["status"] == "to do"
        assert shown["current_status"]["total_time"] == {"by_minute": 60, "since": since(9)}
        assert ("shipped", "done") in {row[:2] for row in rows(shown)}
        assert client.get(f"/task/{one.id}")["date_done"] is None


def test_generated_tasks_reach_their_status_at_the_last_edit(
    client: Client, workspace: Workspace
) -> None:
    one = next(t for t in live(workspace) if workspace.status_of(t).orderindex == 1)
    first, current = client.get(f"/task/{one.id}/time_in_status")["status_history"]
    assert first["total_time"]["since"] == str(one.created_ms)
    assert current["total_time"]["since"] == str(one.updated_ms)
    assert current["status"] == one.status


def test_bulk_time_in_status_omits_hidden_tasks(
    client: Client, workspace: Workspace, behaviour: Behaviour, task: Task
) -> None:
    hidden = next(one for one in live(workspace) if one.list_id != task.list_id)
    other = next(one for one in live(workspace) if one.list_id == task.list_id)
    behaviour.hidden_lists = {hidden.list_id}
    asked = [task.id, "86zzzzzzz", hidden.id, other.id, "NO"]
    found = client.get(BULK, task_ids=asked)
    assert list(found) == [task.id, other.id]
    assert found[task.id] == client.get(f"/task/{task.id}/time_in_status")


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
    found = [(response.status_code, response.json()["ECODE"]) for response in responses]
    assert found == [(400, "FEATURE_001")] * 2
