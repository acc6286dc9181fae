"""Areas that are stacked on each other, by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pandev.page.charts.plot import draw_plot
from pandev.page.charts.scales import day_ticks, scale_counts
from pandev.page.drawing import element

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from markupsafe import Markup


def draw_areas(days: Sequence[date], series: Mapping[str, Sequence[int]], label: str) -> Markup:
    """Return the areas of series from the bottom up, each with the class of its colour."""
    totals = [sum(values) for values in zip(*series.values(), strict=True)]
    scale = scale_counts(max([*totals, 1]))
    below = [0.0] * len(days)
    polygons = []
    for class_, values in series.items():
        above = [low + scale.place(value) for low, value in zip(below, values, strict=True)]
        polygons.append(element("polygon", class_=class_, points=_outline(below, above)))
        below = above
    shapes = element(
        "svg",
        *polygons,
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )
    return draw_plot(shapes, y_ticks=scale.ticks, x_ticks=day_ticks(days), label=label)


def _outline(below: Sequence[float], above: Sequence[float]) -> str:
    last = max(1, len(above) - 1)
    corners = [*enumerate(above), *reversed([*enumerate(below)])]
    return " ".join(f"{100 * index / last:.2f},{100 * (1 - y):.2f}" for index, y in corners)
