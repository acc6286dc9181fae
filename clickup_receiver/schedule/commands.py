"""Parse a command of the settings into a program and its arguments; no shell is involved."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tap_clickup.errors import ConfigurationError

OWNER_ONLY_UMASK = 0o077
"""Of commands: Meltano writes settings with their secrets to files."""


def split_command(command: str, *, setting: str) -> list[str]:
    """Return the words of a command; a program next to this Python takes precedence over PATH.

    Raises `ConfigurationError`, which names the setting.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigurationError(f"{setting}: {error}") from error
    if not words:
        raise ConfigurationError(f"{setting}: expected a command")
    sibling = Path(sys.executable).parent / words[0]
    return [str(sibling) if sibling.is_file() else words[0], *words[1:]]
