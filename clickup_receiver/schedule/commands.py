"""Commands of the settings, without a shell."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tap_clickup.errors import ConfigurationError


def words_of(command: str, *, setting: str) -> list[str]:
    """Return the words of a command; a program installed beside this one is found there.

    Raises `ConfigurationError`, which names the setting.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigurationError(f"{setting}: {error}") from error
    if not words:
        raise ConfigurationError(f"{setting}: expected a command")
    beside = Path(sys.executable).parent / words[0]
    return [str(beside) if beside.is_file() else words[0], *words[1:]]
