"""Columns of several series next to each other, by week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pandev.page.charts.plot import draw_plot
from pandev.page.charts.scales import day_ticks, scale_counts
from pandev.page.drawing import element, percent, titled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from markupsafe import Markup

FILLED: Final = 0.7
"""The part of a week that its columns take."""


def draw_columns(
    weeks: Sequence[date], series: Mapping[str, tuple[str, Sequence[int]]], label: str
) -> Markup:
    """Return columns; a series is a name, the class of its colour, and a count per week."""
    scale = scale_counts(max((max(counts) for _, counts in series.values()), default=1) or 1)
    width = FILLED / len(weeks) / len(series)
    columns = []
    for number, (name, (class_, counts)) in enumerate(series.items()):
        for index, (week, count) in enumerate(zip(weeks, counts, strict=True)):
            place = (index + (1 - FILLED) / 2) / len(weeks) + number * width
            height = scale.place(count)
            shape = element(
                "rect",
                class_=class_,
                x=percent(place),
                y=percent(1 - height),
                width=percent(width * 0.92),
                height=percent(height),
            )
            columns.append(titled(f"week of {week}: {count:,} {name}", shape))
    return draw_plot(*columns, y_ticks=scale.ticks, x_ticks=day_ticks(weeks), label=label)
