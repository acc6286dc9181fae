"""Workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.workspace import Workspace


class Workspaces(ClickUpStream):
    """The selected workspaces."""

    name = "workspaces"
    primary_keys = ("id",)

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the workspace itself."""
        with workspace.report.guard(self.name, workspace.payload, place="GET /team") as team:
            team.array("members")
            yield ExtractedRecord(records.workspace(team), workspace.requested_at)
