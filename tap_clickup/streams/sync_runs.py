"""Runs of the tap."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_clickup.conversions import format_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.workspace import Workspace


class SyncRuns(ClickUpStream):
    """The run itself. It is the last stream, so that it can report on all others."""

    name = "sync_runs"
    primary_keys = ("workspace_id", "source", "started_at")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield one record: counts, requests, failures and notes."""
        report = workspace.report
        stats = self.sync_context.client.stats
        finished_at = datetime.now(UTC)
        record = {
            "workspace_id": workspace.id,
            "source": "tap-clickup-sweep" if self.sync_context.is_sweep else "tap-clickup",
            "started_at": format_timestamp(report.started_at),
            "finished_at": format_timestamp(finished_at),
            "complete": not report.refused,
            "records": dict(report.records),
            "requests": stats.requests,
            "retries": stats.retries,
            "waited_seconds": round(stats.waited_seconds, 3),
            "refused": [{"what": what, "why": why} for what, why in report.refused],
            "notes": [*report.notes, *report.odd_objects.notes],
            "live_tasks": workspace.live_task_count,
            "approximate_task_count": workspace.hierarchy.approximate_task_count,
        }
        yield ExtractedRecord(record, finished_at)
