"""Meltano's console for people, which `logging.yaml` configures: no METRIC lines, no set-up lines.

Meltano passes the log of its plugins on as dictionaries, which its own settings cannot filter.
https://docs.meltano.com/reference/settings/#clilog_config
"""

from __future__ import annotations

import logging
import sys
from typing import Any

METRICS = "singer_sdk.metrics"
SETUP_LINES = (
    "Skipping parse of env var",
    "Parsing env var",
    "Beginning sync of ",
    "Starting incremental sync of ",
    "Reader ",
)
"""Beginnings of lines of the Singer SDK that say nothing about this run."""


class PeopleFilter(logging.Filter):
    """Hides lines that are for machines or about set-up, but no warning."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is shown."""
        event: Any = record.msg
        if record.levelno > logging.INFO or not isinstance(event, dict):
            return True
        is_metric = event.get("plugin_logger") == METRICS
        return not is_metric and not str(event.get("event")).startswith(SETUP_LINES)


def console_formatter() -> logging.Formatter:
    """Return Meltano's own formatter, with colours on a terminal."""
    from meltano.core.logging import console_log_formatter  # noqa: PLC0415 - not a dependency

    formatter: logging.Formatter = console_log_formatter(colors=sys.stderr.isatty())
    return formatter
