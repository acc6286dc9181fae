"""The errors of tap-ide. Their texts are one line each: what is wrong and what is expected."""

from __future__ import annotations


class TapIdeError(Exception):
    """The tap could not read."""


class ConfigurationError(TapIdeError):
    """A setting or a file passed on the command line is invalid."""


class SourceError(TapIdeError):
    """A file or an account cannot be read; the text names it and says what to do."""


class HistoryLimitError(SourceError):
    """The server keeps no heartbeats of this day for the account."""
