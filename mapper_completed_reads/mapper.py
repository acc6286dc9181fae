"""The Singer mapper: every record gets `_sdc_deleted_at`, which completed reads set.

A completed read is not passed on: each row of its scope that is gone is sent once more, as it was,
with the time at which it was missed. A row that is found again is sent without the mark.

A target may fail after it got a mark, which a mapper cannot know. Therefore marks that are less
than a week old are sent again with each read of their scope.
"""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from click import ClickException
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecReader
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.mapper_base import InlineMapper
from singer_sdk.singerlib import messages

from mapper_completed_reads.completed_reads import CompletedRead
from mapper_completed_reads.rows import MARK, Rows
from plugin_settings.plugin import SHARE, StrictPlugin
from tap_base.writer import MessageWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from mapper_completed_reads.rows import Row

STREAM = "completed_reads"
MARK_SCHEMA = {"type": ["string", "null"], "format": "date-time"}
ALWAYS_ALLOWED = 10
"""So many rows of a scope may be marked at once, whatever their share."""
SENT_AGAIN = timedelta(days=7)


class MapperCompletedReads(StrictPlugin, InlineMapper):
    """Marks deleted rows by `_sdc_deleted_at`, for a target that does not know completed reads."""

    name = "mapper-completed-reads"
    package_name = "pandev-clickup"
    error_type = ClickException
    message_reader_class = MsgSpecReader
    message_writer_class = MessageWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema = th.PropertiesList(
        th.Property(
            "rows",
            th.StringType(nullable=False),
            required=True,
            title="File of rows",
            description="SQLite file that keeps the last record of each row, one per target",
        ),
        th.Property(
            "max_deleted_share",
            th.CustomType(SHARE),
            type=SHARE["type"],  # the SDK adds null
            default=0.2,
            title="Maximum share of rows deleted at once",
            description="Maximum share of the rows of a scope, 0 to 1, that a completed read may "
            "mark as deleted; up to 10 rows are always allowed",
        ),
        additional_properties=False,
    ).to_dict()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._rows = _open_rows(Path(self.config["rows"]))
        self._keys: dict[str, list[str]] = {}
        self._refused = 0

    def map_schema_message(self, message_dict: dict[str, Any]) -> Iterator[messages.Message]:
        """Add the mark to the properties of a stream."""
        stream = message_dict["stream"]
        if stream == STREAM:
            return
        if keys := message_dict.get("key_properties"):
            self._keys[stream] = keys
        message_dict["schema"]["properties"][MARK] = MARK_SCHEMA
        yield messages.SchemaMessage.from_dict(message_dict)

    def map_record_message(self, message_dict: dict[str, Any]) -> Iterator[messages.Message]:
        """Add the mark to a record, or apply a completed read.

        Raises `ClickException` if a record has no key.
        """
        message = messages.RecordMessage.from_dict(message_dict)
        if message.stream == STREAM:
            yield from self._apply(message.record)
            return
        keys = self._keys.get(message.stream, [])
        if missing := [name for name in keys if name not in message.record]:
            raise ClickException(f"a record of {message.stream} has no {missing[0]}, its key")
        message.record[MARK] = self._rows.put(message, keys) if keys else None
        yield message

    def map_state_message(self, message_dict: dict[str, Any]) -> Iterator[messages.Message]:
        """Pass on a state once everything before it is kept."""
        self._rows.commit()
        yield messages.StateMessage.from_dict(message_dict)

    def map_activate_version_message(
        self, message_dict: dict[str, Any]
    ) -> Iterator[messages.Message]:
        """Pass on a version."""
        yield messages.ActivateVersionMessage.from_dict(message_dict)

    def process_endofpipe(self) -> None:
        """Keep the rows. Raises `ClickException` if a completed read was refused."""
        self._rows.commit()
        self._rows.close()
        if self._refused:
            raise ClickException(f"completed reads that were refused: {self._refused}")

    def _apply(self, record: dict[str, Any]) -> Iterator[messages.Message]:
        """Send the rows again whose marks a completed read changes, or refuse it."""
        try:
            read = msgspec.convert(record, CompletedRead)
            rows = self._rows.find(read)
            marks = self._find_marks(read, rows)
        except (TypeError, ValueError) as error:  # a bound may have another type than the property
            self._refused += 1
            name = f"{record.get('stream')} {record.get('scope')}"
            self.logger.error("completed read refused: %s: %s", name, error)  # noqa: TRY400
            return
        if not self._rows.is_newest(read):
            return
        self._rows.mark(read.stream, marks)
        since = (datetime.now(UTC) - SENT_AGAIN).isoformat()
        for row in rows:
            if row.key in marks or (row.marked_at or "") > since:
                yield self._rows.load(read.stream, row.key)

    def _find_marks(self, read: CompletedRead, rows: list[Row]) -> dict[str, str | None]:
        """Return the marks that a read changes. Raises ValueError if it cannot be applied."""
        if read.stream not in self._keys:
            raise ValueError("its stream is unknown")
        if read.started_at > datetime.now(UTC).isoformat():
            raise ValueError("started_at is in the future")
        marks = {row.key: row.mark_by(read.started_at) for row in rows}
        changes = {row.key: marks[row.key] for row in rows if marks[row.key] != row.deleted_at}
        deleted = sum(mark is not None for mark in changes.values())
        if deleted > max(ALWAYS_ALLOWED, len(rows) * float(self.config["max_deleted_share"])):
            raise ValueError(f"{deleted} of {len(rows)} rows would be marked")
        return changes

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Exit as a failed run. The STATE messages already written are valid."""
        sys.exit(128 + signum)


def _open_rows(path: Path) -> Rows:
    """Return the rows in a file, which is created. Raises `ClickException`."""
    try:
        return Rows(path)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ClickException(f"rows: '{path}': {reason}") from error
