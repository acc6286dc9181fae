"""Compare stored tasks with ClickUp: a sample, each by its own request, and all ids.

Each row is read just before its task: an edit in between looks like one that was not polled yet.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pandev.verification.causes import TASK
from pandev.verification.comparer import Comparer
from pandev.verification.live_tasks import GONE, LiveTasks
from tap_clickup.errors import UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.readers.task_reader import TaskReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pandev.verification.causes import LiveRecord, ObjectKey
    from pandev.verification.result import Extent, Verification
    from tap_clickup.readers.task_reader import Page
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext
    from tap_clickup.sync_report import ReadFailure
    from tap_clickup.workspace import Workspace
    from target_pandev.database import StoreReader

MAX_CONFIRMED = 100
"""Stored tasks that ClickUp does not list, of which each is requested on its own."""


class TaskVerifier:
    """Adds to `result`. `on_progress` is called with what was done, and the number of it."""

    def __init__(
        self,
        reader: StoreReader,
        sync_context: SyncContext,
        stream: ClickUpStream,
        result: Verification,
        *,
        on_progress: Callable[[str], None],
    ) -> None:
        self._context = sync_context
        self._on_progress = on_progress
        self._live = LiveTasks(sync_context, stream)
        self._result = result
        self._comparer = Comparer(
            reader, sync_context.config, table=self._live.table, noun=TASK, result=result
        )
        self._stored = self._comparer.stored
        self._counts = self._comparer.stream_result

    def verify(self, extent: Extent) -> None:
        """Compare random tasks, and all ids if requested. Raises `ClickUpError`, `StoreError`."""
        if not self._stored.exists:
            return
        self._result.streams.append(self._counts)
        workspace_ids = [workspace.id for workspace in self._context.workspaces]
        sample = self._comparer.sample(workspace_ids, extent)
        for number, key in enumerate(sample, start=1):
            self._compare(key)
            self._on_progress(f"{number:,} of {len(sample):,} tasks compared")
        if extent.with_ids:
            self._compare_all_ids()

    def _compare_all_ids(self) -> None:
        self._counts.listed = 0
        self._counts.stored_ids = 0
        for workspace in self._context.workspaces:
            if not workspace.selection.is_empty:
                self._compare_ids(workspace)

    def _compare(self, key: ObjectKey) -> None:
        """Read a row and its task, and add how they differ."""
        stored = self._comparer.read(key)
        try:
            live = self._live.read(key.workspace_id, key.id)
        except UnexpectedResponseError as error:
            self._result.failures.append(f"task {key.id} was not compared: {error}")
            return
        self._comparer.compare(key, live, stored)

    def _compare_ids(self, workspace: Workspace) -> None:
        stored_ids = self._stored.ids(workspace.id)
        self._counts.stored_ids = (self._counts.stored_ids or 0) + len(stored_ids)
        listed_ids: set[str] = set()
        missing: dict[str, LiveRecord] = {}
        reader = self._task_reader(workspace)
        for page in _pages(reader):
            listed_ids.update(page.task_ids, page.left_out_ids)
            missing |= {
                record["id"]: self._live.emit(ExtractedRecord(record, page.requested_at))
                for record in page.records
                if record["id"] not in stored_ids
            }
            emitted_ids = {record["id"] for record in page.records}
            self._counts.too_old += len({*page.task_ids} - emitted_ids - stored_ids)
            self._on_progress(f"{len(listed_ids):,} ids listed in workspace {workspace.id}")
        failures = [*reader.failures, *workspace.hierarchy.failures]
        _add_failures(failures, self._result)
        self._counts.listed = (self._counts.listed or 0) + len(listed_ids)
        for task_id, live in missing.items():
            self._comparer.add_missing(self._comparer.key(workspace.id, task_id), live)
        self._add_unlisted(workspace, stored_ids - listed_ids, is_complete=not failures)

    def _task_reader(self, workspace: Workspace) -> TaskReader:
        """Return a reader that lists all tasks, as a sweep does."""
        return TaskReader(
            client=self._context.client,
            workspace=workspace,
            space_ids=workspace.selection.space_ids or (),
            custom_fields=tuple(self._context.config["custom_fields"]),
            start_date=self._comparer.reads_of(workspace.id).start_date,
            bookmarks={},
            is_sweep=True,
        )

    def _add_unlisted(self, workspace: Workspace, task_ids: set[str], *, is_complete: bool) -> None:
        """Add the stored tasks that ClickUp does not list: some are requested on their own."""
        keys = [self._comparer.key(workspace.id, task_id) for task_id in sorted(task_ids)]
        keys = [key for key in keys if key not in self._comparer.compared]
        Random(self._result.seed).shuffle(keys)  # noqa: S311 - a sample, not a secret
        for number, key in enumerate(keys[:MAX_CONFIRMED], start=1):
            self._compare(key)
            self._on_progress(f"{number:,} unlisted tasks compared")
        rest = keys[MAX_CONFIRMED:]
        if is_complete:
            self._result.differences += [key.differs("hidden", GONE) for key in rest]
        elif rest:
            self._result.failures.append(
                f"workspace {workspace.id}: {len(rest):,} stored tasks were not compared, as "
                "ClickUp's list is not complete"
            )


def _pages(reader: TaskReader) -> Iterator[Page]:
    for iterator in reader.page_iterators(known_archives={}):
        yield from iterator


def _add_failures(failures: list[ReadFailure], result: Verification) -> None:
    for failure in failures:
        line = f"{failure.subject} not read: {failure.reason}"
        (result.failures if failure.retryable else result.denied).append(line)
