"""Points by day and duration, with lines at given durations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pandev.page.charts.plot import draw_plot
from pandev.page.charts.scales import day_ticks, scale_durations
from pandev.page.drawing import element, percent, text, titled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from markupsafe import Markup

RADIUS: Final = 4


@dataclass(frozen=True)
class Point:
    """A point; it is hollow if its value is not exact."""

    day: date
    duration_ms: int
    title: str
    href: str
    is_hollow: bool = False


def draw_scatter(
    days: Sequence[date], points: Sequence[Point], lines: Mapping[str, int], label: str
) -> Markup:
    """Return the points of days that stand one after the other."""
    scale = scale_durations(max([*(point.duration_ms for point in points), *lines.values(), 1]))
    places = {day: (index + 0.5) / len(days) for index, day in enumerate(days)}
    dots = [
        titled(
            point.title,
            element(
                "circle",
                class_="point hollow" if point.is_hollow else "point",
                cx=percent(places[point.day]),
                cy=percent(1 - scale.place(point.duration_ms)),
                r=RADIUS,
            ),
            href=point.href,
        )
        for point in points
        if point.day in places
    ]
    levels = []
    for name, duration_ms in lines.items():
        y = percent(1 - scale.place(duration_ms))
        levels.append(element("line", class_="level", x1=0, x2="100%", y1=y, y2=y))
        title = text(name, "100%", -5, anchor="end")
        levels.append(element("svg", title, class_="mark level-label", y=y))
    return draw_plot(
        *dots,
        *levels,
        y_ticks=scale.ticks,
        x_ticks=day_ticks(days),
        label=label,
        role="group",
    )
