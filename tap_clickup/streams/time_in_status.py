"""Time in status of the tasks that a run has read; asked for only on demand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.errors import AccessDeniedError, BadRequestError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.readers.task_reader import PASSES
from tap_clickup.streams.base import BookmarkedStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.client import ApiResponse, Client
    from tap_clickup.time_in_status_backlog import TimeInStatusBacklog
    from tap_clickup.workspace import Workspace

MOST_IDS = 100
"""Most tasks of one request."""
PROBES = 3
"""So many tasks are asked for one by one before the ClickApp counts as off."""


class TimeInStatus(BookmarkedStream):
    """How long tasks have been in their statuses, all visits to a status together.

    https://developer.clickup.com/reference/getbulktaskstimeinstatus
    """

    name = "time_in_status"
    primary_keys = ("workspace_id", "task_id", "status")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the statuses of the tasks of this run, and of those that a cut run left."""
        backlog = workspace.time_in_status
        if not backlog or not backlog.is_started:
            return
        asking = TimeInStatusReader(self.sync_context.client)
        for task_ids in self._task_ids(workspace, backlog):
            for answer in asking.answers(task_ids):
                for task_id, item in answer.body.items():
                    for record in records.time_in_status(
                        item, workspace_id=workspace.id, task_id=task_id
                    ):
                        yield ExtractedRecord(record, answer.requested_at)
        if asking.refused:
            workspace.report.note(
                f"time in status of {asking.refused} tasks was not given ({asking.why}); if that "
                "is all of them, an owner or admin switches it on under Workspace settings > "
                "ClickApps > Total time in Status"
            )
        if not backlog.has_failed:
            backlog.clear()

    def _task_ids(self, workspace: Workspace, backlog: TimeInStatusBacklog) -> Iterator[list[str]]:
        """Yield ids of tasks, at most a hundred at a time."""
        if backlog.is_resumed:
            yield from self._resume_interrupted_run(workspace, backlog)
            return
        found = sorted(workspace.synced_task_ids)
        for start in range(0, len(found), MOST_IDS):
            yield found[start : start + MOST_IDS]

    def _resume_interrupted_run(
        self, workspace: Workspace, backlog: TimeInStatusBacklog
    ) -> Iterator[list[str]]:
        """Read the ids of the tasks since that run, those of this run included."""
        reader = self.sync_context.task_reader(workspace, backlog.cursors)
        pages = reader.page_iterators(known_archived_lists=backlog.archives)
        for page in self.sync_context.prefetch(pages):
            yield page.task_ids
            if page.source in PASSES and page.complete_until:
                backlog.advance(page.source, page.complete_until)
        backlog.has_failed = any(failure.retryable for failure in reader.failures)


class TimeInStatusReader:
    """Asks for the time in status of tasks, and finds out which of them ClickUp refuses.

    One task that is gone may cost its hundred their answer, so they are halved until it is found.
    If not even three single tasks are answered, the ClickApp is off, and nobody is asked again.
    """

    def __init__(self, client: Client) -> None:
        self.refused = 0
        self.why = ""
        self._client = client
        self._answered = False

    def answers(self, task_ids: list[str]) -> Iterator[ApiResponse]:
        """Yield what ClickUp tells of the tasks, by their id."""
        if not task_ids or self._is_off:
            self.refused += len(task_ids)
            return
        try:
            answer = self._ask(task_ids)
        except (BadRequestError, AccessDeniedError) as error:
            self.why = str(error)
            if len(task_ids) == 1:
                self.refused += 1
                return
            middle = len(task_ids) // 2
            yield from self.answers(task_ids[:middle])
            yield from self.answers(task_ids[middle:])
        else:
            self._answered = True
            yield answer

    @property
    def _is_off(self) -> bool:
        return self.refused >= PROBES and not self._answered

    def _ask(self, task_ids: list[str]) -> ApiResponse:
        """Ask for several at once, or for one: the bulk request is for two and more."""
        if len(task_ids) == 1:
            answer = self._client.get(
                f"/task/{task_ids[0]}/time_in_status", required_key="current_status"
            )
            return replace(answer, body={task_ids[0]: answer.body})
        path = "/task/bulk_time_in_status/task_ids"
        return self._client.get(path, [("task_ids", one) for one in task_ids])
