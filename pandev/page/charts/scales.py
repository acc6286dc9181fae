"""Map values to places between 0 and 1, and choose the ticks of an axis. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from pandev.report.values import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
DURATION_STEPS: Final = (
    *(hours * HOUR_MS for hours in (1, 2, 4, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
MAX_STEPS: Final = 5
MAX_DAY_TICKS: Final = 4


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: its place from 0 to 1, and its label."""

    place: float
    label: str


@dataclass(frozen=True)
class Scale:
    """A linear scale from 0 to a round value."""

    top: float
    ticks: Sequence[Tick]

    def place(self, value: float) -> float:
        """Return the place of a value: 0 for 0, 1 for the top."""
        return value / self.top


def scale_durations(largest_ms: float) -> Scale:
    """Return a scale of durations in milliseconds."""
    step = next(
        (step for step in DURATION_STEPS if step * MAX_STEPS >= largest_ms),
        -(-int(largest_ms) // (MAX_STEPS * DURATION_STEPS[-1])) * DURATION_STEPS[-1],
    )
    return _scale(largest_ms, step, format_duration)


def scale_counts(largest: float) -> Scale:
    """Return a scale of counts."""
    steps = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in steps if step * MAX_STEPS >= largest)
    return _scale(largest, step, lambda number: f"{number:,}")


def _scale(largest: float, step: int, write: Callable[[int], str]) -> Scale:
    steps = max(1, -(-int(largest) // step))
    top = steps * step
    return Scale(top, [Tick(number / steps, write(number * step)) for number in range(steps + 1)])


def day_ticks(days: Sequence[date]) -> list[Tick]:
    """Return a few ticks of consecutive days, each in the middle of its place."""
    step = -(-len(days) // MAX_DAY_TICKS)
    return [
        Tick((index + 0.5) / len(days), f"{day.day} {day:%b}")
        for index, day in enumerate(days)
        if index % step == step // 2
    ]
