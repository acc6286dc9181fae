"""Time in status of the tasks that a run has read; asked for only on demand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.errors import AccessDeniedError, BadRequestError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.readers.task_reader import PASSES
from tap_clickup.streams.base import BookmarkedStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_clickup.client import ApiResponse, Client
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

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._begun: set[str] = set()
        self._left: set[str] = set()

    def remember(self, workspace: Workspace, tasks: Mapping[str, Any], *, anew: bool) -> None:
        """Keep the state of tasks as it is at the start of a run until this stream has been read.

        What is kept already is of a run that was cut before that: its tasks are read again then,
        or all of them where tasks are read `anew`.
        """
        state = self.state_of(workspace)
        self._begun.add(workspace.id)
        if "tasks" in state:
            if anew:
                state["tasks"] = {"cursors": {}, "archives": None}
            self._left.add(workspace.id)
            workspace.hierarchy.include_archived_lists = True
        else:
            kept = {"cursors": dict(tasks["cursors"]), "archives": tasks.get("archives")}
            state["tasks"] = kept

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[ExtractedRecord]:  # noqa: ARG002
        """Yield the statuses of the tasks of this run, and of those that a cut run left."""
        if not self._tap.follower or workspace.id not in self._begun:
            return
        asking = TimeInStatusReader(self._tap.client)
        for task_ids in self._task_ids(workspace):
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
        if workspace.id in self._begun:
            self.state_of(workspace).pop("tasks", None)

    def _task_ids(self, workspace: Workspace) -> Iterator[list[str]]:
        """Yield ids of tasks, at most a hundred at a time."""
        if workspace.id in self._left:
            yield from self._left_by_a_cut_run(workspace)
            return
        found = sorted(workspace.synced_task_ids)
        for start in range(0, len(found), MOST_IDS):
            yield found[start : start + MOST_IDS]

    def _left_by_a_cut_run(self, workspace: Workspace) -> Iterator[list[str]]:
        """Read the ids of the tasks since then, this run's among them; keep how far that is."""
        kept = self.state_of(workspace)["tasks"]
        pages = self._tap.tasks.pages(workspace, kept["cursors"])
        for page in self._tap.beside(pages.page_iterators(known_archived_lists=kept["archives"])):
            yield page.task_ids
            if page.source in PASSES and page.complete_until:
                kept["cursors"][page.source] = page.complete_until
        if any(gap.retryable for gap in pages.failures):
            self._begun.discard(workspace.id)  # what is left stays for the next run


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
