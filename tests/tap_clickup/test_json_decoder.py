"""JSON is decoded whatever ClickUp sends in one of its texts or numbers."""

from __future__ import annotations

from typing import Any

import pytest

from tap_clickup.json_decoder import JsonError, decode_items, decode_json


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": "see \\ud83d", "b": ["\\ud83d\\ude00"]}', {"a": "see ?", "b": ["\U0001f600"]}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": [NaN, -Infinity]}', {"a": ["NaN", "-Infinity"]}),
        (b'{"a": 1e999, "b": 1.5}', {"a": "1e999", "b": 1.5}),
        (b'{"a": ' + b"9" * 5000 + b"}", {"a": "9" * 5000}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
    ],
)
def test_an_odd_text_or_number_does_not_hide_the_rest(content: bytes, value: Any) -> None:
    assert decode_json(content) == value


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xef\xbb\xbf{}"])
def test_what_is_not_json_is_rejected(content: bytes) -> None:
    with pytest.raises(JsonError, match=r"^not JSON$"):
        decode_json(content)


@pytest.mark.parametrize("content", [b'{"a": NaN}', b'{"a": "\xff"}'])
def test_strict_decoding_rejects_what_json_does_not_have(content: bytes) -> None:
    with pytest.raises(JsonError, match=r"^not JSON$"):
        decode_json(content, strict=True)
    assert decode_json(b'"\\ud83d"', strict=True) == "?"


def test_items_are_decoded_one_by_one() -> None:
    """An odd text in one of them hides neither the others nor the rest of its own item."""
    items = decode_items(b'{"a": 1, "data": [{"b": "\xff", "c": [1]}, 1e999, null]}', "data")
    assert items is not None
    assert list(items) == [{"b": "\ufffd", "c": [1]}, "1e999", None]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"a": []}', b'{"data": {}}', b'{"data": null}', b'{"data": ["\\ud83d"]}'],
)
def test_what_cannot_be_divided_is_left_to_the_caller(content: bytes) -> None:
    assert decode_items(content, "data") is None
