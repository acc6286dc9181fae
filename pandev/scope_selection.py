"""Select and deselect workspaces and spaces. Pure.

In the settings, nothing selected means all. So what is selected first restricts everything else,
deselecting from all selects the others by name, and the last one cannot be deselected. A workspace
is read as a whole, or by spaces; once spaces are named, they are named in every workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pandev.scope_tree import Scope, Space, WorkspaceTree
from tap_clickup.errors import ConfigurationError
from tap_clickup.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandev.scope_tree import ScopeTree

NOTHING_LEFT = (
    "nothing would be left, and an empty selection means everything: select something else first, "
    "or stop reading with pandev disable"
)


def find_scope(tree: ScopeTree, text: str) -> Scope:
    """Return the workspace or space of an id or, if only one has it, of a name.

    A space can also be given as the name of its workspace, a slash and its own name.
    Raises `ConfigurationError`.
    """
    names = {workspace.id: workspace.name for workspace in tree.workspaces}
    by_id: list[Scope] = []
    by_name: list[Scope] = []
    for scope in tree.scopes:
        accepted = {scope.name}
        if isinstance(scope, Space):
            accepted.add(f"{names[scope.workspace_id]}/{scope.name}")
        if scope.id == text:
            by_id.append(scope)
        if text.strip().casefold() in {name.casefold() for name in accepted if name}:
            by_name.append(scope)
    matches = by_id or by_name
    if len(matches) == 1:
        return matches[0]
    if matches:
        ids = ", ".join(f"{_kind(scope)} {scope.id}" for scope in matches)
        raise ConfigurationError(f"{text}: is the name of {ids}; give the id")
    raise ConfigurationError(
        f"{text}: no workspace or space with this id or name is visible to the token; see "
        "pandev scopes"
    )


def describe_scope(scope: Scope) -> str:
    """Return the kind, the name and the id of a workspace or space."""
    return f"{_kind(scope)} {scope.name or 'without name'} ({scope.id})"


def is_selected(selection: Selection, scope: Scope) -> bool:
    """Return whether a space is read, or anything of a workspace."""
    if isinstance(scope, Space):
        return selection.includes_workspace(scope.workspace_id) and selection.includes_space(
            scope.id
        )
    if not selection.space_ids:
        return selection.includes_workspace(scope.id)
    return any(is_selected(selection, space) for space in scope.spaces)


def select_only(scopes: Iterable[Scope], tree: ScopeTree) -> Selection:
    """Return the selection of these workspaces and spaces and of nothing else."""
    selection = Selection()
    for scope in scopes:
        selection = select(selection, scope, tree)
    return selection


def select(selection: Selection, scope: Scope, tree: ScopeTree) -> Selection:
    """Return the selection with a workspace or space in addition."""
    workspace_id = scope.workspace_id if isinstance(scope, Space) else scope.id
    space_ids = {scope.id} if isinstance(scope, Space) else frozenset[str]()
    if selection == Selection():
        return Selection((workspace_id,), frozenset(space_ids))
    workspace_ids = {*_selected_workspaces(selection, tree), workspace_id}
    if not selection.space_ids:
        if workspace_id in selection.workspace_ids or isinstance(scope, WorkspaceTree):
            return _in_order(workspace_ids, (), tree)
        named = _spaces_of(selection.workspace_ids, tree)
        return _in_order(workspace_ids, named | space_ids, tree)
    if isinstance(scope, WorkspaceTree):
        space_ids = _spaces_of([scope.id], tree)
    return _in_order(workspace_ids, selection.space_ids | space_ids, tree)


def deselect(selection: Selection, scope: Scope, tree: ScopeTree) -> Selection:
    """Return the selection without a workspace or space.

    Raises `ConfigurationError` if nothing would be left.
    """
    workspace_ids = set(_selected_workspaces(selection, tree))
    if isinstance(scope, WorkspaceTree) and not selection.space_ids:
        rest = _in_order(workspace_ids - {scope.id}, (), tree)
        if not rest.workspace_ids:
            raise ConfigurationError(NOTHING_LEFT)
        return rest
    removed = {scope.id} if isinstance(scope, Space) else _spaces_of([scope.id], tree)
    present = selection.space_ids or _spaces_of(workspace_ids, tree)
    space_ids = present - removed
    if not space_ids:
        raise ConfigurationError(NOTHING_LEFT)
    read = {space.workspace_id for space in tree.spaces if space.id in space_ids}
    return _in_order(workspace_ids & read, space_ids, tree)


def forget_hidden(selection: Selection, scope_id: str, tree: ScopeTree) -> Selection | None:
    """Return the selection without an id that the token does not see; None if it is not selected.

    Raises `ConfigurationError` if nothing would be left.
    """
    visible = {scope.id for scope in tree.scopes}
    if scope_id in visible or scope_id not in {*selection.workspace_ids, *selection.space_ids}:
        return None
    rest = Selection(
        tuple(key for key in selection.workspace_ids if key != scope_id),
        selection.space_ids - {scope_id},
    )
    widened = (selection.workspace_ids and not rest.workspace_ids) or (
        selection.space_ids and not rest.space_ids
    )
    if widened:
        raise ConfigurationError(NOTHING_LEFT)
    return rest


def _selected_workspaces(selection: Selection, tree: ScopeTree) -> Iterable[str]:
    """Return the ids of the workspaces of which something is read, those that are hidden too."""
    if selection.workspace_ids:
        return selection.workspace_ids
    return [workspace.id for workspace in tree.workspaces if is_selected(selection, workspace)]


def _spaces_of(workspace_ids: Iterable[str], tree: ScopeTree) -> frozenset[str]:
    """Return the spaces of workspaces. Raises `ConfigurationError` if some could not be read."""
    wanted = set(workspace_ids)
    for workspace in tree.workspaces:
        if workspace.id in wanted and not workspace.is_complete:
            raise ConfigurationError(
                f"workspace {workspace.id}: not all spaces could be read, so they cannot be "
                "selected by name; try again"
            )
    return frozenset(space.id for space in tree.spaces if space.workspace_id in wanted)


def _in_order(workspace_ids: Iterable[str], space_ids: Iterable[str], tree: ScopeTree) -> Selection:
    """Return a selection in the order of the tree; ids that the token does not see come last."""
    wanted = set(workspace_ids)
    ordered = [workspace.id for workspace in tree.workspaces if workspace.id in wanted]
    return Selection((*ordered, *sorted(wanted - set(ordered))), frozenset(space_ids))


def _kind(scope: Scope) -> str:
    return "space" if isinstance(scope, Space) else "workspace"
