"""The table of the figures for a terminal of 80 columns. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.prove.chains import NAMES, OURS, PEER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.prove.results import FigureRow


def format_table(rows: Iterable[FigureRow]) -> str:
    """Return the rows below the packages of both chains."""
    header = [
        _format_line("", ours, peer) for ours, peer in zip(NAMES[OURS], NAMES[PEER], strict=True)
    ]
    lines = [_format_line(row.title, row.ours, row.peer) for row in rows]
    return "\n".join([*header, "─" * len(header[0]), *lines])


def _format_line(title: str, ours: str, peer: str) -> str:
    return f"{title:28}{ours:>16}{peer:>36}"
