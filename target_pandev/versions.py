"""Singer's table versions: what a run has read of one, and whether that may replace the older ones.

A tap that reads a whole table anew gives each RECORD a version, and says by ACTIVATE_VERSION that
rows of older ones are gone. Some taps say so before the records, and a tap that is cut closes its
output like one that has ended: then only what came behind the records tells the difference.
https://hub.meltano.com/singer/spec#activate-version
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_pandev.database import Brought


@dataclass
class TableVersion:
    """One version of a stream in this run; `brought` is where the store notes its rows."""

    number: int
    brought: Brought
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    activated: bool = False
    has_records: bool = False
    ended: bool = False
    """Whether ACTIVATE_VERSION or a STATE came behind its last record."""
    doubt: str | None = None
    """Why what it has not brought may exist all the same."""

    def record_came(self) -> None:
        """Note a record of it."""
        self.has_records, self.ended = True, False

    def activate(self) -> None:
        """Note its ACTIVATE_VERSION."""
        self.activated, self.ended = True, self.has_records
