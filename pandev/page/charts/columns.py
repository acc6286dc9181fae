"""Columns of several series next to each other, by week."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Series:
    """A count per week, the class of its colour, and the addresses of what it counts."""

    class_: str
    counts: Sequence[int]
    hrefs: Sequence[str]


def draw_columns(weeks: Sequence[date], series: Mapping[str, Series], label: str) -> Markup:
    """Return columns of series by their names."""
    scale = scale_counts(max((max(item.counts) for item in series.values()), default=1) or 1)
    width = FILLED / len(weeks) / len(series)
    columns = []
    for number, (name, item) in enumerate(series.items()):
        rows = zip(weeks, item.counts, item.hrefs, strict=True)
        for index, (week, count, href) in enumerate(rows):
            place = (index + (1 - FILLED) / 2) / len(weeks) + number * width
            height = scale.place(count)
            shape = element(
                "rect",
                class_=item.class_,
                x=percent(place),
                y=percent(1 - height),
                width=percent(width * 0.92),
                height=percent(height),
            )
            columns.append(titled(f"week of {week}: {count:,} {name}", shape, href=href))
    return draw_plot(
        *columns, y_ticks=scale.ticks, x_ticks=day_ticks(weeks), label=label, role="group"
    )
