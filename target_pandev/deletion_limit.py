"""Limit how many rows one read may delete: a lost permission looks like a mass deletion. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FREE_DELETIONS = 10
"""Rows per stream and run that may be deleted whatever their share: two of five may well be."""


@dataclass(frozen=True)
class Decision:
    """Whether a deletion is allowed, and how many free deletions it uses."""

    allowed: bool
    free_deletions_used: int = 0


@dataclass(frozen=True)
class DeletionLimit:
    """Allows the deletion of a share of all rows, and of `free` rows whatever their share."""

    share: float
    free: int

    def allows(self, missing: int, total: int) -> Decision:
        """Return the decision on deleting `missing` of `total` rows."""
        if missing <= self.share * total:
            return Decision(allowed=True)
        if missing <= self.free:
            return Decision(allowed=True, free_deletions_used=missing)
        return Decision(allowed=False)
