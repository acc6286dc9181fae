"""Tasks: turns the pages that are read concurrently into messages and state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp, parse_timestamp
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.progress import Progress
from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.base import BookmarkedStream
from tap_clickup.sync import BOOKMARK_OVERLAP
from tap_clickup.task_sync import REPLICATION_KEY, PollProgress, SweepProgress, TaskSync
from tap_clickup.walks import saved_archives
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_clickup.readers.task_reader import Page
    from tap_clickup.workspace import Workspace


class Tasks(BookmarkedStream):
    """Tasks and subtasks, open and closed, by `date_updated`; in a sweep by `date_created`.

    ClickUp returns either live or archived tasks, so each pass has its own bookmark. Tasks of
    archived lists, folders and spaces are in neither: they are read list by list.
    """

    name = "tasks"
    primary_keys = ("workspace_id", "id")
    replication_key = REPLICATION_KEY
    is_sorted = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._syncs: dict[str, TaskSync] = {}

    def start(self) -> None:
        """Start reading the tasks of all workspaces that contain selected spaces."""
        for workspace in self.sync_context.workspaces:
            if not workspace.selection.is_empty:
                self._syncs[workspace.id] = self._begin_workspace(workspace)

    def _begin_workspace(self, workspace: Workspace) -> TaskSync:
        """Start reading a workspace. The state is only used by the main thread."""
        state = self.workspace_state(workspace.id)
        state.setdefault("start_date", self.sync_context.start_date(workspace))
        self._warn_about_start_date(workspace, state["start_date"])
        state["cursors"] = {
            pass_name: self._clamp_to_now(cursor)
            for pass_name, cursor in state.get("cursors", {}).items()
        }
        selection_is_wider = workspace.selection.is_wider_than(state.get("spaces"))
        state["spaces"] = workspace.selection.to_state()
        if selection_is_wider:
            state["cursors"] = {}  # nothing of the added spaces was read
            state.pop("walks", None)
            state.pop("archives", None)
            workspace.hierarchy.require_thorough_walk()
        if backlog := workspace.time_in_status:
            backlog.start(state, reset=selection_is_wider)
            if backlog.is_resumed:
                workspace.hierarchy.require_thorough_walk()
        is_sweep = self.sync_context.is_sweep
        reader = self.sync_context.task_reader(workspace, {} if is_sweep else state["cursors"])
        started_at = datetime.now(UTC)
        known_archives = saved_archives(state)
        iterators = reader.page_iterators(known_archives=known_archives)
        return TaskSync(
            reader=reader,
            pages=self.sync_context.prefetch(iterators),
            started_at=started_at,
            progress=SweepProgress() if is_sweep else PollProgress(state, started_at),
            known_archives=known_archives,
        )

    def _warn_about_start_date(self, workspace: Workspace, saved: str) -> None:
        """Warn if the setting is earlier than the start date that the first run has saved."""
        setting = self.config.get("start_date")
        if setting and parse_timestamp(setting) < parse_timestamp(saved):
            self.logger.warning(
                "workspace %s: start_date: %s is kept, as the first run saved it; to read tasks "
                "that were updated before, start with an empty state",
                workspace.id,
                saved,
            )

    def _clamp_to_now(self, cursor: str) -> str:
        """Return a bookmark in UTC, or now if it is in the future."""
        at = parse_timestamp(cursor)
        now = datetime.now(UTC)
        if at > now:
            self.logger.warning("the bookmark %s is in the future, reading from now", cursor)
        return format_timestamp(min(at, now).astimezone(UTC))

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield live tasks, archived tasks, and the tasks of archived lists."""
        if not self._syncs:
            self.start()
        if not (sync := self._syncs.get(workspace.id)):
            return  # the selected spaces are in other workspaces
        try:
            yield from self._emit_pages(workspace, sync, sync.pages)
            yield from self._emit_pages(workspace, sync, _read_unknown_lists(workspace, sync))
            if self.sync_context.is_sweep:
                changed = self._read_changed_during_sweep(workspace, sync)
                yield from self._emit_pages(workspace, sync, changed)
        finally:
            sync.reader.stopped.set()
        _note_unused_custom_fields(workspace, sync)
        _note_unlisted_lists(workspace, sync)
        sync.finished = True
        hierarchy = workspace.hierarchy
        if self._archived_lists_up_to_date(workspace):
            archives = {**sync.known_archives, **hierarchy.archives}
            self.workspace_state(workspace.id)["archives"] = {
                space_id: archives[space_id]
                for space_id in hierarchy.space_ids_found
                if space_id in archives
            }
        if isinstance(sync.progress, SweepProgress) and hierarchy.complete and not sync.failures:
            self._add_completed_read(workspace, sync.progress, sync.started_at)

    def _emit_pages(
        self, workspace: Workspace, sync: TaskSync, pages: Iterable[Page]
    ) -> Iterator[ExtractedRecord]:
        """Yield the records of pages; after each page, advance the bookmark and log progress."""
        progress = Progress(self.logger, workspace.id, start=sync.live_start, end=sync.started_at)
        for page in pages:
            for record in page.records:
                yield ExtractedRecord(record, page.requested_at)
            workspace.add_seen_users(page.seen_users)
            workspace.add_synced_tasks(page.task_ids)
            sync.page_read(page)
            self.write_due_state()
            reached = page.complete_until if page.source == "live" else None
            progress.update(len(page.task_ids), parse_timestamp(reached) if reached else None)
            workspace.progress = progress.share or workspace.progress

    def _read_changed_during_sweep(self, workspace: Workspace, sync: TaskSync) -> Iterator[Page]:
        """Read what may have moved between the passes of a sweep: edited tasks, archived lists.

        A task that was moved out of an archived list meanwhile is in a pass; one that was moved
        into an archived list is read here.
        """
        yield from sync.reader.updated_since(sync.started_at - BOOKMARK_OVERLAP)
        hierarchy = self.sync_context.new_hierarchy(workspace)
        hierarchy.walk()
        yield from sync.reader.read_lists(hierarchy.archived_list_ids)
        sync.late_failures = hierarchy.failures

    def save_walks(self) -> None:
        """Save when the spaces were walked and which lists exist, once all streams are written.

        After an interrupted run, the next one then still walks the same spaces.
        """
        for workspace in self.sync_context.workspaces:
            if not self._archived_lists_up_to_date(workspace):
                continue
            hierarchy = workspace.hierarchy
            walks = {**hierarchy.previous_walks, **hierarchy.walks}
            state = self.workspace_state(workspace.id)
            state.pop("lists", None)  # of earlier versions
            state["walks"] = {
                space_id: walks[space_id].to_state()
                for space_id in hierarchy.space_ids_found
                if space_id in walks
            }

    def _archived_lists_up_to_date(self, workspace: Workspace) -> bool:
        """Return whether the next run need not read the archived lists if they are the same.

        Denied lists do not matter: the nightly sweep requests them again.
        """
        sync = self._syncs.get(workspace.id)
        if not sync or workspace.hierarchy.has_retryable_failures:
            return False
        return not sync.has_retryable_failures

    def _add_completed_read(
        self, workspace: Workspace, progress: SweepProgress, started_at: datetime
    ) -> None:
        """Record which tasks exist, of those that are old enough for ClickUp's index."""
        workspace.live_task_count = progress.live_count
        created_before = format_timestamp(started_at - BOOKMARK_OVERLAP)
        conditions = {
            **workspace.selection.conditions,
            "date_created": {"before": created_before},
        }
        scope = ReadScope(self.name, started_at, conditions)
        workspace.add_completed_read(scope, [(task_id,) for task_id in progress.task_ids])


def _read_unknown_lists(workspace: Workspace, sync: TaskSync) -> Iterator[Page]:
    """Walk the spaces of lists that tasks name and no walk has shown.

    Yields the tasks of archived lists that only these walks have shown.
    """
    hierarchy = workspace.hierarchy
    hierarchy.walk()
    unknown = {
        list_id: space_id
        for list_id, space_id in sync.list_spaces.items()
        if not hierarchy.is_known_list(list_id)
    }
    already_read = set(hierarchy.unread_archived_lists(sync.known_archives))
    hierarchy.walk_spaces(set(unknown.values()))
    archived_lists = hierarchy.unread_archived_lists(sync.known_archives)
    yield from sync.reader.read_lists(
        [list_id for list_id in archived_lists if list_id not in already_read]
    )


def _note_unlisted_lists(workspace: Workspace, sync: TaskSync) -> None:
    """Note lists that tasks name and ClickUp shows in no space; a denied one is named already."""
    hierarchy = workspace.hierarchy
    if not hierarchy.spaces_complete:
        return
    workspace.report.note_unlisted_lists(
        [
            list_id
            for list_id, space_id in sorted(sync.list_spaces.items())
            if space_id not in hierarchy.incomplete_space_ids
            and not hierarchy.is_known_list(list_id)
        ]
    )


def _note_unused_custom_fields(workspace: Workspace, sync: TaskSync) -> None:
    """Note selected custom fields that no task has: ClickUp does not report a misspelt name."""
    task_count = sync.progress.task_count
    if not sync.is_initial or not task_count:
        return
    for identifier in sync.reader.custom_fields:
        if identifier.casefold() not in sync.custom_fields:
            tasks = format_count(task_count, "task that was", "tasks that were")
            workspace.report.note(
                f"custom_fields: {identifier!r} is on none of the {tasks} read; "
                "expected the name or the id of a custom field"
            )
