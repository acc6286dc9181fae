"""The tap's own messages about what webhooks tell: the same streams, for the same target."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib import RecordMessage, SchemaMessage

from clickup_receiver.feed.object_reader import Objects
from tap_clickup.streams.sprints import Sprints
from tap_clickup.streams.status_changes import StatusChanges
from tap_clickup.sync import SyncContext
from tap_clickup.tap import STREAMS, TapClickUp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.singerlib import Message

    from clickup_receiver.feed.event_batch import Burst, Place
    from clickup_receiver.inbox.events import ObjectType
    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.workspace import Workspace

DELETED_FROM: dict[ObjectType, tuple[str, ...]] = {
    "task": ("tasks",),
    "list": ("lists", "sprints"),
    "folder": ("folders",),
    "space": ("spaces",),
}
"""The streams that show an object of a kind: a sprint is a list."""
DELETED_AT = {
    "_sdc_deleted_at": {"type": ["string", "null"], "format": "date-time"},
}
RECEIVER_SHARE = 0.2
"""The receiver's share of ClickUp's rate limit; the rest is left to the tap."""


class PushTap(TapClickUp):
    """The tap with the one stream that nobody can pull, and with the smaller share of the limit."""

    stream_types: ClassVar[tuple[type[ClickUpStream], ...]] = (*STREAMS, StatusChanges)

    @cached_property
    def sync_context(self) -> SyncContext:
        """What the streams share, with the rate limit that polls with the same token leave."""
        return SyncContext(self.config, state=self.state, rate_limit_share=RECEIVER_SHARE)

    def messages(self, burst: Burst, failed: dict[Place, str]) -> Iterator[Message]:
        """Yield what a burst has to tell a target; add to `failed` what cannot be read, and why.

        Raises `ClickUpError` if ClickUp cannot be asked at all.
        """
        if burst.status_changes:
            yield from self._records(StatusChanges.name, burst.status_changes)
        yield from self._deletions(burst)
        objects = Objects(self, burst)
        for stream, readings in objects.read():
            if found := list(readings):
                yield from self._records(stream, found)
        failed |= objects.failed

    def sprints_of(self, workspace: Workspace) -> list[ExtractedRecord]:
        """Return the sprints among the lists that were read of a workspace."""
        stream = self.streams[Sprints.name]
        assert isinstance(stream, Sprints)  # noqa: S101 - our own list of streams
        return stream.records(workspace.hierarchy) if self.config["sprints"] else []

    def _records(self, name: str, readings: Iterable[ExtractedRecord]) -> Iterator[Message]:
        """Yield the messages of a stream; its SCHEMA allows deletions."""
        stream: Any = self.streams[name]
        for message in stream.messages(readings):
            yield _with_deletion(message) if isinstance(message, SchemaMessage) else message

    def _deletions(self, burst: Burst) -> Iterator[Message]:
        """Yield a record for each deleted object that holds its key and `_sdc_deleted_at`."""
        found = defaultdict[str, list[RecordMessage]](list)
        for (kind, object_id), at in burst.deleted.items():
            key = {"workspace_id": burst.workspace_id, "id": object_id}
            record = {**key, "_sdc_deleted_at": at.isoformat(timespec="milliseconds")}
            for name in DELETED_FROM[kind]:
                found[name].append(RecordMessage(name, record, time_extracted=at))
        for name, messages in found.items():
            yield from self._records(name, ())
            yield from messages


def _with_deletion(message: SchemaMessage) -> SchemaMessage:
    """Return a SCHEMA that has the property by which a record tells that it is gone."""
    properties = {**message.schema["properties"], **DELETED_AT}
    return SchemaMessage(
        message.stream,
        {**message.schema, "properties": properties},
        message.key_properties,
        message.bookmark_properties,
    )
