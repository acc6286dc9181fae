"""The legend of a chart: a mark of each colour with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pandev.page.charts.grid import draw_mark
from pandev.page.drawing import element

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup


def draw_legend(names: Mapping[str, str]) -> Markup:
    """Return the names of classes, each after its mark."""
    entries = [element("li", _draw_swatch(class_), " ", name) for class_, name in names.items()]
    return element("ul", *entries, class_="legend")


def _draw_swatch(class_: str) -> Markup:
    mark = draw_mark(class_, 7, 7)
    return element("svg", mark, width=14, height=14, aria_hidden="true")
