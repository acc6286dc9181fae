"""Time entries of all users, in slices of 30 days; the latest slices are read again in every run.

ClickUp returns the entries of the token's own user unless others are named, has no order by change
and does not report deletions. So every user is named, a window in which users still edit their time
is read again, and deletions are derived from completely read slices.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import format_timestamp, parse_timestamp
from tap_clickup.date_slices import EARLIEST, date_slices
from tap_clickup.errors import AccessDeniedError, BadRequestError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.packed import PackedKeys
from tap_clickup.read_scope import time_entry_scope
from tap_clickup.readers.time_entry_reader import TimeEntryReader
from tap_clickup.sent_days import MAX_DAYS, SentDays
from tap_clickup.streams.base import BookmarkedStream
from tap_clickup.wording import format_count, format_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_clickup.date_slices import Slice
    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.readers.time_entry_reader import TimeEntrySlice
    from tap_clickup.workspace import Workspace

SLICE_WORKERS = 2
"""How many slices are read concurrently: two requests per second are more than ClickUp allows, and
each response of 50 people may have 5,000 entries."""


class TimeEntries(BookmarkedStream):
    """Tracked time of all members, and of users on tasks who have left.

    The state of a workspace contains the date up to which slices were read (`read_until`), the
    users, spaces and permissions (`user_ids`, `spaces`, `sees`) with which they were read, and
    what was sent of the days that are read again (`sent`).
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
        sent = self._sent_days(workspace, now)
        try:
            for part in self._prefetch_slices(reader, slices):
                if isinstance(part, FinishedSlice):
                    progress.add(part)
                    continue
                workspace.add_seen_users(part.seen_users)
                yield from send_unsent(part, sent)
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
    ) -> Iterable[TimeEntrySlice | FinishedSlice]:
        """Read slices concurrently; return their parts in the order of their arrival."""
        return self.sync_context.prefetch(
            read_slices(reader, slices[worker::SLICE_WORKERS]) for worker in range(SLICE_WORKERS)
        )

    def _sent_days(self, workspace: Workspace, now: datetime) -> SentDays:
        """Return what was sent of the days that each run reads again; a sweep sends everything."""
        state = self.workspace_state(workspace.id)
        since = max(_window_start(now, self.config), now - timedelta(days=MAX_DAYS))
        maps = self.config.get("stream_maps")
        sent = SentDays(
            state.get("sent", {}),
            since=f"{since:%Y-%m-%d}",
            form=json.dumps([sorted(map(str, self.mask.items())), maps], default=str),
            sends_all=self.sync_context.is_sweep,
        )
        state["sent"] = sent.digests
        return sent

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
            workspace.add_completed_read(scope, time_slice.keys)

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
            state.pop("sent", None)
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
        window_start = _window_start(now, self.config)
        return max(start_date, min(_day_of(parse_timestamp(state["read_until"])), window_start))

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
    """A slice whose parts were read. It `is_complete` unless an entry has no readable id."""

    slice: Slice
    user_ids: list[str]
    keys: PackedKeys
    is_complete: bool
    requested_at: datetime


def read_slices(
    reader: TimeEntryReader, slices: Iterable[Slice]
) -> Iterator[TimeEntrySlice | FinishedSlice]:
    """Yield the parts of each slice, and then the slice."""
    for date_slice in slices:
        requested_at = datetime.now(UTC)
        user_ids: list[str] = []
        keys = PackedKeys()
        for part in reader.read_parts(date_slice):
            user_ids += part.user_ids
            keys.add((entry_id,) for entry_id in part.entry_ids)
            yield part
        is_complete = reader.is_complete(date_slice)
        yield FinishedSlice(date_slice, user_ids, keys, is_complete, requested_at)


def send_unsent(part: TimeEntrySlice, sent: SentDays) -> Iterator[ExtractedRecord]:
    """Yield the entries that are not sent yet."""
    unsent, digests = sent.select_unsent(part.user_ids, part.records)
    for record in unsent:
        yield ExtractedRecord(record, part.requested_at)
    sent.add(part.user_ids, part.slice, digests)


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

    def add(self, time_slice: FinishedSlice) -> None:
        """Add a slice, and advance the bookmark: an entry without an id is the same next time."""
        if time_slice.is_complete:
            self.finished.append(time_slice)
        self._missing.remove(time_slice.slice)
        until = min(self._missing[0].start, self.now) if self._missing else self.now
        self.state["read_until"] = format_timestamp(until)

    def discard(self) -> None:
        """Remove all slices and restore the bookmark."""
        self.finished.clear()
        self.state.pop("read_until", None)
        if self._previous_bookmark:
            self.state["read_until"] = self._previous_bookmark


def _window_start(now: datetime, config: Mapping[str, Any]) -> datetime:
    """Return the begin of the first day that each run reads again."""
    try:
        return _day_of(now - timedelta(days=config["time_entries_window_days"]))
    except OverflowError:
        return EARLIEST


def _day_of(timestamp: datetime) -> datetime:
    return timestamp.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _spaces_without_time_tracking(hierarchy: Hierarchy) -> list[str]:
    hierarchy.load_spaces()
    return [
        space.record["id"]
        for space in hierarchy.spaces
        if space.record["time_tracking_enabled"] is False
    ]
