"""Completed reads: docs/completed-reads.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.workspace import Workspace


class CompletedReads(ClickUpStream):
    """What was read completely, so that the target can derive deletions from it."""

    name = "completed_reads"
    primary_keys = ("workspace_id", "stream", "scope")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the completed reads of the streams before this one."""
        yield from workspace.completed_reads
