"""Subfolders are read like folders, and inherit from the folder that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup.model import Folder, TaskList
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import ARCHIVED_FOLDER, FOLDER, SPACE
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from fake_clickup import Account
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import TapRunner

SUBFOLDER = "90000000028"
LIST = "90000000038"


@pytest.fixture
def account() -> Account:
    """Return the shop with a subfolder, which has its own statuses, a list and a task."""
    account = accounts.shop()
    workspace = account.workspaces[0]
    statuses = (accounts.status(57, "counting", "custom"),)
    subfolder = Folder(SUBFOLDER, "2026 Q1", SPACE, statuses=statuses, parent_id=FOLDER)
    workspace.folders[SUBFOLDER] = subfolder
    workspace.lists[LIST] = TaskList(LIST, "Drawer", SPACE, SUBFOLDER)
    account.create_task(LIST, name="Open the drawer", id="86drawer1")
    return account


def move(workspace: Workspace, parent_id: str) -> None:
    workspace.folders[SUBFOLDER].parent_id = parent_id


def test_a_subfolder_names_its_parent(run_tap: TapRunner) -> None:
    run = run_tap(start_date=ALL_TIME)
    parents = {row["id"]: row["parent_folder_id"] for row in run.rows("folders")}
    assert parents == {FOLDER: None, SUBFOLDER: FOLDER, ARCHIVED_FOLDER: None}
    folder_ids = {row["id"]: row["folder_id"] for row in run.rows("lists")}
    assert folder_ids[LIST] == SUBFOLDER
    (task,) = (row for row in run.rows("tasks") if row["id"] == "86drawer1")
    assert (task["folder_id"], task["status"]) == (SUBFOLDER, "counting")
    of_folders = [row for row in run.rows("statuses") if row["scope_type"] == "folder"]
    assert [(row["scope_id"], row["status"]) for row in of_folders] == [
        (FOLDER, "review"),
        (SUBFOLDER, "counting"),
    ]
    (read,) = (row for row in run.rows("completed_reads") if row["stream"] == "folders")
    assert read["keys"] == [[FOLDER], [ARCHIVED_FOLDER], [SUBFOLDER]]


def test_a_subfolder_costs_no_other_request_than_a_folder(run_tap: TapRunner) -> None:
    run_tap(start_date=ALL_TIME)
    paths = [path for path in run_tap.requested_paths if SUBFOLDER in path]
    assert paths == [f"/api/v2/folder/{SUBFOLDER}/list"]
    assert len(run_tap.requests_to(f"/space/{SPACE}/folder")) == 2


def test_tasks_below_an_archived_folder_are_read(run_tap: TapRunner, workspace: Workspace) -> None:
    """The subfolder is not archived itself, and no search returns its tasks."""
    move(workspace, ARCHIVED_FOLDER)
    run = run_tap(start_date=ALL_TIME)
    archived = {row["id"]: row["archived"] for row in run.rows("folders")}
    assert archived == {FOLDER: False, SUBFOLDER: False, ARCHIVED_FOLDER: True}
    assert "86drawer1" in run.column("tasks", "id")
    requests = run_tap.requests_to(f"/list/{LIST}/task")
    assert [request.query["archived"] for request in requests] == [["false"], ["true"]]


def test_a_poll_reads_a_subfolder_whose_folder_was_archived(
    run_tap: TapRunner, account: Account
) -> None:
    """With the edits that were made before, and once only."""
    first = run_tap(start_date=ALL_TIME)
    account.update_task("86drawer1", name="Close the drawer")
    account.archive(FOLDER)
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert "Close the drawer" in second.column("tasks", "name")
    run_tap(start_date=ALL_TIME, state=second.state)
    assert run_tap.requests_to(f"/list/{LIST}/task") == []


def test_lists_in_a_subfolder_of_a_sprint_folder_are_sprints(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    """R84: the folder "2026 Q1" in the folder "Sprints" does not match by its own name."""
    assert run_tap().rows("sprints") == []
    workspace.folders[FOLDER].name = "Team sprints"
    workspace.lists[LIST].name = "Sprint 3 (2026-02-05 - 2026-02-18)"
    sprints = {row["id"]: row for row in run_tap().rows("sprints")}
    assert sprints.keys() == {LIST, accounts.LISTS["in_folder"]}
    assert sprints[LIST]["folder_id"] == SUBFOLDER
    assert sprints[LIST]["start_date"] == "2026-02-05T00:00:00.000+00:00"


def test_only_the_subfolder_may_be_a_sprint_folder(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    workspace.folders[SUBFOLDER].name = "Sprints"
    assert run_tap().column("sprints", "id") == [LIST]
