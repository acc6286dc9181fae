"""The goals of the load benchmark and the format of its results. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.goals import at_least, at_most, format_goals, format_header, format_row
from benchmarks.inputs import ALL, FRESH, INPUTS, NONE, READ_SIZES

if TYPE_CHECKING:
    from benchmarks.goals import Figures, Goal

ROWS = (
    ("rows per second", "rows_per_second"),
    ("wall seconds", "wall_seconds"),
    ("CPU seconds, client", "cpu_seconds"),
    ("CPU seconds, server", "server_cpu_seconds"),
    ("peak memory, MB", "peak_mb"),
    ("WAL, MB", "wal_mb"),
)
READ_ROWS = (("wall seconds", "wall_seconds"), ("CPU seconds, server", "server_cpu_seconds"))
NAMES = ("ours", "minimal", "pipelinewise", "meltanolabs")


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures."""
    ours = figures["ours"]
    ratios = {name: speed_ratio(figures, FRESH, other=name) for name in NAMES}
    minimal = {name: speed_ratio(figures, name, other="minimal") for name in INPUTS}
    peak_mb = max(ours[name]["peak_mb"] for name in INPUTS)
    return [
        at_least("fresh, rows per second, times minimal's", minimal[FRESH], 0.25),
        at_least("none changed, times minimal's", minimal[NONE], 0.5),
        at_least("all changed, times minimal's", minimal[ALL], 0.15),
        at_least("fresh, times meltanolabs'", ratios["meltanolabs"], 7),
        at_least("fresh, times pipelinewise's", ratios["pipelinewise"], 2.5),
        at_most("none changed, WAL, KB", round(ours[NONE]["wal_bytes"] / 1024, 1), 512),
        at_most("peak memory of all inputs, MB", peak_mb, 120),
        at_most(
            "a million keys, server CPU, times 100,000", _growth(figures["completed_reads"]), 20
        ),
    ]


def _growth(reads: Figures) -> float | None:
    """Return what a completed read of ten times the keys costs, in times; None if not measured."""
    smaller, larger = (reads[str(size)]["server_cpu_seconds"] for size in READ_SIZES[1:])
    return None if smaller is None else round(float(larger / smaller), 1)


def speed_ratio(figures: Figures, input_name: str, *, other: str) -> float | None:
    """Return our rows per second divided by those of another loader; None if not measured."""
    theirs = (figures[other] or {}).get(input_name)
    if theirs is None:
        return None
    ours = figures["ours"][input_name]
    return round(float(ours["rows_per_second"] / theirs["rows_per_second"]), 2)


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of all loaders, input by input, then the goals, in lines of text."""
    lines: list[str] = []
    for input_name in INPUTS:
        runs = [(figures[name] or {}).get(input_name, {}) for name in NAMES]
        ratios = [speed_ratio(figures, input_name, other=name) for name in NAMES]
        lines.append(format_header(input_name.replace("_", " "), *NAMES))
        lines += [format_row(title, *(run.get(key) for run in runs)) for title, key in ROWS]
        lines += [format_row("ours, times its rate", *ratios), ""]
    reads = [figures["completed_reads"][str(size)] for size in READ_SIZES]
    lines.append(format_header("completed reads, keys", *(f"{size:,}" for size in READ_SIZES)))
    lines += [format_row(title, *(read[key] for read in reads)) for title, key in READ_ROWS]
    return "\n".join([*lines, "", *format_goals(goals)])
