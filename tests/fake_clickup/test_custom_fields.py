"""Each type of custom field is set up and holds its value as ClickUp shows it."""

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
def test_a_plain_value_is_shown_as_it_is(client: Client, kind: str, value: Any) -> None:
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
def test_a_field_that_nobody_has_set_has_no_value(client: Client, kind: str) -> None:
    shown = shown_field(client, CustomField(FIELD_ID, "A field", kind, 5))
    assert not {"value", "value_richtext"} & shown.keys()


def test_a_drop_down_holds_the_place_of_an_option_the_first_is_0(client: Client) -> None:
    field = CustomField(FIELD_ID, "Channel", "drop_down", 5, 0, OPTIONS)
    shown = shown_field(client, field)
    options = shown["type_config"]["options"]
    assert shown["value"] == 0
    assert [(one["orderindex"], one["id"], one["name"]) for one in options] == [
        (0, "o-1", "Web"),
        (1, "o-2", "Phone"),
    ]


def test_labels_hold_ids_of_options_that_have_labels(client: Client) -> None:
    shown = shown_field(client, CustomField(FIELD_ID, "Team", "labels", 5, ["o-2"], OPTIONS))
    options = shown["type_config"]["options"]
    assert shown["value"] == ["o-2"]
    assert [(one["id"], one["label"]) for one in options] == [("o-1", "Web"), ("o-2", "Phone")]
    assert not any("name" in one for one in options)


def test_people_are_shown_as_users(client: Client, workspace: Workspace) -> None:
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


def test_related_tasks_are_shown_as_far_as_they_can_be_seen(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    seen, gone = live(workspace)[:2]
    hidden = next(one for one in live(workspace) if one.list_id != seen.list_id)
    account.delete_task(gone.id)
    behaviour.hidden_lists = {hidden.list_id}
    place = account.create_task(seen.list_id, name="Related")
    related = [seen.id, gone.id, hidden.id]
    field = CustomField(FIELD_ID, "Needs", "tasks", 5, related)
    account.update_task(place.id, custom_fields=(field,))
    (shown,) = client.get(f"/task/{place.id}")["custom_fields"]
    (value,) = shown["value"]
    assert (value["id"], value["name"], value["status"]) == (seen.id, seen.name, seen.status)
    assert (value["team_id"], value["deleted"]) == (workspace.id, False)
