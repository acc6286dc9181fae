"""Statuses."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.read_scope import ScopeConditions
    from tap_clickup.workspace import Workspace


class Statuses(ClickUpStream):
    """Statuses of spaces, and of folders and lists that override them."""

    name = "statuses"
    primary_keys = ("workspace_id", "scope_type", "scope_id", "status")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the statuses that the walk has found.

        It finds all statuses of each space, and of each folder and list that it finds, except odd
        ones.
        """
        hierarchy = workspace.hierarchy
        hierarchy.walk()
        yield from hierarchy.statuses
        if not hierarchy.complete:
            return
        containers = chain(hierarchy.spaces, hierarchy.folders, hierarchy.lists)
        found = {container.record["id"] for container in containers}
        scope_ids = sorted(found - hierarchy.unread_status_scopes)
        conditions: ScopeConditions = {"scope_id": {"in": scope_ids}}
        key_properties = self.primary_keys[1:]
        keys = [
            [status.record[name] for name in key_properties]
            for status in hierarchy.statuses
            if status.record["scope_id"] not in hierarchy.unread_status_scopes
        ]
        scope = ReadScope(self.name, hierarchy.started_at, conditions, key_properties)
        workspace.add_completed_read(scope, keys)
