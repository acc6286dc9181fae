"""The dates of sprints are inferred from the names of their lists, never invented."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clickup.sprints import FOLDER_PATTERN, Dates, SprintList, infer_dates, is_sprint_folder

TODAY = date(2026, 3, 10)
FEBRUARY = ("2026-02-05", "2026-02-18")


def parse_dates(start: str, end: str) -> Dates:
    return Dates(date.fromisoformat(start), date.fromisoformat(end))


def read(*names: str, today: date = TODAY, day_first: bool = False) -> list[tuple[str, str] | None]:
    """Return the first and last day of each list of a sprint folder."""
    folder_dates = infer_dates(
        [SprintList(name) for name in names], today=today, day_first=day_first
    )
    return [
        (span.start.isoformat(), span.end.isoformat()) if span else None for span in folder_dates
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Sprint 1 (2/5 - 2/18)",
        "Sprint 1 (2/5-2/18)",
        "Sprint 1 (02/05 to 02/18)",
        "2026-02-05 - 2026-02-18",
        "2026-02-05-2026-02-18",
        "2026/02/05 TO 2026/02/18",
        "Sprint 3 2/5/2026 \u2013 2/18/2026",
        "Sprint 3 2/5/26 \u2014 2/18/26",
        "Sprint 3 [2/5 - 2/18/26]",
        "Sprint 3 [2/5/26 - 2/18]",
        "Sprint 4 (5.2. - 18.2.)",
        "Sprint 4 (5.2.-18.2.2026)",
        "Sprint 4 (5.2.26 - 18.2.26)",
        "Sprint 4: 05.02 - 18.02",
        "Sprint 5 (Feb 5 - Feb 18)",
        "Sprint 5 Feb 5 - Feb 18",
        "Sprint 5 (FEBRUARY 5th, 2026 \u2013 feb. 18th, 2026)",
        "Sprint 5 (5 Feb - 18 Febr 2026)",
        "Sprint 5 (2026-02-05 - Feb 18)",
        "Sprint 6 (1/1 - 1/14), moved to 2/5 - 2/18",
        "Sprint 6 (1/22 - 2/5 - 2/18)",
        "Sprint 12 - 3 (2/5 - 2/18), release 1.2 - 1.3",
        "Sprint v1.2.3 - v1.2.4: 2/5 - 2/18, 8/13 points",
    ],
)
def test_last_two_dates_of_a_name_are_first_and_last_day(name: str) -> None:
    assert read(name) == [FEBRUARY]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Sprint 1",
        "Sprint 1 (2/5)",
        "Sprint 1 (2/5, 2/18)",
        "Sprint 1 (13/40 - 14/2)",
        "Sprint 1 (2/5 - 2/30)",
        "Sprint 1 (0/1 - 1/1)",
        "Sprint 12 - 3",
        "Sprint 1.2 - 1.3",
        "Sprint v1.2.3 - v1.2.4",
        "Sprint 10.2.3 - 10.2.4",
        "Sprint 1.12.24 - 1.12.25",
        "Sprint (2026-02-18 - 2026-02-05)",
        "Sprint (2/29/2026 - 3/14/2026)",
        "Sprint (Mayor 5 - Market 18)",
        "Sprint (2/5/1999 - 2/18/1999)",
        "Sprint 1/2/3/4 - 2/3/4/5",
    ],
)
def test_name_without_two_valid_dates_gives_no_dates(name: str) -> None:
    assert read(name) == [None]


def test_day_first_applies_to_slashes_only() -> None:
    names = ["Sprint 1 (2/5 - 13/5)", "Sprint 2 (14.5. - 25.5.)", "Sprint 3 (2026-05-26 - Jun 6)"]
    assert read(*names, day_first=True) == [
        ("2026-05-02", "2026-05-13"),
        ("2026-05-14", "2026-05-25"),
        ("2026-05-26", "2026-06-06"),
    ]
    assert read(*names)[0] is None


def test_sprint_may_span_new_year() -> None:
    spanning = ("2025-12-23", "2026-01-05")
    assert read("Sprint 12 (12/23/25 - 1/5/26)") == [spanning]
    assert read("Sprint 12 (12/23/25 - 1/5)") == [spanning]
    assert read("Sprint 12 (12/23 - 1/5/26)") == [spanning]
    assert read("Sprint 12 (12/23 - 1/5)") == [spanning]


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2025, 12, 6), "2025-02-05"),
        (date(2025, 12, 7), "2026-02-05"),
        (date(2026, 12, 6), "2026-02-05"),
    ],
)
def test_last_sprint_starts_at_most_60_days_ahead(today: date, start: str) -> None:
    assert read("Sprint 1 (2/5 - 2/18)", today=today) == [(start, f"{start[:4]}-02-18")]


def test_old_sprints_keep_their_year() -> None:
    names = ["Sprint 1 (2/5 - 2/18)", "Sprint 2 (9/3 - 9/16)", "Sprint 3 (2/5 - 2/18)"]
    assert read(*names) == [
        ("2025-02-05", "2025-02-18"),
        ("2025-09-03", "2025-09-16"),
        ("2026-02-05", "2026-02-18"),
    ]


def test_sprints_are_ordered_by_their_numbers() -> None:
    names = ["Sprint 10 (1/8 - 1/21)", "Sprint 9 (12/25 - 1/7)", "Sprint 8 (12/11 - 12/24)"]
    assert read(*names) == [
        ("2026-01-08", "2026-01-21"),
        ("2025-12-25", "2026-01-07"),
        ("2025-12-11", "2025-12-24"),
    ]


@pytest.mark.parametrize("names", [("A", "B"), ("Q1 Sprint 2", "Q2 Sprint 2"), ("2", "no number")])
def test_sprints_without_distinct_numbers_keep_clickups_order(
    names: tuple[str, str],
) -> None:
    first, second = names
    lists = [SprintList(f"{second} (1/8 - 1/21)", 2), SprintList(f"{first} (12/25 - 1/7)", 1)]
    expected = [parse_dates("2026-01-08", "2026-01-21"), parse_dates("2025-12-25", "2026-01-07")]
    assert infer_dates(lists, today=TODAY) == expected


def test_lists_without_orderindex_keep_their_order() -> None:
    lists = [SprintList("A (12/25 - 1/7)", 2), SprintList("B (1/8 - 1/21)", None)]
    expected = [parse_dates("2025-12-25", "2026-01-07"), parse_dates("2026-01-08", "2026-01-21")]
    assert infer_dates(lists, today=TODAY) == expected


def test_year_in_a_name_determines_the_neighbours() -> None:
    names = ["Sprint 1 (12/9 - 12/22)", "Sprint 2 (12/23/23 - 1/5/24)", "Sprint 3 (1/6 - 1/19)"]
    assert read(*names, "Sprint 4 (1/20 - 2/2)") == [
        ("2023-12-09", "2023-12-22"),
        ("2023-12-23", "2024-01-05"),
        ("2024-01-06", "2024-01-19"),
        ("2024-01-20", "2024-02-02"),
    ]


def test_start_date_field_determines_the_neighbours() -> None:
    lists = [
        SprintList("Sprint 1 (12/9 - 12/22)"),
        SprintList("Sprint 2 (12/23 - 1/5)", start=date(2024, 1, 2)),
        SprintList("Sprint 3", start=date(2024, 1, 6)),
        SprintList("Sprint 4 (1/20 - 2/2)"),
    ]
    assert infer_dates(lists, today=TODAY) == [
        parse_dates("2023-12-09", "2023-12-22"),
        parse_dates("2023-12-23", "2024-01-05"),
        None,
        parse_dates("2024-01-20", "2024-02-02"),
    ]


def test_lists_without_dates_do_not_affect_others() -> None:
    names = ["Sprint 1 (12/25 - 1/7)", "Backlog", "Sprint 2 (1/8 - 1/21)", "Sprint 3 (13/40 - 1/2)"]
    assert read(*names) == [("2025-12-25", "2026-01-07"), None, ("2026-01-08", "2026-01-21"), None]


def test_sprints_with_equal_dates_are_parallel() -> None:
    assert read("Web (2/5 - 2/18)", "Desk (2/5 - 2/18)") == [FEBRUARY, FEBRUARY]


def test_february_29_determines_a_leap_year() -> None:
    assert read("Sprint 1 (2/29 - 3/13)") == [("2024-02-29", "2024-03-13")]
    assert read("Sprint 1 (2/16 - 2/29)") == [("2024-02-16", "2024-02-29")]
    assert read("Sprint 1 (2/16 - 2/29)", "Sprint 2 (3/1 - 3/14)", today=date(2028, 4, 1)) == [
        ("2028-02-16", "2028-02-29"),
        ("2028-03-01", "2028-03-14"),
    ]


def test_impossible_dates_do_not_affect_others() -> None:
    never = "(2/29 - 2/28)"
    names = [f"Sprint 1 {never}", "Sprint 2 (2/5/26 - 2/18/26)", f"Sprint 3 {never}"]
    assert read(*names, "Sprint 4 (2/19 - 3/4)") == [
        None,
        FEBRUARY,
        None,
        ("2026-02-19", "2026-03-04"),
    ]


def test_folder_without_lists_has_no_sprints() -> None:
    assert infer_dates([], today=TODAY) == []


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("Sprints", FOLDER_PATTERN, True),
        ("Team 1 SPRINT folder", FOLDER_PATTERN, True),
        ("Backlog", FOLDER_PATTERN, False),
        (None, FOLDER_PATTERN, False),
        ("Iterationen", "^ITERATION", True),
        ("Old iterations", "^ITERATION", False),
    ],
)
def test_sprint_folder_is_recognized_by_its_name(
    name: str | None, pattern: str, *, expected: bool
) -> None:
    assert is_sprint_folder(name, re.compile(pattern)) is expected


@given(
    last=st.dates(date(2019, 1, 1), date(2090, 12, 31)),
    count=st.integers(1, 78),
    since=st.integers(-60, 300),
    style=st.sampled_from(["Sprint {n} ({s:%m/%d} - {e:%m/%d})", "{s:%d.%m.} to {e:%d.%m.}"]),
)
def test_consecutive_sprints_without_a_year_are_recovered(
    last: date, count: int, since: int, style: str
) -> None:
    starts = [last - timedelta(days=14 * back) for back in reversed(range(count))]
    expected = [Dates(start, start + timedelta(days=13)) for start in starts]
    names = [style.format(n=n, s=span.start, e=span.end) for n, span in enumerate(expected, 1)]
    lists = [SprintList(name) for name in names]
    assert infer_dates(lists, today=last + timedelta(days=since)) == expected
