"""Which lines of Meltano's log are for people. Pure.

Meltano writes one JSON object per line, with the log of its plugins.
https://docs.meltano.com/reference/settings/#clilog_format
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from pandev.meltano_console import METRICS, SETUP_LINES

MELTANO: Final = "meltano"
UNIMPORTANT: Final = ("debug", "info", "warning")
"""Levels of Meltano's own lines that say nothing about the data."""
STORE_SETUP: Final = ("store: applying migration", "store: creating view")
VERSION: Final = ", Meltano SDK v"
SUMMARY: Final = ("Block run completed", "Run completed")
"""Lines at the end of every run, also of one that failed."""


@dataclass(frozen=True)
class LogLine:
    """A line of a plugin, or of Meltano itself."""

    source: str
    level: str
    text: str

    @property
    def is_problem(self) -> bool:
        """Whether it is a warning or an error."""
        return self.level not in {"debug", "info"}


def parse_line(line: str) -> LogLine | None:
    """Return a line of Meltano's log if it is for people, as is one that is not JSON."""
    try:
        entry: Any = json.loads(line)
    except ValueError:
        return LogLine(MELTANO, "error", line) if line else None
    if not isinstance(entry, dict):
        return LogLine(MELTANO, "error", line)
    source = entry.get("string_id") or entry.get("name") or MELTANO
    level, text = str(entry.get("level")), str(entry.get("event"))
    is_left_out = level in UNIMPORTANT or text in SUMMARY
    if source != MELTANO:
        is_metric = entry.get("plugin_logger") == METRICS
        is_setup = text.startswith((*SETUP_LINES, *STORE_SETUP)) or VERSION in text
        is_left_out = level in {"debug", "info"} and (is_metric or is_setup)
    return None if is_left_out else LogLine(str(source), level, text)
