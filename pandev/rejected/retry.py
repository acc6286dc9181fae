"""Read rejected objects from ClickUp again, and load them through the target.

A rejected record is deleted only if a newer read of its object is stored. Nothing is deleted before
everything was read and loaded, so an error leaves all as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

from clickup_receiver.feed.event_batch import EventBatch
from clickup_receiver.feed.message_builder import MessageBuilder
from clickup_receiver.feed.task_reading import MAX_SINGLE_READS
from pandev.rejected.objects import find_aliases, find_live_object, read_rejected
from pandev.verification.fields import find_differences
from pandev.verification.reads import read_workspace_reads
from target_pandev.database import StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from singer_sdk.singerlib import Message

    from clickup_receiver.feed.event_batch import ObjectKey
    from pandev.rejected.objects import LiveObject, RejectedObject
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext
    from target_pandev.database import StoredRecord, StoreReader

Result: TypeAlias = Literal["stored", "gone", "rejected again", "not found", "not read", "left"]
SETTLED: frozenset[Result] = frozenset({"stored", "gone"})
"""Results after which a rejected record is deleted."""
NOT_SELECTED = "its workspace is not selected"
NOT_ALONE = "the next sweep reads it"
UNKNOWN_STREAM = "the next sync of its own tap reads it"
NOT_IN_CLICKUP = "deleted in ClickUp, hidden from the token's user, or not selected"


@dataclass(frozen=True)
class Outcome:
    """What became of a rejected object."""

    rejected: RejectedObject
    result: Result
    reason: str

    @property
    def is_settled(self) -> bool:
        """Whether its rejected records hold nothing any longer that the store lacks."""
        return self.result in SETTLED


@dataclass(frozen=True)
class LiveObjects:
    """The messages of the objects that were read, and why others could not be read."""

    messages: Sequence[Message]
    failed: Mapping[tuple[str, ObjectKey], str]

    def find(self, rejected: RejectedObject, key_properties: Sequence[str]) -> RecordMessage | None:
        """Return the latest record of an object."""
        for message in reversed(self.messages):
            if isinstance(message, RecordMessage) and message.stream == rejected.stream:
                key = tuple(str(message.record.get(name)) for name in key_properties)
                if key == rejected.key:
                    return message
        return None


class Retry:
    """One attempt. `load` passes Singer messages to a target and returns once they are stored."""

    def __init__(
        self,
        reader: StoreReader,
        sync_context: SyncContext,
        streams: Mapping[str, ClickUpStream],
        *,
        load: Callable[[Iterable[bytes]], None],
        on_progress: Callable[[str], None],
    ) -> None:
        self._reader = reader
        self._context = sync_context
        self._streams = streams
        self._aliases = find_aliases(streams)
        self._reads = read_workspace_reads(reader, sync_context.config)
        self._load = load
        self._on_progress = on_progress

    def run(self) -> list[Outcome]:
        """Return what became of each rejected object. Deletes nothing.

        Raises `ClickUpError` if ClickUp is not available or the target does not load, `StoreError`.
        """
        all_rejected = read_rejected(self._reader)
        plan = {
            index: live
            for index, rejected in enumerate(all_rejected)
            if (live := find_live_object(rejected, self._aliases))
            and self._context.selection.includes_workspace(live.workspace_id)
        }
        found = self._read(list(dict.fromkeys(plan.values())))
        writer = MsgSpecWriter()
        if lines := [bytes(writer.format_message(message)) for message in found.messages]:
            self._load(lines)
        current = {(item.stream, item.key): item for item in read_rejected(self._reader)}
        return [
            self._judge(rejected, plan.get(index), found, current)
            for index, rejected in enumerate(all_rejected)
        ]

    def _read(self, objects: Sequence[LiveObject]) -> LiveObjects:
        """Read objects in batches so small that each is requested on its own."""
        messages: list[Message] = []
        failed: dict[tuple[str, ObjectKey], str] = {}
        builder = MessageBuilder(self._context, self._streams)
        by_workspace: dict[str, list[ObjectKey]] = {}
        for live in objects:
            by_workspace.setdefault(live.workspace_id, []).append(live.key)
        done = 0
        for workspace_id, keys in by_workspace.items():
            for start in range(0, len(keys), MAX_SINGLE_READS):
                part = keys[start : start + MAX_SINGLE_READS]
                batch = EventBatch(workspace_id, changed=dict.fromkeys(part, ""))
                built = builder.build(batch)
                messages += built.messages
                failed |= {(workspace_id, key): why for key, why in built.failed.items()}
                done += len(part)
                self._on_progress(f"{done:,} of {len(objects):,} objects read")
        return LiveObjects(messages, failed)

    def _judge(
        self,
        rejected: RejectedObject,
        live: LiveObject | None,
        found: LiveObjects,
        current: Mapping[tuple[str, Any], RejectedObject],
    ) -> Outcome:
        stored = self._find_stored(rejected)
        message = self._find_message(rejected, found) if live else None
        if message and _is_stored(message, stored):
            return Outcome(rejected, "stored", "read again and stored")
        if stored and _is_newer(stored, rejected):
            return Outcome(rejected, "stored", "a later run has stored a newer version")
        if message:
            latest = current.get((rejected.stream, rejected.key), rejected)
            return Outcome(rejected, "rejected again", describe_reason(latest))
        if live is None:
            return Outcome(rejected, "left", self._why_left(rejected))
        return self._judge_unread(rejected, live, found)

    def _judge_unread(
        self, rejected: RejectedObject, live: LiveObject, found: LiveObjects
    ) -> Outcome:
        """Return the outcome of an object that ClickUp did not return."""
        if why := found.failed.get((live.workspace_id, live.key)):
            return Outcome(rejected, "not read", why)
        reads = self._reads.get(live.workspace_id)
        if reads and reads.last_sweep_at and reads.last_sweep_at > rejected.last_rejected_at:
            return Outcome(rejected, "gone", "a sweep has not found it since")
        return Outcome(rejected, "not found", NOT_IN_CLICKUP)

    def _find_stored(self, rejected: RejectedObject) -> StoredRecord | None:
        if rejected.key is None:
            return None
        return StoredRows(self._reader, rejected.stream).read(*rejected.key)

    def _find_message(self, rejected: RejectedObject, found: LiveObjects) -> RecordMessage | None:
        stream = self._streams[self._aliases[rejected.stream]]
        return found.find(rejected, stream.primary_keys)

    def _why_left(self, rejected: RejectedObject) -> str:
        if rejected.stream not in self._aliases:
            return UNKNOWN_STREAM
        is_alone = find_live_object(rejected, self._aliases) is not None
        return NOT_SELECTED if is_alone else NOT_ALONE


def _is_stored(message: RecordMessage, stored: StoredRecord | None) -> bool:
    """Return whether what was read is stored: it, a newer version, or an equal one."""
    if stored is None or stored.deleted_at is not None or message.time_extracted is None:
        return False
    if stored.extracted_at >= message.time_extracted:
        return True
    return not any(find_differences(message.record, stored.values))


def _is_newer(stored: StoredRecord, rejected: RejectedObject) -> bool:
    """Return whether a row was read, or marked as deleted, after a rejection."""
    read_at = stored.deleted_at or stored.extracted_at
    return max(read_at, stored.extracted_at) > rejected.last_rejected_at


def describe_reason(rejected: RejectedObject) -> str:
    """Return the field and the reason; the target never puts the value into it."""
    return f"{rejected.field}: {rejected.reason}" if rejected.field else rejected.reason
