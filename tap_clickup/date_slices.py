"""Divide a date range into slices of 30 days, the most requested from ClickUp at once. Pure.

Slices start at fixed multiples of 30 days since 1970, so that a slice has the same bounds and the
same name in every run.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_clickup.conversions import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator

SLICE_LENGTH = timedelta(days=30)
EARLIEST = datetime(2016, 1, 1, tzinfo=UTC)
"""Before ClickUp was launched: an earlier start is a mistake in the unit, not a date."""


@dataclass(frozen=True)
class Slice:
    """A date range from `start` (inclusive) to `end` (exclusive).

    `name` is that of the whole slice, even if it is read from a later `start` only.
    """

    name: str
    start: datetime
    end: datetime


def date_slices(since: datetime, until: datetime) -> Iterator[Slice]:
    """Yield the slices from `since` to the end of the slice that contains `until`.

    The first begins at `since`, but not before ClickUp was launched. The last one ends in the
    future, because people also enter time in advance.
    """
    since = max(since, EARLIEST).astimezone(UTC)
    number = (since - EPOCH) // SLICE_LENGTH
    while (start := EPOCH + number * SLICE_LENGTH) <= until:
        end = start + SLICE_LENGTH
        yield Slice(f"{start:%Y-%m-%d}/{end:%Y-%m-%d}", max(start, since), end)
        number += 1
