"""The configuration and the value of each type of custom field are rendered as by ClickUp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup.model import CustomField
from tests.fake_clickup.client import ASCENDING, Client, get_live_tasks

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace

OPTIONS = (("o-1", "Web"), ("o-2", "Phone"))
FIELD_ID = "00000000-0000-4000-8000-00000000c0de"


def update_and_get_field(client: Client, field: CustomField) -> dict[str, Any]:
    """Return a field as the workspace's task search shows it on the last task."""
    client.clickup.account.update_task(
        get_live_tasks(client.workspace)[-1].id, custom_fields=(field,)
    )
    (body,) = client.all_tasks(**ASCENDING)[-1]["custom_fields"]
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "8"),
        ("currency", 12.5),
        ("checkbox", "true"),
        ("checkbox", False),
        ("date", "1768258800000"),
        ("short_text", "one line"),
        ("text", "one\ntwo"),
        ("url", "https://example.com"),
        ("email", "user1@example.com"),
        ("phone", "+10000000000"),
        ("emoji", 4),
        ("manual_progress", {"current": "50", "percent_completed": 0.5}),
        ("automatic_progress", {"percent_complete": 50}),
    ],
)
def test_plain_values_are_rendered_unchanged(client: Client, kind: str, value: Any) -> None:
    body = update_and_get_field(client, CustomField(FIELD_ID, "A field", kind, 5, value))
    assert body == {
        "id": FIELD_ID,
        "name": "A field",
        "type": kind,
        "type_config": body["type_config"],
        "date_created": "5",
        "hide_from_guests": False,
        "value": value,
        "value_richtext": "",
        "required": False,
    }


@pytest.mark.parametrize("kind", ["short_text", "drop_down", "labels", "users", "tasks"])
def test_an_unset_field_has_no_value(client: Client, kind: str) -> None:
    body = update_and_get_field(client, CustomField(FIELD_ID, "A field", kind, 5))
    assert not {"value", "value_richtext"} & body.keys()


def test_a_drop_down_value_is_the_index_of_its_option(client: Client) -> None:
    field = CustomField(FIELD_ID, "Channel", "drop_down", 5, 0, OPTIONS)
    body = update_and_get_field(client, field)
    options = body["type_config"]["options"]
    assert body["value"] == 0
    assert [(option["orderindex"], option["id"], option["name"]) for option in options] == [
        (0, "o-1", "Web"),
        (1, "o-2", "Phone"),
    ]


def test_labels_are_lists_of_option_ids(client: Client) -> None:
    body = update_and_get_field(
        client, CustomField(FIELD_ID, "Team", "labels", 5, ["o-2"], OPTIONS)
    )
    options = body["type_config"]["options"]
    assert body["value"] == ["o-2"]
    assert [(option["id"], option["label"]) for option in options] == [
        ("o-1", "Web"),
        ("o-2", "Phone"),
    ]
    assert not any("name" in option for option in options)


def test_users_are_rendered_as_objects(client: Client, workspace: Workspace) -> None:
    user = next(user for user in workspace.users.values() if user.picture)
    body = update_and_get_field(client, CustomField(FIELD_ID, "Reviewer", "users", 5, [user.id]))
    assert body["value"] == [
        {
            "id": user.id,
            "username": user.username,
            "color": user.color,
            "initials": user.initials,
            "email": user.email,
            "profilePicture": user.picture,
        }
    ]


def test_hidden_related_tasks_are_omitted(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    visible, deleted = get_live_tasks(workspace)[:2]
    hidden = next(task for task in get_live_tasks(workspace) if task.list_id != visible.list_id)
    account.delete_task(deleted.id)
    behaviour.hidden_lists = {hidden.list_id}
    holder = account.create_task(visible.list_id, name="Related")
    related = [visible.id, deleted.id, hidden.id]
    field = CustomField(FIELD_ID, "Needs", "tasks", 5, related)
    account.update_task(holder.id, custom_fields=(field,))
    (body,) = client.get(f"/task/{holder.id}")["custom_fields"]
    (value,) = body["value"]
    assert value["id"] == visible.id
    assert value["name"] == visible.name
    assert value["status"] == visible.status
    assert (value["team_id"], value["deleted"]) == (workspace.id, False)
