"""Order, pages and filters of tasks, and the visibility of archived, hidden and deleted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from fake_clickup.model import Tag
from tests.fake_clickup.client import ASCENDING, EVERYTHING, NOW, Client, get_live_tasks, ids

if TYPE_CHECKING:
    from fake_clickup.model import Workspace
    from tests.support.clocks import ManualClock


def test_the_default_query_returns_open_tasks_newest_first(
    client: Client, workspace: Workspace
) -> None:
    expected = sorted(
        (task.created_ms, task.id)
        for task in get_live_tasks(workspace)
        if task.parent_id is None and workspace.status_of(task).type != "closed"
    )
    assert ids(client.all_tasks()) == [task_id for _, task_id in reversed(expected)]


def test_updated_reversed_is_ascending(client: Client, workspace: Workspace) -> None:
    assert ids(client.all_tasks(**ASCENDING)) == [task.id for task in get_live_tasks(workspace)]
    descending = client.all_tasks(**EVERYTHING, order_by="updated")
    assert ids(descending) == [task.id for task in reversed(get_live_tasks(workspace))]


def test_pages_have_100_tasks_and_the_last_is_marked(client: Client, workspace: Workspace) -> None:
    total = len(get_live_tasks(workspace))
    pages = [client.page(**ASCENDING, page=number) for number in range(total // 100 + 2)]
    sizes = [len(page["tasks"]) for page in pages]
    assert sizes == [100] * (total // 100) + [total % 100, 0]
    marks = [page["last_page"] for page in pages]
    assert marks == [False] * (total // 100) + [True, True]


@pytest.mark.parametrize("inclusive", [True, False])
def test_lower_date_bounds_can_be_inclusive(
    client: Client, workspace: Workspace, behaviour: Behaviour, *, inclusive: bool
) -> None:
    behaviour.updated_gt_inclusive = inclusive
    dates = [(task.updated_ms or 0, task.id) for task in get_live_tasks(workspace)]
    bound = dates[50][0]
    paged_ids = ids(client.tasks(**ASCENDING, date_updated_gt=bound))
    expected = [task_id for ms, task_id in dates if ms > bound or (inclusive and ms == bound)]
    assert paged_ids == expected[:100]


def test_created_has_a_lower_and_an_upper_bound(client: Client, workspace: Workspace) -> None:
    dates = sorted(task.created_ms for task in get_live_tasks(workspace))
    low, high = dates[20], dates[60]
    query = {**EVERYTHING, "order_by": "created", "reverse": "true"}
    tasks = client.tasks(**query, date_created_gt=low, date_created_lt=high)
    created = [int(task["date_created"]) for task in tasks]
    assert created == [date_ms for date_ms in dates if low <= date_ms < high]


@pytest.mark.parametrize(
    ("mode", "marks"), [("missing", [None, None]), ("always_false", [False, False])]
)
def test_last_page_can_be_missing_or_wrong(
    client: Client, behaviour: Behaviour, mode: Any, marks: list[bool | None]
) -> None:
    behaviour.last_page = mode
    pages = [client.page(**ASCENDING, page=number) for number in (0, 99)]
    assert [page.get("last_page") for page in pages] == marks


@pytest.mark.parametrize(
    ("parameter", "key", "nested"),
    [
        ("space_ids[]", "space", "id"),
        ("project_ids[]", "folder", "id"),
        ("list_ids[]", "list", "id"),
    ],
)
def test_spaces_folders_and_lists_filter_with_or(
    client: Client, parameter: str, key: str, nested: str
) -> None:
    tasks = client.all_tasks(**ASCENDING)
    object_ids = sorted({task[key][nested] for task in tasks})[:2]
    matching = client.all_tasks(**ASCENDING, **{parameter: object_ids})
    assert ids(matching) == ids([task for task in tasks if task[key][nested] in object_ids])
    assert 0 < len(matching) < len(tasks)


def test_assignees_tags_and_statuses_filter_with_or(client: Client, workspace: Workspace) -> None:
    tasks = client.all_tasks(**ASCENDING)
    user_id = str(next(iter(workspace.users)))
    assigned = [
        task for task in tasks if user_id in {str(user["id"]) for user in task["assignees"]}
    ]
    assert ids(client.all_tasks(**ASCENDING, **{"assignees[]": user_id})) == ids(assigned)
    tagged = [task for task in tasks if task["tags"]]
    assert ids(client.all_tasks(**ASCENDING, **{"tags[]": ["urgent", "nothing"]})) == ids(tagged)
    named = [task for task in tasks if task["status"]["status"] == "in progress"]
    assert ids(client.all_tasks(**ASCENDING, **{"statuses[]": "In Progress"})) == ids(named)
    assert client.page(**{"statuses[]": "no such"}) == {"tasks": [], "last_page": True}


def test_a_scalar_status_is_the_only_invalid_parameter(client: Client) -> None:
    path = f"/team/{client.workspace.id}/task"
    response = client.send_get(path, statuses="open")
    assert response.status_code == 400
    assert response.json()["ECODE"] == "PUBAPITASK_014"
    expected = client.page()
    assert client.page(space_ids="1", list_ids="2", assignees="3", limit=5, paged=1) == expected


def test_ignored_parameters_are_silently_dropped(client: Client, behaviour: Behaviour) -> None:
    behaviour.ignored_parameters = {"order_by", "reverse", "page", "date_updated_gt"}
    page = client.page(**ASCENDING, page=2, date_updated_gt=10**13)
    behaviour.ignored_parameters = set()
    assert page == client.page(**EVERYTHING)
    assert client.clickup.requests[0].query["page"] == ["2"]


def test_added_tasks_are_in_a_list_only_on_request(client: Client, workspace: Workspace) -> None:
    added = next(task for task in get_live_tasks(workspace) if task.other_list_ids)
    path = f"/list/{added.other_list_ids[0]}/task"
    query = {**EVERYTHING, "archived": "false"}
    assert added.id not in ids(client.get(path, **query)["tasks"])
    assert added.id in ids(client.get(path, **query, include_timl="true")["tasks"])


def test_a_task_without_date_updated_lacks_the_key() -> None:
    account = generate(seed=7, now=NOW, tasks=30, undated_tasks=2)
    workspace = account.workspaces[0]
    with FakeClickUp(account) as clickup, requests.Session() as session:
        client = Client(clickup, session)
        undated = list(workspace.tasks)[:2]
        bodies = [client.get(f"/task/{task_id}") for task_id in undated]
    assert ["date_updated" in body for body in bodies] == [False, False]


def test_tasks_in_archived_lists_are_in_no_task_search(
    client: Client, workspace: Workspace
) -> None:
    inside = [task for task in workspace.tasks.values() if workspace.is_archived_list(task.list_id)]
    passes = [client.all_tasks(**ASCENDING, archived=flag) for flag in ("false", "true")]
    assert not {task.id for task in inside} & {*ids(passes[0]), *ids(passes[1])}
    assert ids(passes[0]) == [task.id for task in get_live_tasks(workspace)]
    assert {task["archived"] for task in passes[1]} == {True}
    own = next(task for task in inside if not task.archived)
    assert own.id in ids(client.get(f"/list/{own.list_id}/task", **EVERYTHING)["tasks"])


def test_archived_objects_are_listed_only_on_request(client: Client, workspace: Workspace) -> None:
    path = f"/team/{workspace.id}/space"
    live_names = [space["name"] for space in client.get(path)["spaces"]]
    old_names = [space["name"] for space in client.get(path, archived="true")["spaces"]]
    assert (live_names, old_names) == (["Space 1", "Space 2", "Space 3"], ["Space 4"])
    first = next(iter(workspace.spaces))
    folders = client.get(f"/space/{first}/folder", archived="true")["folders"]
    assert [folder["name"] for folder in folders] == ["Archived folder 1"]
    assert [task_list["name"] for task_list in folders[0]["lists"]] == [
        "List in an archived folder"
    ]
    lists = client.get(f"/space/{first}/list", archived="true")["lists"]
    assert [task_list["name"] for task_list in lists] == ["Archived list 1"]


def test_each_folderless_list_has_its_own_hidden_folder() -> None:
    account = generate(now=NOW, folderless_lists=3, spaces=1)
    with FakeClickUp(account) as clickup, requests.Session() as session:
        client = Client(clickup, session)
        space_id = next(iter(client.workspace.spaces))
        lists = client.get(f"/space/{space_id}/list")["lists"]
        folders = client.get(f"/space/{space_id}/folder")["folders"]
    assert [task_list["folder"]["name"] for task_list in lists] == ["hidden"] * 3
    assert len({task_list["folder"]["id"] for task_list in lists}) == 3
    assert [folder["hidden"] for folder in folders] == [False, False, False]


def test_a_hidden_list_is_absent_everywhere(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    task = next(
        task
        for task in get_live_tasks(workspace)
        if not workspace.folder_of(workspace.lists[task.list_id]).hidden
    )
    task_list = workspace.lists[task.list_id]
    behaviour.hidden_lists = {task_list.id}
    assert client.send_get(f"/list/{task_list.id}").json()["ECODE"] == "OAUTH_027"
    assert client.send_get(f"/task/{task.id}").json()["ECODE"] == "OAUTH_018"
    folder = client.get(f"/folder/{task_list.folder_id}")
    listed = client.get(f"/folder/{task_list.folder_id}/list")
    assert task_list.id not in {*ids(folder["lists"]), *ids(listed["lists"])}
    assert task_list.id not in {task["list"]["id"] for task in client.all_tasks(**ASCENDING)}


def test_a_task_is_deleted_with_its_subtasks_and_restored(
    client: Client, account: Account, workspace: Workspace
) -> None:
    parent = next(task for task in get_live_tasks(workspace) if workspace.subtask_ids(task.id))
    deleted_ids = {parent.id, *workspace.subtask_ids(parent.id)}
    account.delete_task(parent.id)
    assert not deleted_ids & set(ids(client.all_tasks(**ASCENDING)))
    assert client.send_get(f"/task/{parent.id}").json()["ECODE"] == "OAUTH_018"
    account.restore_task(parent.id)
    restored = client.get(f"/task/{parent.id}")
    assert restored["date_updated"] == str(parent.updated_ms)


def test_a_page_of_exactly_100_tasks_is_the_last(client: Client, account: Account) -> None:
    list_id = get_live_tasks(client.workspace)[0].list_id
    tag = Tag("hundred", "#FF4081", account.user_id)
    for number in range(100):
        account.create_task(list_id, name=f"Task {number}", tags=(tag,))
    page = client.page(**{"tags[]": "hundred"})
    assert (len(page["tasks"]), page["last_page"]) == (100, True)
    account.create_task(list_id, name="Task 100", tags=(tag,))
    page = client.page(**{"tags[]": "hundred"})
    assert (len(page["tasks"]), page["last_page"]) == (100, False)


def test_an_upper_bound_excludes_the_time_itself(client: Client, account: Account) -> None:
    list_id = get_live_tasks(client.workspace)[0].list_id
    task = account.create_task(list_id, name="New")
    found = [
        task.id in {listed["id"] for listed in client.tasks(date_created_lt=task.created_ms + more)}
        for more in (0, 1)
    ]
    assert found == [False, True]


def test_the_limit_is_reset_at_the_next_whole_second(client: Client, clock: ManualClock) -> None:
    clock.seconds = 1_769_434_613.2
    assert client.send_get("/user").headers["x-ratelimit-reset"] == "1769434674"
