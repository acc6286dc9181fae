"""Tasks: messages and state from the pages that are read beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import parse_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.progress import Progress
from tap_clickup.read_scope import ReadScope
from tap_clickup.readers.task_reader import PASSES, Page, TaskReader
from tap_clickup.streams.base import BookmarkedStream
from tap_clickup.sync import BOOKMARK_OVERLAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_clickup.prefetch import Prefetcher
    from tap_clickup.workspace import Workspace


@dataclass
class TaskSync:
    """The reading of one workspace's tasks, begun at `started_at`.

    `task_ids` are all that a sweep has seen, `live` how many of them are live.
    """

    pages: TaskReader
    arriving: Prefetcher[Page]
    started_at: datetime
    task_ids: set[str] = field(default_factory=set)
    live: int = 0
    count: int = 0
    ended: bool = False
    custom_fields: set[str] = field(default_factory=set)

    @property
    def first(self) -> bool:
        """Whether nothing was read before: a sweep, or the first run."""
        return not self.pages.bookmarks


class Tasks(BookmarkedStream):
    """Tasks and subtasks, open and closed, by `date_updated`; in a sweep by `date_created`.

    ClickUp answers live or archived tasks, never both, so each pass has a cursor of its own. Tasks
    of archived lists, folders and spaces are in neither: they are read list by list.
    """

    name = "tasks"
    primary_keys = ("workspace_id", "id")
    replication_key = "date_updated"
    is_sorted = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._runs: dict[str, TaskSync] = {}

    def start(self) -> None:
        """Start reading the tasks of all workspaces that contain selected spaces."""
        for workspace in self.sync_context.workspaces:
            if not workspace.selection.is_empty:
                self._runs[workspace.id] = self._begin(workspace)

    def _begin(self, workspace: Workspace) -> TaskSync:
        """Start reading a workspace. The state is only used by the main thread."""
        state = self.workspace_state(workspace.id)
        state.setdefault("start_date", self.sync_context.start_date(workspace))
        self._warn_of_start(workspace, state["start_date"])
        state["cursors"] = {
            name: self._not_ahead(cursor) for name, cursor in state.get("cursors", {}).items()
        }
        selection_is_wider = workspace.selection.is_wider_than(state.get("spaces"))
        state["spaces"] = workspace.selection.to_state()
        if selection_is_wider:
            state["cursors"] = {}  # nothing of the added spaces was read
            state.pop("lists", None)
            state.pop("archives", None)
            workspace.hierarchy.include_archived_lists = True
        if backlog := workspace.time_in_status:
            backlog.start(state, reset=selection_is_wider)
            if backlog.is_resumed:
                workspace.hierarchy.include_archived_lists = True
        cursors = {} if self.sync_context.is_sweep else state["cursors"]
        pages = self.sync_context.task_reader(workspace, cursors)
        started_at = datetime.now(UTC)
        arriving = self.sync_context.prefetch(
            pages.page_iterators(known_archived_lists=state.get("archives"))
        )
        return TaskSync(pages, arriving, started_at)

    def _warn_of_start(self, workspace: Workspace, kept: str) -> None:
        """Tell that the first run has fixed where reading begins, if it is wanted earlier."""
        wanted = self.config.get("start_date")
        if wanted and parse_timestamp(wanted) < parse_timestamp(kept):
            self.logger.warning(
                "workspace %s: start_date: %s is kept, as the first run fixed it; to read what was "
                "updated before, begin with an empty state",
                workspace.id,
                kept,
            )

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield live tasks, archived ones, and those that lie in archived places."""
        if not self._runs:
            self.start()
        if not (run := self._runs.get(workspace.id)):
            return  # the selected spaces are in other workspaces
        try:
            yield from self._records(workspace, run, run.arriving)
            if self.sync_context.is_sweep:
                yield from self._records(workspace, run, self._changes(workspace, run))
        finally:
            run.pages.stopped.set()
        self._check_custom_fields(workspace, run)
        run.ended = True
        if self._is_settled(workspace) and workspace.hierarchy.include_archived_lists:
            self.workspace_state(workspace.id)["archives"] = (
                workspace.hierarchy.archived_lists_digest
            )
        if self.sync_context.is_sweep and workspace.hierarchy.complete and not run.pages.failures:
            self._completed(workspace, run)

    def _records(
        self, workspace: Workspace, run: TaskSync, pages: Iterable[Page]
    ) -> Iterator[ExtractedRecord]:
        state = self.workspace_state(workspace.id)
        latest = run.started_at.isoformat(timespec="milliseconds")  # no edit is of a later moment
        start = (
            None
            if self.sync_context.is_sweep
            else run.pages.bookmarks.get("live", run.pages.start_date)
        )
        progress = Progress(self.logger, workspace.id, start=start, end=run.started_at)
        for page in pages:
            for record in page.records:
                yield ExtractedRecord(record, page.requested_at)
            workspace.seen_users.update({str(user["id"]): user for user in page.seen_users})
            run.task_ids.update(page.task_ids if self.sync_context.is_sweep else ())
            run.count = (
                len(run.task_ids) if self.sync_context.is_sweep else run.count + len(page.task_ids)
            )
            run.custom_fields |= page.custom_fields
            if workspace.time_in_status or self.sync_context.selection.space_ids:
                workspace.synced_task_ids.update(page.task_ids)
            if self.sync_context.is_sweep:
                run.live += len(page.task_ids) if page.source == "live" else 0
            elif page.source in PASSES and page.complete_until:
                self._move_cursor(state, page.source, min(page.complete_until, latest))
            reached = page.complete_until if page.source == "live" else None
            progress.update(len(page.task_ids), parse_timestamp(reached) if reached else None)

    def _move_cursor(self, state: dict[str, Any], name: str, reached: str) -> None:
        """Move a pass's cursor, forward only. Singer's tools are shown the smaller cursor."""
        cursors = state["cursors"]
        if reached > cursors.get(name, ""):
            cursors[name] = reached
            state["replication_key"] = self.replication_key
            state["replication_key_value"] = min(cursors.values())

    def _changes(self, workspace: Workspace, run: TaskSync) -> Iterator[Page]:
        """Read what may have slid between the readings of a sweep: edited tasks, archived lists.

        What came out of an archived list meanwhile is in a pass, what went into one is here.
        """
        yield from run.pages.updated_since(run.started_at - BOOKMARK_OVERLAP)
        again = self.sync_context.new_hierarchy(workspace)
        again.walk()
        yield from run.pages.read_lists(again.archived_list_ids)
        workspace.hierarchy.failures.extend(again.failures)

    def save_lists_digests(self) -> None:
        """Save which lists exist, once all streams have been written.

        After an interrupted run, the next one then still includes the archived lists.
        """
        for workspace in self.sync_context.workspaces:
            if self._is_settled(workspace):
                self.workspace_state(workspace.id)["lists"] = workspace.hierarchy.lists_digest

    def _is_settled(self, workspace: Workspace) -> bool:
        """Whether the next run need not read archived lists again, if they are the same.

        What ClickUp refused does not change that; the sweep asks for it every night.
        """
        run = self._runs.get(workspace.id)
        if not run or not run.ended or workspace.hierarchy.has_retryable_failures:
            return False
        return not any(gap.retryable for gap in run.pages.failures)

    def _completed(self, workspace: Workspace, run: TaskSync) -> None:
        """Tell which tasks there are, of those that are old enough for ClickUp's index."""
        workspace.live_task_count = run.live
        until = (run.started_at - BOOKMARK_OVERLAP).isoformat(timespec="milliseconds")
        conditions = {**workspace.selection.conditions, "date_created": {"before": until}}
        scope = ReadScope(self.name, run.started_at, conditions)
        workspace.add_completed_read(scope, [(task_id,) for task_id in run.task_ids])

    def _check_custom_fields(self, workspace: Workspace, run: TaskSync) -> None:
        """Note custom fields that no task has: ClickUp tells nobody of a slip in a name."""
        for entry in run.pages.custom_fields if run.first and run.count else ():
            if entry.casefold() not in run.custom_fields:
                workspace.report.note(
                    f"custom_fields: {entry!r} is on none of the {run.count} tasks that were read; "
                    "expected the name or the id of a custom field"
                )

    def _not_ahead(self, cursor: str) -> str:
        """Return a cursor in UTC, or now if it lies in the future."""
        at, now = parse_timestamp(cursor), datetime.now(UTC)
        if at > now:
            self.logger.warning("the cursor %s lies in the future, reading from now", cursor)
        return min(at, now).astimezone(UTC).isoformat(timespec="milliseconds")
