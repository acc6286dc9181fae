"""A date range is split into slices with the same bounds on every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clickup.date_slices import Slice, date_slices

TIMESTAMPS = st.datetimes(datetime(2016, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
SPANS = st.timedeltas(timedelta(), timedelta(days=800))
DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type] # year, month, day and on


def test_slices_are_aligned_to_30_days_and_the_first_is_clipped() -> None:
    assert list(date_slices(utc(2026, 3, 4, 5), utc(2026, 5, 6))) == [
        Slice("2026-02-06/2026-03-08", utc(2026, 3, 4, 5), utc(2026, 3, 8)),
        Slice("2026-03-08/2026-04-07", utc(2026, 3, 8), utc(2026, 4, 7)),
        Slice("2026-04-07/2026-05-07", utc(2026, 4, 7), utc(2026, 5, 7)),
    ]


def test_slice_name_is_stable_from_day_to_day() -> None:
    starts = [utc(2026, 3, 8) + day * DAY for day in range(30)]
    names = {date_slice.name for at in starts for date_slice in date_slices(at, at)}
    assert names == {"2026-03-08/2026-04-07"}


def test_last_slice_ends_in_the_future() -> None:
    for until in (utc(2026, 3, 8), utc(2026, 4, 6, 23, 59, 59)):
        assert [date_slice.end for date_slice in date_slices(utc(2026, 3, 8), until)] == [
            utc(2026, 4, 7)
        ]
    ends = [date_slice.end for date_slice in date_slices(utc(2026, 3, 8), utc(2026, 4, 7))]
    assert ends == [utc(2026, 4, 7), utc(2026, 5, 7)]


@pytest.mark.parametrize("since", [utc(1, 1, 1), utc(1970, 1, 20), utc(2015, 12, 31)])
def test_no_slice_starts_before_clickup_existed(since: datetime) -> None:
    """A start in seconds instead of milliseconds would be in January 1970."""
    first, second = date_slices(since, utc(2016, 1, 30))
    assert first == Slice("2015-12-31/2016-01-30", utc(2016, 1, 1), utc(2016, 1, 30))
    assert second == Slice("2016-01-30/2016-02-29", utc(2016, 1, 30), utc(2016, 2, 29))


def test_start_in_another_timezone_is_converted_to_utc() -> None:
    since = datetime(2026, 3, 4, 5, tzinfo=timezone(timedelta(hours=9)))
    (part,) = date_slices(since, since)
    assert part.start == utc(2026, 3, 3, 20)
    assert part.start.tzinfo == UTC


@given(since=TIMESTAMPS, span=SPANS, share=st.floats(0, 1))
def test_every_timestamp_is_in_exactly_one_slice(
    since: datetime, span: timedelta, share: float
) -> None:
    at = since + span * share
    slices = [
        date_slice
        for date_slice in date_slices(since, since + span)
        if date_slice.start <= at < date_slice.end
    ]
    assert len(slices) == 1
    assert slices[0] in date_slices(at - 40 * DAY, at) or slices[0].start == since


@given(since=TIMESTAMPS, span=SPANS)
def test_slices_are_contiguous_and_at_most_30_days(since: datetime, span: timedelta) -> None:
    slices = list(date_slices(since, since + span))
    assert [date_slice.start for date_slice in slices] == [
        since,
        *(date_slice.end for date_slice in slices[:-1]),
    ]
    assert slices[-1].start <= since + span < slices[-1].end
    lengths = [date_slice.end - date_slice.start for date_slice in slices[1:]]
    assert lengths == [30 * DAY] * (len(slices) - 1)
    assert timedelta() < slices[0].end - slices[0].start <= 30 * DAY
    assert len({date_slice.name for date_slice in slices}) == len(slices)
