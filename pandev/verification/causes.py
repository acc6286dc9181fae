"""Decide why an object in ClickUp and its stored row differ. Pure.

A difference is *ours* only if nothing else explains it: a poll or a sweep should have read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pandev.verification.fields import find_differences
from tap_clickup.conversions import parse_timestamp
from tap_clickup.sync import BOOKMARK_OVERLAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pandev.verification.fields import FieldDifference
    from target_pandev.database import StoredRecord

TASK = "task"
TIME_ENTRY = "time entry"
Cause: TypeAlias = Literal["not yet polled", "hidden", "ours"]
PLACE_FIELDS = frozenset(
    {"list_id", "folder_id", "space_id", "secondary_list_ids", "top_level_parent_id"}
)
UNDATED_FIELDS = PLACE_FIELDS | {"tags", "custom_fields", "custom_id", "url"}
"""Fields that may change without a new `date_updated`, as when a task moves with its parent, or a
tag is renamed: no poll finds such a change, but each sweep does."""


@dataclass(frozen=True)
class LiveRecord:
    """A task or time entry in ClickUp; `record` is what the tap emits, None if it emits nothing.

    `hidden` says why not. `date_updated`, `space_id` and `list_id` are those of ClickUp, whatever
    stream maps make of the record. `is_polled` is whether a poll finds its changes, not only a
    sweep.
    """

    record: Mapping[str, Any] | None = None
    hidden: str = ""
    date_updated: str | None = None
    space_id: str | None = None
    list_id: str | None = None
    is_polled: bool = True


@dataclass(frozen=True)
class WorkspaceReads:
    """When a workspace was read completely, and what the store knows of it.

    `start_date` is the update date from which tasks are loaded; `last_poll_at` and `last_sweep_at`
    are when the latest reads began that had no failure. A sweep counts as a poll.
    """

    start_date: datetime
    last_poll_at: datetime | None
    last_sweep_at: datetime | None
    space_ids: frozenset[str] = frozenset()
    archived_list_ids: frozenset[str] = frozenset()

    def last_read(self, live: LiveRecord) -> tuple[str, datetime | None]:
        """Return what finds a change of an object, and when the latest one began.

        Only a sweep finds those in archived lists, of objects without a date, and of old time.
        """
        is_swept = live.date_updated is None or live.list_id in self.archived_list_ids
        if is_swept or not live.is_polled:
            return "sweep", self.last_sweep_at
        return "poll", self.last_poll_at

    def is_missed(self, live: LiveRecord) -> bool:
        """Return whether a read should have found the latest change of an object.

        ClickUp's index may lag behind an edit by the overlap of polls.
        """
        _, read_at = self.last_read(live)
        if read_at is None or live.date_updated is None:
            return read_at is not None
        return parse_timestamp(live.date_updated) <= read_at - BOOKMARK_OVERLAP


@dataclass(frozen=True)
class ObjectKey:
    """The key of a task, or of what else `noun` names."""

    workspace_id: str
    id: str
    noun: str = TASK

    def differs(
        self, cause: Cause, reason: str, fields: Iterable[FieldDifference] = ()
    ) -> Difference:
        """Return a difference of this object."""
        return Difference(self, cause, reason, tuple(fields))


@dataclass(frozen=True)
class Difference:
    """Why an object differs, and the fields that differ for it; none if it is all of it."""

    key: ObjectKey
    cause: Cause
    reason: str
    fields: tuple[FieldDifference, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """Why the target has rejected a version of an object, and when."""

    reason: str
    rejected_at: datetime


@dataclass(frozen=True)
class ComparedObject:
    """An object in ClickUp and its row, which was read before it; None if there is no row.

    `rejection` is the latest one of a version of the object.
    """

    key: ObjectKey
    live: LiveRecord
    stored: StoredRecord | None
    reads: WorkspaceReads
    rejection: Rejection | None = None

    def find_causes(self) -> list[Difference]:
        """Return how the object differs from its row, by cause; empty if it does not."""
        stored = self.stored
        is_stored = stored is not None and stored.deleted_at is None
        if self.live.record is None:
            return [self.key.differs("hidden", self.live.hidden)] if is_stored else []
        if stored is None:
            return self._causes_of_missing()
        if stored.deleted_at is not None:
            return [self._cause_of_mark(stored.deleted_at)]
        fields = list(find_differences(self.live.record, stored.values))
        return list(self._causes_of_fields(stored, fields)) if fields else []

    def _causes_of_missing(self) -> list[Difference]:
        live, reads = self.live, self.reads
        if live.date_updated and parse_timestamp(live.date_updated) < reads.start_date:
            return []
        if reads.space_ids and live.space_id and live.space_id not in reads.space_ids:
            reason = f"not stored: no run has read its space {live.space_id} so far"
            return [self.key.differs("not yet polled", reason)]
        return [self._cause_of_older_version("not stored")]

    def _cause_of_mark(self, deleted_at: datetime) -> Difference:
        mark = f"marked as deleted at {format_time(deleted_at)}, but exists"
        sweep_at = self.reads.last_sweep_at
        if sweep_at and sweep_at > deleted_at:
            reason = f"{mark}: the sweep of {format_time(sweep_at)} should have restored it"
            return self.key.differs("ours", reason)
        reason = f"{mark}: restored since, which the next sweep finds"
        return self.key.differs("not yet polled", reason)

    def _causes_of_fields(
        self, stored: StoredRecord, fields: Sequence[FieldDifference]
    ) -> Iterator[Difference]:
        stored_date = stored.values.get("date_updated")
        date = self.live.date_updated
        live_date = parse_timestamp(date) if date else stored_date
        if stored_date is None or live_date > stored_date:
            yield self._cause_of_older_version("older version", fields)
        elif live_date < stored_date:
            yield self.key.differs("ours", "the store has a newer version than ClickUp", fields)
        else:
            yield from self._causes_of_same_version(fields)

    def _cause_of_older_version(
        self, what: str, fields: Sequence[FieldDifference] = ()
    ) -> Difference:
        if self.rejection and self._is_rejected(self.rejection):
            return self.key.differs("ours", f"{what}: {self.rejection.reason}", fields)
        if self.reads.is_missed(self.live):
            return self.key.differs("ours", f"{what}: {_missed(self.live, self.reads)}", fields)
        reason = f"{what}: {_changed_since(self.live, self.reads)}"
        return self.key.differs("not yet polled", reason, fields)

    def _is_rejected(self, rejection: Rejection) -> bool:
        """Return whether the version in ClickUp was rejected, not an earlier one."""
        date = self.live.date_updated
        if date and parse_timestamp(date) > rejection.rejected_at:
            return False
        return self.stored is None or rejection.rejected_at > self.stored.extracted_at

    def _causes_of_same_version(self, fields: Sequence[FieldDifference]) -> Iterator[Difference]:
        undated = [difference for difference in fields if _may_be_undated(difference, fields)]
        dated = [difference for difference in fields if difference not in undated]
        if undated:
            reason = "changed without a new date of update, which the next sweep finds"
            yield self.key.differs("not yet polled", reason, undated)
        if dated:
            yield self.key.differs("ours", "the same version has other values", dated)


def _may_be_undated(difference: FieldDifference, fields: Sequence[FieldDifference]) -> bool:
    """Return whether a field may have changed without a new date.

    A status is renamed with its id kept: a task of another status has another id.
    """
    if difference.name == "status":
        live_is_named = difference.live is not None and difference.stored is not None
        return live_is_named and all(field.name != "status_id" for field in fields)
    return difference.name in UNDATED_FIELDS


def _changed_since(live: LiveRecord, reads: WorkspaceReads) -> str:
    """Return since which read an object has changed."""
    kind, read_at = reads.last_read(live)
    if read_at is None:
        return f"there was no complete {kind} so far"
    return f"{_changed(live)}, and the last {kind} began at {format_time(read_at)}"


def _missed(live: LiveRecord, reads: WorkspaceReads) -> str:
    """Return which read should have found the change of an object."""
    kind, read_at = reads.last_read(live)
    began_at = f" of {format_time(read_at)}" if read_at else ""
    return f"{_changed(live)}, and the {kind}{began_at} should have read it"


def _changed(live: LiveRecord) -> str:
    if live.date_updated is None:
        return "without a date of update"
    return f"changed at {format_time(parse_timestamp(live.date_updated))}"


def format_time(at: datetime) -> str:
    """Return a time as people read it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
