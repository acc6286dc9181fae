"""Lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.streams.base import HierarchyStream

if TYPE_CHECKING:
    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.hierarchy import Hierarchy


class Lists(HierarchyStream):
    """Lists, live and archived."""

    name = "lists"

    def records(self, hierarchy: Hierarchy) -> list[ExtractedRecord]:
        """Return the lists that the walk has found."""
        return hierarchy.lists
