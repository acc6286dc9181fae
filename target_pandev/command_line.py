"""Check the files and environment variables of the command line: one line per error.

The SDK logs a traceback for a file that is missing or broken, and for text that is not a number.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from singer_sdk.configuration._dict_config import parse_environment_config

from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENVIRONMENT = "ENV"
"""The value of `--config` for environment variables and `.env`."""
UNREADABLE_ERRORS = (OSError, TypeError, ValueError)
"""Raised by the SDK for a file that is missing, a folder, not JSON, or not an object."""


def config_error(paths: Sequence[str]) -> StoreError:
    """Return the error for files of settings of which one cannot be read."""
    return StoreError(
        f"--config {', '.join(paths)}: expected ENV or a readable file with a JSON object"
    )


def parse_environment(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the settings in the environment. Raises `StoreError`, which names invalid ones."""
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
        raise StoreError(f"{', '.join(invalid)}: expected a number or JSON")
    return config
