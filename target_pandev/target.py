"""The way of a message: records to their sink, states out once all is stored."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from singer_sdk import Target
from singer_sdk.exceptions import (
    ConfigValidationError,
    InvalidJSONSchema,
    MappingError,
    RecordsWithoutSchemaException,
)
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.singerlib.exceptions import InvalidInputLine

from target_pandev.database import DeletionRules, ReferenceRules, StoreError
from target_pandev.messages import MessageReader
from target_pandev.open_store import StoreSettings, open_store
from target_pandev.settings import SETTINGS, max_deleted_share
from target_pandev.sinks import (
    CompletedReadSink,
    RecordsWithoutKeyError,
    RejectedRecordsError,
    StreamSink,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from target_pandev.database import Rejection, Store
    from target_pandev.versions import TableVersion

BATCH_BYTES = 16 << 20
"""All that waits is loaded at this size, even if it is few rows."""
COMPLETED_READS = "completed_reads"
"""The stream whose records tell what else is gone."""
SHOWN_KEY = 200
"""So many characters of a rejected record's key are shown."""
SHOWN_REJECTIONS = 20
"""How many rejected records the log names; the table has them all."""


Part = TypeVar("Part")


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGINT came: a running transaction is cancelled and rolled back."""

    def __init__(self, signum: int, target: TargetPandev) -> None:
        super().__init__()
        self.signum = signum
        self.target = target


class TargetPandev(Target):
    """Loads Singer streams into PanDev's store and joins task ids from git."""

    name = "target-pandev"
    package_name = "pandev-clickup"
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

    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS

    def __init__(self, **options: Any) -> None:
        self._exit = ExitStack()
        self._rejected = 0
        self._given_state: dict[str, Any] | None = None
        self._rejected_without_key = False
        self.pending_bytes = 0
        """Bytes of all lines that wait in the sinks."""
        self.versions: dict[str, TableVersion] = {}
        """The newest version of each stream that has one in this run."""
        self.unversioned: set[str] = set()
        """The streams of which records without a version were loaded."""
        self.replication_key: str | None = None
        """The replication key of the SCHEMA message at hand; new sinks take it from here."""
        super().__init__(**options)
        self.max_parallelism = 1  # all sinks share one connection

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings for stream maps and flattening; others would do nothing here."""
        super(Target, cls).append_builtin_config(config_jsonschema)

    def get_sink_class(self, stream_name: str) -> type[StreamSink]:
        """Return the kind of sink for a stream."""
        return CompletedReadSink if stream_name == COMPLETED_READS else self.default_sink_class

    @cached_property
    def store(self) -> Store:
        """The store, opened at the first SCHEMA message."""
        settings = StoreSettings(
            self.config.get("store_url"), self.config.get("store_dir"), self.config["store_schema"]
        )
        store = self._exit.enter_context(open_store(settings))
        store.deletions = DeletionRules(
            max_deleted_share(self.config), hard=self.config["hard_delete"]
        )
        store.use_rules(ReferenceRules(self.config["task_id_prefix"], self.config["hash_task_ids"]))
        return store

    def close(self) -> None:
        """Leave the store."""
        self._exit.close()

    def break_off(self) -> None:
        """Have the batch rolled back that is being loaded, and leave the store."""
        if self._sinks_active:
            self.store.cancel()
        self.close()

    # The way of a message

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        """Load what came by the schema before, then take the new one."""
        stream, schema, key = self._parts_of_schema(message_dict)
        for known in self.mapper.stream_maps.get(stream, ()):
            if (known.raw_schema, known.raw_key_properties) != (schema, key):
                self.load_pending(known.stream_alias)
        self.replication_key = next(iter(message_dict.get("bookmark_properties") or ()), None)
        super()._process_schema_message(message_dict)

    def _parts_of_schema(self, message: dict[str, Any]) -> tuple[str, dict[str, Any], list[str]]:
        """Return stream, schema and key of a SCHEMA message that holds them in the right shape."""
        stream, schema = self._part(message, "stream", str), self._part(message, "schema", dict)
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not all(
            isinstance(each, dict) for each in properties.values()
        ):
            raise self.message_reader.complaint(f"the schema of {stream} has no properties")
        key = message.setdefault("key_properties", [])
        if not isinstance(key, list) or not all(each in properties for each in key):
            raise self.message_reader.complaint(
                f"the key_properties of {stream} are no list of its properties"
            )
        message["key_properties"] = key = list(dict.fromkeys(key))
        return stream, schema, key

    def _part(self, message: dict[str, Any], name: str, kind: type[Part]) -> Part:
        """Return a part of a message; the complaint about a wrong one shows nothing of it."""
        part = message.get(name)
        if not isinstance(part, kind):
            raise self.message_reader.complaint(f"{message['type']} without a proper {name!r}")
        return part

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """Hand a record to its sink: the SDK's way without its second look at each field."""
        stream = self._part(message_dict, "stream", str)
        values = self._part(message_dict, "record", dict)
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
                if sink.is_full or self.pending_bytes >= BATCH_BYTES:
                    self.drain_all()

    def load_pending(self, stream: str) -> None:
        """Load what waits of a stream."""
        if sink := self._sinks_active.get(stream):
            self.drain_one(sink)

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Have rows of older versions replaced at the end of the input, if it comes to that."""
        stream = self._part(message_dict, "stream", str)
        version = self._part(message_dict, "version", int)
        if stream not in self.mapper.stream_maps:
            self._assert_sink_exists(stream)
        for stream_map in self.mapper.stream_maps[stream]:
            self.get_sink(stream_map.stream_alias).activate_version(version)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:  # noqa: ARG002
        """Refuse files named by the input."""
        raise self.message_reader.complaint("BATCH messages are not read; unset batch_config")

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Keep the state, and give it out as soon as all is stored if no further input waits."""
        super()._process_state_message(message_dict)
        for version in self.versions.values():
            version.ended = True
        if not self.message_reader.more_waits():
            self.drain_all()
            self._settle()

    def _settle(self) -> None:
        """Wait until all is stored that is being loaded, if there is a store yet."""
        if self._sinks_active:
            self.store.settle()

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Give out a state, once, as soon as what came before it is stored."""
        if state == self._given_state:
            return
        self._given_state = state
        write = partial(super()._write_state_message, state)
        if self._sinks_active:
            self.store.when_stored(write)
        else:
            write()

    def rejected(self, rejections: Sequence[Rejection]) -> None:
        """Name rejected records in the log, without their values but for the key."""
        for each in rejections[: max(0, SHOWN_REJECTIONS - self._rejected)]:
            self.logger.error(
                "rejected: stream %s, key %s, field %s: %s",
                each.stream,
                each.key and each.key[:SHOWN_KEY],
                each.field or "-",
                each.reason,
            )
        self._rejected += len(rejections)
        self._rejected_without_key |= any("key is missing" in each.reason for each in rejections)

    def process_endofpipe(self) -> None:
        """Load what is left. Raises `RejectedRecordsError` if records were rejected."""
        for stream in list(self._sinks_active):
            self.load_pending(stream)
        self._settle()
        for sink in self._sinks_active.values():
            if isinstance(sink, StreamSink):
                sink.replace_version()
        super().process_endofpipe()
        self._settle()
        self.close()
        if self._rejected and self.config["fail_on_rejected_records"]:
            kind = RecordsWithoutKeyError if self._rejected_without_key else RejectedRecordsError
            raise kind(
                f"{self._rejected} records were rejected, all others are loaded; "
                f"they are in the table {self.config['store_schema']}.rejected_records"
            )

    # The command line

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Interrupt: the SDK's way would lose the batch that is being loaded."""
        raise Terminated(signum, self)

    @classmethod
    def invoke(cls, **options: Any) -> None:
        """Run the command and word its end: rolled back by a signal, or a setting refused."""
        try:
            super().invoke(**options)
        except Terminated as signal:
            signal.target.break_off()
            cls.logger.warning("interrupted; what was not stored is rolled back")
            sys.exit(128 + signal.signum)
        except ConfigValidationError as error:
            raise StoreError(
                "; ".join(re.sub(r"^.* (is not )", r"a value \1", line) for line in error.errors)
                + "; settings come from --config or, with --config=ENV, "
                "from TARGET_PANDEV_<SETTING>"
            ) from None


def main() -> None:
    """Run the command line; what stops it is told in one line."""
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
        TargetPandev.logger.critical("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()
