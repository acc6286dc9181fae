"""Values of a report as people read them, and cells of CSV that are safe in a spreadsheet."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pandev.report.data import escape_formula
from pandev.report.values import Kind, format_duration, format_value, printable


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, Kind.TEXT, ""),
        (True, Kind.TEXT, "yes"),
        (False, Kind.TEXT, "no"),
        (1234567, Kind.NUMBER, "1,234,567"),
        (1234.5, Kind.NUMBER, "1,234.5"),
        (3.0, Kind.NUMBER, "3"),
        (0.875, Kind.SHARE, "87.5 %"),
        (0, Kind.SHARE, "0.0 %"),
        ("a [b] c", Kind.TEXT, "a [b] c"),
        ("pull_request", Kind.WORD, "pull request"),
        ("IN_PROGRESS", Kind.ID, "IN_PROGRESS"),
        ([], Kind.TEXT, ""),
        (["sprints", "lists"], Kind.TEXT, "sprints, lists"),
        ({}, Kind.TEXT, ""),
        ({"lists": 12, "tasks": 1000, "time_entries": 2}, Kind.TEXT,
            "tasks 1,000, lists 12, time entries 2"),
        (date(2026, 3, 1), Kind.DAY, "2026-03-01"),
    ],
)  # fmt: skip
def test_values_are_formatted_for_people(value: object, kind: Kind, expected: str) -> None:
    assert format_value(value, kind, UTC) == expected


def test_times_are_those_of_the_zone() -> None:
    time = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    berlin = ZoneInfo("Europe/Berlin")
    assert format_value(time, Kind.TIME, berlin) == "2026-03-02 00:30"
    assert format_value(time, Kind.DAY, berlin) == "2026-03-02"
    assert format_value(time, Kind.DAY, UTC) == "2026-03-01"


MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("duration_ms", "expected"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (1_999, "1 s"),
        (MINUTE, "1 min"),
        (75_500, "1 min 15 s"),
        (HOUR - 1, "59 min 59 s"),
        (HOUR, "1 h"),
        (4 * HOUR + 12 * MINUTE, "4 h 12 min"),
        (3 * DAY + 4 * HOUR + 59 * MINUTE, "3 d 4 h"),
        (3 * DAY + 59 * MINUTE, "3 d"),
        (1234 * DAY, "1,234 d"),
        (-2 * HOUR, "-2 h"),
    ],
)
def test_durations_have_two_units(duration_ms: int, expected: str) -> None:
    assert format_duration(duration_ms) == expected


def test_time_that_was_spent_has_no_days() -> None:
    """Thirty hours of work are not a day and six hours."""
    assert format_value(30 * HOUR + 90 * 1000, Kind.HOURS, UTC) == "30 h 1 min"
    assert format_value(30 * HOUR, Kind.DURATION, UTC) == "1 d 6 h"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\r\n\tlines\u2028 ", "two lines"),
        ("\x1b[31mred\x9b0m", "\ufffd[31mred\ufffd0m"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("👨\u200d👩 ❤\ufe0f", "👨👩 ❤"),
        ("結帳 שלום", "結帳 שלום"),
    ],
)
def test_texts_are_a_line_of_printable_characters(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
)
def test_a_formula_is_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1-1", "a=b", "'=1", "user@example.com"])
def test_other_texts_are_unchanged(text: str) -> None:
    assert escape_formula(text) == text
