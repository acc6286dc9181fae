"""Spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.read_scope import ScopeConditions
    from tap_clickup.workspace import Workspace


class Spaces(ClickUpStream):
    """Spaces, live and archived."""

    name = "spaces"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the selected spaces."""
        hierarchy = workspace.hierarchy
        hierarchy.load_spaces()
        yield from hierarchy.spaces
        if hierarchy.spaces_complete:
            selected = sorted(self.sync_context.selection.space_ids)
            conditions: ScopeConditions = {"id": {"in": selected}} if selected else {}
            scope = ReadScope(self.name, hierarchy.started_at, conditions)
            keys = [(space_id,) for space_id in hierarchy.space_ids_found]
            workspace.add_completed_read(scope, keys)
