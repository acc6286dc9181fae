"""Compare a sample of the stored tasks, and all ids, with ClickUp."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from pandev.verification.causes import ComparedTask, Difference, TaskKey
from pandev.verification.live_tasks import GONE, LiveTasks
from pandev.verification.reads import no_reads, read_rejections, read_workspace_reads
from tap_clickup.errors import ApiUnavailableError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.readers.task_reader import TaskReader
from target_pandev.database import StoredObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pandev.verification.causes import LiveTask, WorkspaceReads
    from tap_clickup.readers.task_reader import Page
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext
    from tap_clickup.sync_report import ReadFailure
    from tap_clickup.workspace import Workspace
    from target_pandev.database import StoredRecord, StoreReader

MAX_CONFIRMED = 100
"""Stored tasks that ClickUp does not list, of which each is requested on its own."""


@dataclass
class Verification:
    """What was compared, and what differs.

    `listed` is the number of ids in ClickUp and `stored_ids` in the store, None if they were not
    compared; `too_old` those that are not loaded, as they have not changed since the start date.
    `failures` are what could not be read, `denied` what ClickUp denies.
    """

    seed: int
    stored_count: int = 0
    compared: int = 0
    equal: int = 0
    listed: int | None = None
    stored_ids: int | None = None
    too_old: int = 0
    differences: list[Difference] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)

    def count(self, cause: str) -> int:
        """Return how many tasks differ for a cause."""
        return len(
            {
                (difference.workspace_id, difference.task_id)
                for difference in self.differences
                if difference.cause == cause
            }
        )


class Verifier:
    """Compares tasks one after the other, each row just before its task.

    An edit in between then looks like one that was not polled yet. `on_progress` is called with
    what was done, and the number of it.
    """

    def __init__(
        self,
        reader: StoreReader,
        sync_context: SyncContext,
        stream: ClickUpStream,
        *,
        on_progress: Callable[[str], None],
    ) -> None:
        self._context = sync_context
        self._on_progress = on_progress
        self._live = LiveTasks(sync_context, stream)
        self._stored = StoredObjects(reader, self._live.table)
        self._reads = read_workspace_reads(reader, sync_context.config)
        self._rejections = read_rejections(reader, self._live.table)
        self._compared: set[TaskKey] = set()

    def verify(self, *, size: int, seed: int, with_ids: bool) -> Verification:
        """Compare random tasks, and all ids if requested.

        If ClickUp can no longer be reached, the result is what was compared until then. Raises
        `ClickUpError` for other errors, and `StoreError`.
        """
        result = Verification(seed)
        if not self._stored.exists:
            return result
        workspace_ids = [workspace.id for workspace in self._context.workspaces]
        result.stored_count = self._stored.count(workspace_ids)
        try:
            self._compare_sample(self._stored.sample(workspace_ids, size, seed=seed), result)
            if with_ids:
                self._compare_all_ids(result)
        except ApiUnavailableError as error:
            result.failures.append(f"stopped: {error}")
        return result

    def _compare_sample(self, sample: Sequence[tuple[str, str]], result: Verification) -> None:
        for number, key in enumerate(sample, start=1):
            self._compare(TaskKey(*key), result)
            self._on_progress(f"{number:,} of {len(sample):,} tasks compared")

    def _compare_all_ids(self, result: Verification) -> None:
        result.listed = 0
        result.stored_ids = 0
        for workspace in self._context.workspaces:
            if not workspace.selection.is_empty:
                self._compare_ids(workspace, result)

    def _compare(self, key: TaskKey, result: Verification) -> None:
        """Read a row and its task, and add how they differ."""
        stored = self._stored.read(key.workspace_id, key.id)
        try:
            live = self._live.read(key.workspace_id, key.id)
        except UnexpectedResponseError as error:
            result.failures.append(f"task {key.id} was not compared: {error}")
            return
        self._compared.add(key)
        result.compared += 1
        differences = self._find_causes(key, live, stored)
        result.differences += differences
        result.equal += not differences

    def _find_causes(
        self, key: TaskKey, live: LiveTask, stored: StoredRecord | None
    ) -> list[Difference]:
        rejection = self._rejections.get((key.workspace_id, key.id))
        reads = self._reads_of(key.workspace_id)
        return ComparedTask(key, live, stored, reads, rejection).find_causes()

    def _reads_of(self, workspace_id: str) -> WorkspaceReads:
        return self._reads.get(workspace_id) or no_reads()

    def _compare_ids(self, workspace: Workspace, result: Verification) -> None:
        stored_ids = self._stored.ids(workspace.id)
        result.stored_ids = (result.stored_ids or 0) + len(stored_ids)
        listed_ids: set[str] = set()
        missing: dict[str, LiveTask] = {}
        reader = self._task_reader(workspace)
        for page in _pages(reader):
            listed_ids.update(page.task_ids, page.left_out_ids)
            missing |= {
                record["id"]: self._live.emit(ExtractedRecord(record, page.requested_at))
                for record in page.records
                if record["id"] not in stored_ids
            }
            emitted_ids = {record["id"] for record in page.records}
            result.too_old += len({*page.task_ids} - emitted_ids - stored_ids)
            self._on_progress(f"{len(listed_ids):,} ids listed in workspace {workspace.id}")
        failures = [*reader.failures, *workspace.hierarchy.failures]
        _add_failures(failures, result)
        result.listed = (result.listed or 0) + len(listed_ids)
        self._add_missing(workspace, missing, result)
        self._add_unlisted(workspace, stored_ids - listed_ids, result, is_complete=not failures)

    def _task_reader(self, workspace: Workspace) -> TaskReader:
        """Return a reader that lists all tasks, as a sweep does."""
        return TaskReader(
            client=self._context.client,
            workspace=workspace,
            space_ids=workspace.selection.space_ids or (),
            custom_fields=tuple(self._context.config["custom_fields"]),
            start_date=self._reads_of(workspace.id).start_date,
            bookmarks={},
            is_sweep=True,
        )

    def _add_missing(
        self, workspace: Workspace, missing: dict[str, LiveTask], result: Verification
    ) -> None:
        """Add the listed tasks that are not stored, unless they were stored meanwhile."""
        for task_id, live in missing.items():
            key = TaskKey(workspace.id, task_id)
            stored = self._stored.read(workspace.id, task_id)
            if key not in self._compared and (stored is None or stored.deleted_at):
                result.differences += self._find_causes(key, live, stored)

    def _add_unlisted(
        self, workspace: Workspace, task_ids: set[str], result: Verification, *, is_complete: bool
    ) -> None:
        """Add the stored tasks that ClickUp does not list: some are requested on their own."""
        keys = [TaskKey(workspace.id, task_id) for task_id in sorted(task_ids)]
        keys = [key for key in keys if key not in self._compared]
        Random(result.seed).shuffle(keys)  # noqa: S311 - a sample, not a secret
        for number, key in enumerate(keys[:MAX_CONFIRMED], start=1):
            self._compare(key, result)
            self._on_progress(f"{number:,} unlisted tasks compared")
        rest = keys[MAX_CONFIRMED:]
        if is_complete:
            result.differences += [key.differs("hidden", GONE) for key in rest]
        elif rest:
            result.failures.append(
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
