"""Hidden objects are as absent as deleted ones, and both can be restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fake_clickup.client import ASCENDING, NOW, Client, get_live_tasks, ids

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Task, Workspace


def find_task_in_a_folder(workspace: Workspace) -> Task:
    """Return a task of a list in a folder that people see."""
    lists = workspace.lists
    return next(
        task
        for task in get_live_tasks(workspace)
        if not workspace.folder_of(lists[task.list_id]).hidden
    )


def test_a_hidden_space_gives_the_error_of_an_unknown_one(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    task = find_task_in_a_folder(workspace)
    task_list = workspace.lists[task.list_id]
    space, folder = f"/space/{task_list.space_id}", f"/folder/{task_list.folder_id}"
    within = {space, f"{space}/folder", f"{space}/list", folder, f"{folder}/list"}
    within |= {f"/task/{task.id}", f"/task/{task.id}/comment", f"/task/{task.id}/time_in_status"}
    lists = {f"/list/{task_list.id}", f"/list/{task_list.id}/task"}
    behaviour.hidden_spaces = {task_list.space_id}
    codes = {path: client.send_get(path).json().get("ECODE") for path in within | lists}
    assert codes == dict.fromkeys(within, "OAUTH_018") | dict.fromkeys(lists, "OAUTH_027")
    behaviour.hidden_spaces = set()
    assert all(client.send_get(path).status_code == 200 for path in within | lists)


def test_a_hidden_space_is_absent_from_every_list(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    hidden, *others = [space.id for space in workspace.spaces.values() if not space.archived]
    before = client.all_tasks(**ASCENDING)
    behaviour.hidden_spaces = {hidden}
    assert ids(client.get(f"/team/{workspace.id}/space")["spaces"]) == others
    expected = [task for task in before if task["space"]["id"] != hidden]
    assert ids(client.all_tasks(**ASCENDING)) == ids(expected)
    assert len(expected) < len(before)
    all_users = ",".join(str(user_id) for user_id in workspace.users)
    query = {"assignee": all_users, "start_date": 0}
    entries = client.get(f"/team/{workspace.id}/time_entries", **query)["data"]
    space_ids = {entry["task_location"]["space_id"] for entry in entries}
    assert space_ids <= {*workspace.spaces} - {hidden}
    assert entries


def test_a_list_in_a_hidden_space_is_not_a_location(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    sprint_space = next(iter(workspace.spaces))
    added = next(
        task
        for task in get_live_tasks(workspace)
        if task.other_list_ids and workspace.lists[task.list_id].space_id != sprint_space
    )
    assert ids(client.get(f"/task/{added.id}")["locations"]) == list(added.other_list_ids)
    behaviour.hidden_spaces = {sprint_space}
    assert client.get(f"/task/{added.id}")["locations"] == []


def test_a_restored_task_is_the_same_task(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = next(task for task in get_live_tasks(workspace) if not workspace.subtask_ids(task.id))
    before = client.get(f"/task/{task.id}")
    account.delete_task(task.id)
    assert client.send_get(f"/task/{task.id}").json()["ECODE"] == "OAUTH_018"
    account.restore_task(task.id)
    assert client.get(f"/task/{task.id}") == before
    assert task.id in ids(client.all_tasks(**ASCENDING))


def test_a_task_of_a_deleted_list_cannot_be_restored(
    account: Account, workspace: Workspace
) -> None:
    task = get_live_tasks(workspace)[0]
    account.delete(task.list_id)
    with pytest.raises(KeyError, match=task.list_id):
        account.restore_task(task.id)
    assert task.id in workspace.trash


def test_a_task_moves_to_another_space(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = get_live_tasks(workspace)[0]
    old_space_id = workspace.lists[task.list_id].space_id
    new_list = next(
        task_list
        for task_list in workspace.lists.values()
        if task_list.space_id != old_space_id and not workspace.is_archived_list(task_list.id)
    )
    account.move_task(task.id, new_list.id, at=NOW)
    body = client.get(f"/task/{task.id}")
    assert body["space"]["id"] == new_list.space_id
    assert (body["list"]["id"], body["folder"]["id"]) == (new_list.id, new_list.folder_id)
    assert body["date_updated"] == str(round(NOW.timestamp() * 1000))


@pytest.mark.parametrize("kind", ["space", "folder", "list", "task"])
def test_archived_objects_can_be_unarchived(
    client: Client, account: Account, workspace: Workspace, kind: str
) -> None:
    task = find_task_in_a_folder(workspace)
    task_list = workspace.lists[task.list_id]
    places = {"space": task_list.space_id, "folder": task_list.folder_id, "list": task_list.id}
    visible = []
    for archived in (True, False):
        if kind == "task":
            account.archive_task(task.id, archived=archived)
        else:
            account.archive(places[kind], archived=archived)
        visible.append(task.id in ids(client.all_tasks(**ASCENDING)))
    assert visible == [False, True]


@pytest.mark.parametrize("kind", ["space", "folder", "list"])
def test_tasks_are_deleted_with_their_list_folder_or_space(
    client: Client, account: Account, workspace: Workspace, kind: str
) -> None:
    task_list = workspace.lists[find_task_in_a_folder(workspace).list_id]
    places = {"space": task_list.space_id, "folder": task_list.folder_id, "list": task_list.id}
    before = client.all_tasks(**ASCENDING)
    account.delete(places[kind])
    kept = [task for task in before if task[kind]["id"] != places[kind]]
    assert ids(client.all_tasks(**ASCENDING)) == ids(kept)
    assert client.send_get(f"/{kind}/{places[kind]}").status_code in {401, 404}


def test_the_archived_parameter_of_lists_can_be_ignored(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    first = next(iter(workspace.spaces))
    paths = (f"/team/{workspace.id}/space", f"/space/{first}/folder", f"/space/{first}/list")
    archived_bodies = [client.get(path, archived="true") for path in paths]
    behaviour.ignored_parameters = {"archived"}
    for path, archived_body in zip(paths, archived_bodies, strict=True):
        body = client.get(path, archived="true")
        assert body == client.get(path)
        assert body != archived_body
