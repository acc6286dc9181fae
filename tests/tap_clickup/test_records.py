"""Every field of a record is mapped from its own source field, and no other field is included."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tap_clickup import records
from tests.support.shapes import SOURCES, recorded_value

TASK: dict[str, Any] = {
    "id": "86a1",
    "custom_id": "DEV-2",
    "custom_item_id": 1003,
    "name": "Write the README",
    "text_content": "a text",
    "description": "a description",
    "markdown_description": "a markdown description",
    "status": {
        "id": "sc4",
        "status": "in review",
        "type": "custom",
        "orderindex": 5,
        "color": "#6",
    },
    "orderindex": "7.00",
    "date_created": "1772600000001",
    "date_updated": "1772600000002",
    "date_closed": "1772600000003",
    "date_done": "1772600000004",
    "due_date": "1772600000005",
    "start_date": "1772600000006",
    "creator": {"id": 11, "username": "User 11", "email": "user11@example.com"},
    "assignees": [{"id": 12, "username": "User 12"}, {"id": 13, "username": None}],
    "group_assignees": [{"id": "14"}],
    "watchers": [{"id": 15, "username": "User 15"}],
    "checklists": [{"id": "16", "name": "a checklist", "items": [{"name": "an item"}]}],
    "tags": [{"name": "urgent", "tag_fg": "#17", "creator": 18}, {"name": "späte Änderung"}],
    "parent": "86b19",
    "top_level_parent": "86c20",
    "priority": {"id": "2", "priority": "high", "color": "#21", "orderindex": "22"},
    "points": 0.5,
    "time_estimate": 1500000.5,
    "time_spent": 2300000,
    "custom_fields": [{"id": "24", "name": "a field", "value": "a value"}],
    "attachments": [{"id": "25", "title": "an attachment.png"}],
    "dependencies": [{"task_id": "86d26"}],
    "linked_tasks": [{"task_id": "86e27"}],
    "locations": [{"id": "28", "name": "Sprint 1"}, {"id": "29", "name": "Sprint 2"}],
    "team_id": "30",
    "url": "https://app.clickup.com/t/86a1-31",
    "sharing": {"public": True, "token": "a token"},
    "list": {"id": "32", "name": "List 32"},
    "project": {"id": "33", "name": "Project 33", "hidden": False},
    "folder": {"id": "34", "name": "Folder 34", "hidden": False},
    "space": {"id": "35"},
    "archived": True,
    "new_key": "a new value",
}


def check(stream: str, record: dict[str, Any]) -> None:
    """Validate a record against the schema of its stream."""
    schema = json.loads(files("tap_clickup.schemas").joinpath(f"{stream}.json").read_text())
    Draft202012Validator(schema).validate(record)
    assert list(record) == list(schema["properties"])


def test_task_record_has_exactly_the_documented_fields() -> None:
    """R52, R55, R56, R57, R58, R59, R60, R61, R62, R63, R64, R65, R66, R67, R68, R69, R109.

    R53, R54, R90, R91: no attachment, comment or custom field is included.
    """
    record = records.task(TASK, workspace_id="36")
    assert record == {
        "workspace_id": "36",
        "id": "86a1",
        "custom_id": "DEV-2",
        "name": "Write the README",
        "status": "in review",
        "status_id": "sc4",
        "status_type": "custom",
        "priority": 2,
        "assignee_ids": ["12", "13"],
        "group_assignee_ids": ["14"],
        "task_type_id": "1003",
        "creator_id": "11",
        "list_id": "32",
        "folder_id": "34",
        "space_id": "35",
        "secondary_list_ids": ["28", "29"],
        "parent_id": "86b19",
        "top_level_parent_id": "86c20",
        "tags": ["urgent", "späte Änderung"],
        "points": 0.5,
        "time_estimate_ms": 1500000.5,
        "date_created": "2026-03-04T04:53:20.001+00:00",
        "date_updated": "2026-03-04T04:53:20.002+00:00",
        "start_date": "2026-03-04T04:53:20.006+00:00",
        "due_date": "2026-03-04T04:53:20.005+00:00",
        "date_done": "2026-03-04T04:53:20.004+00:00",
        "date_closed": "2026-03-04T04:53:20.003+00:00",
        "archived": True,
        "url": "https://app.clickup.com/t/86a1-31",
        "custom_fields": None,
    }
    check("tasks", record)


def test_task_with_only_an_id_is_a_valid_record() -> None:
    record = records.task({"id": "86a1"}, workspace_id="36")
    assert {name: value for name, value in record.items() if value is not None} == {
        "workspace_id": "36",
        "id": "86a1",
        "assignee_ids": [],
        "group_assignee_ids": [],
        "secondary_list_ids": [],
        "tags": [],
        "archived": False,
    }
    check("tasks", record)


def test_null_is_like_a_missing_key_except_for_the_task_type() -> None:
    """ClickUp documents null as its default type, which it also sends as 0."""
    missing = records.task({"id": "86a1"}, workspace_id="36")
    null = records.task({**dict.fromkeys(TASK), "id": "86a1"}, workspace_id="36")
    assert null == {**missing, "task_type_id": "0"}
    check("tasks", null)


@pytest.mark.parametrize(
    ("field", "given", "column", "expected"),
    [
        ("points", None, "points", None),
        ("points", 0, "points", 0),
        ("points", 3, "points", 3),
        ("time_estimate", "8640000", "time_estimate_ms", 8640000),
        ("time_estimate", "1.5", "time_estimate_ms", 1.5),
        ("time_estimate", "long", "time_estimate_ms", None),
        ("custom_item_id", None, "task_type_id", "0"),
        ("custom_item_id", 0, "task_type_id", "0"),
        ("custom_item_id", 1, "task_type_id", "1"),
        ("custom_item_id", "1003", "task_type_id", "1003"),
        ("custom_item_id", {"id": 1003}, "task_type_id", None),
        ("priority", None, "priority", None),
        ("priority", {"id": "1"}, "priority", 1),
        ("priority", {"id": "4"}, "priority", 4),
        ("priority", 3, "priority", 3),
        ("folder", {"id": "34", "name": "hidden", "hidden": True}, "folder_id", None),
        ("due_date", "1605002400000", "due_date", "2020-11-10T10:00:00.000+00:00"),
        ("due_date", 1605002400001, "due_date", "2020-11-10T10:00:00.001+00:00"),
        ("due_date", "-1", "due_date", "1969-12-31T23:59:59.999+00:00"),
        ("due_date", "9" * 20, "due_date", None),
        ("due_date", "tomorrow", "due_date", None),
        ("date_updated", None, "date_updated", "2026-03-04T04:53:20.001+00:00"),
        ("creator", {"id": -1}, "creator_id", "-1"),
        ("list", {"id": 2**40}, "list_id", "1099511627776"),
        ("name", "=HYPERLINK(1)\u0000<script>\U0001f600", "name", "=HYPERLINK(1)\0<script>😀"),
    ],
)
def test_unusual_task_values_are_converted(
    field: str, given: Any, column: str, expected: Any
) -> None:
    record = records.task({**TASK, field: given}, workspace_id="36")
    assert record[column] == expected
    assert type(record[column]) is type(expected)
    check("tasks", record)


def test_task_users_are_the_creator_and_the_assignees() -> None:
    assert [user["id"] for user in records.task_users(TASK)] == [11, 12, 13]
    assert list(records.task_users({"id": "86a1", "creator": None, "assignees": None})) == []


def test_workspace_record_has_id_and_name() -> None:
    record = records.workspace({"id": 1, "name": "Workshop", "color": "#2", "members": [{}]})
    assert record == {"id": "1", "name": "Workshop"}
    check("workspaces", record)


def test_former_member_has_no_role_and_no_membership() -> None:
    """R87: a user has an id, a display name and an e-mail address."""
    user = {"id": 2, "username": "User 2", "email": "user2@example.com", "role": 3, "color": "#4"}
    member = records.member(user, workspace_id="1", service_user_id="3")
    former_member = records.former_member(user, workspace_id="1", service_user_id="3")
    shared = {
        "workspace_id": "1",
        "id": "2",
        "username": "User 2",
        "email": "user2@example.com",
        "is_service_user": False,
    }
    assert member == {**shared, "role": 3, "is_member": True}
    assert former_member == {**shared, "role": None, "is_member": False}
    check("users", member)
    check("users", former_member)


def test_group_record_has_the_ids_of_its_members_only() -> None:
    """Neither names nor addresses of the members are in it."""
    members = [{"id": 4, "username": "User 4", "email": "user4@example.com"}, {"id": "5"}]
    item = {"id": "c0ffee00-2", "name": "Group 2", "handle": "three", "members": members}
    record = records.group({**item, "team_id": "1", "userid": 6}, workspace_id="1")
    assert record == {
        "workspace_id": "1",
        "id": "c0ffee00-2",
        "name": "Group 2",
        "member_ids": ["4", "5"],
    }
    check("groups", record)


def test_task_type_record_has_id_and_name() -> None:
    item = {"id": 1003, "name": "Bug", "name_plural": "Bugs", "description": "a description"}
    record = records.task_type(item, workspace_id="1")
    assert record == {"workspace_id": "1", "id": "1003", "name": "Bug"}
    check("task_types", record)


def test_unknown_clickapp_state_is_null() -> None:
    features = {
        "sprints": {"enabled": True},
        "points": {"enabled": False},
        "time_tracking": {"default_to_billable": 2},
    }
    space = {"id": "2", "name": "Space 2", "private": True, "archived": True, "features": features}
    record = records.space({**space, "statuses": [], "avatar": "3"}, workspace_id="1")
    assert record == {
        "workspace_id": "1",
        "id": "2",
        "name": "Space 2",
        "private": True,
        "archived": True,
        "sprints_enabled": True,
        "points_enabled": False,
        "time_tracking_enabled": None,
    }
    check("spaces", record)


@pytest.mark.parametrize("parent", ["5", 5, {"id": "5", "name": "Folder 5"}], ids=repr)
def test_folder_record_has_its_place_and_override_flag(parent: Any) -> None:
    folder = {"id": "3", "name": "Folder 3", "archived": True, "override_statuses": True}
    location = {"workspace_id": "1", "space_id": "2", "parent_folder_id": None}
    record = records.folder({**folder, "orderindex": 4}, workspace_id="1", space_id="2")
    assert record == {**location, **folder}
    nested = records.folder({**folder, "parent_folder": parent}, workspace_id="1", space_id="2")
    assert nested == {**record, "parent_folder_id": "5"}
    check("folders", nested)


def test_list_record_has_location_count_and_dates() -> None:
    item = {
        "id": "4",
        "name": "List 4",
        "archived": True,
        "override_statuses": False,
        "task_count": "5",
        "start_date": "1772600000006",
        "due_date": "1772600000007",
        "content": "a content",
    }
    record = records.list_(item, workspace_id="1", space_id="2", folder_id="3")
    assert record == {
        "workspace_id": "1",
        "id": "4",
        "name": "List 4",
        "space_id": "2",
        "folder_id": "3",
        "archived": True,
        "override_statuses": False,
        "task_count": 5,
        "start_date": "2026-03-04T04:53:20.006+00:00",
        "due_date": "2026-03-04T04:53:20.007+00:00",
    }
    check("lists", record)


def test_status_record_has_name_and_type() -> None:
    """R47, R105: a custom status keeps its name, and its type is taken from ClickUp."""
    item = {"id": "s3", "status": "review 🔎", "type": "done", "orderindex": 4, "color": "#5"}
    record = records.status(item, workspace_id="1", scope_type="list", scope_id="2")
    assert record == {
        "workspace_id": "1",
        "scope_type": "list",
        "scope_id": "2",
        "status": "review 🔎",
        "status_id": "s3",
        "status_type": "done",
        "orderindex": 4,
        "color": "#5",
    }
    check("statuses", record)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "recording",
    [
        "team_tasks/docs_example",
        "team_tasks/legacy_2022_no_last_page_key",
        "team_tasks/page0_11_tasks_last_page_true",
        "team_tasks/with_page0_and_markdown",
        "list_tasks/docs_example_points_timl",
    ],
)
def test_recorded_tasks_become_valid_records(recording: str, source: str) -> None:
    tasks = recorded_value(recording, source)["tasks"]
    assert tasks
    for task in tasks:
        record = records.task(task, workspace_id="1")
        check("tasks", record)
        assert record["id"] == task["id"]
        assert record["name"] == task["name"]
        assert record["status"] == task["status"]["status"]


@pytest.mark.parametrize("source", SOURCES)
def test_recorded_tasks_of_2026_keep_ids_statuses_and_priorities(source: str) -> None:
    """Their folder is hidden, so the folder id is null."""
    tasks = recorded_value("team_tasks/page0_11_tasks_last_page_true", source)["tasks"]
    assert {bool(task["priority"]) for task in tasks} == {True, False}
    for task in tasks:
        record = records.task(task, workspace_id="1")
        updated_at = datetime.fromtimestamp(int(task["date_updated"]) / 1000, UTC)
        assert record["id"] == task["id"]
        assert record["status"] == task["status"]["status"]
        assert record["status_id"] == task["status"]["id"]
        assert record["status_type"] == task["status"]["type"]
        assert record["priority"] == (int(task["priority"]["id"]) if task["priority"] else None)
        assert record["date_updated"] == updated_at.isoformat(timespec="milliseconds")
        assert record["folder_id"] is None


@pytest.mark.parametrize("source", SOURCES)
def test_a_recorded_task_of_2022_has_a_folder_and_no_status_id(source: str) -> None:
    task = recorded_value("team_tasks/legacy_2022_no_last_page_key", source)["tasks"][0]
    record = records.task({**task, "folder": {**task["folder"], "hidden": False}}, workspace_id="1")
    assert record["id"] == task["id"]
    assert record["folder_id"] == task["folder"]["id"]
    assert record["status_id"] is None
    assert record["status_type"] == task["status"]["type"]
    assert record["date_done"] is None
    assert record["secondary_list_ids"] == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "recording",
    [
        "spaces/list_2022_sprints_and_points_enabled",
        "spaces/list_four_spaces_sprints_enabled_on_first",
    ],
)
def test_recorded_spaces_and_statuses_become_valid_records(recording: str, source: str) -> None:
    spaces = recorded_value(recording, source)["spaces"]
    statuses = [status for space in spaces for status in space["statuses"]]
    assert statuses
    for space in spaces:
        check("spaces", records.space(space, workspace_id="1"))
    for status in statuses:
        record = records.status(status, workspace_id="1", scope_type="space", scope_id="2")
        check("statuses", record)


@pytest.mark.parametrize("source", SOURCES)
def test_a_recorded_folder_and_its_lists_become_valid_records(source: str) -> None:
    folder = recorded_value("folders/get_with_lists_and_statuses", source)
    check("folders", records.folder(folder, workspace_id="1", space_id="2"))
    assert folder["lists"]
    for item in folder["lists"]:
        check("lists", records.list_(item, workspace_id="1", space_id="2", folder_id="3"))


@pytest.mark.parametrize("source", SOURCES)
def test_a_recorded_invited_member_has_no_username(source: str) -> None:
    teams = recorded_value("teams/invited_member_with_null_username", source)["teams"]
    members = [
        records.member(member["user"], workspace_id="1", service_user_id="3")
        for team in teams
        for member in team["members"]
    ]
    for member in members:
        check("users", member)
    assert None in [member["username"] for member in members]
