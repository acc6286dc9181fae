"""Check the files that a tap is passed along with its settings: one line per error."""

from __future__ import annotations

import io
import json
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def validate_state_file(file: IO[str] | None, error_type: type[Exception]) -> IO[str] | None:
    """Return a file that the SDK can read. Raises an `error_type` unless it has an object."""
    return _validate(file, "--state", error_type, is_catalog=False)


def validate_catalog_file(file: IO[str] | None, error_type: type[Exception]) -> IO[str] | None:
    """Return a file that the SDK can read. Raises an `error_type` unless it has a catalog."""
    return _validate(file, "--catalog", error_type, is_catalog=True)


def _validate(
    file: IO[str] | None, option: str, error_type: type[Exception], *, is_catalog: bool
) -> IO[str] | None:
    if file is None:
        return None
    try:
        text = file.read()
        content = json.loads(text)
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or (is_catalog and not _is_catalog(content)):
        expected = "a catalog, as --discover prints it" if is_catalog else "a JSON object"
        raise error_type(f"{option} {file.name}: expected {expected}")
    return io.StringIO(text)


def _is_catalog(content: Mapping[str, Any]) -> bool:
    streams = content.get("streams")
    return isinstance(streams, list) and all(
        isinstance(stream, dict)
        and isinstance(stream.get("tap_stream_id"), str)
        and isinstance(stream.get("schema"), dict)
        for stream in streams
    )
