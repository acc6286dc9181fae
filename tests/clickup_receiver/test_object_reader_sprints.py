"""Lists in a subfolder of a sprint folder are sprints, as they are for the tap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from fake_clickup.model import Folder, TaskList
from tests.clickup_receiver.message_source import MessageSourceHarness, pending_event
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import FOLDER, SPACE
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from clickup_receiver.inbox.inbox import PendingEvent
    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import TapRunner

SUBFOLDER = "90000000028"
SPRINT = "90000000038"


@pytest.fixture
def account() -> Account:
    """Return the shop with the folder "2026 Q1" in the folder "Sprints", and a list in it."""
    account = accounts.shop()
    workspace = account.workspaces[0]
    workspace.folders[FOLDER].name = "Sprints"
    workspace.folders[SUBFOLDER] = Folder(SUBFOLDER, "2026 Q1", SPACE, parent_id=FOLDER)
    name = "Sprint 3 (2026-02-05 - 2026-02-18)"
    workspace.lists[SPRINT] = TaskList(SPRINT, name, SPACE, SUBFOLDER)
    return account


@pytest.mark.parametrize(
    ("event", "changed_path"),
    [
        (pending_event("listUpdated", list_id=SPRINT), [f"/list/{SPRINT}"]),
        (pending_event("folderUpdated", folder_id=SUBFOLDER), []),
    ],
)
def test_a_changed_list_or_subfolder_emits_its_sprints(
    source: MessageSourceHarness, run_tap: TapRunner, event: PendingEvent, changed_path: list[str]
) -> None:
    tap_rows = {row["id"]: row for row in run_tap(start_date=ALL_TIME).rows("sprints")}
    paths = source.build(event)
    folders = [f"/folder/{SUBFOLDER}", f"/folder/{FOLDER}"]
    assert paths == [*changed_path, *folders, f"/space/{SPACE}"]
    rows = {row["id"]: row for row in source.rows("sprints")}
    assert rows[SPRINT]["start_date"] == "2026-02-05T00:00:00.000+00:00"
    assert rows == tap_rows


def test_a_list_of_other_folders_emits_no_folder(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    workspace.folders[FOLDER].name = "Counter"
    paths = source.build(pending_event("listUpdated", list_id=SPRINT))
    assert paths == [f"/list/{SPRINT}", f"/folder/{SUBFOLDER}", f"/folder/{FOLDER}"]
    assert [row["id"] for row in source.rows("lists")] == [SPRINT]
    assert source.rows("folders") == source.rows("sprints") == []


def test_a_folder_without_an_access_to_its_parent_is_emitted(
    source: MessageSourceHarness, clickup: FakeClickUp
) -> None:
    clickup.behaviour.faults.append(Fault(status=403, body={}, path=f"/folder/{FOLDER}"))
    source.build(pending_event("folderUpdated", folder_id=SUBFOLDER))
    assert [row["id"] for row in source.rows("folders")] == [SUBFOLDER]
    assert source.failed_events == {}


def test_without_sprints_no_folder_of_a_list_is_read(clickup: FakeClickUp) -> None:
    source = MessageSourceHarness(clickup, {"sprints": False})
    assert source.build(pending_event("listUpdated", list_id=SPRINT)) == [f"/list/{SPRINT}"]
