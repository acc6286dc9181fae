"""What the load benchmark is to reach, and how it is shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.goals import at_least, at_most, heading, judgement, row
from benchmarks.inputs import FRESH, INPUTS, NONE

if TYPE_CHECKING:
    from benchmarks.goals import Figures, Goal

SHOWN = (
    ("rows per second", "rows_per_second"),
    ("wall seconds", "wall_seconds"),
    ("CPU seconds, client", "cpu_seconds"),
    ("CPU seconds, server", "server_cpu_seconds"),
    ("peak memory, MB", "peak_mb"),
    ("WAL, MB", "wal_mb"),
)
NAMES = ("ours", "minimal", "pipelinewise", "meltanolabs")


def goals(figures: Figures) -> list[Goal]:
    """Judge the figures."""
    ours = figures["ours"]
    ratios = {name: ratio(figures, FRESH, of=name) for name in NAMES}
    again = ours[NONE]["rows_per_second"] / ours[FRESH]["rows_per_second"]
    peak_mb = max(ours[one]["peak_mb"] for one in INPUTS)
    return [
        at_least("fresh, rows per second, times minimal's", ratios["minimal"], 0.7),
        at_least("fresh, times meltanolabs'", ratios["meltanolabs"], 12),
        at_least("fresh, times pipelinewise's", ratios["pipelinewise"], 4),
        at_least("none changed, times our own fresh", round(again, 2), 2),
        at_most("none changed, WAL, KB", round(ours[NONE]["wal_bytes"] / 1024, 1), 64),
        at_most("peak memory of all inputs, MB", peak_mb, 120),
    ]


def ratio(figures: Figures, given: str, *, of: str) -> float | None:
    """Return how many times the rows per second of another loader are ours."""
    theirs = (figures[of] or {}).get(given)
    if theirs is None:
        return None
    speed, their_speed = (one["rows_per_second"] for one in (figures["ours"][given], theirs))
    return round(float(speed / their_speed), 2)


def table(figures: Figures, judged: list[Goal]) -> str:
    """Return the figures of all loaders, an input after the other, then the goals."""
    lines: list[str] = []
    for given in INPUTS:
        runs = [(figures[name] or {}).get(given, {}) for name in NAMES]
        ratios = [ratio(figures, given, of=name) for name in NAMES]
        lines.append(heading(given.replace("_", " "), *NAMES))
        lines += [row(title, *(one.get(key) for one in runs)) for title, key in SHOWN]
        lines += [row("ours, times its rate", *ratios), ""]
    return "\n".join([*lines, *judgement(judged)])
