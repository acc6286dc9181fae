"""Folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.streams.base import HierarchyStream

if TYPE_CHECKING:
    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.hierarchy import Hierarchy


class Folders(HierarchyStream):
    """Folders, live and archived."""

    name = "folders"

    def records(self, hierarchy: Hierarchy) -> list[ExtractedRecord]:
        """Return the folders that the walk has found."""
        return hierarchy.folders
