"""Which lists are sprints, and when they run. Pure: the day of reading is an argument.

ClickUp has no sprint resource: a sprint is a list in a sprint folder. Its dates stand in the list's
own fields, or only in its name, mostly without a year: `Sprint 1 (2/5 - 2/18)`. What is read from
names is inferred, and a name that shows no two dates gives none.

Without a year a name fits every year, so a folder is read as a whole: its sprints follow each
other. One list with a year settles those around it; with none, the last may not lie far ahead.
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
AHEAD = timedelta(days=60)
"""How far ahead the last sprint may be planned where no list of the folder shows a year."""
LONGEST = timedelta(days=364)
"""What is longer is no sprint: two versions, such as 1.12.24 - 1.12.25, read as dates."""
LEAP_GAP = 9
"""February 29 comes back within 8 years, also around 2100."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NAME = "|".join(name[:size] for name in _MONTHS for size in range(len(name), 2, -1))


def _form(text: str) -> re.Pattern[str]:
    """Return a way to write a date; within a longer number, fraction or word it is none."""
    return re.compile(rf"(?<![\w./]){text}(?!\w|/|\.\d)", re.IGNORECASE)


_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_YEAR = r"(?P<year>20\d\d|\d\d)"
_WORD = rf"(?P<month>{_MONTH_NAME})\b\.?"
_FORMS = (
    _form(rf"(?P<year>20\d\d)(?P<sep>[-/]){_MONTH}(?P=sep){_DAY}"),
    _form(rf"{_DAY}\.{_MONTH}\.{_YEAR}?"),
    # Two digits each, as a version seldom has; 1.2 - 1.3 are versions.
    _form(r"(?P<day>\d\d)\.(?P<month>\d\d)(?!\.)"),
    _form(rf"{_WORD}\s*{_DAY}(?:st|nd|rd|th)?(?:,?\s+(?P<year>20\d\d))?"),
    # `Sprint 5 Feb 5` shows February 5 once, not 5 February and another 5.
    _form(rf"{_DAY}(?:st|nd|rd|th)?\s+{_WORD}(?!\s*\d{{1,2}}\b)(?:,?\s+(?P<year>20\d\d))?"),
)
_SLASHES = {
    False: _form(rf"{_MONTH}/{_DAY}(?:/{_YEAR})?"),
    True: _form(rf"{_DAY}/{_MONTH}(?:/{_YEAR})?"),
}
_BETWEEN = re.compile(r"\s*[-\u2013\u2014]\s*|\s+to\s+", re.IGNORECASE)
_SPRINT_NUMBER = re.compile(r"sprint\D{0,3}(\d+)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])\d{1,3}(?![\d.])")


@dataclass(frozen=True)
class Dates:
    """The first and the last day of a sprint."""

    start: date
    end: date


@dataclass(frozen=True)
class SprintList:
    """What a list of a sprint folder tells: `start` is from its own fields, not from its name."""

    name: str
    orderindex: float | None = None
    start: date | None = None


@dataclass(frozen=True)
class _Day:
    """A day as written, with or without its year."""

    month: int
    day: int
    year: int | None

    def on(self, year: int) -> date | None:
        """Return the day in a year, or None if that year does not have it."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True)
class _Range:
    """Two days of a name."""

    start: _Day
    end: _Day

    def starting_in(self, year: int) -> Dates | None:
        """Return the dates if the start is in that year, or None if there are none such."""
        start = self.start.on(year)
        if start is None:
            return None
        ends = (self.end.on(at) for at in ([self.end.year] if self.end.year else [year, year + 1]))
        end = next((end for end in ends if end is not None and end >= start), None)
        return None if end is None or end - start > LONGEST else Dates(start, end)

    def around(self, year: int) -> list[Dates]:
        """Return the dates in all years near one, the earliest first."""
        years = range(year - LEAP_GAP, year + LEAP_GAP + 1)
        return [dates for at in years if (dates := self.starting_in(at)) is not None]

    def written(self) -> Dates | None:
        """Return the dates by the years in the name, of which there is at least one."""
        if self.start.year:
            return self.starting_in(self.start.year)
        end = self.end.year or 0
        return self.starting_in(end) or self.starting_in(end - 1)


@dataclass(frozen=True)
class _Entry:
    """A list in the chain of its folder: `open` lacks a year, `anchor` is a start that is sure."""

    position: int
    order: float
    number: int | None
    open: _Range | None
    anchor: date | None
    dates: Dates | None


def is_sprint_folder(name: str | None, pattern: re.Pattern[str]) -> bool:
    """Return whether a folder's name holds the pattern, in upper or lower case."""
    return bool(re.search(pattern.pattern, name or "", pattern.flags | re.IGNORECASE))


def infer_dates(
    lists: Sequence[SprintList], *, today: date, day_first: bool = False
) -> list[Dates | None]:
    """Return the dates in the names of all lists of one folder, in the order of the lists.

    None stands for a name without two dates. `lists` come in ClickUp's order; `day_first` says that
    2/5 is May 2. A list whose `start` is known gets the year that brings its name closest to it.
    """
    by_index = all(item.orderindex is not None for item in lists)
    entries = [
        _entry(
            item,
            position=position,
            order=(item.orderindex or 0) if by_index else position,
            day_first=day_first,
        )
        for position, item in enumerate(lists)
    ]
    found = {entry.position: entry.dates for entry in entries}
    return [dates for _, dates in sorted((found | _dated(_chain(entries), today)).items())]


def _entry(item: SprintList, *, position: int, order: float, day_first: bool) -> _Entry:
    days, rest = _read(item.name, day_first=day_first)
    missing = days is not None and days.start.year is None and days.end.year is None
    dates = None
    if days is not None and not missing:
        dates = days.written()
    elif days is not None and (known := item.start) is not None:
        dates = min(days.around(known.year), key=lambda near: abs(near.start - known), default=None)
    return _Entry(
        position=position,
        order=order,
        number=_number(rest),
        open=days if missing and item.start is None else None,
        anchor=item.start or (dates.start if dates else None),
        dates=dates,
    )


def _read(name: str, *, day_first: bool) -> tuple[_Range | None, str]:
    """Return the last pair of dates in a name, and what stands around it."""
    found = sorted(
        (match for form in (*_FORMS, _SLASHES[day_first]) for match in form.finditer(name)),
        key=re.Match.start,
    )
    for first, second in reversed(list(pairwise(found))):
        if _BETWEEN.fullmatch(name, first.end(), second.start()):
            start, end = _day(first), _day(second)
            rest = f"{name[: first.start()]} {name[second.end() :]}"
            return (_Range(start, end) if start and end else None), rest
    return None, name


def _day(match: re.Match[str]) -> _Day | None:
    """Return the day that a match shows, or None if no year has it."""
    parts = match.groupdict()
    year, month = parts.get("year"), parts["month"].lower()
    day = _Day(
        month=int(month) if month.isdecimal() else _month(month),
        day=int(parts["day"]),
        year=int(year) % 2000 + 2000 if year else None,
    )
    return day if day.on(day.year or 2000) else None


def _month(name: str) -> int:
    return next(month for month, full in enumerate(_MONTHS, 1) if full.startswith(name))


def _number(rest: str) -> int | None:
    """Return the number of a sprint from its name without the dates."""
    if named := _SPRINT_NUMBER.search(rest):
        return int(named[1])
    numbers = _NUMBER.findall(rest)
    return int(numbers[-1]) if numbers else None


def _chain(entries: Iterable[_Entry]) -> list[_Entry]:
    """Return the lists that have or need a year in the order in which the sprints run.

    Numbers count only where each is there once: some teams begin again with 1 every quarter.
    """
    links = [entry for entry in entries if entry.open or entry.anchor]
    numbered = {entry.number: entry for entry in links if entry.number is not None}
    unnumbered = [entry for entry in links if entry.number is None]
    repeated = len(numbered) + len(unnumbered) < len(links)
    if repeated or any(entry.open for entry in unnumbered):
        return sorted(links, key=lambda entry: entry.order)
    return [numbered[number] for number in sorted(numbered)]


def _dated(chain: Sequence[_Entry], today: date) -> dict[int, Dates]:
    """Return the dates of the lists without a year, by position.

    Before an anchor a sprint lies as late as it can, behind the last one as early as it can. Two
    with the same start are parallel, not a year apart.
    """
    anchors = [place for place, entry in enumerate(chain) if entry.anchor]
    last = anchors[-1] + 1 if anchors else len(chain)
    found: dict[int, Dates] = {}
    limit = today + AHEAD
    for entry in reversed(chain[:last]):
        limit = entry.anchor or limit
        if dates := _latest(entry, limit):
            found[entry.position], limit = dates, dates.start
    limit = (chain[last - 1].anchor if chain else None) or limit
    for entry in chain[last:]:
        if dates := _earliest(entry, limit):
            found[entry.position], limit = dates, dates.start
    return found


def _latest(entry: _Entry, limit: date) -> Dates | None:
    """Return the last dates of an open list that start at a day or before it."""
    near = entry.open.around(limit.year) if entry.open else []
    return next((dates for dates in reversed(near) if dates.start <= limit), None)


def _earliest(entry: _Entry, limit: date) -> Dates | None:
    """Return the first dates of an open list that start at a day or after it."""
    near = entry.open.around(limit.year) if entry.open else []
    return next((dates for dates in near if dates.start >= limit), None)
