"""A stream's records, checked and collected as COPY lines, loaded one batch a transaction."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

import jsonschema
import jsonschema_rs
from singer_sdk import Sink
from singer_sdk.exceptions import InvalidJSONSchema, MissingKeyPropertiesError
from singer_sdk.singerlib import resolve_schema_references
from singer_sdk.sinks.core import BaseJSONSchemaValidator

from target_pandev import columns, rows
from target_pandev.columns import RefusedFieldError
from target_pandev.completed_reads import CompletedRead
from target_pandev.database import Deletion, Refused, Rejection, StreamSchema
from target_pandev.versions import TableVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_pandev.target import TargetPandev


class RejectedRecordsError(Exception):
    """Records could not be loaded; they are in `rejected_records`, all others in their tables."""


class RecordsWithoutKeyError(RejectedRecordsError, MissingKeyPropertiesError):
    """The same, and at least one of them lacks a property of its key."""


class Validator(BaseJSONSchemaValidator):
    """Checks records in compiled code; `jsonschema` words the reason for a refused one."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        try:
            self._validator, self._wording = _compiled(schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            first = str(error).splitlines()[0]
            raise InvalidJSONSchema(f"not a JSON Schema: {first}") from None

    def validate(self, record: dict[str, Any]) -> None:
        """Raise `RefusedFieldError` if the record breaks its schema. The text holds no value."""
        if not self._validator.is_valid(record):
            error = next(self._wording(self.schema).iter_errors(record), None)
            if error is None:
                raise RefusedFieldError("", "breaks its schema")
            raise RefusedFieldError(".".join(map(str, error.absolute_path)), _reason(error))


def _compiled(schema: dict[str, Any]) -> tuple[jsonschema_rs.Validator, type[Any]]:
    """Return a validator, and the class that words what it refuses; no reference is fetched.

    A schema that names no draft is taken for one of the newest, or of draft 4 if it is none.
    """
    try:
        validator = jsonschema_rs.validator_for(schema, offline=True)
        return validator, jsonschema.validators.validator_for(schema)
    except (jsonschema_rs.ValidationError, ValueError):
        if "$schema" in schema:
            raise
    return jsonschema_rs.Draft4Validator(schema, offline=True), jsonschema.Draft4Validator


def _reason(error: jsonschema.ValidationError) -> str:
    """Word a broken rule without the value that breaks it."""
    if error.validator in {"required", "additionalProperties", "dependentRequired"}:
        return error.message
    if error.validator == "type":
        rule: Any = error.validator_value
        return "expected " + (rule if isinstance(rule, str) else " or ".join(rule))
    return f"breaks the rule {error.validator} of its schema"


class StreamSink(Sink):
    """One stream on its way into one table."""

    target: TargetPandev
    unstored: ClassVar[frozenset[str]] = frozenset()
    """Properties that no table keeps."""

    def __init__(
        self,
        target: TargetPandev,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self.target = target
        self._lines: list[bytes] = []
        self._deletions: list[Deletion] = []
        self._version = target.versions.get(stream_name)
        self._rejections: list[Rejection] = []
        self._table = target.store.table(
            StreamSchema(
                stream_name,
                self._stored_properties(),
                tuple(self.key_properties),
                target.replication_key,
            )
        )
        self._rows = rows.RowEncoder(self._table.columns)

    def _stored_properties(self) -> dict[str, Any]:
        """Return the properties that a table may keep, references in them resolved."""
        schema: dict[str, Any] = resolve_schema_references(deepcopy(self.schema))
        properties = schema.get("properties", {}).items()
        return {name: of for name, of in properties if name not in self.unstored}

    def get_validator(self) -> Validator | None:
        """Return the check of records, unless the settings turn it off."""
        return Validator(self.schema) if self.validate_schema else None

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Add a record to the batch, or to the rejected ones.

        The context holds of the RECORD message `time_extracted`, ISO 8601 or None, its `version`,
        and `deleted_at`, its `_sdc_deleted_at`: of a deletion nothing but the key counts.
        """
        if context["version"] is not None:
            self._begin_version(context["version"])
        if self._version:
            self._version.record_came()
        self.tally_record_read()
        try:
            self._check_key(record)
            if context["deleted_at"] is not None:
                self._take_deletion(record, context["deleted_at"])
                return
            if self._validator is not None:
                self._validator.validate(record)
            self._take(record, _moment(context["time_extracted"], "time_extracted"))
        except RefusedFieldError as error:
            self._reject(record, field=error.field or None, reason=error.reason)

    def activate_version(self, number: int) -> None:
        """Have rows of older versions replaced at the end of the input."""
        self._begin_version(number)
        if self._version and self._version.number == number:
            self._version.activate()

    def _begin_version(self, number: int) -> None:
        """Load what came before, and note the rows from now on, unless that goes on already."""
        if self._version and self._version.number >= number:
            return
        self.target.load_pending(self.stream_name)
        self._version = TableVersion(number, self.target.store.begin_version())
        if self.stream_name in self.target.unversioned:
            self._version.doubt = "this run brought records without a version, too"
        self.target.versions[self.stream_name] = self._version

    def replace_version(self) -> None:
        """Mark or delete what an activated version has not brought."""
        version = self._version
        if version is None or not version.activated:
            return
        doubt = version.doubt or (
            None
            if version.ended
            else "nothing came behind its last record, so it may have been cut"
        )
        if doubt:
            self.logger.warning("%s: rows of older versions stay, as %s", self.stream_name, doubt)
            return
        try:
            self.target.store.replace(self._table, version.brought, version.began_at)
        except RefusedFieldError as error:
            told = columns.json_text({"version": version.number})
            self._rejections.append(self._rejection(told, None, None, error.reason))
            self._keep_rejections()

    def _take(self, record: dict[str, Any], read_at: str) -> None:
        values = self._rows.encode(record)
        metadata = f"{read_at}\t{rows.digest(values)}\t{len(self._lines)}\n".encode()
        line = b"%s\t%s" % (values, metadata) if self._table.columns else metadata
        self._lines.append(line)
        self.target.pending_bytes += len(line)

    def _take_deletion(self, record: dict[str, Any], deleted_at: Any) -> None:
        if not self._table.key:
            raise RefusedFieldError(
                "_sdc_deleted_at", "the stream has no key that would tell which row is deleted"
            )
        moment = _moment(deleted_at, "_sdc_deleted_at")
        deletion = Deletion(rows.key_texts(self._table.key_columns, record), moment)
        self._deletions.append(deletion)
        self.target.pending_bytes += sum(map(len, deletion.key))

    def _check_key(self, record: dict[str, Any]) -> None:
        for name in self.key_properties:
            if record.get(name) is None:
                raise RefusedFieldError(name, "the key is missing")

    def _reject(self, record: Mapping[str, Any], *, field: str | None, reason: str) -> None:
        """Keep of a record what its table would have kept."""
        told = [each.property for each in self._table.columns if each.property in record]
        text = _json_or_less({each: record[each] for each in told})
        key = _json_or_less([record.get(name) for name in self.key_properties])
        self._rejections.append(self._rejection(text, key, field, reason))
        if self._version:
            self._version.doubt = "records of it were rejected"

    def _rejection(self, text: str, key: str | None, field: str | None, reason: str) -> Rejection:
        return Rejection(
            stream=columns.storable_text(self.stream_name),
            record_hash=rows.digest(text.encode()),
            key=key,
            field=field and columns.storable_text(field),
            reason=columns.storable_text(reason),
            record=text,
        )

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Load the batch, then keep what was rejected."""
        self.record_counter_metric.increment(self.current_size)
        self._load()
        self._keep_rejections()

    def _keep_rejections(self) -> None:
        rejections, self._rejections = self._rejections, []
        if rejections:
            self.target.store.reject(rejections)
            self.target.rejected(rejections)

    def _load(self) -> None:
        lines, self._lines = self._lines, []
        self.target.pending_bytes -= sum(map(len, lines))
        brought = self._version.brought if self._version else None
        if lines:
            if brought is None:
                self.target.unversioned.add(self.stream_name)
            then = partial(self._reject_lines, lines)
            self.target.store.load(self._table, lines, then=then, brought=brought)
        deletions, self._deletions = self._deletions, []
        self.target.pending_bytes -= sum(len(part) for each in deletions for part in each.key)
        if deletions:
            self.target.store.bury(self._table, deletions)

    def _reject_lines(self, lines: Sequence[bytes], refused: Sequence[Refused]) -> None:
        for one in refused:
            fields = rows.decode(lines[one.index])
            record = {each.property: fields[n] for n, each in enumerate(self._table.columns)}
            self._reject(record, field=one.field, reason=one.reason)
        self._keep_rejections()


class CompletedReadSink(StreamSink):
    """`completed_reads` on its way: each is stored together with what it marks as gone."""

    unstored = frozenset({"keys"})

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reads: list[tuple[CompletedRead, dict[str, Any]]] = []

    def _take(self, record: dict[str, Any], read_at: str) -> None:
        read = CompletedRead.of(record, read_at=read_at)
        told = {name: value for name, value in record.items() if name not in self.unstored}
        self._reads.append((read, told))
        self.target.pending_bytes += read.size

    def _load(self) -> None:
        """Load the rows that were read first, so that none is marked because it still waits."""
        reads, self._reads = self._reads, []
        self.target.pending_bytes -= sum(read.size for read, _ in reads)
        for stream in {read.stream for read, _ in reads}:
            self.target.load_pending(stream)
        for read, told in reads:
            try:
                self.target.store.complete(read)
            except RefusedFieldError as error:
                self._reject(told, field=error.field or None, reason=error.reason)


def _json_or_less(value: Any) -> str:
    try:
        return columns.json_text(value)
    except RecursionError:
        return '"nested too deeply"'


def _moment(told: Any, field: str) -> str:
    """Return a moment of a message; the present one where none is told."""
    try:
        return _isoformat(told) if told else datetime.now(UTC).isoformat()
    except (TypeError, ValueError):
        raise RefusedFieldError(field, "expected a moment in ISO 8601") from None


@lru_cache(maxsize=16)
def _isoformat(moment: str) -> str:
    return datetime.fromisoformat(moment).isoformat()
