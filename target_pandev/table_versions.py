"""Singer's table versions: what a run has read of one, and whether it may replace the older ones.

A tap that reads a whole table in every run gives each RECORD a version, and reports with
ACTIVATE_VERSION that rows of older versions are deleted. Some taps send it before the records, and
the output of an interrupted tap ends like that of a finished one. The difference is whether a
message follows the last record. https://hub.meltano.com/singer/spec#activate-version
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from target_pandev.database import SeenKeysTable


@dataclass
class TableVersion:
    """One version of a stream in this run; the store adds the keys of its rows to `seen_keys`."""

    number: int
    seen_keys: SeenKeysTable
    started_at: datetime
    activated: bool = False
    has_records: bool = False
    ended: bool = False
    """Whether an ACTIVATE_VERSION or STATE message followed its last record."""
    incomplete_reason: str | None = None
    """Why rows that this run has not seen may still exist."""

    @property
    def skip_reason(self) -> str | None:
        """Why older versions must not be replaced, or None if they may."""
        if self.incomplete_reason:
            return self.incomplete_reason
        if not self.ended:
            return "no message followed its last record, so it may be incomplete"
        return None

    def note_record(self) -> None:
        """Note that a record of this version was received."""
        self.has_records = True
        self.ended = False

    def activate(self) -> None:
        """Note that its ACTIVATE_VERSION message was received."""
        self.activated = True
        self.ended = self.has_records
