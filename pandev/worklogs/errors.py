"""The errors of write-back; one line each, as those of reading ClickUp."""

from __future__ import annotations

from tap_clickup.errors import ClickUpError


class WorklogError(ClickUpError):
    """Worklogs cannot be written; the text names the cause and what to do."""


class WrongEntryError(WorklogError):
    """ClickUp made another entry than requested; it was deleted."""
