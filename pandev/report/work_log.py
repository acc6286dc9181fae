"""The days of people's work: a line for each person and task, with a letter for each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from pandev.report.values import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

LETTERS: Final = {"commit": "c", "status_change": "s", "worklog": "t", "done": "D"}
SEVERAL: Final = "*"
NOTHING: Final = "."
LEGEND: Final = (
    "c commits, s status changes, t tracked time, D closed, * several of them; a closing that is "
    "inferred has no person."
)
WEEKDAYS: Final = "MTWTFSS"
KEY: Final = ("person", "task_id")
WITHOUT_PERSON: Final = "unknown"
WITHOUT_TASK: Final = "no task"


@dataclass(frozen=True)
class Days:
    """The days that are drawn: those up to the newest event, as many as there is room for."""

    first: date
    last: date

    @property
    def label(self) -> str:
        """The first letters of the days of the week."""
        return "".join(WEEKDAYS[day.weekday()] for day in self)

    def __iter__(self) -> Iterator[date]:
        count = (self.last - self.first).days + 1
        return iter([self.first + timedelta(days=number) for number in range(count)])


def choose_days(rows: Sequence[Mapping[str, Any]], since: date, *, most: int) -> Days:
    """Return the days to draw of rows that are not empty."""
    last = max(row["work_date"] for row in rows)
    return Days(max(since, last - timedelta(days=most - 1)), last)


def draw_lines(rows: Sequence[Mapping[str, Any]], days: Days) -> Iterator[dict[str, Any]]:
    """Yield a line for each person and task, in the order of the rows."""
    for _, of_line in groupby(rows, key=lambda row: tuple(row[name] for name in KEY)):
        events = list(of_line)
        durations = [row["duration_ms"] for row in events if row["duration_ms"] is not None]
        commits = [row["events"] for row in events if row["kind"] == "commit"]
        yield {
            "person": _name_person(events),
            "task_id": events[0]["task_id"] or "",
            "task_name": printable(events[0]["task_name"] or "")
            or ("" if events[0]["task_id"] else WITHOUT_TASK),
            "days": "".join(_draw_day(events, day) for day in days),
            "commits": sum(commits) or None,
            "duration_ms": sum(durations) if durations else None,
        }


def _name_person(events: Sequence[Mapping[str, Any]]) -> str:
    names = (row["person_name"] or row["person"] for row in events)
    return next((printable(name) for name in names if name), WITHOUT_PERSON)


def _draw_day(events: Sequence[Mapping[str, Any]], day: date) -> str:
    kinds = {row["kind"] for row in events if row["work_date"] == day}
    if len(kinds) > 1:
        return SEVERAL
    return next((LETTERS.get(kind, SEVERAL) for kind in kinds), NOTHING)
