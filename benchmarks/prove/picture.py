"""The figures as a small SVG, readable on light and on dark pages: it has its own ground. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.prove.results import FigureRow

WIDTH = 720
TOP = 58
ROW_HEIGHT = 31
BAR_HEIGHT = 10
LABEL_WIDTH = 216
BAR_WIDTH = 400
MIN_BAR = 2.0
STYLE = """
    .card { fill: #f5f7f8; }
    text { font: 13px system-ui, sans-serif; fill: #263238; }
    .value { font-size: 11.5px; }
    .ours { fill: #00897b; }
    .peer { fill: #90a4ae; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #1c2326; }
      text { fill: #eceff1; }
      .ours { fill: #4db6ac; }
      .peer { fill: #78909c; }
    }
"""


def draw(rows: Sequence[FigureRow], *, title: str, names: tuple[str, str]) -> str:
    """Return two bars per row, each row on a scale of its own, with the figures as text."""
    height = TOP + ROW_HEIGHT * len(rows) + 6
    body = [line for number, row in enumerate(rows) for line in _draw_row(row, number)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"  <title>{escape(title)}</title>",
            f"  <style>{STYLE}  </style>",
            f'  <rect width="{WIDTH}" height="{height}" rx="6" class="card"/>',
            *_draw_legend(names),
            *body,
            "</svg>\n",
        ]
    )


def _draw_legend(names: tuple[str, str]) -> list[str]:
    lines = []
    for number, (kind, name) in enumerate(zip(("ours", "peer"), names, strict=True)):
        y = 12 + 18 * number
        lines.append(f'  <rect x="{LABEL_WIDTH}" y="{y}" width="11" height="11" class="{kind}"/>')
        lines.append(f'  <text x="{LABEL_WIDTH + 17}" y="{y + 10}">{escape(name)}</text>')
    return lines


def _draw_row(row: FigureRow, number: int) -> list[str]:
    y = TOP + ROW_HEIGHT * number
    largest = max((value for value in row.values if value is not None), default=0)
    lines = [f'  <text x="{LABEL_WIDTH - 12}" y="{y + 15}" text-anchor="end">{row.title}</text>']
    texts = (row.ours, row.peer)
    for index, kind in enumerate(("ours", "peer")):
        value = row.values[index]
        width = BAR_WIDTH * value / largest if value and largest else 0.0
        width = max(width, MIN_BAR) if value is not None else 0.0
        bar_y = y + index * (BAR_HEIGHT + 2)
        shape = f'x="{LABEL_WIDTH}" y="{bar_y}" width="{width:.1f}" height="{BAR_HEIGHT}"'
        lines.append(f'  <rect {shape} class="{kind}"/>')
        text_x = LABEL_WIDTH + width + 6
        lines.append(
            f'  <text x="{text_x:.1f}" y="{bar_y + 9}" class="value">{escape(texts[index])}</text>'
        )
    return lines
