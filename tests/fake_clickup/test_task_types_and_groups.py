"""Task types and user groups: which of them are listed, and what tasks show of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fake_clickup import generate_demo
from tests.fake_clickup.client import EVERYTHING, NOW, Client, get_live_tasks

if TYPE_CHECKING:
    from fake_clickup import Account
    from fake_clickup.model import Workspace


def test_the_default_type_and_milestones_are_on_tasks_and_not_listed(
    client: Client, workspace: Workspace
) -> None:
    listed = client.get(f"/team/{workspace.id}/custom_item")["custom_items"]
    assert listed == [
        {"id": 1001, "name": "Bug", "name_plural": "Bugs", "description": "A type for Bugs."},
        {"id": 1002, "name": "Idea", "name_plural": "Ideas", "description": "A type for Ideas."},
    ]
    used = {task["custom_item_id"] for task in client.all_tasks(**EVERYTHING)}
    assert used == {None, 0, 1, 1001, 1002}


def test_groups_are_those_of_the_workspace_and_of_the_requested_ids(
    client: Client, account: Account, workspace: Workspace
) -> None:
    everyone, newcomers = workspace.groups.values()
    groups = client.get("/group", team_id=workspace.id)["groups"]
    assert [group["id"] for group in groups] == [everyone.id, newcomers.id]
    assert {group["team_id"] for group in groups} == {workspace.id}
    assert [member["id"] for member in groups[0]["members"]] == list(workspace.members)
    ids = [newcomers.id, "no such group"]
    (requested,) = client.get("/group", team_id=workspace.id, group_ids=ids)["groups"]
    assert (requested["name"], requested["members"]) == ("Newcomers", [])
    account.foreign_workspaces.add("11")
    codes = [client.send_get("/group", team_id=id_).json()["ECODE"] for id_ in ("11", "99")]
    assert codes == ["OAUTH_056", "SHARD_031"]
    assert client.send_get("/group").status_code == 404


def test_a_task_names_its_groups_until_they_are_deleted(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = get_live_tasks(workspace)[0]
    everyone, newcomers = workspace.groups.values()
    account.update_task(task.id, group_assignee_ids=(everyone.id, newcomers.id), at=NOW)
    shown = client.get(f"/task/{task.id}")["group_assignees"]
    assert shown == [
        {"id": everyone.id, "name": "Everyone"},
        {"id": newcomers.id, "name": "Newcomers"},
    ]
    del workspace.groups[newcomers.id]
    assert client.get(f"/task/{task.id}")["group_assignees"] == shown[:1]


def test_bugs_of_the_demo_have_their_type_and_some_tasks_a_group() -> None:
    workspace = generate_demo(tasks=400, now=NOW).workspaces[0]
    types: Counter[tuple[bool, int | None]] = Counter()
    for task in workspace.tasks.values():
        types[workspace.lists[task.list_id].name == "Bugs", task.custom_item_id] += 1
    assert types.keys() == {(True, 1001), (False, 0), (False, 1)}
    (support,) = workspace.groups.values()
    assigned = Counter(task.group_assignee_ids for task in workspace.tasks.values())
    assert assigned.keys() == {(), (support.id,)}
    assert set(support.member_ids) < workspace.members.keys()
