"""The goals of the hostile benchmark and the format of its results. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.goals import at_most, format_goals, format_header, format_row

if TYPE_CHECKING:
    from benchmarks.goals import Figures, Goal

OURS = "ours"
UNPROTECTED = "unprotected"
TITLES = {
    "p99_ms": "honest deliveries, p99, ms",
    "failures": "honest deliveries that failed",
    "memory_growth_mib": "growth of memory, MiB",
    "log_bytes_per_minute": "bytes of log per minute",
}
FOUR = "4 x 256 KiB, wrong signature"
"""The largest bodies that are read and verified."""
MAX_CPU_MS = 2
MAX_CPU_MS_OF_FOUR = 4 * MAX_CPU_MS
"""Each of the four requests has to be read and verified: HMAC and the search for the webhook's id
take 0.35 ms of it, a request with its connection 0.6 ms."""
KINDS_OF_LINES = 5
LINES_PER_MINUTE = 7
BYTES_PER_LINE = 200
MAX_LOG_BYTES = KINDS_OF_LINES * LINES_PER_MINUTE * BYTES_PER_LINE
"""A line of a kind is logged once in ten seconds, at the first and at the last one of a minute."""


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures."""
    attacks = figures["attacks"]
    cpu_ms = {name: costs[OURS] for name, costs in figures["cpu_ms_per_mib"].items()}
    memory = max(results[OURS]["memory_growth_mib"] for results in attacks.values())
    log_bytes = max(results[OURS]["log_bytes_per_minute"] for results in attacks.values())
    return [
        *(
            at_most(f"{name}: CPU, ms", ms, MAX_CPU_MS_OF_FOUR if name == FOUR else MAX_CPU_MS)
            for name, ms in cpu_ms.items()
        ),
        *(
            at_most(f"{name}: p99, ms", results[OURS]["p99_ms"], 1_000)
            for name, results in attacks.items()
        ),
        at_most(
            "honest deliveries that failed",
            sum(results[OURS]["failures"] for results in attacks.values()),
            0,
        ),
        at_most("growth of memory, MiB", memory, 50),
        at_most("bytes of log per minute", log_bytes, MAX_LOG_BYTES),
    ]


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of both variants attack by attack, then the goals, in lines of text."""
    lines = [_header("CPU per unsigned MiB, ms")]
    lines += [_row(name, costs) for name, costs in figures["cpu_ms_per_mib"].items()]
    for key, title in TITLES.items():
        lines += ["", _header(title)]
        for name, results in figures["attacks"].items():
            lines.append(_row(name, {variant: results[variant][key] for variant in results}))
    return "\n".join([*lines, "", *format_goals(goals)])


def _header(title: str) -> str:
    return format_header(title, OURS, UNPROTECTED, "ratio")


def _row(name: str, values: dict[str, float]) -> str:
    ours, unprotected = values[OURS], values[UNPROTECTED]
    ratio = round(unprotected / ours, 1) if ours > 0 else None
    return format_row(name, ours, unprotected, ratio)
