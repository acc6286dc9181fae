"""Route each Singer message to its sink; emit STATE once everything before it is committed."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from singer_sdk import Target
from singer_sdk.exceptions import (
    ConfigValidationError,
    InvalidJSONSchema,
    MappingError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
)
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.singerlib.exceptions import InvalidInputLine

from plugin_settings.plugin import StrictPlugin
from target_pandev.database import DeletionRules, ReferenceRules
from target_pandev.end_of_input import discard_input
from target_pandev.errors import RejectedRecordsError, StoreError, TerminatedError
from target_pandev.log_lines import OneLineRecord
from target_pandev.messages import MessageReader
from target_pandev.open_store import StoreSettings, open_store
from target_pandev.sdk_patches import append_plugin_settings
from target_pandev.session import LoadSession
from target_pandev.settings import CONFIG_SCHEMA, describe_invalid_setting, max_deleted_share
from target_pandev.sinks import CompletedReadSink, StreamSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from target_pandev.database import Store

BATCH_BYTES = 16 << 20
"""Pending rows of this size are loaded, even if they are few."""
STATE_INTERVAL_SECONDS = 5.0
"""Once the last load is so long ago, a STATE is a reason to load, even if more input is pending."""
MAX_PENDING_SECONDS = 10.0
"""Rows and states that are pending for so long are loaded without a further STATE."""
COLLECT_INTERVAL_SECONDS = 0.05
"""How often a load that is running is looked at while there is no input."""
COMPLETED_READS = "completed_reads"
"""The stream whose records determine which rows of other streams are deleted."""
NESTING_KEYWORDS = {"properties", "$ref", "allOf", "anyOf", "oneOf"}
"""A property whose schema has one of these may be an object that the SDK flattens."""
STDIN = 0
T = TypeVar("T")


class RecordsWithoutKeyError(RejectedRecordsError, MissingKeyPropertiesError):
    """At least one of the rejected records has no value for a property of its key.

    Not in `errors`, because it extends an error of the SDK, which the other commands do not import.
    """


class TargetPandev(StrictPlugin, Target):
    """Loads Singer streams into PanDev's store and joins task ids from git."""

    name = "target-pandev"
    package_name = "pandev-clickup"
    error_type = StoreError
    default_sink_class = StreamSink
    message_reader_class = MessageReader
    message_reader: MessageReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.SOFT_DELETE,
        TargetCapabilities.HARD_DELETE,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA

    def __init__(self, **options: Any) -> None:
        self.session = LoadSession(
            self._open_store, flush=self.flush, write_state=super()._write_state_message
        )
        super().__init__(**options)
        self._flattening = self.mapper.flattening_options
        self._loaded_at = time.monotonic()
        self._is_state_pending = False
        self.message_reader.before_read = self._before_read
        self.max_parallelism = 1  # all sinks share one connection

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings for stream maps and flattening."""
        append_plugin_settings(cls, config_jsonschema)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Return what is wrong with the settings, without their values.

        Raises `ConfigValidationError`.
        """
        errors = [describe_invalid_setting(error) for error in self.find_invalid_settings()]
        if errors and raise_errors:
            raise ConfigValidationError(
                "invalid settings", errors=errors, schema=self.config_jsonschema
            )
        if errors:
            self.logger.warning("invalid settings: %s", "; ".join(errors))
        return errors

    def get_sink_class(self, stream_name: str) -> type[StreamSink]:
        """Return the class of a stream's sink."""
        return CompletedReadSink if stream_name == COMPLETED_READS else self.default_sink_class

    @contextmanager
    def _open_store(self) -> Iterator[Store]:
        settings = StoreSettings(
            self.config.get("store_url"), self.config.get("store_dir"), self.config["store_schema"]
        )
        with open_store(settings) as store:
            store.deletions = DeletionRules(
                max_deleted_share(self.config), hard=self.config["hard_delete"]
            )
            store.apply_reference_rules(
                ReferenceRules(
                    self.config.get("task_id_prefix"),
                    self.config.get("hash_task_ids"),
                    self.config.get("repository_workspaces"),
                )
            )
            yield store

    def close(self) -> None:
        """Close the store."""
        self.session.close()

    def flush(self, stream: str) -> None:
        """Load the pending rows of a stream."""
        if sink := self._sinks_active.get(stream):
            self.drain_one(sink)

    # Messages

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        """Load what arrived under the stream's previous schema, then open its new sinks."""
        stream, schema, key_properties = self._validate_schema_message(message_dict)
        previous_maps = self.mapper.stream_maps.get(stream, [])
        if any(
            (stream_map.raw_schema, stream_map.raw_key_properties) == (schema, key_properties)
            for stream_map in previous_maps
        ):
            return
        for stream_map in previous_maps:
            self.flush(stream_map.stream_alias)
        bookmarks = message_dict.get("bookmark_properties")
        replication_key = bookmarks[0] if isinstance(bookmarks, list) and bookmarks else None
        self._set_flattening(stream, schema)
        try:
            self.mapper.register_raw_stream_schema(stream, schema, key_properties)
        except RecursionError:
            problem = f"the schema of {stream} is nested too deeply"
            raise self.message_reader.invalid_line(problem) from None
        for stream_map in self.mapper.stream_maps[stream]:
            self.session.replication_keys[stream_map.stream_alias] = replication_key
            self.get_sink(
                stream_map.stream_alias,
                schema=stream_map.transformed_schema,
                key_properties=stream_map.transformed_key_properties,
            )

    def _set_flattening(self, stream: str, schema: dict[str, Any]) -> None:
        """Flatten a stream only if one of its properties is an object with properties of its own.

        The SDK also turns arrays and free-form objects into text, which fits neither the columns of
        such a stream nor completed reads.
        """
        has_objects = any(
            NESTING_KEYWORDS & nested.keys() for nested in schema["properties"].values()
        )
        is_flattened = self._flattening.enabled and has_objects and stream != COMPLETED_READS
        self.mapper.flattening_options = replace(self._flattening, enabled=is_flattened)

    def _validate_schema_message(
        self, message: dict[str, Any]
    ) -> tuple[str, dict[str, Any], list[str]]:
        """Return stream, schema and key properties. Raises `InvalidInputLine`."""
        stream = self._required(message, "stream", str)
        schema = self._required(message, "schema", dict)
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not all(
            isinstance(property_schema, dict) for property_schema in properties.values()
        ):
            raise self.message_reader.invalid_line(f"the schema of {stream} has no properties")
        key_properties = message.get("key_properties") or []
        if not isinstance(key_properties, list) or not all(
            isinstance(name, str) and name in properties for name in key_properties
        ):
            raise self.message_reader.invalid_line(
                f"the key_properties of {stream} are not a list of its properties"
            )
        return stream, schema, list(dict.fromkeys(key_properties))

    def _required(self, message: dict[str, Any], name: str, expected: type[T]) -> T:
        """Return a required value of a message. Raises `InvalidInputLine`, without the value."""
        value = message.get(name)
        if not isinstance(value, expected):
            raise self.message_reader.invalid_line(f"{message['type']} without a valid {name!r}")
        return value

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """Pass a record to its sink, without the SDK's additional check of each field."""
        stream = self._required(message_dict, "stream", str)
        values = self._required(message_dict, "record", dict)
        if stream not in self.mapper.stream_maps:
            self._assert_sink_exists(stream)
        version = message_dict.get("version")
        context = {
            "time_extracted": message_dict.get("time_extracted"),
            "deleted_at": values.get("_sdc_deleted_at"),
            "version": version if isinstance(version, int) else None,
        }
        stream_maps = self.mapper.stream_maps[stream]
        for stream_map in stream_maps:
            record = stream_map.transform(values if len(stream_maps) == 1 else dict(values))
            if record is not None:
                sink = self.get_sink(stream_map.stream_alias)
                sink.process_record(record, context)
                if sink.is_full or self.session.pending_bytes >= BATCH_BYTES:
                    self._load_pending()

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Request that rows of older versions are replaced at the end of the input."""
        stream = self._required(message_dict, "stream", str)
        version = self._required(message_dict, "version", int)
        if stream not in self.mapper.stream_maps:
            self._assert_sink_exists(stream)
        for stream_map in self.mapper.stream_maps[stream]:
            self.get_sink(stream_map.stream_alias).activate_version(version)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:  # noqa: ARG002
        """Reject BATCH messages: they name files that the target would read."""
        raise self.message_reader.invalid_line(
            "BATCH messages are not supported; unset batch_config of the tap"
        )

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Keep a state; if no more input is pending, load everything and emit it.

        If input is always pending, everything is loaded in the background every few seconds.
        Raises `StoreError` if the state was not emitted by this store.
        """
        if isinstance(state := message_dict.get("value"), dict):
            self.session.assert_state_is_known(state)
        super()._process_state_message(message_dict)
        self._is_state_pending = True
        for version in self.session.versions.values():
            version.ended = True
        if not self.message_reader.input_pending():
            self._load_pending()
            self.session.wait()
        elif time.monotonic() - self._loaded_at >= STATE_INTERVAL_SECONDS:
            self._load_pending()

    def _load_pending(self) -> None:
        """Start to load all pending rows, and emit the latest state once they are committed."""
        self.drain_all()
        self._is_state_pending = False
        self._loaded_at = time.monotonic()

    def _before_read(self) -> float | None:
        """Emit the states that are committed by now, and load what has been pending for long.

        Returns after how many seconds without input the reader has to call it again.
        """
        self.session.collect()
        if self.session.is_loading:
            return COLLECT_INTERVAL_SECONDS
        if not self._is_state_pending and not self._has_pending_records():
            self._loaded_at = time.monotonic()
            return None
        seconds_left = self._loaded_at + MAX_PENDING_SECONDS - time.monotonic()
        if seconds_left > 0:
            return seconds_left
        self._load_pending()
        return COLLECT_INTERVAL_SECONDS

    def _has_pending_records(self) -> bool:
        return any(
            sink.current_size for sink in [*self._sinks_active.values(), *self._sinks_to_clear]
        )

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Emit a state, once, as soon as everything before it is committed."""
        self.session.emit_state(state)

    def process_endofpipe(self) -> None:
        """Load the rest. Raises `RejectedRecordsError` if records were rejected."""
        for stream in list(self._sinks_active):
            self.flush(stream)
        self.session.wait()
        for sink in self._sinks_active.values():
            if isinstance(sink, StreamSink):
                sink.replace_version()
        super().process_endofpipe()
        self.session.wait()
        self.close()
        self.session.log_summary(self.config["store_schema"])
        if self.session.rejected_count and self.config["fail_on_rejected_records"]:
            raise self._rejected_records_error()

    def _rejected_records_error(self) -> RejectedRecordsError:
        count = self.session.rejected_count
        was, they_are = ("record was", "it is") if count == 1 else ("records were", "they are")
        kind = RecordsWithoutKeyError if self.session.has_rejected_keys else RejectedRecordsError
        return kind(
            f"{count} {was} rejected, all others were loaded; {they_are} in the table "
            f"{self.config['store_schema']}.rejected_records"
        )

    # The command line

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Interrupt the run; the SDK's handler would lose the batch that is being loaded."""
        raise TerminatedError(signum, self.session.abort)

    @classmethod
    def invoke(cls, **options: Any) -> None:
        """Run the command; after a signal roll back and exit with 128 plus its number."""
        try:
            super().invoke(**options)
        except TerminatedError as signal:
            signal.abort()
            cls.logger.warning("interrupted; what was not committed has been rolled back")
            sys.exit(128 + signal.signum)
        except ConfigValidationError as error:
            raise StoreError(
                f"{'; '.join(error.errors)}; settings come from --config or, with --config=ENV, "
                "from TARGET_PANDEV_<SETTING>"
            ) from None


def main() -> None:
    """Run the command line; an error is logged as one line."""
    logging.setLogRecordFactory(OneLineRecord)
    try:
        TargetPandev.cli()
    except (
        StoreError,
        RejectedRecordsError,
        InvalidInputLine,
        InvalidJSONSchema,
        MappingError,
        RecordsWithoutSchemaException,
    ) as error:
        log_error = partial(TargetPandev.logger.critical, "%s", error)
        discard_input(STDIN, on_wait=log_error)
        log_error()
        sys.exit(1)


if __name__ == "__main__":
    main()
