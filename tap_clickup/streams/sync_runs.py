"""Runs of the tap."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context

    from tap_clickup.errors import FatalError
    from tap_clickup.sync_report import SyncReport
    from tap_clickup.workspace import Workspace

INTERVAL_SECONDS = 10.0
"""A run that takes longer is visible in the store before it ends."""


class SyncRuns(ClickUpStream):
    """The run itself. It is the last stream, so that it can report on all others.

    A longer run also writes its record in between, every ten seconds, without an end: it shows that
    the run is alive and how far it is, and it stays if the run is killed.
    """

    name = "sync_runs"
    primary_keys = ("workspace_id", "source", "started_at")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._written_at = time.monotonic()

    def write_due(self) -> None:
        """Write the records of the unfinished run, unless that was done within the interval."""
        now = time.monotonic()
        if now - self._written_at < INTERVAL_SECONDS:
            return
        self._written_at = now
        self._write_schema_message()
        for workspace in self.sync_context.workspaces:
            record = self._record(workspace.report, None)
            self._write_now({**record, "complete": None, "progress": workspace.progress})

    def write_failure(self, error: FatalError) -> None:
        """Write that the run ended because of an error, so that the store shows it."""
        reports = self.sync_context.reports
        if reports:
            self._write_schema_message()
        failure = {"what": "run", "why": str(error), "retryable": True}
        for report in reports:
            record = self._record(report, datetime.now(UTC))
            refused = [*record["refused"], failure]
            self._write_now({**record, "complete": False, "refused": refused})

    def _write_now(self, record: dict[str, Any]) -> None:
        self._extracted_at = datetime.now(UTC)
        self._write_record_message(record)

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield a record for each workspace, also for those that the token no longer sees."""
        self.sync_context.on_record = lambda: None  # these records are the last of the run
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

    def _record(self, report: SyncReport, finished_at: datetime | None) -> dict[str, Any]:
        """Return the record of a report, without counts of the workspace's tasks."""
        stats = self.sync_context.client.stats
        return {
            "workspace_id": report.workspace_id,
            "source": "tap-clickup-sweep" if self.sync_context.is_sweep else "tap-clickup",
            "started_at": format_timestamp(report.started_at),
            "finished_at": finished_at and format_timestamp(finished_at),
            "complete": not report.refused,
            "records": dict(report.records),
            "requests": stats.requests,
            "retries": stats.retries,
            "waited_seconds": round(stats.waited_seconds, 3),
            "refused": [
                {"what": what, "why": why, "retryable": retryable}
                for what, why, retryable in report.refused
            ],
            "notes": [*report.notes, *report.odd_objects.notes],
            "live_tasks": None,
            "approximate_task_count": None,
            "progress": None,
        }
