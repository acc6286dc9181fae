"""Completed reads: docs/explained/completed-reads.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from tap_clickup.extracted import ExtractedRecord
from tap_clickup.packed import PackedKeys
from tap_clickup.read_scope import CompletedRead, ReadScope
from tap_clickup.streams.base import ClickUpStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Message

    from tap_clickup.workspace import Workspace


class CompletedReads(ClickUpStream):
    """What was read completely, so that the target can derive deletions from it."""

    name = "completed_reads"
    primary_keys = ("workspace_id", "stream", "scope")

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the completed reads of the streams before this one."""
        reads = (completed_read.extract() for completed_read in workspace.completed_reads)
        yield from self._applicable(reads, workspace.report.note)

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield the completed reads, and that of workspaces no longer selected no space is read."""
        yield from super().get_records(context)
        if not self._tap.streams["spaces"].selected:
            return
        now = datetime.now(UTC)
        scope = ReadScope("spaces", now, {"id": {"in": []}})
        rows = [
            CompletedRead(scope, PackedKeys(()), workspace_id, now).extract()
            for workspace_id in self.sync_context.deselected_workspace_ids
        ]
        for extracted in self._applicable(rows, self.logger.debug):
            self._extracted_at = extracted.extracted_at
            yield extracted.record

    def messages(self, extracted_records: Iterable[ExtractedRecord]) -> Iterator[Message]:
        """Yield the SCHEMA and the completed reads that the target can apply."""
        return super().messages(self._applicable(extracted_records, self.logger.debug))

    def _applicable(
        self, completed_reads: Iterable[ExtractedRecord], note: Callable[[str], None]
    ) -> Iterator[ExtractedRecord]:
        """Yield completed reads under the names of the streams that the target receives.

        The others are left out and noted: the rows in the target lack the properties that
        identify them, so either all of them would be marked as deleted, or none.
        """
        if self.name not in self.obstacles(()):
            note("deletions are not marked: stream_maps removes or renames completed_reads")
            return
        for extracted in completed_reads:
            record = extracted.record
            stream = cast("ClickUpStream", self._tap.streams[record["stream"]])
            properties = dict.fromkeys([*record["key_properties"], *record["conditions"]])
            for name, obstacle in stream.obstacles(properties).items():
                if obstacle:
                    note(f"deletions of {name} are not marked: {obstacle}")
                else:
                    yield ExtractedRecord({**record, "stream": name}, extracted.extracted_at)
