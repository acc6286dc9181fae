"""Limit how many rows reads may delete in a day: a lost permission looks like a mass deletion.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FREE_DELETIONS = 10
"""Rows per stream and day that may be deleted whatever their share: two of five may well be."""


@dataclass(frozen=True)
class Rows:
    """Rows from which a read deletes some."""

    stored: int
    deleted: int = 0
    """How many more were stored until reads deleted them in the last 24 hours."""


@dataclass(frozen=True)
class Decision:
    """Whether a deletion is allowed, and how many free deletions it uses."""

    allowed: bool
    free_deletions_used: int = 0


@dataclass(frozen=True)
class DeletionLimit:
    """Allows the deletion of a share of the rows of a day, and of `free` rows whatever it is."""

    share: float
    free: int

    def allows(self, missing: int, of: Sequence[Rows]) -> Decision:
        """Return the decision on deleting `missing` rows, which are among each of the rows `of`."""
        if all(self._is_within_share(missing, rows) for rows in of):
            return Decision(allowed=True)
        if missing <= self.free:
            return Decision(allowed=True, free_deletions_used=missing)
        return Decision(allowed=False)

    def _is_within_share(self, missing: int, rows: Rows) -> bool:
        return missing + rows.deleted <= self.share * (rows.stored + rows.deleted)
