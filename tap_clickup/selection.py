"""Which workspaces and spaces are read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_clickup.read_scope import ScopeConditions

ALL_SPACES: Final = None
"""In place of space ids: every space that the token sees, now or later."""


@dataclass(frozen=True)
class Selection:
    """The workspaces and spaces that the settings name. An empty collection selects all."""

    workspace_ids: tuple[str, ...] = ()
    space_ids: frozenset[str] = frozenset()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Selection:
        """Return the selection of the settings `workspace_ids` and `space_ids`."""
        return cls(
            workspace_ids=tuple(config.get("workspace_ids") or ()),
            space_ids=frozenset(map(str, config.get("space_ids") or ())),
        )

    def includes_workspace(self, workspace_id: str) -> bool:
        """Return whether a workspace is selected."""
        return not self.workspace_ids or workspace_id in self.workspace_ids

    def includes_space(self, space_id: str | None) -> bool:
        """Return whether a space is selected; an unknown one is only if all are."""
        return not self.space_ids or space_id in self.space_ids

    @property
    def spaces(self) -> SpaceSelection:
        """The selected spaces of all workspaces, whether or not the token sees them."""
        return SpaceSelection(tuple(sorted(self.space_ids)) if self.space_ids else ALL_SPACES)


@dataclass(frozen=True)
class SpaceSelection:
    """The selected spaces that the token sees in one workspace, or `ALL_SPACES`."""

    space_ids: tuple[str, ...] | None

    @property
    def is_empty(self) -> bool:
        """Whether the selected spaces are all in other workspaces."""
        return self.space_ids is not ALL_SPACES and not self.space_ids

    @property
    def conditions(self) -> ScopeConditions:
        """The condition that an object is in the selected spaces; empty if all are selected."""
        if self.space_ids is ALL_SPACES:
            return {}
        return {"space_id": {"in": list(self.space_ids)}}

    def is_wider_than(self, saved: Collection[str] | None) -> bool:
        """Return whether spaces are selected that a run with the `saved` selection did not read.

        `saved` has the form of `to_state`, or is None if nothing was saved. A space that the token
        sees again counts as new: changes were missed while it was hidden.
        """
        if not saved:  # nothing was saved, or all spaces
            return False
        if self.space_ids is ALL_SPACES:
            return True
        return not set(self.space_ids) <= set(saved)

    def to_state(self) -> list[str]:
        """Return the selection as it is saved in the state, where `[]` stands for all spaces."""
        return [] if self.space_ids is ALL_SPACES else sorted(self.space_ids)
