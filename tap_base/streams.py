"""The bases of the taps' streams."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform
from singer_sdk.singerlib import RecordMessage

from tap_base.stream_maps import find_obstacle, stream_map_definitions

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from datetime import datetime

    from singer_sdk.helpers.types import Record


class BaseStream(Stream):
    """A stream whose records are what its schema declares, each as of the time of its reading."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    """The SDK need not convert each value."""
    _extracted_at: datetime
    """When the source of the next record was read: later edits are not in it."""

    def obstacles(self, properties: Iterable[str]) -> dict[str, str | None]:
        """Return the names under which records are written, each with an obstacle or None.

        An obstacle is why the properties do not identify the rows that are written: they are
        deselected or mapped. Without a name, no record of the stream is written.
        """
        names = tuple(properties)
        deselected = [name for name in names if not self.mask["properties", name]]
        definitions = stream_map_definitions(self.name, self.config.get("stream_maps") or {})
        obstacles = {}
        for stream_map, definition in zip(self.stream_maps, definitions, strict=True):
            if isinstance(stream_map, RemoveRecordTransform):
                continue
            obstacle = find_obstacle(definition, names, primary_keys=self.primary_keys or ())
            if deselected:
                obstacle = f"{deselected[0]} is deselected"
            obstacles[stream_map.stream_alias] = obstacle
        return obstacles

    @cached_property
    def _is_passthrough(self) -> bool:
        """Whether records are written as they are: nothing is deselected or mapped."""
        return all(self.mask.values()) and all(
            type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled
            for stream_map in self.stream_maps
        )

    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        """Yield the messages of a record.

        The SDK removes deselected properties from the record itself, which other streams may need
        as it is, so it gets a copy. What is written as it is need not be walked through at all.
        """
        if self._is_passthrough:
            yield RecordMessage(self.name, record, time_extracted=self._extracted_at)
            return
        for message in super()._generate_record_messages({**record}):
            message.time_extracted = self._extracted_at
            yield message

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log, except in `--test`, where the SDK would log its own abort as an error."""
        if self.ABORT_AT_RECORD_COUNT is None:
            super().log(message, *args, level=level, **kwargs)
