"""Values of rows as people read them: "3 d 4 h" for a duration, "87.5 %" for a share."""

from __future__ import annotations

import enum
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import tzinfo

INVISIBLE: Final = dict.fromkeys(
    map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff")
)
"""Characters without a width, which terminals and fonts handle in different ways: joiners,
direction marks and the selectors of emoji. Without them the width of a text is known."""
UNITS: Final = (
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1_000),
    ("ms", 1),
)
HOUR_UNITS: Final = UNITS[1:]
AGE_STEPS: Final = ((7 * 86_400_000, 86_400_000), (3_600_000, 3_600_000))
"""From these ages on they are written in full days and in full hours; before, in full minutes."""


class Kind(enum.Enum):
    """What a value is, and so how it is written."""

    TEXT = enum.auto()
    ID = enum.auto()
    NUMBER = enum.auto()
    SHARE = enum.auto()
    DURATION = enum.auto()
    """Calendar time in milliseconds, in days of 24 hours."""
    AGE = enum.auto()
    """Calendar time in milliseconds until now, which grows while people read it."""
    HOURS = enum.auto()
    """Time that was spent, in milliseconds: a day of work has no 24 hours."""
    WORD = enum.auto()
    """A word of the store, such as pull_request."""
    TIME = enum.auto()
    DAY = enum.auto()


RIGHT_ALIGNED: Final = {Kind.NUMBER, Kind.SHARE, Kind.DURATION, Kind.AGE, Kind.HOURS}
UNCUT: Final = {Kind.ID, Kind.WORD, Kind.TIME, Kind.DAY, *RIGHT_ALIGNED}
"""Values that mean something else if a part of them is missing."""


def printable(text: str) -> str:
    """Return a text that a terminal shows and does not obey: it may come from a commit message.

    It is a single line, with single spaces.
    """
    visible = "".join(
        char if char.isprintable() else " " if char.isspace() else "\ufffd"
        for char in text.translate(INVISIBLE)
    )
    return " ".join(visible.split())


def format_value(value: object, kind: Kind, zone: tzinfo) -> str:  # noqa: PLR0911 - a case per type
    """Return a value of a row as text; nothing for None."""
    match value:
        case None:
            return ""
        case datetime():
            local = value.astimezone(zone)
            return local.strftime("%Y-%m-%d" if kind is Kind.DAY else "%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case bool():
            return "yes" if value else "no"
        case int() if kind in {Kind.DURATION, Kind.HOURS}:
            return format_duration(value, in_hours=kind is Kind.HOURS)
        case int() if kind is Kind.AGE:
            return format_age(value)
        case dict():
            return _format_counts(value)
        case list():
            return ", ".join(format_value(part, kind, zone) for part in value)
        case str():
            text = printable(value)
            return text.replace("_", " ") if kind is Kind.WORD else text
        case _:
            return _format_number(value, kind)


def format_duration(duration_ms: int, *, in_hours: bool = False) -> str:
    """Return a duration in its two largest units, rounded down; `in_hours` without days."""
    if duration_ms < 0:
        return f"-{format_duration(-duration_ms, in_hours=in_hours)}"
    for (unit, size), (part_unit, part_size) in pairwise(HOUR_UNITS if in_hours else UNITS):
        if duration_ms >= size:
            whole, rest = divmod(duration_ms, size)
            part = rest // part_size if unit != "s" else 0
            return f"{whole:,} {unit} {part} {part_unit}" if part else f"{whole:,} {unit}"
    return "0 s"


def format_age(age_ms: int) -> str:
    """Return an age, rounded down: in minutes, from an hour on in hours, from a week on in days."""
    step = _age_step(age_ms)
    return format_duration(age_ms // step * step) if age_ms >= step else "0 min"


def time_to_next_age(age_ms: int) -> int:
    """Return the milliseconds after which an age is written in another way."""
    step = _age_step(age_ms)
    return step - max(0, age_ms) % step


def _age_step(age_ms: int) -> int:
    return next((step for least, step in AGE_STEPS if age_ms >= least), 60_000)


def _format_number(value: object, kind: Kind) -> str:
    number = float(str(value))
    if kind is Kind.SHARE:
        return f"{number:.1%}".replace("%", " %")
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def _format_counts(counts: dict[str, object]) -> str:
    """Return "tasks 1,000, lists 12" for counts by name, the largest first."""
    numbers = {name: count for name, count in counts.items() if isinstance(count, int | float)}
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{printable(name).replace('_', ' ')} {count:,}" for name, count in ordered)
