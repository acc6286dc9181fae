"""Horizontal bars: a list with a line of text above each bar, and the value at its right end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pandev.page.drawing import element, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

HEIGHT: Final = 8
"""Of a bar in pixels; the style sheet has the distances."""


@dataclass(frozen=True)
class Bar:
    """A bar: its parts one after the other, each with the class of its colour."""

    label: str
    value: str
    """As it is written."""
    parts: Sequence[tuple[float, str]]
    href: str | None = None
    """The address of the rows that the value counts."""
    url: str | None = None
    """The address of what the label names."""

    @property
    def length(self) -> float:
        """The sum of its parts."""
        return sum(size for size, _ in self.parts)


def draw_bars(bars: Sequence[Bar], longest: float | None = None) -> Markup:
    """Return bars below each other; one of the longest length has the whole width."""
    whole = longest or max((bar.length for bar in bars), default=0) or 1
    return element("ul", *(_draw_bar(bar, whole) for bar in bars), class_="bars")


def _draw_bar(bar: Bar, whole: float) -> Markup:
    shapes = [element("rect", class_="track", width="100%", height=HEIGHT, rx=2)]
    begin = 0.0
    for size, class_ in bar.parts:
        if size > 0:
            place = {"x": percent(begin / whole), "width": percent(size / whole)}
            shapes.append(element("rect", class_=class_, height=HEIGHT, rx=2, **place))
        begin += size
    value = element("a", bar.value, href=bar.href) if bar.href else bar.value
    label = element("bdi", bar.label)
    if bar.url:
        label = element("a", label, href=bar.url)
    return element(
        "li",
        element("span", label, class_="bar-label"),
        " ",
        element("span", value, class_="bar-value"),
        element("svg", *shapes, class_="bar", width="100%", height=HEIGHT, aria_hidden="true"),
    )
