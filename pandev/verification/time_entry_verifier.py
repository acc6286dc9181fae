"""Compare stored time entries with ClickUp: a sample, and all ids.

ClickUp lists all entries of a month in one response, with all their fields. So the months are read
as in a sweep, which takes fewer requests than one for each entry of a sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pandev.verification.causes import TIME_ENTRY, LiveRecord
from pandev.verification.comparer import Comparer
from pandev.verification.live_tasks import GONE
from pandev.verification.mapped_stream import MappedStream
from tap_clickup.conversions import parse_timestamp
from tap_clickup.date_slices import date_slices
from tap_clickup.errors import AccessDeniedError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.readers.time_entry_reader import TimeEntryReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pandev.verification.causes import ObjectKey, WorkspaceReads
    from pandev.verification.result import Extent, Verification
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext
    from tap_clickup.workspace import Workspace
    from target_pandev.database import StoredRecord, StoreReader

USERS = "SELECT u.id FROM users AS u WHERE u.workspace_id = %(workspace_id)s"
"""Also users who have left: their time stays."""


@dataclass
class ListedEntries:
    """The entries of a workspace in ClickUp.

    `live` are those to compare, by id, `seen_ids` all of them. `odd_ids` cannot be read, and
    `too_old` began before the start date and are not stored.
    """

    live: dict[str, LiveRecord] = field(default_factory=dict)
    seen_ids: set[str] = field(default_factory=set)
    odd_ids: set[str] = field(default_factory=set)
    count: int = 0
    too_old: int = 0


class TimeEntryVerifier:
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
        self._reader = reader
        self._on_progress = on_progress
        self._mapped = MappedStream(stream)
        self._result = result
        self._comparer = Comparer(
            reader, sync_context.config, table=self._mapped.table, noun=TIME_ENTRY, result=result
        )
        self._stored = self._comparer.stored
        self._counts = self._comparer.stream_result

    def verify(self, extent: Extent) -> None:
        """Compare random entries, and all ids if requested. Raises `ClickUpError`, `StoreError`."""
        if not self._stored.exists:
            return
        self._result.streams.append(self._counts)
        workspaces = [item for item in self._context.workspaces if not item.selection.is_empty]
        workspace_ids = [workspace.id for workspace in workspaces]
        sample = self._comparer.sample(workspace_ids, extent)
        if extent.with_ids:
            self._counts.listed = 0
            self._counts.stored_ids = 0
        for workspace in workspaces:
            keys = [key for key in sample if key.workspace_id == workspace.id]
            if keys or extent.with_ids:
                self._compare_workspace(workspace, keys, with_ids=extent.with_ids)

    def _compare_workspace(
        self, workspace: Workspace, keys: list[ObjectKey], *, with_ids: bool
    ) -> None:
        """Read the rows, then the entries: an edit in between looks like one not polled yet."""
        rows = {key.id: self._comparer.read(key) for key in keys}
        stored_ids = self._stored.ids(workspace.id) if with_ids else None
        start = min([self._start_date(workspace), *map(_started_at, filter(None, rows.values()))])
        try:
            listed = self._list(workspace, start, rows, stored_ids)
        except (UnexpectedResponseError, AccessDeniedError) as error:
            failures = self._result.failures
            if isinstance(error, AccessDeniedError):
                failures = self._result.denied
            failures.append(f"time entries of workspace {workspace.id} not read: {error}")
            return
        for key in keys:
            if key.id in listed.odd_ids:
                self._result.failures.append(f"time entry {key.id} was not compared: it is odd")
            else:
                live = listed.live.get(key.id) or LiveRecord(hidden=GONE)
                self._comparer.compare(key, live, rows[key.id])
        if stored_ids is not None:
            self._compare_ids(workspace, listed, stored_ids, start)

    def _start_date(self, workspace: Workspace) -> datetime:
        return self._comparer.reads_of(workspace.id).start_date

    def _list(
        self,
        workspace: Workspace,
        start: datetime,
        rows: Mapping[str, StoredRecord | None],
        stored_ids: set[str] | None,
    ) -> ListedEntries:
        """Return the entries of all users since `start`. Raises `ClickUpError`."""
        listed = ListedEntries()
        users = {user_id for (user_id,) in self._query_users(workspace)} | workspace.members.keys()
        user_ids = sorted({*users, self._context.client.user_id})
        reader = TimeEntryReader(self._context.client, workspace, user_ids, None)
        for date_slice in date_slices(start, datetime.now(UTC)):
            part = reader.read(date_slice)
            listed.odd_ids.update(part.left_out_ids)
            listed.seen_ids.update(part.entry_ids)
            for record in part.records:
                is_new = stored_ids is not None and record["id"] not in stored_ids
                live = self._emit(workspace, ExtractedRecord(record, part.requested_at))
                if is_new and self._is_too_old(workspace, record["started_at"]):
                    listed.too_old += 1
                elif is_new or record["id"] in rows or live.record is None:
                    listed.live[record["id"]] = live
                listed.count += live.record is not None
            self._on_progress(f"{len(listed.seen_ids):,} time entries of {workspace.id} listed")
        return listed

    def _query_users(self, workspace: Workspace) -> list[tuple[str]]:
        return self._reader.query(USERS, {"workspace_id": workspace.id})

    def _is_too_old(self, workspace: Workspace, started_at: str | None) -> bool:
        if started_at is None:
            return False
        return parse_timestamp(started_at) < self._start_date(workspace)

    def _emit(self, workspace: Workspace, extracted: ExtractedRecord) -> LiveRecord:
        """Return what the tap emits for an entry.

        One without a location is in a selected space if its task is: that is not known here.
        """
        record = extracted.record
        space_id = record["space_id"]
        if space_id and not self._context.selection.includes_space(space_id):
            return LiveRecord(hidden=f"in space {space_id}, which is not selected")
        emitted = self._mapped.map(extracted)
        return LiveRecord(
            record=emitted,
            hidden="" if emitted is not None else "left out by stream_maps",
            date_updated=record["date_updated"],
            space_id=space_id,
            is_polled=self._is_polled(record["started_at"], self._comparer.reads_of(workspace.id)),
        )

    def _is_polled(self, started_at: str | None, reads: WorkspaceReads) -> bool:
        """Return whether polls read an entry again: it is not older than their window."""
        if started_at is None or reads.last_poll_at is None:
            return True
        window = timedelta(days=self._context.config["time_entries_window_days"])
        return parse_timestamp(started_at) >= reads.last_poll_at - window

    def _compare_ids(
        self, workspace: Workspace, listed: ListedEntries, stored_ids: set[str], start: datetime
    ) -> None:
        self._counts.listed = (self._counts.listed or 0) + listed.count
        self._counts.stored_ids = (self._counts.stored_ids or 0) + len(stored_ids)
        self._counts.too_old += listed.too_old
        is_narrowed = bool(self._context.selection.space_ids)
        for entry_id, live in listed.live.items():
            key = self._comparer.key(workspace.id, entry_id)
            if entry_id in stored_ids and key not in self._comparer.compared:
                self._comparer.compare(key, live, self._comparer.read(key))
            elif live.space_id or not is_narrowed:
                self._comparer.add_missing(key, live)
        for entry_id in sorted(stored_ids - listed.seen_ids):
            key = self._comparer.key(workspace.id, entry_id)
            stored = self._comparer.read(key)
            if key not in self._comparer.compared and stored and _started_at(stored) >= start:
                self._comparer.compare(key, LiveRecord(hidden=GONE), stored)


def _started_at(stored: StoredRecord) -> datetime:
    """Return when a stored entry began; a time that is always read if that is not known."""
    started_at: datetime | None = stored.values.get("started_at")
    return started_at or datetime.now(UTC)
