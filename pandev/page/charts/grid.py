"""A strip of days with a dot for each kind of event, and a week with a square for each hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pandev.page.drawing import chart, element, percent, text, titled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from markupsafe import Markup

HEIGHT: Final = 34
SPREAD: Final = 10
CELL: Final = 22
HOURS: Final = 24
MAX_GROWTH: Final = 4
LABELLED_HOURS: Final = range(0, HOURS, 6)
SQUARE: Final = "M-5-5h10v10h-10z"
CIRCLE: Final = "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z"
SHAPES: Final = {
    "dot-commit": CIRCLE,
    "dot-status_change": "M0-5.5L5.5 0 0 5.5-5.5 0z",
    "dot-worklog": "M-4-4h8v8h-8z",
    "dot-done": "M-5.5 4.5L0-5 5.5 4.5z",
}
SATURDAY: Final = 5
LABELS: Final = 4


@dataclass(frozen=True)
class Dot:
    """The events of a kind on a day: its class, its title, and the address of the events."""

    class_: str
    title: str
    href: str


def days_between(first: date, last: date) -> list[date]:
    """Return the days of a period, its ends included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def draw_day_labels(days: Sequence[date]) -> Markup:
    """Return the header of strips: a few of the days, each above its place."""
    step = max(1, -(-len(days) // LABELS))
    labels = [
        text(f"{day.day} {day:%b}", percent(_place(index, days)), 16, anchor="middle")
        for index, day in enumerate(days)
        if index % step == step // 2
    ]
    return chart(*labels, height=22, label=f"{days[0]} to {days[-1]}")


def draw_strip(days: Sequence[date], dots: Mapping[date, Sequence[Dot]], label: str) -> Markup:
    """Return a strip with the dots of each day above each other."""
    width = percent(1 / len(days))
    weekend = [
        element("rect", class_="weekend", x=percent(index / len(days)), width=width, height=HEIGHT)
        for index, day in enumerate(days)
        if day.weekday() >= SATURDAY
    ]
    line = element("line", class_="grid", x1=0, x2="100%", y1=HEIGHT / 2, y2=HEIGHT / 2)
    drawn = [
        _draw_dot(dot, percent(_place(days.index(day), days)), number - (len(of_day) - 1) / 2)
        for day, of_day in dots.items()
        if day in days
        for number, dot in enumerate(of_day)
    ]
    return chart(*weekend, line, *drawn, height=HEIGHT, label=label, role="group")


def _place(index: int, days: Sequence[date]) -> float:
    return (index + 0.5) / len(days)


def _draw_dot(dot: Dot, x: str, offset: float) -> Markup:
    mark = draw_mark(dot.class_, x, HEIGHT / 2 + offset * SPREAD)
    return titled(dot.title, mark, href=dot.href)


def draw_mark(class_: str, x: str | float, y: float) -> Markup:
    """Return a mark whose shape shows its kind too, so that it needs no colour."""
    path = element("path", class_=class_, d=SHAPES.get(class_, SQUARE))
    return element("svg", path, class_="mark", x=x, y=y)


def draw_week(counts: Mapping[tuple[int, int], int], weekdays: Sequence[str], label: str) -> Markup:
    """Return a row for each weekday, of which 1 is the first; a larger count is a larger square."""
    most = max(counts.values())
    names = [
        text(name, -12, index * CELL + 15, anchor="end") for index, name in enumerate(weekdays)
    ]
    hours = [
        text(f"{hour}:00", percent(hour / HOURS), len(weekdays) * CELL + 16)
        for hour in LABELLED_HOURS
    ]
    squares = []
    for (weekday, hour), count in counts.items():
        half = round(1.5 + MAX_GROWTH * (count / most) ** 0.5, 1)
        shape = element("path", class_="fill-in_progress", d=_square(half))
        y = (weekday - 0.5) * CELL
        place = element("svg", shape, class_="mark", x=percent((hour + 0.5) / HOURS), y=y)
        squares.append(titled(f"{weekdays[weekday - 1]} {hour}:00: {count:,} events", place))
    lines = [
        element("line", class_="grid", x1=0, x2="100%", y1=y, y2=y)
        for y in ((index + 0.5) * CELL for index in range(len(weekdays)))
    ]
    height = len(weekdays) * CELL + 40
    return chart(*lines, *names, *squares, *hours, height=height, label=label, frame="plot")


def _square(half: float) -> str:
    return f"M{-half} {-half}h{2 * half}v{2 * half}h{-2 * half}z"
