"""Check the files and environment variables of the command line: one line per error.

The SDK logs a traceback for a file that is missing or broken, and for text that is not a number.
"""

from __future__ import annotations

import io
import json
import os
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.configuration._dict_config import parse_environment_config

from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENVIRONMENT = "ENV"
"""The value of `--config` for environment variables and `.env`."""
UNREADABLE_ERRORS = (OSError, TypeError, ValueError)
"""Raised by the SDK for a file that is missing, a folder, not JSON, or not an object."""


def config_error(paths: Sequence[str]) -> ConfigurationError:
    """Return the error for files of settings of which one cannot be read."""
    return ConfigurationError(
        f"--config {', '.join(paths)}: expected ENV or a readable file with a JSON object"
    )


def parse_environment(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the settings in the environment. Raises `ConfigurationError` for invalid ones."""
    config: dict[str, Any] = {}
    invalid = []
    for name, setting in schema["properties"].items():
        try:
            config |= parse_environment_config(
                {"properties": {name: setting}}, prefix, dotenv_path=os.devnull
            )
        except ValueError:
            invalid.append(prefix + name.upper())
    if invalid:
        raise ConfigurationError(f"{', '.join(invalid)}: expected a number or JSON")
    return config


def validate_state_file(file: IO[str] | None) -> IO[str] | None:
    """Return a file that the SDK can read. Raises `ConfigurationError` unless it is an object."""
    return _validate(file, "--state", is_catalog=False)


def validate_catalog_file(file: IO[str] | None) -> IO[str] | None:
    """Return a file that the SDK can read. Raises `ConfigurationError` unless it has a catalog."""
    return _validate(file, "--catalog", is_catalog=True)


def _validate(file: IO[str] | None, option: str, *, is_catalog: bool) -> IO[str] | None:
    if file is None:
        return None
    try:
        text = file.read()
        content = json.loads(text)
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or (is_catalog and not _is_catalog(content)):
        expected = "a catalog, as --discover prints it" if is_catalog else "a JSON object"
        raise ConfigurationError(f"{option} {file.name}: expected {expected}")
    return io.StringIO(text)


def _is_catalog(content: Mapping[str, Any]) -> bool:
    streams = content.get("streams")
    return isinstance(streams, list) and all(
        isinstance(stream, dict)
        and isinstance(stream.get("tap_stream_id"), str)
        and isinstance(stream.get("schema"), dict)
        for stream in streams
    )
