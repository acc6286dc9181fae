"""Time entries of all users, in slices of 30 days; the latest slices are read again in every run.

ClickUp returns the entries of the token's own user unless others are named, has no order by change
and does not report deletions. So every user is named, a window in which users still edit their time
is read again, and deletions are derived from completely read slices.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp, parse_timestamp
from tap_clickup.date_slices import date_slices
from tap_clickup.errors import AccessDeniedError, BadRequestError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import time_entry_scope
from tap_clickup.readers.time_entry_reader import TimeEntryReader
from tap_clickup.streams.base import BookmarkedStream
from tap_clickup.wording import format_count, format_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_clickup.date_slices import Slice
    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.readers.time_entry_reader import TimeEntrySlice
    from tap_clickup.workspace import Workspace

SLICE_WORKERS = 3
"""How many slices are read concurrently."""


class TimeEntries(BookmarkedStream):
    """Tracked time of all members, and of users on tasks who have left.

    The state of a workspace contains the date up to which slices were read (`read_until`), and the
    users, spaces and permissions (`user_ids`, `spaces`, `sees`) with which they were read.
    """

    name = "time_entries"
    primary_keys = ("workspace_id", "id")
    replication_key = "date_updated"

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the entries slice by slice, unless the setting turns time tracking off."""
        if not self.config["time_tracking"] or workspace.selection.is_empty:
            return
        disabled = _spaces_without_time_tracking(workspace.hierarchy)
        workspace.report.note_disabled_clickapp("Time Tracking", disabled)
        reader = self._new_reader(workspace)
        now = datetime.now(UTC)
        slices = list(date_slices(self._first_slice_start(workspace, now), now))
        progress = SliceProgress(self.workspace_state(workspace.id), slices, now)
        try:
            for time_slice in self._prefetch_slices(reader, slices):
                workspace.add_seen_users(time_slice.seen_users)
                for record in time_slice.records:
                    yield ExtractedRecord(record, time_slice.requested_at)
                progress.add(time_slice)
        except BadRequestError:
            raise
        except UnexpectedResponseError:
            progress.discard()  # a parameter is ignored, so all slices may lack entries
            raise
        finally:
            self._add_completed_reads(workspace, reader, progress.finished)
        self._report_limitations(workspace, reader)

    def _prefetch_slices(
        self, reader: TimeEntryReader, slices: Sequence[Slice]
    ) -> Iterable[TimeEntrySlice]:
        """Read slices concurrently; return them in the order of their arrival."""
        return self.sync_context.prefetch(
            map(reader.read, slices[worker::SLICE_WORKERS]) for worker in range(SLICE_WORKERS)
        )

    def _add_completed_reads(
        self, workspace: Workspace, reader: TimeEntryReader, finished: Iterable[FinishedSlice]
    ) -> None:
        """Record which entries exist: of all users, or of the token's user only."""
        for time_slice in finished:
            user_ids = time_slice.user_ids
            if not reader.others_confirmed_visible:
                user_ids = [self.sync_context.client.user_id]
            scope = time_entry_scope(
                time_slice.slice,
                started_at=time_slice.requested_at,
                user_ids=user_ids,
                conditions=workspace.selection.conditions,
            )
            workspace.add_completed_read(scope, [(entry_id,) for entry_id in time_slice.entry_ids])

    def _new_reader(self, workspace: Workspace) -> TimeEntryReader:
        """Return the reader of the entries of all members, and of users that any run has seen.

        If there are new users, or the token sees more than before, all slices are read again.
        """
        client = self.sync_context.client
        state = self.workspace_state(workspace.id)
        previous_user_ids = set(state.get("user_ids", ()))
        user_ids = {
            client.user_id,
            *workspace.members,
            *workspace.seen_users,
            *previous_user_ids,
        }
        selection = workspace.selection
        reader = TimeEntryReader(client, workspace, sorted(user_ids), selection.space_ids)
        sees = "all" if reader.privileged else client.user_id
        sees_more = state.get("sees", "all") not in {"all", sees}
        if (
            sees_more
            or user_ids != previous_user_ids
            or selection.is_wider_than(state.get("spaces"))
        ):
            state.pop("read_until", None)
        state.setdefault("start_date", self.sync_context.start_date(workspace))
        state["spaces"] = selection.to_state()
        state["user_ids"] = sorted(user_ids)
        state["sees"] = sees
        return reader

    def _first_slice_start(self, workspace: Workspace, now: datetime) -> datetime:
        """Return where reading starts: at the bookmark or the window, whichever is earlier."""
        state = self.workspace_state(workspace.id)
        start_date = parse_timestamp(state["start_date"])
        if self.sync_context.is_sweep or "read_until" not in state:
            return start_date
        try:
            window_start = now - timedelta(days=self.config["time_entries_window_days"])
        except OverflowError:
            return start_date
        return max(start_date, min(parse_timestamp(state["read_until"]), window_start))

    def _report_limitations(self, workspace: Workspace, reader: TimeEntryReader) -> None:
        """Report whose time is hidden: a user without permission is not a user without time."""
        if hidden := reader.hidden_user_ids:
            workspace.report.record_failure(
                f"time entries of {format_count(len(hidden), 'other user')}",
                AccessDeniedError(
                    "not visible with this token, whose user is neither owner nor admin; "
                    "give the user that role in ClickUp under Workspace settings > People"
                ),
            )
        if reader.denied_user_ids:
            workspace.report.record_failure(
                "time entries of users who have left",
                AccessDeniedError(
                    "ClickUp denies the time entries of "
                    + format_ids("user", sorted(reader.denied_user_ids))
                ),
            )
        if count := len(reader.without_location):
            entries = format_count(count, "time entry was", "time entries were")
            workspace.report.note(
                f"{entries} left out for lack of a location, since only selected spaces are read"
            )


@dataclass(frozen=True)
class FinishedSlice:
    """A slice that was read completely, without its records."""

    slice: Slice
    user_ids: list[str]
    entry_ids: list[str]
    requested_at: datetime


@dataclass
class SliceProgress:
    """The slices read so far, and the bookmark `read_until` in the state of a workspace.

    The slices arrive in any order; the bookmark is where the first missing one starts.
    """

    state: dict[str, Any]
    slices: list[Slice]
    now: datetime
    finished: list[FinishedSlice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._missing = list(self.slices)
        self._previous_bookmark = self.state.get("read_until")

    def add(self, time_slice: TimeEntrySlice) -> None:
        """Add a slice, and advance the bookmark: an entry without an id is the same next time."""
        if time_slice.is_complete:
            self.finished.append(
                FinishedSlice(
                    time_slice.slice,
                    time_slice.user_ids,
                    time_slice.entry_ids,
                    time_slice.requested_at,
                )
            )
        self._missing.remove(time_slice.slice)
        until = min(self._missing[0].start, self.now) if self._missing else self.now
        self.state["read_until"] = format_timestamp(until)

    def discard(self) -> None:
        """Remove all slices and restore the bookmark."""
        self.finished.clear()
        self.state.pop("read_until", None)
        if self._previous_bookmark:
            self.state["read_until"] = self._previous_bookmark


def _spaces_without_time_tracking(hierarchy: Hierarchy) -> list[str]:
    hierarchy.load_spaces()
    return [
        space.record["id"]
        for space in hierarchy.spaces
        if space.record["time_tracking_enabled"] is False
    ]
