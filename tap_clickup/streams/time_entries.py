"""Time entries of everybody, in slices of 30 days, a window of them read again each run.

ClickUp gives the entries of the token's own user unless others are named, has no order by change
and shows nothing of deleted ones. So every person is named, what people may still edit is read
again, and what a completely read slice does not show is gone.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_clickup.conversions import parse_timestamp
from tap_clickup.date_slices import date_slices
from tap_clickup.errors import AccessDeniedError, BadRequestError, UnexpectedResponseError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope
from tap_clickup.readers.time_entry_reader import TimeEntryReader, TimeEntrySlice
from tap_clickup.streams.base import BookmarkedStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.read_scope import ScopeConditions
    from tap_clickup.workspace import Workspace

LANES = 3
"""How many slices are read beside each other."""


class TimeEntries(BookmarkedStream):
    """Tracked time of all members, and of people seen on tasks who have left.

    State of a workspace: up to where slices were read, and of whom and where.
    """

    name = "time_entries"
    primary_keys = ("workspace_id", "id")
    replication_key = "date_updated"

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the entries slice by slice, unless time tracking is switched off."""
        if not self.config["time_tracking"] or workspace.selection.is_empty:
            return
        workspace.report.note_disabled_clickapp("Time Tracking", self._off(workspace))
        state = self.workspace_state(workspace.id)
        reader = self._reader(workspace, state)
        before, done = state.get("read_until"), list[tuple[TimeEntrySlice, list[str]]]()
        try:
            yield from self._slices(workspace, state, reader, done)
        except UnexpectedResponseError as error:
            if not isinstance(error, BadRequestError):
                # A parameter is ignored: then the slices before have shown less than there is, too.
                done.clear()
                state.pop("read_until", None)
                state.update({"read_until": before} if before else {})
            raise
        finally:
            for part, entry_ids in done:
                self._completed(workspace, part, entry_ids, others=reader.others_confirmed_visible)
        self._tell_limits(workspace, reader)

    def _slices(
        self,
        workspace: Workspace,
        state: dict[str, Any],
        reader: TimeEntryReader,
        done: list[tuple[TimeEntrySlice, list[str]]],
    ) -> Iterator[ExtractedRecord]:
        """Yield the entries; add to `done` what was read to its end."""
        now = datetime.now(UTC)
        parts = list(date_slices(self._starts_at(state, now), now))
        for each in self.sync_context.prefetch(
            map(reader.read, parts[lane::LANES]) for lane in range(LANES)
        ):
            workspace.seen_users.update({str(user["id"]): user for user in each.seen_users})
            for record in each.records:
                yield ExtractedRecord(record, each.requested_at)
            done.append((replace(each, records=[], seen_users=[]), [r["id"] for r in each.records]))
            parts.remove(each.slice)
            until = min(parts[0].start if parts else now, now)
            state["read_until"] = until.isoformat(timespec="milliseconds")

    def _completed(
        self, workspace: Workspace, each: TimeEntrySlice, entry_ids: list[str], *, others: bool
    ) -> None:
        """Tell which entries of a slice there are: everybody's, or only those of the own user."""
        conditions: ScopeConditions = {
            "started_at": {"from": _text(each.slice.start), "before": _text(each.slice.end)},
            "user_id": {"in": each.user_ids if others else [self.sync_context.client.user_id]},
        }
        conditions |= workspace.selection.conditions
        scope = ReadScope(self.name, each.requested_at, conditions, name=each.slice.name)
        workspace.add_completed_read(scope, [(entry_id,) for entry_id in entry_ids])

    def _reader(self, workspace: Workspace, state: dict[str, Any]) -> TimeEntryReader:
        """Return what asks for everybody: members, and whoever any run has seen.

        If there is somebody new, or the token sees more than before, all slices are read again.
        """
        before = set(state.get("user_ids", ()))
        user_ids = {
            self.sync_context.client.user_id,
            *workspace.members,
            *workspace.seen_users,
            *before,
        }
        reader = TimeEntryReader(
            self.sync_context.client, workspace, sorted(user_ids), workspace.selection.space_ids
        )
        sees = "all" if reader.privileged else self.sync_context.client.user_id
        sees_more = state.get("sees", "all") not in {"all", sees}
        selection_is_wider = workspace.selection.is_wider_than(state.get("spaces"))
        state["spaces"] = workspace.selection.to_state()
        if sees_more or selection_is_wider or user_ids != before:
            state.pop("read_until", None)
        state.setdefault("start_date", self.sync_context.start_date(workspace))
        state["user_ids"], state["sees"] = sorted(user_ids), sees
        return reader

    def _starts_at(self, state: dict[str, Any], now: datetime) -> datetime:
        first = parse_timestamp(state["start_date"])
        if self.sync_context.is_sweep or "read_until" not in state:
            return first
        try:
            window = now - timedelta(days=self.config["time_entries_window_days"])
        except OverflowError:
            return first
        return max(first, min(parse_timestamp(state["read_until"]), window))

    def _off(self, workspace: Workspace) -> list[str]:
        hierarchy = workspace.hierarchy
        hierarchy.load_spaces()
        rows = [reading.record for reading in hierarchy.records["spaces"]]
        return [row["id"] for row in rows if row["time_tracking_enabled"] is False]

    def _tell_limits(self, workspace: Workspace, reader: TimeEntryReader) -> None:
        """Report whose time is hidden: no permission is not the same as no time."""
        if hidden := reader.hidden_user_ids:
            workspace.report.record_failure(
                f"time entries of {len(hidden)} other people",
                AccessDeniedError(
                    "not visible with this token, whose user is neither owner nor admin; "
                    "give the user that role in ClickUp under Workspace settings > People"
                ),
            )
        if reader.denied_user_ids:
            workspace.report.record_failure(
                "time entries of people who have left",
                AccessDeniedError(
                    f"ClickUp refuses to give the time of users {sorted(reader.denied_user_ids)}"
                ),
            )
        if reader.without_location:
            workspace.report.note(
                f"{len(reader.without_location)} time entries show no place and were left out, "
                "since only selected spaces are read"
            )


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
