"""Time in status of the tasks that a run has read; only if the setting turns it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.readers.task_reader import PASSES
from tap_clickup.readers.time_in_status_reader import MAX_TASKS_PER_REQUEST, TimeInStatusReader
from tap_clickup.streams.base import BookmarkedStream
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.fields import Json
    from tap_clickup.time_in_status_backlog import TimeInStatusBacklog
    from tap_clickup.workspace import Workspace


class TimeInStatus(BookmarkedStream):
    """How long tasks have been in their statuses, all visits to a status together.

    It is not a child stream of tasks in Singer's sense: the SDK syncs a child once per parent
    record, here one request covers 100 tasks, and a run that is interrupted between a task and its
    time in status has to be caught up by the next one. See `TimeInStatusBacklog`.
    """

    name = "time_in_status"
    primary_keys = ("workspace_id", "task_id", "status")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the statuses of the tasks of this run, or of the backlog if there is one."""
        backlog = workspace.time_in_status
        if not backlog or not backlog.is_started:
            return
        reader = TimeInStatusReader(self.sync_context.client)
        for task_ids in self._task_ids(workspace, backlog):
            for response in reader.responses(task_ids):
                for record in self._records(workspace, response.body):
                    yield ExtractedRecord(record, response.requested_at)
        if reader.rejected_count:
            tasks = format_count(reader.rejected_count, "task")
            workspace.report.note(
                f"time in status: ClickUp returned none for {tasks} "
                f"({reader.reason}); if that is all of them, an owner or admin can switch it on "
                "under Workspace settings > ClickApps > Total time in Status"
            )
        if not backlog.has_failed:
            backlog.clear()

    def _records(self, workspace: Workspace, items: Json) -> list[dict[str, Any]]:
        """Return the records of a response, which contains ClickUp's objects by task id."""
        rows: list[dict[str, Any]] = []
        for task_id, item in items.items():
            with workspace.report.name_odd_fields(self.name, item, name=task_id) as fields:
                rows += records.time_in_status(fields, workspace_id=workspace.id, task_id=task_id)
        return rows

    def _task_ids(self, workspace: Workspace, backlog: TimeInStatusBacklog) -> Iterator[list[str]]:
        """Yield the ids of tasks, as many at a time as fit into a request."""
        if backlog.is_resumed:
            yield from self._resume_interrupted_run(workspace, backlog)
            return
        task_ids = sorted(workspace.synced_task_ids)
        for start in range(0, len(task_ids), MAX_TASKS_PER_REQUEST):
            yield task_ids[start : start + MAX_TASKS_PER_REQUEST]

    def _resume_interrupted_run(
        self, workspace: Workspace, backlog: TimeInStatusBacklog
    ) -> Iterator[list[str]]:
        """Yield the ids of the tasks since the interrupted run, those of this run included."""
        reader = self.sync_context.task_reader(workspace, backlog.cursors)
        pages = reader.page_iterators(known_archives=backlog.archives)
        for page in self.sync_context.prefetch(pages):
            yield page.task_ids
            if page.source in PASSES and page.complete_until:
                backlog.advance(page.source, page.complete_until)
        backlog.has_failed = any(failure.retryable for failure in reader.failures)
