"""Subfolders: how they are listed, and what they share with the folder that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, generate
from fake_clickup.webhook_events import EventBuilder
from tests.fake_clickup.client import EVERYTHING, NOW, Client
from tests.support.shapes import ShapeSummary, derive_shape, documented_shape, recorded_shape

if TYPE_CHECKING:
    from fake_clickup.model import Folder, Workspace
    from fake_clickup.webhook_events import Change


@pytest.fixture
def account() -> Account:
    return generate(seed=7, now=NOW, tasks=100, time_entries=0, subfolders=2)


@pytest.fixture
def subfolders(workspace: Workspace) -> list[Folder]:
    return [folder for folder in workspace.folders.values() if folder.parent_id]


@pytest.fixture
def parent(workspace: Workspace, subfolders: list[Folder]) -> Folder:
    return workspace.folders[subfolders[0].parent_id or ""]


def list_in(workspace: Workspace, folder: Folder) -> str:
    """Return the id of the only list of a subfolder."""
    (list_id,) = (item.id for item in workspace.lists.values() if item.folder_id == folder.id)
    return list_id


def test_subfolders_are_listed_with_the_key_of_their_parent(
    client: Client, subfolders: list[Folder], parent: Folder
) -> None:
    folders = client.get(f"/space/{parent.space_id}/folder")["folders"]
    named = {body["id"]: body["parent_folder"] for body in folders if "parent_folder" in body}
    assert named == dict.fromkeys([folder.id for folder in subfolders], parent.id)
    assert parent.id in {body["id"] for body in folders} - named.keys()
    documented = ShapeSummary([documented_shape("folders")["folders"][1]])
    ours = ShapeSummary([derive_shape(body) for body in folders if body["id"] in named])
    assert documented.required_keys[""] <= ours.required_keys[""]
    known = {*recorded_shape("folders/get_2026"), "parent_folder"}
    assert ours.required_keys[""] == known
    assert ours.types[".parent_folder"] == {"string"}


def test_a_folder_names_its_subfolders_if_requested(
    client: Client, subfolders: list[Folder], parent: Folder
) -> None:
    path = f"/folder/{parent.id}"
    assert "folders" not in client.get(path)
    expected = [{"id": folder.id} for folder in subfolders]
    assert client.get(path, include_subfolders="true")["folders"] == expected
    assert client.get(f"/folder/{subfolders[0].id}")["parent_folder"] == parent.id


def test_a_subfolder_has_its_own_workflow_or_that_of_its_parent(
    client: Client, workspace: Workspace, subfolders: list[Folder], parent: Folder
) -> None:
    names = [
        [status["status"] for status in client.get(f"/list/{list_id}")["statuses"]]
        for list_id in (list_in(workspace, folder) for folder in subfolders)
    ]
    assert names[0] == [status.name for status in parent.statuses or ()]
    assert names[1] == ["closed deals", "complete?", "done", "to do", "open"]
    groups = [
        client.get(f"/list/{list_in(workspace, folder)}")["statuses"][0]["status_group"]
        for folder in subfolders
    ]
    assert groups == [f"cat_{parent.id}", f"cat_{subfolders[1].id}"]
    overrides = [client.get(f"/folder/{item.id}")["override_statuses"] for item in subfolders]
    assert overrides == [False, True]


def test_tasks_below_an_archived_folder_are_in_no_search(
    client: Client, account: Account, workspace: Workspace, subfolders: list[Folder], parent: Folder
) -> None:
    lists = {list_in(workspace, folder) for folder in subfolders}
    assert lists & {task["list"]["id"] for task in client.all_tasks(**EVERYTHING)} == lists
    account.archive(parent.id)
    assert not lists & {task["list"]["id"] for task in client.all_tasks(**EVERYTHING)}
    live = client.get(f"/space/{parent.space_id}/folder")["folders"]
    assert {folder.id for folder in subfolders} < {body["id"] for body in live}


def test_subfolders_are_deleted_with_their_folder(
    client: Client, account: Account, workspace: Workspace, subfolders: list[Folder], parent: Folder
) -> None:
    changes: list[Change] = []
    account.listeners.append(changes.append)
    lists = {list_in(workspace, folder) for folder in subfolders}
    account.delete(parent.id)
    deleted = [change.before.id for change in changes if change.kind == "folder"]
    assert deleted == [*(folder.id for folder in reversed(subfolders)), parent.id]
    assert not lists & workspace.lists.keys()
    assert not lists & {task.list_id for task in workspace.tasks.values()}
    assert client.send_get(f"/folder/{subfolders[0].id}").json()["ECODE"] == "OAUTH_018"


def test_a_webhook_of_a_folder_covers_its_subfolders(
    account: Account, workspace: Workspace, subfolders: list[Folder], parent: Folder
) -> None:
    builder = EventBuilder()
    changes: list[Change] = []
    account.listeners.append(changes.append)
    account.rename(list_in(workspace, subfolders[0]), "New name")
    account.rename(subfolders[0].id, "New name")
    events = [event for change in changes for event in builder.build_events(change)]
    assert [event.name for event in events] == ["listUpdated", "folderUpdated"]
    for event in events:
        assert {parent.id, subfolders[0].id, parent.space_id} <= event.places
