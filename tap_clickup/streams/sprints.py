"""Sprints."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup.sprint_records import SprintSettings, sprint_records
from tap_clickup.streams.base import HierarchyStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.workspace import Workspace


class Sprints(HierarchyStream):
    """The lists of sprint folders, except in spaces whose Sprints ClickApp is off.

    API v2 has no sprint resource: see `sprint_records`.
    """

    name = "sprints"

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the sprints unless the setting turns them off; note where the ClickApp is off."""
        if self.config["sprints"]:
            hierarchy = workspace.hierarchy
            hierarchy.walk()
            disabled = _spaces_without_sprints(hierarchy)
            workspace.report.note_disabled_clickapp("Sprints", disabled)
            yield from super().read(workspace)

    def records(self, hierarchy: Hierarchy) -> list[ExtractedRecord]:
        """Return the sprints of all sprint folders."""
        settings = SprintSettings.from_config(self.config)
        return sprint_records(hierarchy, settings, today=datetime.now(UTC).date())


def _spaces_without_sprints(hierarchy: Hierarchy) -> list[str]:
    return [
        space.record["id"] for space in hierarchy.spaces if space.record["sprints_enabled"] is False
    ]
