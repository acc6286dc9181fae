"""Map a schema to columns and encode values as COPY text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_pandev.columns import (
    as_key_column,
    encode_json,
    infer_column_type,
    make_column,
    safe_identifier,
)
from target_pandev.errors import InvalidFieldError
from target_pandev.rows import RowEncoder, decode_line

TIMESTAMP = "timestamp with time zone"


@pytest.mark.parametrize(
    ("schema", "type_"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["string", "null"], "format": "date-time"}, TIMESTAMP),
        ({"type": ["null", "string"], "format": "date"}, "date"),
        ({"type": "string", "format": "time"}, "text"),
        ({"type": "string", "format": "email"}, "text"),
        ({"type": ["integer", "null"]}, "numeric"),
        ({"type": ["integer", "number"]}, "numeric"),
        ({"type": "boolean"}, "boolean"),
        ({"type": ["array", "null"]}, "jsonb"),
        ({"type": ["string", "integer"]}, "jsonb"),
        ({}, "jsonb"),
        ({"type": "null"}, "jsonb"),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, TIMESTAMP),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]}, "text"),
        ({"oneOf": [{"type": "string"}, {"type": "object"}]}, "jsonb"),
        ({"anyOf": [{"type": "string"}, {}]}, "jsonb"),
    ],
)
def test_a_json_schema_is_mapped_to_a_column_type(schema: dict[str, Any], type_: str) -> None:
    assert infer_column_type(schema) == type_


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("text", "", ""),
        ("text", "a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e"),
        ("text", "\\N", "\\\\N"),
        ("text", "a\1b", "a\1b"),
        ("text", "\0", "\ufffd"),
        ("text", "\0\1\t", "\ufffd\1\\t"),
        ("text", "zero\0byte", "zero\ufffdbyte"),
        ("numeric", 2**70, "1180591620717411303424"),
        ("numeric", Decimal("0.10"), "0.10"),
        ("integer", 7, "7"),
        ("integer", Decimal("7.0"), "7"),
        ("boolean", False, "f"),
        (TIMESTAMP, "2024-01-01T00:00:00+05:00", "2024-01-01T00:00:00+05:00"),
        (TIMESTAMP, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("date", "9999-12-31", "9999-12-31"),
        ("jsonb", {"a": "x\0y\\u0000"}, '{"a":"x\ufffdy\\\\\\\\u0000"}'),
        ("jsonb", [Decimal("0.10"), 2**70], "[0.10,1180591620717411303424]"),
        ("jsonb", None, "\\N"),
        ("uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ],
)
def test_a_value_is_encoded_as_copy_text(type_: str, value: object, text: str) -> None:
    assert RowEncoder([make_column("a", type_)]).encode({"a": value}) == text.encode()


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("text", 5, "expected text"),
        ("numeric", "5", "expected a number"),
        ("numeric", True, "expected a number"),
        ("integer", Decimal("1.5"), "expected a number without a fraction"),
        ("integer", True, "expected an integer"),
        ("boolean", 1, "expected true or false"),
        (TIMESTAMP, "", "expected a timestamp in ISO 8601"),
        (TIMESTAMP, "2024-13-01T00:00:00Z", "expected a timestamp in ISO 8601"),
        (TIMESTAMP, 1704067200, "expected a timestamp in ISO 8601"),
        (TIMESTAMP, ["2024-01-01"], "expected a timestamp in ISO 8601"),
        (TIMESTAMP, "2024-01-01-10:00", "expected a timestamp in ISO 8601"),
        (TIMESTAMP, "20240101+10:00", "expected a timestamp in ISO 8601"),
        (TIMESTAMP, "2024-01-01x10:00:00.5", "expected a timestamp in ISO 8601"),
        (TIMESTAMP, "0001-01-01T00:00:00+14:00", "expected a timestamp in ISO 8601"),
        (TIMESTAMP, "9999-12-31T23:59:59-14:00", "expected a timestamp in ISO 8601"),
        ("date", "tomorrow", "expected a date in ISO 8601"),
    ],
)
def test_an_invalid_value_is_rejected_without_being_shown(
    type_: str, value: object, reason: str
) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        RowEncoder([make_column("a", type_)]).encode({"a": value})
    assert caught.value.field == "a"
    assert caught.value.reason == reason


def test_a_lone_surrogate_is_replaced_in_text_and_in_json() -> None:
    columns = [make_column("a", "text"), make_column("b", "jsonb")]
    row = RowEncoder(columns).encode({"a": "x\ud800y", "b": {"\udfff": "z\ud83d"}})
    assert row == 'x\ufffdy\t{"\ufffd":"z\ufffd"}'.encode()


def test_missing_and_null_are_null_and_empty_text_is_not() -> None:
    columns = [make_column("a", "text"), make_column("b", "text"), make_column("c", "text")]
    assert RowEncoder(columns).encode({"a": "", "b": None}) == rb"	\N	\N"


def test_equal_records_are_encoded_equally() -> None:
    columns = [make_column("a", "text"), make_column("b", "text")]
    row = RowEncoder(columns).encode({"a": "x", "b": "y"})
    assert RowEncoder(columns).encode({"a": "x", "b": "y"}) == row
    assert RowEncoder(columns).encode({"a": "xy", "b": ""}) != row


def test_long_names_are_shortened_and_stay_distinct() -> None:
    first = safe_identifier("é" * 40 + "a")
    second = safe_identifier("é" * 40 + "b")
    assert first != second
    assert len(first.encode()) <= 63
    assert safe_identifier("x" * 63) == "x" * 63


@pytest.mark.parametrize(
    ("number", "key"),
    [("1.00", "1"), ("100", "100"), ("1.050", "1.05"), ("1.5E+10", "1.5E+10"), ("1E+2", "1E+2")],
)
def test_a_number_in_a_key_has_no_trailing_zeros(number: str, key: str) -> None:
    column = as_key_column(make_column("id", "numeric"))
    assert column.encode(Decimal(number)) == key


@given(st.text())
def test_an_encoded_line_decodes_to_the_same_text(text: str) -> None:
    row = RowEncoder([make_column("a", "text"), make_column("b", "text")]).encode(
        {"a": text, "b": None}
    )
    assert decode_line(row) == [text.replace("\0", "\ufffd"), None]


@given(st.recursive(st.none() | st.text(), st.lists, max_leaves=5))
def test_encoded_json_never_contains_a_null_character(value: object) -> None:
    assert "\\u0000" not in encode_json(value).replace("\\\\", "")
