"""Custom fields: only selected ones are returned, with typed values, option labels and user ids."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clickup.custom_fields import selected_values
from tap_clickup.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Collection

DROP_DOWN = {
    "options": [
        {"id": "aa-1", "name": "Low", "orderindex": 0, "color": "#1"},
        {"id": "aa-2", "name": "High", "orderindex": 1},
        {"id": "aa-3", "name": "Late", "orderindex": "7"},
        {"id": "aa-4", "name": None, "orderindex": 8},
    ]
}
LABELS = {"options": [{"id": "bb-1", "label": "Web"}, {"id": "bb-2", "label": "Desk", "name": "x"}]}
TYPES = [
    *("drop_down", "labels", "number", "currency", "emoji", "checkbox", "date", "users", "tasks"),
    *("list_relationship", "manual_progress", "automatic_progress", "location", "text", "url"),
    *("formula", "attachment"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["id", "current", "percent_complete", "formatted_address"]), inner
        )
    ),
)
CONFIG = st.dictionaries(
    st.sampled_from(["options", "start", "end"]),
    JSON | st.lists(st.dictionaries(st.sampled_from(["id", "orderindex", "name", "label"]), JSON)),
)


def field(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, "type": "short_text", "type_config": {}, **more}


def values_of(fields: Any, selected: Collection[str]) -> dict[str, Any] | None:
    return selected_values(Fields({"custom_fields": fields}), selected)


def read(type_: str, value: Any, config: Any = None) -> dict[str, Any] | None:
    """Return the value of one field of this type, selected by the setting `chosen`."""
    return values_of([field("Chosen", type=type_, type_config=config, value=value)], ["chosen"])


def test_no_setting_gives_no_custom_fields() -> None:
    assert values_of([field("Client", value="a client")], frozenset()) is None


def test_only_selected_fields_are_returned() -> None:
    fields = [
        field("Client", value="client 1"),
        field("Salary", value="not selected"),
        field("Größe", value="size 3"),
        field("Team", value="team 4"),
    ]
    selected = frozenset({"CLIENT", "grösse", "ID-Team", "no such field"})
    assert values_of(fields, selected) == {
        "CLIENT": "client 1",
        "ID-Team": "team 4",
        "grösse": "size 3",
    }


def test_field_name_must_match_completely() -> None:
    assert values_of([field("Client name", value="client 1")], ["client"]) == {}


def test_first_readable_field_of_a_name_is_used() -> None:
    fields = [
        field("Client"),
        field("client", type="number", value="not a number"),
        field("Client", value="client 3"),
        field("Client", value="client 4"),
    ]
    assert values_of(fields, ["Client"]) == {"Client": "client 3"}


def test_id_takes_precedence_over_name() -> None:
    named, meant = field("cc-1", value="by name"), {**field("Client"), "id": "cc-1"}
    assert values_of([named, {**meant, "value": 2}], ["cc-1"]) == {"cc-1": "2"}
    assert values_of([named, meant], ["cc-1"]) == {}


def test_unset_field_is_omitted() -> None:
    fields = [field("Without"), field("Null", value=None), field("Empty", value="")]
    assert values_of(fields, ["Without", "Null", "Empty"]) == {"Empty": ""}


@pytest.mark.parametrize("fields", [None, {}, "fields", [None, 3, "text", [], {}, {"name": 4}]])
def test_invalid_custom_fields_give_no_values(fields: Any) -> None:
    assert values_of(fields, ["Client"]) == {}
    assert selected_values(Fields({}), ["Client"]) == {}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0, "Low"),
        ("0", "Low"),
        (1, "High"),
        (1.0, "High"),
        (7, "Late"),
        ("aa-2", "High"),
        (2, "2"),
        ("aa-9", "aa-9"),
        ("aa-4", "aa-4"),
    ],
    ids=repr,
)
def test_drop_down_gives_the_option_name_or_the_raw_value(value: Any, name: str) -> None:
    assert read("drop_down", value, DROP_DOWN) == {"chosen": name}


def test_option_id_takes_precedence_over_orderindex() -> None:
    options = [{"id": "a", "name": "First", "orderindex": 1}, {"id": "1", "name": "Second"}]
    assert read("drop_down", "1", {"options": options}) == {"chosen": "Second"}


def test_labels_give_the_option_texts() -> None:
    assert read("labels", ["bb-2", "bb-9", "bb-1"], LABELS) == {"chosen": ["Desk", "bb-9", "Web"]}
    assert read("labels", [], LABELS) == {"chosen": []}


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("number", "3.50", Decimal("3.5")),
        ("number", "0.12345678901234567891", Decimal("0.12345678901234567891")),
        ("number", "123456789012345678901234.5", Decimal("123456789012345678901234.5")),
        ("number", "1.5e22", 15000000000000000000000),
        ("number", " 7.0 ", 7),
        ("number", 0.5, 0.5),
        ("number", 0, 0),
        ("number", "-28", -28),
        ("number", "9007199254740993", 9007199254740993),
        ("currency", "0.1", Decimal("0.1")),
        ("currency", 80000, 80000),
        ("emoji", "4", 4),
        ("checkbox", True, True),
        ("checkbox", "true", True),
        ("checkbox", 1, True),
        ("checkbox", "false", False),
        ("checkbox", 0, False),
        ("date", "1772600000001", "2026-03-04T04:53:20.001+00:00"),
        ("date", 1772600000002, "2026-03-04T04:53:20.002+00:00"),
        ("users", [{"id": 11, "email": "user1@example.com"}, {"id": "12"}, 13], ["11", "12", "13"]),
        ("tasks", [{"id": "86a1", "name": "a task"}, "86b2"], ["86a1", "86b2"]),
        ("list_relationship", [{"id": "86c3"}], ["86c3"]),
        ("short_text", "a text", "a text"),
        ("text", "two\nlines", "two\nlines"),
        ("url", "https://example.com/5", "https://example.com/5"),
        ("email", "user1@example.com", "user1@example.com"),
        ("phone", 10000000006, "10000000006"),
        ("location", {"formatted_address": "7 Street", "location": {"lat": 8}}, "7 Street"),
        ("formula", 9.5, 9.5),
        ("formula", "10 days", "10 days"),
        ("a new type", True, True),
    ],
)
def test_values_are_typed(type_: str, value: Any, expected: Any) -> None:
    values = read(type_, value)
    assert values == {"chosen": expected}
    assert type(values["chosen"]) is type(expected)
    assert str(values["chosen"]) == str(expected)


@pytest.mark.parametrize(
    ("value", "config", "percent"),
    [
        ({"percent_complete": 0}, {}, 0),
        ({"percent_complete": "33.5", "current": 1}, {"start": 0, "end": 2}, 33.5),
        ({"current": "20"}, {}, 20),
        ({"current": 15}, {"start": "10", "end": "20"}, 50),
        ({"current": 1}, {"start": 0, "end": 8}, 12.5),
    ],
)
def test_progress_is_a_percentage(value: Any, config: Any, percent: float) -> None:
    assert read("manual_progress", value, config) == {"chosen": percent}
    assert read("automatic_progress", value, config) == {"chosen": percent}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("drop_down", True),
        ("drop_down", {"id": "aa-1"}),
        ("drop_down", 0.5),
        ("labels", "bb-1"),
        ("labels", ["bb-1", None]),
        ("number", "many"),
        ("number", "nan"),
        ("number", True),
        ("currency", float("inf")),
        ("checkbox", "maybe"),
        ("checkbox", 2),
        ("date", "tomorrow"),
        ("date", {"start": 1}),
        ("date", "9" * 20),
        ("users", {"id": 11}),
        ("users", [{"email": "user1@example.com"}]),
        ("tasks", [["86a1"]]),
        ("manual_progress", 40),
        ("manual_progress", {"current": "half"}),
        ("manual_progress", {"current": 10**400}),
        ("location", {"location": {"lat": 8}}),
        ("location", "7 Street"),
        ("short_text", {"ops": []}),
        ("url", False),
        ("attachment", [{"title": "an attachment.png"}]),
        ("formula", float("nan")),
        (["no", "type"], {"a": 1}),
    ],
)
def test_invalid_value_is_omitted_and_named(type_: Any, value: Any) -> None:
    """A date of another spelling, for example, is not silently missing."""
    chosen = field("Chosen", type=type_, type_config=DROP_DOWN, value=value)
    task = Fields({"custom_fields": [chosen]})
    assert selected_values(task, ["chosen"]) == {}
    assert task.odd_fields == {"custom_fields.chosen"}


@pytest.mark.parametrize("value", [None, "", [], {}], ids=str)
def test_a_field_without_value_is_not_odd(value: Any) -> None:
    task = Fields({"custom_fields": [field("Chosen", type="number", value=value)]})
    assert selected_values(task, ["chosen", "no such field"]) == {}
    assert task.odd_fields == set()


def test_progress_over_an_empty_range_is_omitted() -> None:
    assert read("manual_progress", {"current": 5}, {"start": 5, "end": 5}) == {}


@given(type_=st.sampled_from(TYPES), value=JSON, config=JSON | CONFIG)
def test_any_json_value_is_converted_to_json(type_: str, value: Any, config: Any) -> None:
    json.dumps(read(type_, value, config), allow_nan=False, default=float)
