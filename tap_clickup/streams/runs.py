"""What the run itself has to tell: what was read to its end, and how it went."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup.extracted import ExtractedRecord
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.workspace import Workspace


class CompletedReads(ClickUpStream):
    """What was read to its end, so that what is not in it is gone: docs/completed-reads.md."""

    name = "completed_reads"
    primary_keys = ("workspace_id", "stream", "scope")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield what the streams before have completed."""
        yield from workspace.completed_reads


class SyncRuns(ClickUpStream):
    """The run itself; the last stream, so that it can tell of all others."""

    name = "sync_runs"
    primary_keys = ("workspace_id", "source", "started_at")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield what was read, asked and refused."""
        report, stats = workspace.report, self.sync_context.client.stats
        finished_at = datetime.now(UTC)
        record = {
            "workspace_id": workspace.id,
            "source": "tap-clickup-sweep" if self.sync_context.is_sweep else "tap-clickup",
            "started_at": report.started_at.isoformat(timespec="milliseconds"),
            "finished_at": finished_at.isoformat(timespec="milliseconds"),
            "complete": not report.failures,
            "records": dict(report.records),
            "requests": stats.requests,
            "retries": stats.retries,
            "waited_seconds": round(stats.waited_seconds, 3),
            "refused": [{"what": gap.subject, "why": gap.reason} for gap in report.failures],
            "notes": report.notes,
            "live_tasks": workspace.live_task_count,
            "approximate_task_count": workspace.hierarchy.approximate_task_count,
        }
        yield ExtractedRecord(record, finished_at)
