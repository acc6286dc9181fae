"""Find the lists that are sprints and infer their dates from their names. Pure.

ClickUp has no sprint resource: a sprint is a list in a sprint folder. Its dates are in the list's
own fields, or only in its name and mostly without a year: `Sprint 1 (2/5 - 2/18)`. Dates from names
are marked as inferred, and a name without two dates has none.

A name without a year fits every year, so the lists of a folder are considered together: its sprints
follow each other. A list with a known year determines the lists around it; if there is none, the
last sprint must not be far in the future.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLDER_PATTERN = "sprint"
MAX_DAYS_AHEAD = timedelta(days=60)
"""How far ahead the last sprint may start if no list of the folder has a year."""
MAX_SPRINT_LENGTH = timedelta(days=364)
"""A longer range is not a sprint but two versions that look like dates: 1.12.24 - 1.12.25."""
LEAP_YEAR_GAP = 9
"""The next February 29 is at most 8 years away, also around 2100."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NAME = "|".join(name[:size] for name in _MONTHS for size in range(len(name), 2, -1))


def _date_pattern(text: str) -> re.Pattern[str]:
    """Return a pattern for a date that is not part of a longer number, fraction or word."""
    return re.compile(rf"(?<![\w./]){text}(?!\w|/|\.\d)", re.IGNORECASE)


_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_YEAR = r"(?P<year>20\d\d|\d\d)"
_WORD = rf"(?P<month>{_MONTH_NAME})\b\.?"
_DATE_PATTERNS = (
    _date_pattern(rf"(?P<year>20\d\d)(?P<sep>[-/]){_MONTH}(?P=sep){_DAY}"),
    _date_pattern(rf"{_DAY}\.{_MONTH}\.{_YEAR}?"),
    # Two digits each, unlike most versions; 1.2 - 1.3 are versions.
    _date_pattern(r"(?P<day>\d\d)\.(?P<month>\d\d)(?!\.)"),
    _date_pattern(rf"{_WORD}\s*{_DAY}(?:st|nd|rd|th)?(?:,?\s+(?P<year>20\d\d))?"),
    # `Sprint 5 Feb 5` contains February 5 once, not 5 February and another 5.
    _date_pattern(rf"{_DAY}(?:st|nd|rd|th)?\s+{_WORD}(?!\s*\d{{1,2}}\b)(?:,?\s+(?P<year>20\d\d))?"),
)
_SLASH_PATTERNS = {
    False: _date_pattern(rf"{_MONTH}/{_DAY}(?:/{_YEAR})?"),
    True: _date_pattern(rf"{_DAY}/{_MONTH}(?:/{_YEAR})?"),
}
"""Dates with slashes, by whether the day comes first."""
_BETWEEN_DATES = re.compile(r"\s*[-\u2013\u2014]\s*|\s+to\s+", re.IGNORECASE)
_SPRINT_NUMBER = re.compile(r"sprint\D{0,3}(\d{1,18})(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])\d{1,3}(?![\d.])")


@dataclass(frozen=True)
class Dates:
    """The first and the last day of a sprint."""

    start: date
    end: date


@dataclass(frozen=True)
class SprintList:
    """A list of a sprint folder. `start` is from its own fields, not from its name."""

    name: str
    orderindex: float | None = None
    start: date | None = None


@dataclass(frozen=True)
class _Day:
    """A day as written, with or without its year."""

    month: int
    day: int
    year: int | None

    def in_year(self, year: int) -> date | None:
        """Return the day in a year, or None if that year does not have it."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True)
class _DateRange:
    """The two days in a name."""

    start: _Day
    end: _Day

    @property
    def has_year(self) -> bool:
        return self.start.year is not None or self.end.year is not None

    def starting_in_year(self, year: int) -> Dates | None:
        """Return the dates with the start in that year, or None if they are not a sprint."""
        start = self.start.in_year(year)
        if start is None:
            return None
        end_years = [self.end.year] if self.end.year else [year, year + 1]
        for end_year in end_years:
            end = self.end.in_year(end_year)
            if end is not None and end >= start:
                return Dates(start, end) if end - start <= MAX_SPRINT_LENGTH else None
        return None

    def candidates_near(self, year: int) -> list[Dates]:
        """Return the dates in all years around a year, the earliest first."""
        years = range(year - LEAP_YEAR_GAP, year + LEAP_YEAR_GAP + 1)
        return [dates for near in years if (dates := self.starting_in_year(near)) is not None]

    def with_written_years(self) -> Dates | None:
        """Return the dates by the years in the name, which has at least one."""
        if self.start.year:
            return self.starting_in_year(self.start.year)
        end_year = self.end.year or 0
        return self.starting_in_year(end_year) or self.starting_in_year(end_year - 1)


@dataclass(frozen=True)
class _Entry:
    """A list with what its name and fields contain.

    `missing_year` are its dates if their year is not known, `known_start` is its start if it is.
    """

    position: int
    order: float
    number: int | None
    missing_year: _DateRange | None
    known_start: date | None
    dates: Dates | None


def is_sprint_folder(name: str | None, pattern: re.Pattern[str]) -> bool:
    """Return whether a folder's name contains the pattern, ignoring case."""
    return bool(re.search(pattern.pattern, name or "", pattern.flags | re.IGNORECASE))


def infer_dates(
    lists: Sequence[SprintList], *, today: date, day_first: bool = False
) -> list[Dates | None]:
    """Return the dates in the names of all lists of one folder, in the order of the lists.

    The result contains None for a name without two dates. `lists` are in ClickUp's order; with
    `day_first` 2/5 is May 2. If the `start` of a list is known, its name gets the nearest year.
    """
    has_indexes = all(item.orderindex is not None for item in lists)
    entries = [
        _parse_list(
            item,
            position=position,
            order=(item.orderindex or 0) if has_indexes else position,
            day_first=day_first,
        )
        for position, item in enumerate(lists)
    ]
    assigned = _assign_years(_in_sprint_order(entries), today)
    return [assigned.get(entry.position, entry.dates) for entry in entries]


def _parse_list(item: SprintList, *, position: int, order: float, day_first: bool) -> _Entry:
    date_range, rest = _find_date_range(item.name, day_first=day_first)
    dates = None
    missing_year = None
    if date_range and date_range.has_year:
        dates = date_range.with_written_years()
    elif date_range and item.start:
        dates = _nearest(date_range, item.start)
    else:
        missing_year = date_range
    return _Entry(
        position=position,
        order=order,
        number=_sprint_number(rest),
        missing_year=missing_year,
        known_start=item.start or (dates.start if dates else None),
        dates=dates,
    )


def _nearest(date_range: _DateRange, start: date) -> Dates | None:
    """Return the dates in the year in which they start closest to a date."""
    candidates = date_range.candidates_near(start.year)
    return min(candidates, key=lambda dates: abs(dates.start - start), default=None)


def _find_date_range(name: str, *, day_first: bool) -> tuple[_DateRange | None, str]:
    """Return the last pair of dates in a name, and the rest of the name."""
    patterns = (*_DATE_PATTERNS, _SLASH_PATTERNS[day_first])
    matches = sorted(
        (match for pattern in patterns for match in pattern.finditer(name)), key=re.Match.start
    )
    for first, second in reversed(list(pairwise(matches))):
        if _BETWEEN_DATES.fullmatch(name, first.end(), second.start()):
            start = _parse_day(first)
            end = _parse_day(second)
            rest = f"{name[: first.start()]} {name[second.end() :]}"
            return (_DateRange(start, end) if start and end else None), rest
    return None, name


def _parse_day(match: re.Match[str]) -> _Day | None:
    """Return the day that a pattern matched, or None if it exists in no year."""
    parts = match.groupdict()
    year = parts.get("year")
    month = parts["month"].lower()
    day = _Day(
        month=int(month) if month.isdecimal() else _month_number(month),
        day=int(parts["day"]),
        year=int(year) % 2000 + 2000 if year else None,
    )
    return day if day.in_year(day.year or 2000) else None


def _month_number(name: str) -> int:
    return next(month for month, full in enumerate(_MONTHS, 1) if full.startswith(name))


def _sprint_number(rest: str) -> int | None:
    """Return the number of a sprint from its name without the dates."""
    if labelled := _SPRINT_NUMBER.search(rest):
        return int(labelled[1])
    numbers = _NUMBER.findall(rest)
    return int(numbers[-1]) if numbers else None


def _in_sprint_order(entries: Iterable[_Entry]) -> list[_Entry]:
    """Return the lists whose year is known or missing, in the order of their sprints.

    That is by number, unless a number occurs twice: some teams restart at 1 every quarter.
    """
    dated = [entry for entry in entries if entry.missing_year or entry.known_start]
    by_number = {entry.number: entry for entry in dated if entry.number is not None}
    unnumbered = [entry for entry in dated if entry.number is None]
    has_duplicates = len(by_number) + len(unnumbered) < len(dated)
    if has_duplicates or any(entry.missing_year for entry in unnumbered):
        return sorted(dated, key=lambda entry: entry.order)
    return [by_number[number] for number in sorted(by_number)]


def _assign_years(ordered: Sequence[_Entry], today: date) -> dict[int, Dates]:
    """Return the dates of the lists without a year, by position.

    Up to the last list with a known start, sprints are as late as possible before their successor;
    after it, as early as possible after their predecessor. If no start is known, the last sprint
    starts as late as `MAX_DAYS_AHEAD` allows.
    """
    known = [(index, entry.known_start) for index, entry in enumerate(ordered) if entry.known_start]
    if not known:
        return _assign_backwards(ordered, limit=today + MAX_DAYS_AHEAD)
    index, start = known[-1]
    return {
        **_assign_backwards(ordered[:index], limit=start),
        **_assign_forwards(ordered[index + 1 :], limit=start),
    }


def _assign_backwards(ordered: Sequence[_Entry], *, limit: date) -> dict[int, Dates]:
    """Return the latest dates at which each list starts no later than the one after it.

    The last one starts no later than `limit`. Two with the same start are parallel sprints.
    """
    assigned: dict[int, Dates] = {}
    for entry in reversed(ordered):
        if entry.known_start:
            limit = entry.known_start
        elif entry.missing_year:
            candidates = entry.missing_year.candidates_near(limit.year)
            fitting = [dates for dates in candidates if dates.start <= limit]
            if fitting:
                assigned[entry.position] = fitting[-1]
                limit = fitting[-1].start
    return assigned


def _assign_forwards(ordered: Sequence[_Entry], *, limit: date) -> dict[int, Dates]:
    """Return the earliest dates at which each list starts no earlier than the one before it.

    The first one starts no earlier than `limit`. Two with the same start are parallel sprints.
    """
    assigned: dict[int, Dates] = {}
    for entry in ordered:
        if entry.missing_year:
            candidates = entry.missing_year.candidates_near(limit.year)
            fitting = [dates for dates in candidates if dates.start >= limit]
            if fitting:
                assigned[entry.position] = fitting[0]
                limit = fitting[0].start
    return assigned
