"""How many rows a read may delete: a share of all rows, or a few whatever their share."""

from __future__ import annotations

import pytest

from target_pandev.deletion_limit import Decision, DeletionLimit

WITHIN_SHARE = Decision(allowed=True, free_deletions_used=0)
BEYOND = Decision(allowed=False, free_deletions_used=0)


@pytest.mark.parametrize(
    ("share", "free", "missing", "total", "decision"),
    [
        (0.2, 10, 10, 50, WITHIN_SHARE),
        (0.2, 10, 11, 50, BEYOND),
        (0.2, 10, 0, 0, WITHIN_SHARE),
        (0.2, 10, 3, 5, Decision(allowed=True, free_deletions_used=3)),
        (0.2, 10, 10, 10, Decision(allowed=True, free_deletions_used=10)),
        (0.2, 2, 3, 5, BEYOND),
        (0.2, 0, 1, 5, WITHIN_SHARE),
        (0.2, 0, 2, 5, BEYOND),
        (0, 10, 1, 1000, Decision(allowed=True, free_deletions_used=1)),
        (0, 0, 1, 1000, BEYOND),
        (1, 0, 1000, 1000, WITHIN_SHARE),
    ],
)
def test_deletion_limit(
    share: float, free: int, missing: int, total: int, decision: Decision
) -> None:
    assert DeletionLimit(share, free).allows(missing, total) == decision
