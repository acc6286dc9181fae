"""The pages of `docs/`: their sections, tables and blocks of code."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def read_page(name: str) -> str:
    """Return a page of the docs site, such as `guides/webhooks`."""
    return (PROJECT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def headings(text: str) -> list[tuple[int, int, str]]:
    """Return offset, level and text of each heading; a comment in a block is none."""
    blanked = FENCE.sub(lambda match: " " * len(match[0]), text)
    found = re.finditer(r"^(#+) (.+)$", blanked, re.MULTILINE)
    return [(match.start(), len(match[1]), match[2]) for match in found]


def section(text: str, heading: str) -> str:
    """Return the text under a heading, up to the next one of the same or a higher level."""
    places = headings(text)
    start, level = next((start, level) for start, level, title in places if title == heading)
    ends = [place for place, other, _ in places if place > start and other <= level]
    return text[start : min(ends, default=len(text))]


def blocks(text: str, *kinds: str) -> list[str]:
    """Return the code blocks of some kinds (`sh`, `text`, or an empty text for none)."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [block for kind, block in found if kind in kinds]


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of tables that begin with a name in backticks, by that name."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}
