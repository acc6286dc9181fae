"""Cuts a range of time into slices of 30 days, the most that time entries are asked for at once.

Pure. Slices lie at fixed multiples of 30 days since 1970, so that the same slice is read again, and
known by the same name, whenever it is read.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = timedelta(days=30)
EARLIEST = datetime(2016, 1, 1, tzinfo=UTC)
"""Before ClickUp was there; what lies before is a slip of a unit, not time."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Slice:
    """A range of time: its start belongs to it, its end to the next one. `name` is of the whole."""

    name: str
    start: datetime
    end: datetime


def date_slices(since: datetime, until: datetime) -> Iterator[Slice]:
    """Yield the slices from `since` to the end of the one that holds `until`.

    The first begins at `since`, or with ClickUp itself if that is later. The last reaches into the
    future, where people book time too.
    """
    since = max(since, EARLIEST).astimezone(UTC)
    number = (since - EPOCH) // LENGTH
    while (start := EPOCH + number * LENGTH) <= until:
        end = start + LENGTH
        yield Slice(f"{start:%Y-%m-%d}/{end:%Y-%m-%d}", max(start, since), end)
        number += 1
