"""Intervals of active time: worked examples, and every order of arrival ends in the same rows."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_pandev.database import ReportingChange, Store
from tests.support.scale import scaled
from tests.target_pandev.ide import (
    IDE_EVENTS,
    INTERVALS,
    PATH,
    USER1,
    USER2,
    Event,
    Interval,
    day_time,
    events,
    model_intervals,
    records,
)
from tests.target_pandev.loading import COMPLETED_READS, completed, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.target_pandev.loading import Loader

DOCUMENT = Path(__file__).parents[2] / "docs" / "explained" / "loading.md"
MINUTE_MS = 60_000
LATE = "2026-03-01T10:00:01+00:00"


def load(store: Loader, events: Iterable[Event], **options: Any) -> None:
    store.load(IDE_EVENTS, *records(events), **options)


def row(email: str, start: str, end: str, branch: str | None, ms: int) -> tuple[Any, ...]:
    """Return a row of `INTERVALS` in March."""
    return (email, f"2026-03-{start[:2]}", start, end, PATH, branch, None, ms)


def set_time_zone(store: Loader, name: str) -> None:
    with Store(store.database, schema="pandev") as opened:
        opened.change_reporting(ReportingChange(time_zone=name))


def test_a_gap_of_15_minutes_counts_and_a_longer_one_does_not(store: Loader) -> None:
    load(
        store,
        [
            *events(USER1, "02 09:00:00", "02 09:05:00", "02 09:20:00"),
            *events(USER1, "02 09:35:01", "02 09:36:01"),
        ],
    )
    assert store.rows(INTERVALS) == [
        row(USER1, "02 09:00:00", "02 09:20:00", "b", 20 * MINUTE_MS),
        row(USER1, "02 09:35:01", "02 09:36:01", "b", MINUTE_MS),
    ]


def test_a_gap_counts_for_the_context_of_the_earlier_event(store: Loader) -> None:
    load(
        store,
        [
            *events(USER1, "02 09:00:00", "02 09:04:00", branch="a"),
            *events(USER1, "02 09:01:00", "02 09:07:00", branch="b"),
        ],
    )
    assert store.rows(INTERVALS) == [
        row(USER1, "02 09:00:00", "02 09:01:00", "a", MINUTE_MS),
        row(USER1, "02 09:01:00", "02 09:04:00", "b", 3 * MINUTE_MS),
        row(USER1, "02 09:04:00", "02 09:07:00", "a", 3 * MINUTE_MS),
    ]


def test_the_example_of_the_document_is_right(store: Loader) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d\d:\d\d) \| branch `([\w-]+)` \|", text, re.MULTILINE)
    assert len(rows) == 5
    for time, branch in rows:
        load(store, events(USER1, f"02 {time}:00", branch=branch))
    assert store.rows(INTERVALS) == [
        row(USER1, "02 09:00:00", "02 09:22:00", "main", 22 * MINUTE_MS),
        row(USER1, "02 09:40:00", "02 09:45:00", "DEV-7", 5 * MINUTE_MS),
    ]


def test_a_lone_event_counts_nothing(store: Loader) -> None:
    load(store, [*events(USER1, "02 09:00:00", "02 09:15:01"), *events(USER2, "02 09:01:00")])
    assert store.rows(INTERVALS) == []


def test_parallel_minutes_of_two_sources_count_once(store: Loader) -> None:
    """The browser's events are between those of the editor; people are not merged."""
    load(
        store,
        [
            *events(USER1, "02 09:00:00", "02 09:10:00"),
            *events(USER1, "02 09:05:00", "02 09:15:00", source="wakatime"),
            *events(USER2, "02 09:00:00", "02 09:15:00", source="wakatime"),
        ],
    )
    assert store.rows(INTERVALS) == [
        row(USER1, "02 09:00:00", "02 09:15:00", "b", 15 * MINUTE_MS),
        row(USER2, "02 09:00:00", "02 09:15:00", "b", 15 * MINUTE_MS),
    ]


def test_of_simultaneous_events_the_one_with_a_branch_counts(store: Loader) -> None:
    load(
        store,
        [
            *events(USER1, "02 09:00:00", branch="b"),
            *events(USER1, "02 09:00:00", branch=None, source="wakatime"),
            *events(USER1, "02 09:01:00", branch="c"),
        ],
    )
    assert store.rows(INTERVALS) == [row(USER1, "02 09:00:00", "02 09:01:00", "b", MINUTE_MS)]


def test_midnight_in_the_time_zone_of_reports_ends_an_interval(store: Loader) -> None:
    """In Berlin, which is an hour ahead, midnight is at 23:00 UTC."""
    night = events(USER1, "02 22:50:00", "02 23:02:00", "02 23:55:00", "03 00:05:00")
    load(store, night)
    assert store.rows(INTERVALS) == [
        row(USER1, "02 22:50:00", "02 23:02:00", "b", 12 * MINUTE_MS),
        row(USER1, "02 23:55:00", "03 00:00:00", "b", 5 * MINUTE_MS),
        row(USER1, "03 00:00:00", "03 00:05:00", "b", 5 * MINUTE_MS),
    ]
    set_time_zone(store, "Europe/Berlin")
    third = "2026-03-03"
    assert store.rows(INTERVALS) == [
        row(USER1, "02 22:50:00", "02 23:00:00", "b", 10 * MINUTE_MS),
        (USER1, third, "02 23:00:00", "02 23:02:00", PATH, "b", None, 2 * MINUTE_MS),
        (USER1, third, "02 23:55:00", "03 00:05:00", PATH, "b", None, 10 * MINUTE_MS),
    ]


def test_an_event_at_midnight_joins_both_days(store: Loader) -> None:
    """It arrives last, after both days were derived without it."""
    load(store, events(USER1, "02 23:50:00", "03 00:10:00"))
    assert store.rows(INTERVALS) == []
    load(store, events(USER1, "03 00:00:00"))
    assert store.rows(INTERVALS) == [
        row(USER1, "02 23:50:00", "03 00:00:00", "b", 10 * MINUTE_MS),
        row(USER1, "03 00:00:00", "03 00:10:00", "b", 10 * MINUTE_MS),
    ]


def test_a_late_event_derives_only_the_days_around_it(store: Loader) -> None:
    load(store, events(USER1, "02 09:00:00", "02 09:10:00", "03 09:00:00", "03 09:10:00"))
    load(store, events(USER2, "03 09:00:00", "03 09:10:00"))
    written = "SELECT email, work_date::text, xmin::text FROM ide_intervals ORDER BY 1, 2"
    before = {(email, day): xmin for email, day, xmin in store.rows(written)}
    load(store, events(USER1, "03 09:20:00", "03 09:00:00"))
    after = {(email, day): xmin for email, day, xmin in store.rows(written)}
    assert before.keys() == after.keys()
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {(USER1, "2026-03-03")}


def test_events_that_are_stored_already_derive_nothing(store: Loader) -> None:
    day = events(USER1, "02 09:00:00", "02 09:10:00")
    load(store, day)
    written = "SELECT xmin::text FROM ide_intervals"
    before = store.rows(written)
    load(store, day)
    assert store.rows(written) == before


def deletion(event: Event) -> dict[str, Any]:
    values = {
        "email": event.email,
        "occurred_at": event.at.isoformat(),
        "source": event.source,
        "event_hash": event.hash,
        "_sdc_deleted_at": LATE,
    }
    return record("ide_events", values, at=LATE)


@pytest.mark.parametrize("hard_delete", [False, True])
def test_a_deleted_event_does_not_count(store: Loader, *, hard_delete: bool) -> None:
    first, second, third = events(USER1, "02 09:00:00", "02 09:10:00", "02 09:20:00")
    load(store, [first, second, third])
    store.load(IDE_EVENTS, deletion(second), hard_delete=hard_delete)
    assert store.rows(INTERVALS) == []
    load(store, [first, second, third])
    assert store.rows(INTERVALS) == []
    store.load(IDE_EVENTS, second.record(read_at="2026-03-01T10:00:02+00:00"))
    assert store.rows(INTERVALS) == [row(USER1, "02 09:00:00", "02 09:20:00", "b", 20 * MINUTE_MS)]


def test_a_deletion_that_arrives_first_counts_too(store: Loader) -> None:
    first, second = events(USER1, "02 09:00:00", "02 09:10:00")
    store.load(IDE_EVENTS, deletion(second))
    load(store, [first, second])
    assert store.rows(INTERVALS) == []


def test_events_that_a_completed_read_did_not_find_do_not_count(store: Loader) -> None:
    first, second, third = events(USER1, "02 09:00:00", "02 09:10:00", "02 09:20:00")
    load(store, [first, second, third])
    keys = [[event.at.isoformat()] for event in (first, second)]
    read = completed("ide_events", keys, started="11:00", key_properties=["occurred_at"])
    store.load(COMPLETED_READS, read)
    ten = row(USER1, "02 09:00:00", "02 09:10:00", "b", 10 * MINUTE_MS)
    assert store.rows(INTERVALS) == [ten]
    keys.append([third.at.isoformat()])
    read = completed("ide_events", keys, started="12:00", key_properties=["occurred_at"])
    store.load(COMPLETED_READS, read)
    assert store.rows(INTERVALS) == [row(USER1, "02 09:00:00", "02 09:20:00", "b", 20 * MINUTE_MS)]


def test_events_of_another_table_version_do_not_count(store: Loader) -> None:
    first, second, third = events(USER1, "02 09:00:00", "02 09:10:00", "02 09:20:00")
    load(store, [first, second, third])
    later = {"version": 1, "time_extracted": LATE}
    versioned = [{**event.record(), **later} for event in (first, second)]
    activate = {"type": "ACTIVATE_VERSION", "stream": "ide_events", "version": 1}
    store.load(IDE_EVENTS, *versioned, activate)
    assert store.rows(INTERVALS) == [row(USER1, "02 09:00:00", "02 09:10:00", "b", 10 * MINUTE_MS)]


def stored(store: Loader) -> list[Interval]:
    rows = store.rows(
        "SELECT email, work_date, started_at, ended_at, repository_path, branch, project "
        "FROM ide_intervals ORDER BY email, started_at"
    )
    return [Interval(*values) for values in rows]


AROUND_MIDNIGHT = st.integers(0, 40).map(
    lambda steps: day_time("29 00:30:00") + timedelta(minutes=5 * steps - 100)
)
"""In Berlin the clock is set forward in this night."""
EVENTS = st.lists(
    st.builds(
        Event,
        email=st.sampled_from([USER1, USER2]),
        at=AROUND_MIDNIGHT,
        source=st.sampled_from(["pandev", "wakatime"]),
        branch=st.sampled_from([None, "a", "b"]),
        path=st.sampled_from([PATH, None]),
    ),
    max_size=25,
)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.hypothesis  # which sees no @given within
def test_any_order_and_batching_ends_in_the_same_rows(store: Loader, zone: str) -> None:
    set_time_zone(store, zone)

    @settings(max_examples=scaled(6, full=500), suppress_health_check=[*HealthCheck])
    @given(arrivals=EVENTS, split=st.integers(0, 25), batch=st.integers(1, 9))
    def check(arrivals: list[Event], split: int, batch: int) -> None:
        store.rows("WITH e AS (DELETE FROM ide_events), i AS (DELETE FROM ide_intervals) SELECT 1")
        load(store, arrivals[:split], batch_size_rows=batch)
        load(store, arrivals[split:], batch_size_rows=batch)
        assert stored(store) == model_intervals(arrivals, ZoneInfo(zone))

    check()
