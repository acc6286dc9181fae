"""Spaces, folders, lists and statuses are found in every location, live and archived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import (
    ARCHIVED_FOLDER,
    ARCHIVED_SPACE,
    FOLDER,
    LISTS,
    SPACE,
    WORKSPACE,
)
from tests.tap_clickup.runner import ALL_TIME, catalog_selecting

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRunner


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def test_live_and_archived_spaces_have_their_clickapps(run_tap: TapRunner) -> None:
    assert run_tap().rows("spaces") == [
        {
            "workspace_id": WORKSPACE,
            "id": SPACE,
            "name": "Shop floor",
            "private": False,
            "archived": False,
            "sprints_enabled": True,
            "points_enabled": True,
            "time_tracking_enabled": True,
        },
        {
            "workspace_id": WORKSPACE,
            "id": ARCHIVED_SPACE,
            "name": "Old floor",
            "private": False,
            "archived": True,
            "sprints_enabled": False,
            "points_enabled": False,
            "time_tracking_enabled": True,
        },
    ]


def test_hidden_folders_of_folderless_lists_are_skipped(
    run_tap: TapRunner,
) -> None:
    shared = {"workspace_id": WORKSPACE, "space_id": SPACE, "parent_folder_id": None}
    live_folder = {"id": FOLDER, "name": "Counter", "archived": False, "override_statuses": True}
    archived_folder = {"id": ARCHIVED_FOLDER, "name": "Old counter", "archived": True}
    assert run_tap().rows("folders") == [
        {**shared, **live_folder},
        {**shared, **archived_folder, "override_statuses": False},
    ]


def test_lists_are_found_in_folders_spaces_and_archives(run_tap: TapRunner) -> None:
    shared = {"workspace_id": WORKSPACE, "space_id": SPACE, "start_date": None, "due_date": None}
    rows = [
        {
            **shared,
            "id": LISTS["in_folder"],
            "name": "Till",
            "folder_id": FOLDER,
            "archived": False,
            "override_statuses": False,
            "task_count": 1,
            "start_date": "2026-03-04T04:53:20.011+00:00",
            "due_date": "2026-03-04T04:53:20.012+00:00",
        },
        {
            **shared,
            "id": LISTS["folderless"],
            "name": "Window",
            "folder_id": None,
            "archived": False,
            "override_statuses": True,
            "task_count": 1,
        },
        {
            **shared,
            "id": LISTS["in_archived_folder"],
            "name": "Old till",
            "folder_id": ARCHIVED_FOLDER,
            "archived": False,
            "override_statuses": False,
            "task_count": 0,
        },
        {
            **shared,
            "id": LISTS["archived"],
            "name": "Old window",
            "folder_id": None,
            "archived": True,
            "override_statuses": False,
            "task_count": 0,
        },
    ]
    assert run_tap().rows("lists") == rows


def test_statuses_are_read_from_every_scope_that_overrides(
    run_tap: TapRunner,
) -> None:
    """R30, R47: the same status name may have another type in each scope."""
    rows = [tuple(row.values()) for row in run_tap().rows("statuses")]
    assert rows == [
        (WORKSPACE, "space", SPACE, "backlog", "s51", "open", 51, "#000051"),
        (WORKSPACE, "space", SPACE, "shipped", "s52", "closed", 52, "#000052"),
        (WORKSPACE, "folder", FOLDER, "review", "s54", "custom", 54, "#000054"),
        (WORKSPACE, "list", LISTS["folderless"], "review", "s55", "done", 55, "#000055"),
        (WORKSPACE, "space", ARCHIVED_SPACE, "anything", "s53", "open", 53, "#000053"),
    ]


def test_only_overriding_folderless_lists_cost_a_request(
    run_tap: TapRunner,
) -> None:
    catalog = catalog_selecting(
        *("workspaces", "spaces", "folders", "lists", "statuses", "tasks", "users", "webhooks")
    )
    first = run_tap(start_date=ALL_TIME)
    run_tap(start_date=ALL_TIME, state=first.state, catalog=catalog)
    assert [path for path in run_tap.requested_paths if "/list/" in path] == [
        f"/api/v2/list/{LISTS['folderless']}"
    ]
    tasks, webhooks = 2, 1
    assert len(run_tap.clickup.requests) == 3 + 4 * 2 + 1 + tasks + webhooks


def test_archived_lists_are_requested_by_the_first_run_only(
    run_tap: TapRunner,
) -> None:
    first = run_tap(start_date=ALL_TIME)
    archived = (LISTS["in_archived_folder"], LISTS["archived"])
    folders = [path for path in run_tap.requested_paths if "/folder/" in path]
    assert folders == [
        f"/api/v2/folder/{folder_id}/list" for folder_id in (FOLDER, ARCHIVED_FOLDER)
    ]
    requested = {
        request.path for request in run_tap.requests_to("/task") if "/list/" in request.path
    }
    assert requested == {f"/api/v2/list/{list_id}/task" for list_id in archived}
    run_tap(start_date=ALL_TIME, state=first.state)
    assert [request for request in run_tap.requests_to("/task") if "/list/" in request.path] == []


def test_archived_list_in_a_live_folder_is_read(run_tap: TapRunner, account: Account) -> None:
    workspace = account.workspaces[0]
    account.archive(LISTS["in_folder"])
    run = run_tap(start_date=ALL_TIME)
    archived_by_id = {row["id"]: row["archived"] for row in run.rows("lists")}
    assert archived_by_id[LISTS["in_folder"]] is True
    assert set(run.column("tasks", "id")) == set(workspace.tasks)


def test_newly_archived_folder_is_read_again(run_tap: TapRunner, account: Account) -> None:
    first = run_tap(start_date=ALL_TIME)
    account.archive(FOLDER)
    second = run_tap(start_date=ALL_TIME, state=first.state)
    tasks = account.workspaces[0].tasks.values()
    below = {task.id for task in tasks if task.list_id == LISTS["in_folder"]}
    assert below
    assert below <= set(second.column("tasks", "id"))


def test_renamed_status_is_read_with_its_id(run_tap: TapRunner, account: Account) -> None:
    account.rename_status(SPACE, "backlog", "ideas")
    rows = run_tap().rows("statuses")
    assert rows[0]["status"] == "ideas"
    assert rows[0]["status_id"] == "s51"


def test_list_archived_during_the_run_is_read_once(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """It is archived between two requests, so the live and the archived response contain it."""
    requested: list[str] = []

    def archive(request: object, _: Account) -> None:
        path = str(getattr(request, "path", ""))
        requested.append(path)
        if requested.count(f"/api/v2/space/{SPACE}/list") == 2:
            account.archive(LISTS["folderless"])

    behaviour.on_request = archive
    ids = run_tap().column("lists", "id")
    assert ids.count(LISTS["folderless"]) == 1


@pytest.mark.parametrize(
    ("path", "what", "missing"),
    [
        (f"/space/{SPACE}/folder", "folders (archived=false)", {LISTS["in_folder"]}),
        (f"/space/{SPACE}/list", "lists (archived=false)", {LISTS["folderless"]}),
        (f"/list/{LISTS['folderless']}", f"statuses of list {LISTS['folderless']}", set()),
    ],
)
def test_denied_request_is_reported_and_the_rest_is_read(
    run_tap: TapRunner, behaviour: Behaviour, path: str, what: str, missing: set[str]
) -> None:
    """R104: the token works, so the run succeeds."""
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"{path}$")]
    run = run_tap(start_date=ALL_TIME)
    why = f"GET {path}: HTTP 401 OAUTH_018: deleted, or not visible to the token's user"
    assert run.error is None
    assert run.read_failures == [(what, why)]
    assert f"{what} not read: {why}" in run.log
    assert set(LISTS.values()) - set(run.column("lists", "id")) == missing
    assert run.column("tasks", "id") == ["86parent1", "86task001"]


def test_space_deleted_during_the_run_is_reported(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    def delete(request: object, _: Account) -> None:
        if str(getattr(request, "path", "")).endswith(f"/space/{SPACE}/folder"):
            behaviour.on_request = None
            account.delete(SPACE)

    behaviour.on_request = delete
    run = run_tap()
    assert run.error is None
    assert {why.split(": ", 1)[1] for _, why in run.read_failures} == {"HTTP 404 PROJ_006"}
    assert run.column("spaces", "id") == [SPACE, ARCHIVED_SPACE]
    assert run.rows("sync_runs")[0]["complete"] is False


def test_repeated_failure_fails_the_run_after_other_streams(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    behaviour.faults = [Fault(status=500, path=f"/space/{SPACE}/folder$")] * 6
    run = run_tap(start_date=ALL_TIME)
    assert run.error
    assert run.error.startswith("not everything was read: folders (archived=false): GET /space/")
    assert run.column("tasks", "id") == ["86parent1", "86task001"]
    assert run.column("users", "username") == ["Olga", "Mia", None, "Lena"]


def test_failed_archived_list_is_retried_by_the_next_run(
    run_tap: TapRunner, behaviour: Behaviour, account: Account
) -> None:
    account.archive(LISTS["in_folder"])
    behaviour.faults = [Fault(status=400, path=f"/list/{LISTS['in_folder']}/task$")]
    first = run_tap(start_date=ALL_TIME)
    assert f"tasks of archived list {LISTS['in_folder']}: " in (first.error or "")
    second = run_tap(start_date=ALL_TIME, state=first.state)
    below = {
        task.id
        for task in account.workspaces[0].tasks.values()
        if task.list_id == LISTS["in_folder"]
    }
    assert below
    assert below <= set(second.column("tasks", "id"))
