"""The configuration and the value of each type of custom field are rendered as by ClickUp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup.model import CustomField
from tests.fake_clickup.client import ASCENDING, Client, live

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace

OPTIONS = (("o-1", "Web"), ("o-2", "Phone"))
FIELD_ID = "00000000-0000-4000-8000-00000000c0de"


def shown_field(client: Client, field: CustomField) -> dict[str, Any]:
    """Return a field as the workspace's task search shows it on the last task."""
    client.clickup.account.update_task(live(client.workspace)[-1].id, custom_fields=(field,))
    (shown,) = client.all_tasks(**ASCENDING)[-1]["custom_fields"]
    assert isinstance(shown, dict)
    return shown


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
    shown = shown_field(client, CustomField(FIELD_ID, "A field", kind, 5, value))
    assert shown == {
        "id": FIELD_ID,
        "name": "A field",
        "type": kind,
        "type_config": shown["type_config"],
        "date_created": "5",
        "hide_from_guests": False,
        "value": value,
        "value_richtext": "",
        "required": False,
    }


@pytest.mark.parametrize("kind", ["short_text", "drop_down", "labels", "users", "tasks"])
def test_an_unset_field_has_no_value(client: Client, kind: str) -> None:
    shown = shown_field(client, CustomField(FIELD_ID, "A field", kind, 5))
    assert not {"value", "value_richtext"} & shown.keys()


def test_a_drop_down_value_is_the_index_of_its_option(client: Client) -> None:
    field = CustomField(FIELD_ID, "Channel", "drop_down", 5, 0, OPTIONS)
    shown = shown_field(client, field)
    options = shown["type_config"]["options"]
    assert shown["value"] == 0
    assert [(one["orderindex"], one["id"], one["name"]) for one in options] == [
        (0, "o-1", "Web"),
        (1, "o-2", "Phone"),
    ]


def test_labels_are_lists_of_option_ids(client: Client) -> None:
    shown = shown_field(client, CustomField(FIELD_ID, "Team", "labels", 5, ["o-2"], OPTIONS))
    options = shown["type_config"]["options"]
    assert shown["value"] == ["o-2"]
    assert [(one["id"], one["label"]) for one in options] == [("o-1", "Web"), ("o-2", "Phone")]
    assert not any("name" in one for one in options)


def test_users_are_rendered_as_objects(client: Client, workspace: Workspace) -> None:
    person = next(one for one in workspace.users.values() if one.picture)
    shown = shown_field(client, CustomField(FIELD_ID, "Reviewer", "users", 5, [person.id]))
    assert shown["value"] == [
        {
            "id": person.id,
            "username": person.username,
            "color": person.color,
            "initials": person.initials,
            "email": person.email,
            "profilePicture": person.picture,
        }
    ]


def test_hidden_related_tasks_are_omitted(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    seen, deleted = live(workspace)[:2]
    hidden = next(one for one in live(workspace) if one.list_id != seen.list_id)
    account.delete_task(deleted.id)
    behaviour.hidden_lists = {hidden.list_id}
    place = account.create_task(seen.list_id, name="Related")
    related = [seen.id, deleted.id, hidden.id]
    field = CustomField(FIELD_ID, "Needs", "tasks", 5, related)
    account.update_task(place.id, custom_fields=(field,))
    (shown,) = client.get(f"/task/{place.id}")["custom_fields"]
    (value,) = shown["value"]
    assert value["id"] == seen.id
    assert value["name"] == seen.name
    assert value["status"] == seen.status
    assert (value["team_id"], value["deleted"]) == (workspace.id, False)
