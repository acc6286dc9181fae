"""Which folders are in which: at any depth, and if ClickUp's answer contradicts itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_clickup.fields import Fields
from tap_clickup.folder_tree import archived_folder_ids, with_subfolders

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({}, {"1"}),
        ({"1": None, "2": None}, {"1"}),
        ({"2": "1", "3": "2", "4": "5"}, {"1", "2", "3"}),
        ({"1": "2", "2": "1"}, {"1", "2"}),
        ({"1": "1", "2": "2"}, {"1"}),
    ],
    ids=["alone", "siblings", "at any depth", "in a circle", "in themselves"],
)
def test_subfolders_are_at_any_depth(parents: Mapping[str, str | None], expected: set[str]) -> None:
    assert with_subfolders(["1"], parents) == expected


def test_a_folder_in_an_archived_folder_is_archived() -> None:
    folders: list[dict[str, Any]] = [
        {"id": "1", "archived": True},
        {"id": 2, "parent_folder": "1", "archived": False},
        {"id": "3", "parent_folder": {"id": 2}},
        {"id": "4", "parent_folder": "5"},
        {"id": None, "archived": True},
        {"id": "6", "parent_folder": None, "archived": "false"},
    ]
    assert archived_folder_ids(map(Fields, folders)) == {"1", "2", "3"}
