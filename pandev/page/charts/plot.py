"""The frame of a chart with two axes: lines and labels of the ticks, and room for what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pandev.page.drawing import chart, element, percent, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from pandev.page.charts.scales import Tick

HEIGHT: Final = 220
TOP: Final = 12
BELOW: Final = 28
"""The style sheet has the same distances as the padding of a plot, in which the labels stand."""


def draw_plot(
    *content: str, y_ticks: Sequence[Tick], x_ticks: Sequence[Tick], label: str, role: str = "img"
) -> Markup:
    """Return a chart: its content is placed by percentages of the plot, downwards from its top."""
    lines = [
        element("line", class_="grid", x1=0, x2="100%", y1=_down(tick), y2=_down(tick))
        for tick in y_ticks
    ]
    labels = [text(tick.label, -8, _down(tick) + 4, anchor="end") for tick in y_ticks]
    labels += [
        text(tick.label, percent(tick.place), HEIGHT + 20, anchor="middle") for tick in x_ticks
    ]
    height = TOP + HEIGHT + BELOW
    return chart(*lines, *labels, *content, height=height, label=label, frame="plot", role=role)


def _down(tick: Tick) -> float:
    return round(HEIGHT * (1 - tick.place), 2)
