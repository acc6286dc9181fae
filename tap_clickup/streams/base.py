"""What all streams share: records of one selected workspace after another."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import RecordMessage

from tap_clickup import schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Message

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.tap import TapClickUp
    from tap_clickup.workspace import Workspace

SCHEMAS = SchemaDirectory(schemas)


class ClickUpStream(Stream):
    """A stream of one record after another from each selected workspace.

    A subclass gives `name`, `primary_keys` and `read`. An error in one workspace is reported by the
    stream's name and stops neither the other workspaces nor the other streams.
    """

    schema: ClassVar[StreamSchema[str]] = StreamSchema(SCHEMAS)
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # `records` makes what the schema declares
    _tap: TapClickUp
    _extracted_at: datetime

    @abstractmethod
    def read(self, workspace: Workspace, context: Context | None) -> Iterator[ExtractedRecord]:
        """Yield the stream's records of one workspace."""

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield the records of the context's workspace, or of all."""
        for workspace in self._tap.workspaces:
            if context is None or context["workspace_id"] == workspace.id:
                yield from self._counted(workspace, context)

    def _counted(self, workspace: Workspace, context: Context | None) -> Iterator[dict[str, Any]]:
        count = workspace.report.records
        with workspace.report.capture_errors(f"stream {self.name}"):
            for reading in self.read(workspace, context):
                self._extracted_at = reading.extracted_at
                count[self.name] += 1
                yield reading.record

    def messages(self, readings: Iterable[ExtractedRecord]) -> Iterator[Message]:
        """Yield the stream's SCHEMA and a RECORD for each reading, as a run of the tap would."""
        yield from self._generate_schema_messages()
        for reading in readings:
            self._extracted_at = reading.extracted_at
            yield from self._generate_record_messages(reading.record)

    @cached_property
    def _unchanged(self) -> bool:
        """Whether records are written as they are: nothing is deselected or mapped."""
        return all(self.mask.values()) and all(
            type(each) is SameRecordTransform and not each.flattening_enabled
            for each in self.stream_maps
        )

    def _generate_record_messages(self, record: dict[str, Any]) -> Iterator[RecordMessage]:  # type: ignore[override]
        """Date each record by its request: what was edited after that is not in it.

        Where nothing is to be changed in records, the SDK does not look through them.
        """
        if self._unchanged:
            yield RecordMessage(self.name, record, time_extracted=self._extracted_at)
            return
        for message in super()._generate_record_messages(record):
            message.time_extracted = self._extracted_at
            yield message


class BookmarkedStream(ClickUpStream):
    """A stream with one bookmark a workspace, which its `read` keeps in `state_of`."""

    check_sorted = False
    STATE_MSG_FREQUENCY = 1_000

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """One bookmark a workspace."""
        return [{"workspace_id": workspace.id} for workspace in self._tap.workspaces]

    def state_of(self, workspace: Workspace) -> dict[str, Any]:
        """Return the part of the state that is about a workspace, to read and to write."""
        return self.get_context_state({"workspace_id": workspace.id})

    def _increment_stream_state(
        self, latest_record: dict[str, Any], *, context: Context | None = None
    ) -> None:
        """Leave the bookmark to `read`, which knows what has been read to its end."""
