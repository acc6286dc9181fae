"""Whether a selection contains spaces that the run before did not read: a truth table."""

from __future__ import annotations

import pytest

from tap_clickup.selection import ALL_SPACES, Selection, SpaceSelection

UNSAVED = None
ALL: list[str] = []
"""All spaces, as the state contains it."""


@pytest.mark.parametrize(
    ("selected", "saved", "is_wider"),
    [
        (ALL_SPACES, UNSAVED, False),
        (ALL_SPACES, ALL, False),
        (ALL_SPACES, ["1"], True),
        (("1",), UNSAVED, False),
        (("1",), ALL, False),
        (("1",), ["1"], False),
        (("1",), ["1", "2"], False),
        (("2", "1"), ["1", "2"], False),
        (("1", "2"), ["1"], True),
        (("2",), ["1"], True),
        ((), UNSAVED, False),
        ((), ALL, False),
        ((), ["1"], False),
    ],
)
def test_a_selection_is_wider_than_the_saved_one(
    selected: tuple[str, ...] | None, saved: list[str] | None, *, is_wider: bool
) -> None:
    assert SpaceSelection(selected).is_wider_than(saved) is is_wider


@pytest.mark.parametrize(
    ("selected", "saved"), [(ALL_SPACES, ALL), (("2", "1"), ["1", "2"]), (("1",), ["1"])]
)
def test_a_selection_is_not_wider_than_itself(
    selected: tuple[str, ...] | None, saved: list[str]
) -> None:
    assert SpaceSelection(selected).to_state() == saved
    assert SpaceSelection(selected).is_wider_than(saved) is False


def test_only_all_spaces_have_no_condition() -> None:
    assert SpaceSelection(ALL_SPACES).conditions == {}
    assert SpaceSelection(("1", "2")).conditions == {"space_id": {"in": ["1", "2"]}}
    assert SpaceSelection(()).conditions == {"space_id": {"in": []}}


def test_only_named_spaces_can_be_empty() -> None:
    assert SpaceSelection(ALL_SPACES).is_empty is False
    assert SpaceSelection(("1",)).is_empty is False
    assert SpaceSelection(()).is_empty is True


def test_settings_without_ids_select_everything() -> None:
    selection = Selection.from_config({"workspace_ids": None, "space_ids": []})
    assert selection.includes_workspace("1") is True
    assert selection.includes_space("1") is True
    assert selection.includes_space(None) is True


def test_settings_with_ids_select_only_those() -> None:
    selection = Selection.from_config({"workspace_ids": ["1"], "space_ids": ["2"]})
    assert selection.includes_workspace("1") is True
    assert selection.includes_workspace("2") is False
    assert selection.includes_space("2") is True
    assert selection.includes_space("1") is False
    assert selection.includes_space(None) is False
