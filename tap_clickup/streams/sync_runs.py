"""Runs of the tap."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context

    from tap_clickup.sync_report import SyncReport
    from tap_clickup.workspace import Workspace


class SyncRuns(ClickUpStream):
    """The run itself. It is the last stream, so that it can report on all others."""

    name = "sync_runs"
    primary_keys = ("workspace_id", "source", "started_at")

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield a record for each workspace, also for those that the token no longer sees."""
        yield from super().get_records(context)
        for report in self.sync_context.missing_workspaces:
            self._extracted_at = datetime.now(UTC)
            yield self._record(report, self._extracted_at)

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield one record: counts, requests, failures and notes."""
        finished_at = datetime.now(UTC)
        counts = {
            "live_tasks": workspace.live_task_count,
            "approximate_task_count": workspace.hierarchy.approximate_task_count,
        }
        record = self._record(workspace.report, finished_at)
        yield ExtractedRecord({**record, **counts}, finished_at)

    def _record(self, report: SyncReport, finished_at: datetime) -> dict[str, Any]:
        """Return the record of a report, without counts of the workspace's tasks."""
        stats = self.sync_context.client.stats
        return {
            "workspace_id": report.workspace_id,
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
            "live_tasks": None,
            "approximate_task_count": None,
        }
