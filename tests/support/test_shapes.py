"""The committed shapes have no recorded value, and are current where recordings are present."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.shapes import (
    DELIVERIES,
    FIXTURES,
    FOLDERS,
    SOURCES,
    TYPE_NAMES,
    ShapeSummary,
    derive_fixtures,
    derive_shape,
    sample_value,
    shape_differences,
)

FILES = sorted(FIXTURES.glob("*.json"))


def read_shapes(file_name: str) -> Any:
    return json.loads((FIXTURES / file_name).read_text(encoding="utf-8"))


def leaves(shape: Any) -> list[Any]:
    if isinstance(shape, dict):
        return [leaf for inner in shape.values() for leaf in leaves(inner)]
    if isinstance(shape, list):
        return [leaf for inner in shape for leaf in leaves(inner)]
    return [shape]


def keys(shape: Any) -> set[str]:
    if isinstance(shape, dict):
        return set(shape).union(*(keys(inner) for inner in shape.values()))
    return set[str]().union(*(keys(inner) for inner in shape)) if isinstance(shape, list) else set()


def test_there_is_a_file_for_every_folder_and_for_the_deliveries() -> None:
    others = ["documented", "webhook_deliveries"]
    assert [path.stem for path in FILES] == sorted([*FOLDERS, *others])
    assert {folder.startswith(DELIVERIES) for folder in read_shapes("webhook_deliveries.json")} == {
        True
    }


@pytest.mark.parametrize("file_name", [path.name for path in FILES])
def test_every_leaf_is_the_name_of_a_type(file_name: str) -> None:
    type_names = leaves(read_shapes(file_name))
    assert type_names
    assert set(type_names) <= set(TYPE_NAMES.values())


@pytest.mark.parametrize("file_name", [path.name for path in FILES])
def test_no_key_is_an_id(file_name: str) -> None:
    shapes = [shape for folder in read_shapes(file_name).values() for shape in folder.values()]
    names = set[str]().union(*map(keys, shapes))
    assert names
    assert [key for key in names if not key.isidentifier() and not key.startswith("<id")] == []
    assert [key for key in names if any(character.isdigit() for character in key)] == []


def test_a_shape_has_keys_and_types_and_no_value() -> None:
    task = {"id": "86a1", "points": 0.5, "tags": [{"name": "a"}, {"name": "b"}, {"name": None}]}
    assert derive_shape(task) == {
        "id": "string",
        "points": "number",
        "tags": [{"name": "string"}, {"name": "null"}],
    }


def test_ids_that_are_keys_are_replaced() -> None:
    value = {"86a1": {"since": 1}, "86a2": {"since": 2}, "86a3": {"since": None}}
    assert derive_shape(value) == {"<id>": {"since": "integer"}, "<id 2>": {"since": "null"}}


def test_a_sample_has_its_shape_and_distinct_values() -> None:
    shape = {"id": "string", "n": "integer", "tags": [{"name": "string"}], "none": "null"}
    sample = sample_value(shape)
    assert derive_shape(sample) == shape
    assert sample == {
        "id": "1772600000001",
        "n": 2,
        "tags": [{"name": "1772600000003"}],
        "none": None,
    }


def test_an_unknown_type_and_a_missing_key_are_differences() -> None:
    recorded = ShapeSummary([{"id": "string", "name": "string"}])
    ours = ShapeSummary([{"id": "integer"}])
    assert shape_differences(ours, known=recorded, required=recorded, accepted=set()) == [
        ".id is integer, known as ['string']",
        ".name is always in the recordings, but not in ours",
    ]
    accepted = {(".id", "integer")}
    assert shape_differences(ours, known=recorded, required=recorded, accepted=accepted) == [
        ".name is always in the recordings, but not in ours",
    ]


if "recording" in SOURCES:

    def test_the_fixtures_are_current() -> None:
        """Run `python -m tests.support.shapes` to derive them again."""
        derived = derive_fixtures()
        assert sorted(path.name for path in derived) == [path.name for path in FILES]
        for path, shapes in derived.items():
            assert read_shapes(path.name) == shapes, path.name
