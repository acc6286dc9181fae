"""What the tap emits of a record of a stream, as `stream_maps` make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.singerlib import RecordMessage

from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.streams.base import ClickUpStream


class MappedStream:
    """A stream of the tap. `table` is the first name under which its key is written as it is.

    Raises `ConfigurationError` if there is none.
    """

    def __init__(self, stream: ClickUpStream) -> None:
        self._stream = stream
        self.noun = stream.name.replace("_", " ")
        self.table = self._find_table()

    def map(self, extracted: ExtractedRecord) -> Mapping[str, Any] | None:
        """Return what the tap emits for a record; None if it leaves it out."""
        for message in self._stream.messages([extracted]):
            if isinstance(message, RecordMessage) and message.stream == self.table:
                return message.record
        return None

    def _find_table(self) -> str:
        obstacles = self._stream.obstacles(self._stream.primary_keys)
        for name, obstacle in obstacles.items():
            if obstacle is None:
                return name
        reasons = "; ".join(str(obstacle) for obstacle in obstacles.values())
        raise ConfigurationError(
            f"stored {self.noun} cannot be found by their ids: "
            f"{reasons or f'stream_maps removes {self.noun}'}"
        )
