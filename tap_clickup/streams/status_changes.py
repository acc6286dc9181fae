"""Changes of status, which ClickUp pushes and never shows again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.workspace import Workspace


class StatusChanges(ClickUpStream):
    """A task went from one status to another: who, when, from what, to what.

    https://developer.clickup.com/docs/webhooktaskpayloads
    """

    name = "status_changes"
    primary_keys = ("workspace_id", "id")

    def read(self, _workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield nothing: there is no request that would show them."""
        yield from ()
