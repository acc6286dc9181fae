"""Build the Singer messages of an event batch: those that the tap would emit, plus deletions."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from singer_sdk.singerlib import RecordMessage, SchemaMessage

from clickup_receiver.feed.object_reader import ObjectReader
from tap_clickup.conversions import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.singerlib import Message

    from clickup_receiver.feed.event_batch import EventBatch, ObjectKey
    from clickup_receiver.feed.task_reading import TaskReading
    from clickup_receiver.inbox.events import ObjectType
    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.sync import SyncContext

STREAMS_BY_OBJECT_TYPE: dict[ObjectType, tuple[str, ...]] = {
    "task": ("tasks",),
    "list": ("lists", "sprints"),
    "folder": ("folders",),
    "space": ("spaces",),
}
"""The streams that contain an object of a type: a sprint is a list."""
DELETED_AT_PROPERTY = {
    "_sdc_deleted_at": {"type": ["string", "null"], "format": "date-time"},
}

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class BuiltMessages:
    """The messages of a batch; `failed` are the objects that could not be read, with the reason.

    `deferred` are objects that are left to the next batch, which goes on with `reading`.
    """

    messages: list[Message]
    failed: Mapping[ObjectKey, str]
    deferred: Collection[ObjectKey]
    reading: TaskReading | None


class MessageBuilder:
    """Builds messages with the tap's own `streams`, by name, and reads objects with its context."""

    def __init__(self, sync_context: SyncContext, streams: Mapping[str, ClickUpStream]) -> None:
        self._sync_context = sync_context
        self._streams = streams

    def build(
        self, batch: EventBatch, *, reading: TaskReading | None = None, pending_count: int = 0
    ) -> BuiltMessages:
        """Return the messages of a batch; `ObjectReader` describes the other parameters.

        Raises `ClickUpError` if ClickUp is not available.
        """
        messages: list[Message] = []
        if batch.task_changes:
            messages += self._stream_messages("task_changes", batch.task_changes)
        objects = ObjectReader(
            self._sync_context, batch, reading=reading, pending_count=pending_count
        ).read()
        messages += self._deletions(batch.workspace_id, objects.deleted)
        for stream in objects.streams:
            if stream.records:
                messages += self._stream_messages(stream.name, stream.records)
        return BuiltMessages(messages, objects.failed, objects.deferred, objects.reading)

    def _stream_messages(self, name: str, records: Iterable[ExtractedRecord]) -> Iterator[Message]:
        """Yield the messages of a stream, whose SCHEMA allows deletions."""
        for message in self._streams[name].messages(records):
            yield _with_deleted_at(message) if isinstance(message, SchemaMessage) else message

    def _deletions(
        self, workspace_id: str, deleted: Mapping[ObjectKey, datetime]
    ) -> Iterator[Message]:
        """Yield a record with the key and `_sdc_deleted_at` for each deleted object."""
        records: defaultdict[str, list[tuple[dict[str, str], datetime]]] = defaultdict(list)
        for (object_type, object_id), deleted_at in deleted.items():
            record = {
                "workspace_id": workspace_id,
                "id": object_id,
                "_sdc_deleted_at": format_timestamp(deleted_at),
            }
            for name in STREAMS_BY_OBJECT_TYPE[object_type]:
                records[name].append((record, deleted_at))
        for name, deletions in records.items():
            yield from self._stream_messages(name, ())
            for alias in self._names_with_key(name):
                for record, deleted_at in deletions:
                    yield RecordMessage(alias, record, time_extracted=deleted_at)

    def _names_with_key(self, name: str) -> Iterator[str]:
        """Yield the names under which a stream is written with its key as it is."""
        stream = self._streams[name]
        for alias, obstacle in stream.obstacles(stream.primary_keys).items():
            if obstacle:
                logger.warning("deletions of %s are not marked: %s", alias, obstacle)
            else:
                yield alias


def _with_deleted_at(message: SchemaMessage) -> SchemaMessage:
    """Return a SCHEMA with the property that marks a record as deleted."""
    properties = {**message.schema["properties"], **DELETED_AT_PROPERTY}
    return SchemaMessage(
        message.stream,
        {**message.schema, "properties": properties},
        message.key_properties,
        message.bookmark_properties,
    )
