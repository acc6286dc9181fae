"""Write Singer messages to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class SingerFile:
    """A file of messages, open while the `with` block lasts."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        """Return the open file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Flush and close the file."""
        self._file.close()

    def write_schema(
        self,
        stream: str,
        schema: Mapping[str, Any],
        key: Sequence[str],
        *,
        replication_key: str | None = None,
    ) -> None:
        """Write the SCHEMA message of a stream."""
        message = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": key}
        if replication_key:
            message["bookmark_properties"] = [replication_key]
        self._write(message)

    def write_record(self, stream: str, record: Mapping[str, Any], *, read_at: str) -> None:
        """Write a RECORD message."""
        message = {"type": "RECORD", "stream": stream, "record": record}
        self._write({**message, "time_extracted": read_at})

    def write_state(self, value: Mapping[str, Any]) -> None:
        """Write a STATE message."""
        self._write({"type": "STATE", "value": value})

    def _write(self, message: Mapping[str, Any]) -> None:
        self._file.write(msgspec.json.encode(message) + b"\n")
