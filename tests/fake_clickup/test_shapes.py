"""Every response has the shape of a recorded one of the real ClickUp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_clickup.client import EVERYTHING, Client
from tests.support.shapes import (
    SOURCES,
    ShapeSummary,
    derive_shape,
    documented_shape,
    recorded_shape,
    recorded_value,
    shape_differences,
)

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace

# Known without a recording: paths and types, and how they are known.
NOT_RECORDED = {
    (".points", "integer"),  # ClickUp's reference: a number
    (".points", "number"),  # the same
    (".time_estimate", "number"),  # https://github.com/AutoIDM/tap-clickup/issues/147
    (".custom_fields[].value", "integer"),  # the orderindex of a drop-down option
    (".start_date", "string"),  # ClickUp's reference: a timestamp, as due_date
    (".due_date", "string"),  # the same, for a list
    (".lists[].start_date", "string"),  # the same
    (".lists[].due_date", "string"),  # the same
    (".tags[]", "object"),  # ClickUp's reference, for the tags of time entries
    (".tags[].name", "string"),  # the same
    (".tags[].tag_fg", "string"),  # the same
    (".tags[].tag_bg", "string"),  # the same
    (".tags[].creator", "integer"),  # the same
    (".members[].user.profilePicture", "string"),  # a URL, as on tasks
    (".assignees[].profilePicture", "string"),  # the same
    (".assignees[].username", "null"),  # an invited person, as among the members
    (".assignees[].color", "null"),  # the same
    (".watchers[].username", "null"),  # the same
    (".watchers[].color", "null"),  # the same
    (".creator.username", "null"),  # the same
    (".creator.color", "null"),  # the same
    (".user.username", "null"),  # the same
    (".user.color", "null"),  # the same
    (".custom_item_id", "null"),  # https://developer.clickup.com/docs/custom-task-types
    (".group_assignees[]", "object"),  # as in `GET /group`
    (".group_assignees[].id", "string"),  # the same
    (".group_assignees[].name", "string"),  # the same
    (".parent", "string"),  # ClickUp's reference: the id of the task above
    (".top_level_parent", "string"),  # the same
    (".locations[]", "object"),  # ClickUp's reference: id and name of another list
    (".locations[].id", "string"),  # the same
    (".locations[].name", "string"),  # the same
}


def recorded(*places: str) -> ShapeSummary:
    """Return the shapes of recordings, each a place and, after a colon, the key of its elements."""
    shapes: list[Any] = []
    for place in places:
        name, _, key = place.partition(":")
        shape = recorded_shape(name)
        elements = shape[key] if key else shape
        shapes += elements if isinstance(elements, list) else [elements]
    return ShapeSummary(shapes)


def summarise(values: list[Any]) -> ShapeSummary:
    return ShapeSummary([derive_shape(value) for value in values])


TASKS_2026 = (
    "team_tasks/page0_11_tasks_last_page_true:tasks",
    "team_tasks/with_page0_and_markdown:tasks",
    "list_tasks/custom_fields_set_and_unset",
)
ANY_TASK = (
    *TASKS_2026,
    "team_tasks/legacy_2022_no_last_page_key:tasks",
    "task/after_time_entry_date_updated_equals_entry_at:task",
    "task/closed_with_custom_id_2024",
    "task/get_2026_checklists_attachment_no_assignee",
)
ONE_TASK = (
    "task/get_minimal_with_time_spent_0",
    "task/get_2026_checklists_attachment_no_assignee",
)
SPACES = (
    "spaces/list_one_space_three_statuses:spaces",
    "spaces/list_four_spaces_sprints_enabled_on_first:spaces",
    "spaces/get_2026_unstarted_status",
    "spaces/get_one",
)
LISTS = (
    "lists/in_folder_list:lists",
    "lists/in_folder_three_lists:lists",
    "lists/folderless_list:lists",
)
LIST = ("lists/get_one_with_statuses", "lists/get_2026_override_statuses", "lists/create_response")
LABELLED = "lists/create_with_content_priority_and_colour"
FOLDER = ("folders/get_with_lists_and_statuses", "folders/get_2026")
ENTRIES = ("time_entries/list_2022_one_entry:data", "time_entries/delete_returns_array:data")


def check(values: list[Any], *required: str, known: tuple[str, ...] = ()) -> None:
    assert values
    differences = shape_differences(
        summarise(values),
        known=recorded(*required, *known),
        required=recorded(*required),
        accepted=NOT_RECORDED,
    )
    assert differences == []


def test_the_user_is_shaped_as_recorded(client: Client) -> None:
    check([client.get("/user")], "user/get_user")


def test_workspaces_and_members_are_shaped_as_recorded(client: Client) -> None:
    files = ("teams/invited_member_with_null_username", "teams/owner_only_free_plan")
    check(client.get("/team")["teams"], *(f"{file}:teams" for file in files))


def test_spaces_are_shaped_as_recorded(client: Client, workspace: Workspace) -> None:
    spaces = client.get(f"/team/{workspace.id}/space")["spaces"]
    check(spaces, *SPACES)
    check([client.get(f"/space/{spaces[0]['id']}")], *SPACES)


def test_folders_are_shaped_as_recorded(client: Client, workspace: Workspace) -> None:
    for space_id in workspace.spaces:
        folders = client.get(f"/space/{space_id}/folder")["folders"]
        if folders:
            check(folders, *FOLDER, known=("lists/" + LABELLED.split("/")[1],))
            check([client.get(f"/folder/{folders[0]['id']}")], *FOLDER)


def test_lists_are_shaped_as_recorded(client: Client, workspace: Workspace) -> None:
    for space_id in workspace.spaces:
        check(client.get(f"/space/{space_id}/list")["lists"], *LISTS, known=(LABELLED,))
    for folder_id in [folder.id for folder in workspace.folders.values() if not folder.hidden]:
        check(client.get(f"/folder/{folder_id}/list")["lists"], *LISTS)
    check([client.get(f"/list/{list_id}") for list_id in workspace.lists], *LIST, known=(LABELLED,))


def test_tasks_are_shaped_as_recorded(client: Client) -> None:
    page = client.page(**EVERYTHING, include_markdown_description="true")
    check(page["tasks"], *TASKS_2026, known=ANY_TASK)
    assert list(page) == ["tasks", "last_page"]


def test_a_single_task_is_shaped_as_recorded(client: Client, workspace: Workspace) -> None:
    some = list(workspace.tasks)[:40]
    check([client.get(f"/task/{task_id}") for task_id in some], *ONE_TASK[1:], known=ANY_TASK)


def test_tasks_of_2022_lack_later_keys(client: Client, behaviour: Behaviour) -> None:
    behaviour.generation = 2022
    page = client.page(**EVERYTHING)
    old = recorded("team_tasks/legacy_2022_no_last_page_key:tasks").required_keys
    ours = summarise(page["tasks"]).required_keys
    assert list(page) == ["tasks"]
    assert ours[""] == old[""]
    assert ours[".status"] == old[".status"]


def test_spaces_of_2022_are_shaped_as_recorded(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    behaviour.generation = 2022
    spaces = client.get(f"/team/{workspace.id}/space")["spaces"]
    check(spaces[:1], "spaces/list_2022_sprints_and_points_enabled:spaces", known=SPACES)


def test_time_entries_are_shaped_as_recorded(client: Client, workspace: Workspace) -> None:
    everybody = ",".join(str(user_id) for user_id in workspace.users)
    path = f"/team/{workspace.id}/time_entries"
    entries = client.get(path, assignee=everybody, start_date=0)["data"]
    named = ("time_entries/docs_example_list_with_custom_id_tags_locations:data",)
    check(entries, *ENTRIES, known=named)


def check_documented(body: Any, name: str, *, accepted: frozenset[tuple[str, str]]) -> None:
    """Compare a response with the example in ClickUp's reference."""
    example = ShapeSummary([documented_shape(name)])
    summary = ShapeSummary([derive_shape(body)])
    assert shape_differences(summary, known=example, required=example, accepted=accepted) == []


def test_task_types_are_shaped_as_documented(client: Client, workspace: Workspace) -> None:
    body = client.get(f"/team/{workspace.id}/custom_item")
    ids = frozenset({(".custom_items[].id", "integer")})  # as the schema of the reference says
    assert len(body["custom_items"]) == 2
    check_documented(body, "task_types", accepted=ids)


def test_groups_are_shaped_as_documented(client: Client, workspace: Workspace) -> None:
    """An invited member has neither a username nor a colour, as among the members."""
    path = ".groups[].members[]"
    invited = frozenset({(f"{path}.username", "null"), (f"{path}.color", "null")})
    body = client.get("/group", team_id=workspace.id)
    assert [bool(group["members"]) for group in body["groups"]] == [True, False]
    check_documented(body, "groups", accepted=invited)


def test_webhooks_are_shaped_as_recorded(
    client: Client, account: Account, workspace: Workspace
) -> None:
    account.add_webhook(endpoint="https://receiver.example.com", events=["taskUpdated"])
    webhooks = client.get(f"/team/{workspace.id}/webhook")["webhooks"]
    check(webhooks, "webhook_crud/list_2024:webhooks")


def test_time_in_status_is_shaped_as_documented(client: Client, workspace: Workspace) -> None:
    some = list(workspace.tasks)[:40]
    alone = [client.get(f"/task/{task_id}/time_in_status") for task_id in some]
    check(alone, "time_in_status/docs_example")
    bulk = client.get("/task/bulk_time_in_status/task_ids", task_ids=some)
    assert bulk == dict(zip(some, alone, strict=True))


NOT_FOUND = {"err": "Oauth token not found", "ECODE": "OAUTH_018"}
ERRORS = {
    "400_malformed_list_id": (
        "/list/abc",
        {"err": "validateListIDEx List ID invalid", "ECODE": "INPUT_003"},
    ),
    "401_foreign_workspace": (
        "/team/11/task",
        {"err": "Team not authorized", "ECODE": "OAUTH_056"},
    ),
    "401_list_not_found": ("/list/0", {"err": "Team not authorized", "ECODE": "OAUTH_027"}),
    "401_unknown_folder_id_with_valid_token": ("/folder/1", NOT_FOUND),
    "401_unknown_space_id_with_valid_token": ("/space/1/list", NOT_FOUND),
    "401_unknown_task_id_with_valid_token": ("/task/1", NOT_FOUND),
    "404_unknown_workspace": (
        "/team/99/space",
        {"err": "Workspace not found", "ECODE": "SHARD_031"},
    ),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("recording", ERRORS)
def test_errors_have_the_recorded_code_and_message(
    client: Client, account: Account, recording: str, source: str
) -> None:
    path, expected = ERRORS[recording]
    account.foreign_workspaces.add("11")
    assert client.send_get(path).json() == expected
    recorded = recorded_value(f"errors/{recording}", source)
    assert recorded.keys() == expected.keys()
    if source == "recording":
        assert recorded == expected
