"""The properties of a schema are found behind references; what is nested deeper stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from target_pandev.schema_references import resolve_properties

TEXT = {"type": "string"}
NULL = {"type": "null"}
SCHEMA: dict[str, Any] = {
    "$defs": {
        "text": TEXT,
        "alias": {"$ref": "#/$defs/text"},
        "a/b~c d": TEXT,
        "loop": {"$ref": "#/$defs/loop"},
        "list": {"anyOf": [TEXT, NULL]},
    },
}


@pytest.mark.parametrize(
    ("part", "resolved"),
    [
        (TEXT, TEXT),
        ({"$ref": "#/$defs/text"}, TEXT),
        ({"$ref": "#/$defs/alias"}, TEXT),
        ({"$ref": "#/$defs/a~1b~0c%20d"}, TEXT),
        ({"$ref": "#/$defs/list/anyOf/0"}, TEXT),
        ({"$ref": "#/$defs/list/anyOf/7"}, {}),
        ({"$ref": "#/nowhere"}, {}),
        ({"$ref": "https://example.com/schema"}, {}),
        ({"$ref": 7}, {"$ref": 7}),
        ({"anyOf": [{"$ref": "#/$defs/alias"}, NULL]}, {"anyOf": [TEXT, NULL]}),
        ({"$ref": "#/$defs/list"}, {"anyOf": [TEXT, NULL]}),
        ({"$ref": "#/$defs/loop"}, {"$ref": "#/$defs/loop"}),
        ({"items": {"$ref": "#/$defs/text"}}, {"items": {"$ref": "#/$defs/text"}}),
    ],
)
def test_references_of_a_property_are_followed(
    part: dict[str, Any], resolved: dict[str, Any]
) -> None:
    assert resolve_properties({**SCHEMA, "properties": {"p": part}}) == {"p": resolved}
