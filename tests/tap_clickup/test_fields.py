"""Fields of any shape are read or named, and ids are never made up."""

from __future__ import annotations

from typing import Any

import pytest

from tap_clickup.conversions import id_to_str, parse_boolean, parse_number, plausible_ms
from tap_clickup.errors import OddFieldError
from tap_clickup.fields import Fields


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((102, "102"), (102.0, "102"), ("86a1", "86a1"), (-1, "-1"), (2**70, str(2**70))),
        *((None, None), ("", None), (True, None), (1.5, None), ([], None), ({}, None)),
        *((float("inf"), None), ("a\nb", None), ("8" * 129, None)),
    ],
)
def test_ids_are_text_or_none(value: Any, expected: str | None) -> None:
    assert id_to_str(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((7, 7), ("8", 8), (7.5, 7.5), ("7.50", 7.5), ("5.00", 5), (2**60 + 1, 2**60 + 1)),
        *(("Infinity", None), ("1e999", None), ("nan", None), ("1_000", None), ("soon", None)),
        *((float("inf"), None), (True, None), (2**63, None), ([7], None), (None, None)),
    ],
)
def test_numbers_are_finite_or_none(value: Any, expected: float | None) -> None:
    assert parse_number(value) == expected


def test_true_and_false_are_sent_as_booleans_texts_or_numbers() -> None:
    assert [parse_boolean(value) for value in (True, "true", "True", 1, "1")] == [True] * 5
    assert [parse_boolean(value) for value in (False, "false", 0, "0")] == [False] * 4
    odd: list[Any] = [None, "perhaps", 2, 1.0, [], {}]
    assert [parse_boolean(value) for value in odd] == [None] * 6


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1772600000001, 1772600000001),
        ("1772600000001.0", 1772600000001),
        (1772600000, None),  # in seconds
        (1772600000001000, None),
        (0, None),
        ("2026-03-04T04:53:20Z", None),
    ],
)
def test_dates_that_order_versions_are_plausible(value: Any, expected: int | None) -> None:
    assert plausible_ms(value) == expected


def test_odd_fields_are_named_by_their_path() -> None:
    fields = Fields(
        {
            "id": "86a1",
            "due_date": "tomorrow",
            "points": "1e999",
            "name": ["x"],
            "status": "open",
            "creator": {"id": [1]},
            "assignees": [{"id": 1}, None, {"id": None}, {"id": 2}],
            "tags": ["bug", {"name": "late"}, {"color": "#1"}],
            "locations": {},
            "start_date": None,
        }
    )
    assert fields.timestamp("due_date") is None
    assert fields.number("points") is None
    assert fields.text("name") is None
    assert fields.object("status").text("status") is None
    assert fields.object("creator").identifier("id") is None
    assert fields.ids("assignees") == ["1", "2"]
    assert fields.texts("tags", "name") == ["bug", "late"]
    assert fields.ids("locations") == []
    assert fields.timestamp("start_date") is None
    assert fields.timestamp("end_date") is None
    assert sorted(fields.odd_fields) == [
        *("assignees.id", "creator.id", "due_date", "locations", "name", "points"),
        *("status", "tags.name"),
    ]


def test_a_missing_id_is_an_error_that_names_the_field() -> None:
    with pytest.raises(OddFieldError, match=r"^user\.id$"):
        _ = Fields({"user": {"id": None}}).object("user").required_id
    with pytest.raises(OddFieldError, match=r"^status$"):
        Fields("not an object").required_text("status")


def test_a_default_stands_for_a_missing_and_for_an_odd_value() -> None:
    fields = Fields({"archived": []}, defaults={"archived": True})
    assert fields.boolean("archived") is True
    assert fields.is_odd("archived")
    assert Fields({}, defaults={"archived": True}).boolean("archived") is True
