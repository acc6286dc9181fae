"""Validate and encode the records of a stream, and load them in batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

import jsonschema_rs
from singer_sdk import Sink
from singer_sdk.exceptions import InvalidJSONSchema
from singer_sdk.sinks.core import BaseJSONSchemaValidator

from target_pandev.columns import encode_json, sanitize_text
from target_pandev.completed_reads import CompletedRead
from target_pandev.database import Deletion, RejectedRecord, StreamSchema
from target_pandev.errors import InvalidFieldError, MissingKeyError
from target_pandev.rows import RowEncoder, decode_line, digest, encode_key
from target_pandev.schema_errors import describe_record_violation
from target_pandev.schema_references import resolve_properties
from target_pandev.table_versions import TableVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk import Target

    from target_pandev.database import RowError
    from target_pandev.session import HasSession


SCOPE_PROPERTIES = ("workspace_id", "stream", "scope")
"""Properties of a completed read that name what was read."""
MAX_REJECTED_CHARACTERS = 16 * 2**20
"""A rejected record that is larger is kept without its values."""
MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)
VERSION_IDENTITY = "version"
"""What the refusal of a table version is known by; there is one per stream."""


class Validator(BaseJSONSchemaValidator):
    """Validates records in compiled code, whose regular expressions take a limited time."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        try:
            self._validator = _compile(schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            first_line = str(error).splitlines()[0]
            raise InvalidJSONSchema(f"not a JSON Schema: {first_line}") from None

    def validate(self, record: dict[str, Any]) -> None:
        """Raise `InvalidFieldError` if the record violates its schema."""
        if self._validator.is_valid(record):
            return
        error = next(self._validator.iter_errors(record), None)
        if error is None:
            raise InvalidFieldError("", "violates its schema")
        path = ".".join(map(str, error.instance_path))
        raise InvalidFieldError(path, describe_record_violation(error))


def _compile(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """Return a validator; references are not fetched.

    A schema that names no draft is read as one of the newest draft, or of draft 4 if that fails.
    """
    try:
        return jsonschema_rs.validator_for(schema, offline=True)
    except (jsonschema_rs.ValidationError, ValueError):
        if "$schema" in schema:
            raise
    return jsonschema_rs.Draft4Validator(schema, offline=True)


class StreamSink(Sink):
    """Loads one stream into its table."""

    excluded_properties: ClassVar[frozenset[str]] = frozenset()
    """Properties that are not stored."""

    def __init__(
        self,
        target: Target,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._session = cast("HasSession", target).session
        self._lines: list[bytes] = []
        self._deletions: list[Deletion] = []
        self._version = self._session.versions.get(stream_name)
        self._rejected: list[RejectedRecord] = []
        self._table = self._session.store.table(
            StreamSchema(
                stream_name,
                self._stored_properties(),
                tuple(self.key_properties),
                self._session.replication_keys.get(stream_name),
            )
        )
        self._encoder = RowEncoder(self._table.columns)

    def _stored_properties(self) -> dict[str, Any]:
        """Return the schemas of the properties to store, with references resolved."""
        return {
            name: property_schema
            for name, property_schema in resolve_properties(self.schema).items()
            if name not in self.excluded_properties
        }

    def get_validator(self) -> Validator | None:
        """Return the validator for records, unless the settings turn it off."""
        return Validator(self.schema) if self.validate_schema else None

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Add a record to the batch, or reject it.

        The context contains `time_extracted` of the RECORD message (ISO 8601 or None), its
        `version`, and as `deleted_at` the record's `_sdc_deleted_at`. If that is set, the record is
        a deletion, and only its key counts.
        """
        if context["version"] is not None:
            self._start_version(context["version"])
        if self._version:
            self._version.note_record()
        self.tally_record_read()
        try:
            self._check_key(record)
            if context["deleted_at"] is not None:
                self._add_deletion(record, context["deleted_at"])
                return
            if self._validator is not None:
                self._validator.validate(record)
            self._add_row(record, self._past(context["time_extracted"] or None, "time_extracted"))
        except InvalidFieldError as error:
            self._reject(record, error)

    def activate_version(self, number: int) -> None:
        """Request that rows of older versions are replaced at the end of the input."""
        self._start_version(number)
        if self._version and self._version.number == number:
            self._version.activate()

    def _start_version(self, number: int) -> None:
        """Load the rows before it and start a table version, unless it is not a newer one."""
        if self._version and self._version.number >= number:
            return
        self._session.flush(self.stream_name)
        store = self._session.store
        self._version = TableVersion(number, store.start_version(), started_at=store.now())
        if self.stream_name in self._session.unversioned:
            self._version.incomplete_reason = "this run also loaded records without a version"
        self._session.versions[self.stream_name] = self._version

    def replace_version(self) -> None:
        """Mark or delete the rows that an activated version does not contain."""
        version = self._version
        if version is None or not version.activated:
            return
        if version.skip_reason:
            self.logger.warning(
                "%s: rows of older versions are kept: %s", self.stream_name, version.skip_reason
            )
            return
        try:
            self._session.store.replace_version(self._table, version.seen_keys, version.started_at)
        except InvalidFieldError as error:
            record = encode_json({"version": version.number})
            rejected = self._rejected_record(record, None, error, identity=VERSION_IDENTITY)
            self._rejected.append(rejected)
            self._flush_rejections()
            return
        self._delete_rejection(VERSION_IDENTITY)

    def _add_row(self, record: dict[str, Any], read_at: str) -> None:
        values = self._encoder.encode(record)
        metadata = f"{read_at}\t{digest(values)}\t{len(self._lines)}\n".encode()
        line = b"%s\t%s" % (values, metadata) if self._table.columns else metadata
        self._lines.append(line)
        self._session.pending_bytes += len(line)

    def _add_deletion(self, record: dict[str, Any], deleted_at: Any) -> None:
        if not self._table.key:
            raise InvalidFieldError(
                "_sdc_deleted_at", "the stream has no key, so the deleted row is unknown"
            )
        timestamp = self._past(deleted_at, "_sdc_deleted_at")
        deletion = Deletion(encode_key(self._table.key_columns, record), timestamp)
        self._deletions.append(deletion)
        self._session.pending_bytes += sum(map(len, deletion.key))

    def _past(self, value: Any, field: str) -> str:
        """Return a time in ISO 8601; the current time for None.

        Raises `InvalidFieldError`, also for a time in the future: until then it would count as
        newer than everything that is read later.
        """
        if value is None:
            return self._session.store.now().isoformat()
        try:
            text, timestamp = _read_timestamp(value)
        except (TypeError, ValueError):
            raise InvalidFieldError(field, "expected a timestamp in ISO 8601") from None
        self._check_past(timestamp, field)
        return text

    def _check_past(self, timestamp: datetime, field: str) -> None:
        if timestamp > self._session.store.now() + MAX_CLOCK_DIFFERENCE:
            raise InvalidFieldError(
                field,
                "more than five minutes later than the clock of PostgreSQL; set the clock of the "
                "machine that has read it, and read it again",
            )

    def _check_key(self, record: dict[str, Any]) -> None:
        for name in self.key_properties:
            if record.get(name) is None:
                raise MissingKeyError(name)

    def _reject(self, record: Mapping[str, Any], error: InvalidFieldError) -> None:
        """Keep those fields of a record that its table has columns for."""
        fields = {
            column.property: record[column.property]
            for column in self._table.columns
            if column.property in record
        }
        key = _json_or_placeholder([record.get(name) for name in self.key_properties])
        rejected = self._rejected_record(
            _json_or_placeholder(fields), key, error, identity=self._identity(record)
        )
        self._rejected.append(rejected)
        if self._version:
            self._version.incomplete_reason = "records of the version were rejected"

    def _identity(self, record: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """Return what a rejected record is known by; None means all of it."""
        return None

    def _rejected_record(
        self, record: str, key: str | None, error: InvalidFieldError, *, identity: str | None
    ) -> RejectedRecord:
        return RejectedRecord(
            stream=sanitize_text(self.stream_name),
            record_hash=digest((identity or record).encode()),
            key=key,
            field=sanitize_text(error.field) or None,
            reason=sanitize_text(error.reason),
            record=record,
            lacks_key=isinstance(error, MissingKeyError),
        )

    def _delete_rejection(self, identity: str, key: str | None = None) -> None:
        """Delete what was rejected before under this identity, because it holds no longer."""
        stream = sanitize_text(self.stream_name)
        self._session.store.delete_rejection(stream, digest(identity.encode()), key)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Load the batch, then store the rejected records."""
        self.record_counter_metric.increment(self.current_size)
        self._load()
        self._flush_rejections()

    def _flush_rejections(self) -> None:
        rejected = self._rejected
        self._rejected = []
        if rejected:
            self._session.reject(rejected)

    def _load(self) -> None:
        self._load_rows()
        self._load_deletions()

    def _load_rows(self) -> None:
        lines = self._lines
        self._lines = []
        if not lines:
            return
        self._session.pending_bytes -= sum(map(len, lines))
        seen_keys = self._version.seen_keys if self._version else None
        if seen_keys is None:
            self._session.unversioned.add(self.stream_name)
        on_loaded = partial(self._end_load, lines)
        self._session.load(self._table, lines, on_loaded=on_loaded, seen_keys=seen_keys)

    def _load_deletions(self) -> None:
        deletions = self._deletions
        self._deletions = []
        if not deletions:
            return
        self._session.pending_bytes -= sum(
            len(value) for deletion in deletions for value in deletion.key
        )
        self._session.store.record_deletions(self._table, deletions)

    def _end_load(self, lines: Sequence[bytes], row_errors: Sequence[RowError]) -> None:
        """Count the rows that were loaded, and reject those that PostgreSQL rejected."""
        self._session.loaded[self.stream_name] += len(lines) - len(row_errors)
        for row_error in row_errors:
            values = decode_line(lines[row_error.index])
            record = {
                column.property: values[index] for index, column in enumerate(self._table.columns)
            }
            self._reject(record, InvalidFieldError(row_error.field or "", row_error.reason))
        self._flush_rejections()


class CompletedReadSink(StreamSink):
    """Applies records of `completed_reads`: stores each, and marks the rows that are missing."""

    excluded_properties = frozenset({"keys"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reads: list[tuple[CompletedRead, dict[str, Any]]] = []
        self._warnings: set[str] = set()

    def _add_row(self, record: dict[str, Any], read_at: str) -> None:
        read = CompletedRead.from_record(record, extracted_at=read_at)
        self._check_past(read.started_at, "started_at")
        if obstacle := read.find_obstacle(self.config.get("stream_maps") or {}):
            self._warn_once(f"deletions of {read.stream} are not marked: {obstacle}")
            return
        stored = {
            name: value for name, value in record.items() if name not in self.excluded_properties
        }
        self._reads.append((read, stored))
        self._session.pending_bytes += read.size_bytes

    def _warn_once(self, warning: str) -> None:
        if warning not in self._warnings:
            self._warnings.add(warning)
            self.logger.warning("%s", warning)

    def _load_rows(self) -> None:
        """Load the pending rows of the streams first, so that none of them is marked as missing."""
        reads = self._reads
        self._reads = []
        self._session.pending_bytes -= sum(read.size_bytes for read, _ in reads)
        for stream in {read.stream for read, _ in reads}:
            self._session.flush(stream)
        for read, stored in reads:
            try:
                applied = self._session.store.apply_completed_read(read)
            except InvalidFieldError as error:
                self._reject(stored, error)
                continue
            if applied and (identity := self._identity(stored)):
                self._delete_rejection(identity, key=identity)

    def _identity(self, record: Mapping[str, Any]) -> str | None:
        """Return the scope of a read: its refusal is known by it, whenever it was read."""
        values = [record.get(name) for name in SCOPE_PROPERTIES]
        if not all(isinstance(value, str) for value in values):
            return None
        return encode_json(values)


def _json_or_placeholder(value: Any) -> str:
    """Return a value as JSON, or in place of one that PostgreSQL cannot store a text about it."""
    try:
        encoded = encode_json(value)
    except RecursionError:
        return '"nested too deeply"'
    if len(encoded) > MAX_REJECTED_CHARACTERS:
        return f'"not kept: {len(encoded):,} characters"'
    return encoded


@lru_cache(maxsize=16)
def _read_timestamp(text: str) -> tuple[str, datetime]:
    """Return a timestamp in ISO 8601, and as a time; without an offset it is in UTC."""
    timestamp = datetime.fromisoformat(text)
    return timestamp.isoformat(), timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)
