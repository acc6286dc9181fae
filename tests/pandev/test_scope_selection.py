"""Selecting and deselecting workspaces and spaces: what is read after each step."""

from __future__ import annotations

import pytest

from pandev.scope_selection import (
    NOTHING_LEFT,
    deselect,
    find_scope,
    forget_hidden,
    is_selected,
    select,
    select_only,
)
from pandev.scope_tree import ScopeTree, Space, WorkspaceTree
from tap_clickup.errors import ConfigurationError
from tap_clickup.selection import Selection

TREE = ScopeTree(
    (
        WorkspaceTree("1", "Acme", (Space("11", "Shop", "1"), Space("12", "Apps", "1"))),
        WorkspaceTree("2", "Labs", (Space("21", "Shop", "2"), Space("22", "Old", "2", True))),  # noqa: FBT003
        WorkspaceTree("3", "Empty"),
    )
)
ALL = Selection()


def selection(workspace_ids: str = "", space_ids: str = "") -> Selection:
    return Selection(tuple(workspace_ids.split()), frozenset(space_ids.split()))


@pytest.mark.parametrize(
    ("before", "scope_id", "after"),
    [
        # The first selection restricts everything else.
        (ALL, "1", selection("1")),
        (ALL, "11", selection("1", "11")),
        # Workspaces that are read as a whole.
        (selection("1"), "2", selection("1 2")),
        (selection("2"), "1", selection("1 2")),
        (selection("1"), "12", selection("1")),
        (selection("1"), "21", selection("1 2", "11 12 21")),
        # Workspaces that are read by spaces.
        (selection("1", "11"), "12", selection("1", "11 12")),
        (selection("1", "11"), "21", selection("1 2", "11 21")),
        (selection("1", "11"), "2", selection("1 2", "11 21 22")),
        (selection("1", "11"), "1", selection("1", "11 12")),
        # Workspaces that no setting names: only the one with a selected space is read.
        (selection("", "11"), "12", selection("1", "11 12")),
        (selection("", "11"), "21", selection("1 2", "11 21")),
        # Ids that the token does not see stay.
        (selection("9", "99"), "11", selection("1 9", "11 99")),
    ],
)
def test_selecting_adds_to_what_is_selected(
    before: Selection, scope_id: str, after: Selection
) -> None:
    scope = find_scope(TREE, scope_id)
    assert select(before, scope, TREE) == after
    assert is_selected(after, scope)


@pytest.mark.parametrize(
    ("before", "scope_id", "after"),
    [
        # From everything, the others are selected by their ids.
        (ALL, "1", selection("2 3")),
        (ALL, "11", selection("1 2", "12 21 22")),
        (selection("1"), "11", selection("1", "12")),
        (selection("1 2"), "1", selection("2")),
        (selection("1 2", "11 12 21"), "11", selection("1 2", "12 21")),
        # With its last space, a workspace is no longer read either.
        (selection("1 2", "11 21"), "11", selection("2", "21")),
        (selection("1 2", "11 21"), "1", selection("2", "21")),
        (selection("", "11 21"), "21", selection("1", "11")),
        (selection("1", "11 99"), "11", selection("", "99")),
    ],
)
def test_deselecting_leaves_the_others(before: Selection, scope_id: str, after: Selection) -> None:
    scope = find_scope(TREE, scope_id)
    assert deselect(before, scope, TREE) == after
    assert not is_selected(after, scope)


@pytest.mark.parametrize(
    ("before", "scope_id"),
    [
        (selection("1"), "1"),
        (selection("1", "11"), "11"),
        (selection("1", "11"), "1"),
        (selection("", "11"), "11"),
    ],
)
def test_the_last_one_cannot_be_deselected(before: Selection, scope_id: str) -> None:
    """An empty selection would mean everything."""
    with pytest.raises(ConfigurationError) as caught:
        deselect(before, find_scope(TREE, scope_id), TREE)
    assert str(caught.value) == NOTHING_LEFT


def test_several_can_be_selected_and_nothing_else() -> None:
    scopes = [find_scope(TREE, text) for text in ("21", "Acme")]
    assert select_only(scopes, TREE) == selection("1 2", "11 12 21")


def test_an_id_that_the_token_does_not_see_can_be_deselected() -> None:
    assert forget_hidden(selection("1", "11 99"), "99", TREE) == selection("1", "11")
    assert forget_hidden(selection("1 9"), "9", TREE) == selection("1")
    assert forget_hidden(selection("1", "11 99"), "11", TREE) is None
    assert forget_hidden(selection("1"), "99", TREE) is None
    for before, hidden in ((selection("1", "99"), "99"), (selection("9"), "9")):
        with pytest.raises(ConfigurationError, match=r"^nothing would be left"):
            forget_hidden(before, hidden, TREE)


@pytest.mark.parametrize(
    ("text", "scope_id"),
    [("apps", "12"), (" Labs ", "2"), ("labs/shop", "21"), ("Acme/Shop", "11"), ("22", "22")],
)
def test_a_scope_is_found_by_id_or_name(text: str, scope_id: str) -> None:
    assert find_scope(TREE, text).id == scope_id


def test_a_name_of_several_scopes_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_scope(TREE, "shop")
    assert str(caught.value) == "shop: is the name of space 11, space 21; give the id"


@pytest.mark.parametrize("text", ["Nothing", "", "111", "Acme/Old"])
def test_a_name_that_nothing_has_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{text}: no workspace or space with this id"):
        find_scope(TREE, text)


def test_spaces_that_were_not_all_read_are_not_enumerated() -> None:
    """Those that are missing would be deselected without notice."""
    spaces = (Space("11", "Shop", "1"), Space("12", "Apps", "1"))
    tree = ScopeTree((WorkspaceTree("1", "Acme", spaces, is_complete=False),))
    with pytest.raises(ConfigurationError, match=r"^workspace 1: not all spaces could be read"):
        deselect(ALL, spaces[0], tree)
