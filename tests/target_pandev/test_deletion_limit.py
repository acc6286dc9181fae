"""How many rows reads may delete in a day: a share of all rows, or a few whatever their share."""

from __future__ import annotations

import pytest

from target_pandev.deletion_limit import Decision, DeletionLimit, Rows

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
    assert DeletionLimit(share, free).allows(missing, [Rows(total)]) == decision


@pytest.mark.parametrize(
    ("missing", "of", "decision"),
    [
        (5, [Rows(stored=45, deleted=5)], WITHIN_SHARE),
        (6, [Rows(stored=45, deleted=5)], BEYOND),
        (5, [Rows(stored=50), Rows(stored=400, deleted=100)], BEYOND),
        (5, [Rows(stored=50), Rows(stored=425, deleted=100)], WITHIN_SHARE),
        (5, [Rows(stored=20), Rows(stored=500)], BEYOND),
    ],
)
def test_rows_deleted_earlier_count(missing: int, of: list[Rows], decision: Decision) -> None:
    assert DeletionLimit(0.2, 0).allows(missing, of) == decision
