"""Working time and dates in the time zone of reports, on examples that a person can check."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.database import ReportingChange, Store
from target_pandev.errors import ReportingError

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

BERLIN = ReportingChange(time_zone="Europe/Berlin")
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
CHRISTMAS = {date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): None}
REFERENCE = """
SELECT s.started_at, s.ended_at, working_ms(s.started_at, s.ended_at), (
    SELECT coalesce(sum(extract(EPOCH FROM greatest(
        least(s.ended_at, (d.day + r.closes_at) AT TIME ZONE r.time_zone)
        - greatest(s.started_at, (d.day + r.opens_at) AT TIME ZONE r.time_zone),
        interval '0'
    )) * 1000), 0)::bigint
    FROM generate_series(-2, 45) AS after (days)
    CROSS JOIN LATERAL (SELECT s.started_at::date + after.days) AS d (day)
    WHERE extract(ISODOW FROM d.day) = ANY (r.working_days)
        AND d.day NOT IN (SELECT day FROM reporting_holidays)
)
FROM reporting AS r
CROSS JOIN generate_series(1, 200) AS n
CROSS JOIN LATERAL (
    SELECT timestamptz '2026-01-01 00:00Z' + n * interval '43 hours 17 minutes' AS started_at,
        timestamptz '2026-01-01 00:00Z' + n * interval '43 hours 17 minutes'
        + (n * 7919 % 1000) * interval '61 minutes 1.5 seconds' AS ended_at
) AS s
"""
"""The same by adding up days: slow, but without calendar and arithmetic."""


def change(store: Loader, rules: ReportingChange) -> None:
    with Store(store.database, schema="pandev") as opened:
        opened.change_reporting(rules)


def working_time(store: Loader, start: str, end: str) -> timedelta:
    ((duration_ms,),) = store.rows("SELECT working_ms(%s, %s)", start, end)
    return timedelta(milliseconds=duration_ms)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-18 10:00", "2026-03-18 12:30", 2.5),  # within a Wednesday
        ("2026-03-18 07:00", "2026-03-18 18:00", 8),  # begins and ends outside the hours
        ("2026-03-18 17:00", "2026-03-19 09:00", 0),  # a night
        ("2026-03-18 18:00", "2026-03-18 20:00", 0),
        ("2026-03-18 16:00", "2026-03-19 10:00", 2),  # over a night
        ("2026-03-20 16:30", "2026-03-23 09:30", 1),  # over a weekend, from Friday to Monday
        ("2026-03-21 10:00", "2026-03-22 15:00", 0),  # within a weekend
        ("2026-03-16 00:00", "2026-03-23 00:00", 40),  # a week
        ("2026-01-01 00:00", "2027-01-01 00:00", 261 * 8),  # a year
        ("1969-12-31 16:00", "1970-01-01 10:00", 2),  # a Wednesday and a Thursday
        ("2026-03-18 10:00", "2026-03-18 10:00", 0),  # no time at all
        ("2026-03-18 12:00", "2026-03-18 10:00", 0),  # the end before the start
    ],
)
def test_the_default_is_monday_to_friday_nine_to_five_in_utc(
    store: Loader, start: str, end: str, hours: float
) -> None:
    assert working_time(store, f"{start}Z", f"{end}Z") == timedelta(hours=hours)


def test_working_time_is_exact_to_the_millisecond(store: Loader) -> None:
    start, end = "2026-03-18 09:00:00.001Z", "2026-03-19 09:00:00.003Z"
    assert working_time(store, start, end) == timedelta(hours=8, milliseconds=2)


@pytest.mark.parametrize(
    ("start", "end"),
    [(None, "2026-03-18Z"), ("2026-03-18Z", None), ("-infinity", "2026-03-18Z")],
)
def test_working_time_of_an_unknown_span_is_null(
    store: Loader, start: str | None, end: str | None
) -> None:
    rows = store.rows("SELECT working_ms(%s::timestamptz, %s::timestamptz)", start, end)
    assert rows == [(None,)]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-27 16:00+01", "2026-03-30 10:00+02", 2),  # clocks go forward on March 29
        ("2026-10-23 16:00+02", "2026-10-26 10:00+01", 2),  # and back on October 25
        ("2026-07-15 06:30Z", "2026-07-15 07:30Z", 0.5),  # nine o'clock is 7:00 UTC in summer
        ("2026-01-14 06:30Z", "2026-01-14 08:30Z", 0.5),  # and 8:00 UTC in winter
    ],
)
def test_a_change_of_clocks_between_working_hours_adds_nothing(
    store: Loader, start: str, end: str, hours: float
) -> None:
    change(store, BERLIN)
    assert working_time(store, start, end) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("working", "start", "end", "hours"),
    [
        (("00:00", "24:00"), "2026-03-29 00:00+01", "2026-03-30 00:00+02", 23),
        (("00:00", "24:00"), "2026-10-25 00:00+02", "2026-10-26 00:00+01", 25),
        (("00:00", "24:00"), "2026-10-25 02:30+02", "2026-10-25 02:30+01", 1),
        (("00:00", "24:00"), "2026-03-22 00:00+01", "2026-11-01 00:00+01", 32 * 24),
        (("01:00", "04:00"), "2026-03-29 00:00+01", "2026-03-30 00:00+02", 2),
        (("01:00", "04:00"), "2026-10-25 00:00+02", "2026-10-26 00:00+01", 4),
    ],
)
def test_a_change_of_clocks_within_working_hours_counts_what_passed(
    store: Loader, working: tuple[str, str], start: str, end: str, hours: float
) -> None:
    """Sundays are the only working days; from March 22 to October 25 there are 32 of them."""
    opens_at, closes_at = working
    rules = ReportingChange("Europe/Berlin", 1, [7], opens_at, closes_at)
    change(store, rules)
    assert working_time(store, start, end) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-12-24 16:00+01", "2026-12-28 10:00+01", 2),  # Friday and Saturday are holidays
        ("2026-12-25 10:00+01", "2026-12-25 16:00+01", 0),
        ("2026-12-25 23:30Z", "2026-12-28 08:30Z", 0.5),  # 00:30 on Saturday in Berlin
        ("2026-12-14 00:00+01", "2027-01-04 00:00+01", 14 * 8),
    ],
)
def test_holidays_have_no_working_time(store: Loader, start: str, end: str, hours: float) -> None:
    """A holiday at a weekend takes nothing away; the last example is 15 days without one."""
    change(store, ReportingChange("Europe/Berlin", holidays=CHRISTMAS))
    assert working_time(store, start, end) == timedelta(hours=hours)
    change(store, ReportingChange(holidays={}))
    assert store.rows("SELECT count(*) FROM reporting_holidays") == [(0,)]


@pytest.mark.parametrize(
    "zone",
    ["UTC", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Australia/Lord_Howe"],
)
@pytest.mark.parametrize(
    ("days", "hours"),
    [
        ([1, 2, 3, 4, 5], ("09:00", "17:00")),
        ([1, 3, 5, 7], ("00:00", "24:00")),
        (EVERY_DAY, ("08:15", "21:45")),
    ],
)
def test_working_time_equals_the_sum_of_days(
    store: Loader, zone: str, days: list[int], hours: tuple[str, str]
) -> None:
    holidays = dict.fromkeys([date(2026, 1, 1), date(2026, 4, 24), date(2026, 10, 30)])
    change(store, ReportingChange(zone, 1, days, *hours, holidays))
    rows = store.rows(REFERENCE)
    assert len({expected for *_, expected in rows}) > 100
    assert [row for row in rows if row[2] != row[3]] == []


def test_around_the_clock_working_time_is_elapsed_time(store: Loader) -> None:
    change(store, ReportingChange("Europe/Berlin", 1, EVERY_DAY, "00:00", "24:00"))
    start, end = "1980-01-01 00:00Z", "2026-03-18 12:34Z"
    ((elapsed,),) = store.rows("SELECT %s::timestamptz - %s::timestamptz", end, start)
    assert working_time(store, start, end) == elapsed


def test_dates_and_weeks_follow_the_time_zone_and_the_first_day(store: Loader) -> None:
    """Sunday evening in UTC is Monday in Berlin."""
    sunday, saturday = date(2026, 3, 15), date(2026, 3, 14)
    both = (
        "SELECT work_date(t), work_week(t) FROM (SELECT timestamptz '2026-03-15 23:30Z' AS t) AS s"
    )
    assert store.rows(both) == [(sunday, date(2026, 3, 9))]
    change(store, BERLIN)
    assert store.rows(both) == [(date(2026, 3, 16), date(2026, 3, 16))]
    change(store, ReportingChange("UTC", week_start=7))
    assert store.rows(both) == [(sunday, sunday)]
    change(store, ReportingChange("UTC", week_start=6))
    assert store.rows(both) == [(sunday, saturday)]
    assert store.rows("SELECT work_date(NULL), work_week(NULL)") == [(None, None)]


def test_a_call_is_replaced_by_its_expression(store: Loader) -> None:
    """No function and no table of ours is left in the plan."""
    plan = store.rows(
        "EXPLAIN (VERBOSE) SELECT working_ms(started_at, coalesce(ended_at, now())), "
        "work_date(started_at), work_week(started_at) FROM time_entries"
    )
    text = "\n".join(str(line) for (line,) in plan)
    assert "width_bucket" in text
    for name in ("working_", "calendar_", "epoch_ms", "work_", "reporting"):
        assert name not in text, name


def test_a_prepared_query_follows_a_change(store: Loader) -> None:
    store.connection.execute(
        "PREPARE monday AS SELECT work_date('2026-03-15 23:30Z'), "
        "working_ms('2026-03-16 00:00Z', '2026-03-16 09:00Z')"
    )
    for _ in range(6):
        assert store.rows("EXECUTE monday") == [(date(2026, 3, 15), 0)]
    change(store, BERLIN)
    assert store.rows("EXECUTE monday") == [(date(2026, 3, 16), 3_600_000)]


def test_a_search_path_cannot_replace_what_the_functions_use(store: Loader) -> None:
    store.connection.execute(
        "CREATE SCHEMA other; SET search_path = other, pg_catalog; "
        "CREATE TABLE working_calendar (part text, numbers bigint[]); "
        "CREATE FUNCTION width_bucket(bigint, bigint[]) RETURNS integer RETURN 0"
    )
    statement = "SELECT pandev.working_ms('2026-03-18 10:00Z', '2026-03-18 12:00Z')"
    assert store.rows(statement) == [(7_200_000,)]


def test_a_change_keeps_the_rules_that_it_does_not_name(store: Loader) -> None:
    change(store, ReportingChange("europe/berlin", 7, [1, 2], "08:00", "12:00", CHRISTMAS))
    for rules in (ReportingChange(), ReportingChange(closes_at="13:00")):
        change(store, rules)
    with Store(store.database, schema="pandev") as opened:
        stored, holidays = opened.reporting()
    assert stored.time_zone == "Europe/Berlin"
    assert (stored.week_start, stored.working_days) == (7, [1, 2])
    assert (stored.opens_at, stored.closes_at) == ("08:00", "13:00")
    assert holidays == list(CHRISTMAS.items())


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Europe/Berln", "Europe/Berlin"), ("UTC+2", "UTC"), ("nowhere at all", "Europe/Berlin")],
)
def test_an_unknown_time_zone_is_refused(store: Loader, name: str, hint: str) -> None:
    """PostgreSQL itself would read UTC+2 as two hours west of Greenwich."""
    with pytest.raises(ReportingError) as raised:
        change(store, ReportingChange(name, week_start=3))
    assert str(raised.value) == (
        f"time zone {name}: unknown to PostgreSQL; expected a name such as {hint}"
    )
    expected: list[tuple[Any, ...]] = [("UTC", 1)]
    assert store.rows("SELECT time_zone, week_start FROM reporting") == expected
