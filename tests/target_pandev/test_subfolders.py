"""A task in a subfolder has the workflow of its folder, and is hidden with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import COMPLETED_READS, MARKS, at, completed, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

KEY = ["workspace_id", "id"]
FOLDERS = schema(
    "folders",
    {
        **dict.fromkeys(("workspace_id", "id", "space_id", "parent_folder_id"), "string"),
        "override_statuses": "boolean",
    },
    KEY,
)
LISTS = schema(
    "lists",
    {
        **dict.fromkeys(("workspace_id", "id", "space_id", "folder_id"), "string"),
        "override_statuses": "boolean",
    },
    KEY,
)
STATUSES = schema(
    "statuses",
    dict.fromkeys(("workspace_id", "scope_type", "scope_id", "status", "status_type"), "string"),
    ["workspace_id", "scope_type", "scope_id", "status"],
)
TASKS = schema(
    "tasks",
    dict.fromkeys(
        ("workspace_id", "id", "status", "status_type", "list_id", "folder_id", "space_id"),
        "string",
    ),
    KEY,
)
OVERVIEW = "SELECT task_id, status_type, status_group FROM task_overview ORDER BY 1"


def folder(name: str, parent: str | None, *, own: bool = False) -> dict[str, Any]:
    values = {"workspace_id": "900", "id": name, "space_id": "11", "parent_folder_id": parent}
    return record("folders", {**values, "override_statuses": own})


def task(name: str, folder_id: str) -> dict[str, Any]:
    """Return a task whose status is known to its workflow only: it has no type itself."""
    values = {"workspace_id": "900", "id": name, "status": "Review", "status_type": None}
    return record("tasks", {**values, "list_id": "31", "folder_id": folder_id, "space_id": "11"})


def status(scope_type: str, scope_id: str, status_type: str) -> dict[str, Any]:
    values = {"workspace_id": "900", "scope_type": scope_type, "scope_id": scope_id}
    return record("statuses", {**values, "status": "review", "status_type": status_type})


@pytest.mark.parametrize(
    ("overriding", "expected"),
    [
        ("parent", ("custom", "IN_PROGRESS")),
        ("subfolder parent", ("done", "CLOSED")),
        ("list subfolder parent", ("closed", "CLOSED")),
        ("", ("open", "OPEN")),
    ],
    ids=["parent folder", "folder", "list", "space"],
)
def test_the_workflow_is_that_of_the_innermost_place_that_has_one(
    store: Loader, overriding: str, expected: tuple[str, str]
) -> None:
    """R108: list, else folder, else parent folder, else space."""
    own = overriding.split()
    item = {"workspace_id": "900", "id": "31", "space_id": "11", "folder_id": "subfolder"}
    store.load(
        FOLDERS,
        folder("parent", None, own="parent" in own),
        folder("subfolder", "parent", own="subfolder" in own),
        LISTS,
        record("lists", {**item, "override_statuses": "list" in own}),
        STATUSES,
        status("space", "11", "open"),
        status("folder", "parent", "custom"),
        status("folder", "subfolder", "done"),
        status("list", "31", "closed"),
        TASKS,
        task("86a1", "subfolder"),
    )
    assert store.rows(OVERVIEW) == [("86a1", *expected)]


def test_a_task_is_hidden_with_the_parent_of_its_folder(store: Loader) -> None:
    """It is shown again when its folder has moved out of the deleted one."""
    places = [folder("parent", None), folder("subfolder", "parent"), folder("other", None)]
    store.load(FOLDERS, *places, TASKS, *(task(name, name) for name in ("subfolder", "other")))
    assert [row[0] for row in store.rows(OVERVIEW)] == ["other", "subfolder"]
    store.load(COMPLETED_READS, completed("folders", ["subfolder", "other"], started="11:00"))
    assert store.rows(MARKS.format("folders")) == [
        ("other", None),
        ("parent", at("11:00")),
        ("subfolder", None),
    ]
    assert [row[0] for row in store.rows(OVERVIEW)] == ["other"]
    store.load(FOLDERS, folder("subfolder", None))
    assert [row[0] for row in store.rows(OVERVIEW)] == ["other", "subfolder"]


def test_tasks_in_subfolders_count_towards_the_limit(store: Loader) -> None:
    """11 of 40 tasks are in a subfolder of the deleted folder, which contains none itself."""
    names = [f"{number:02}" for number in range(40)]
    tasks = [task(name, "subfolder" if name < "11" else "other") for name in names]
    places = [folder("parent", None), folder("subfolder", "parent"), folder("other", None)]
    store.load(FOLDERS, *places, TASKS, *tasks)
    with pytest.raises(RejectedRecordsError):
        store.load(COMPLETED_READS, completed("folders", ["subfolder", "other"], started="11:00"))
    assert store.rows("SELECT left(reason, 46) FROM rejected_records") == [
        ("11 of 40 tasks are in folders that would be ma",)
    ]
    assert store.rows("SELECT id FROM folders WHERE _sdc_deleted_at IS NOT NULL") == []
