"""The goals of the growth benchmark and the format of its results. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.goals import at_most, format_goals, format_header, format_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Figures, Goal

KINDS = ("tasks", "users", "lists", "workspaces", "commits", "events")
MANY = ("tasks", "commits", "events")
"""Kinds of which there are so many that each one's CPU time can be measured."""
CPU = ("tap_cpu_seconds", "target_cpu_seconds", "server_cpu_seconds")
PEAKS = ("tap_peak_mb", "target_peak_mb")
ROWS = (
    ("requests, first load", "requests"),
    ("requests, poll with nothing new", "requests_poll"),
    ("CPU seconds, tap", "tap_cpu_seconds"),
    ("CPU seconds, target", "target_cpu_seconds"),
    ("CPU seconds, server", "server_cpu_seconds"),
    ("CPU seconds, tap, poll", "poll_cpu_seconds"),
    ("peak memory, tap, MB", "tap_peak_mb"),
    ("peak memory, target, MB", "target_peak_mb"),
)
MAX_CPU_GROWTH = 1.5
MAX_REQUEST_GROWTH = 1.1
MAX_PEAK_MB = 150


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures of the kinds that were measured."""
    measured = [kind for kind in KINDS if kind in figures]
    goals = []
    for kind in measured:
        costs = figures[kind]
        if kind in MANY:
            growth = _growth(costs, _total)
            goals.append(at_most(f"{kind}: CPU of a further one", growth, MAX_CPU_GROWTH))
        if "requests" in costs[0]:
            growth = _growth(costs, lambda cost: cost["requests"])
            goals.append(at_most(f"{kind}: requests of a further one", growth, MAX_REQUEST_GROWTH))
        peaks = [cost.get(key, 0) for cost in costs for key in PEAKS]
        goals.append(at_most(f"{kind}: peak memory, MB", max(peaks), MAX_PEAK_MB))
    return goals


def _total(cost: dict[str, Any]) -> float:
    return sum(cost.get(key) or 0 for key in CPU)


def _growth(costs: list[dict[str, Any]], price: Callable[[dict[str, Any]], float]) -> float:
    """Return how many times as much a further one costs in the second step as in the first.

    0 if the second step costs nothing; infinite if the first one did not cost anything either.
    """
    small, middle, large = ((cost["size"], price(cost)) for cost in costs)
    first, second = _slope(small, middle), _slope(middle, large)
    if second <= 0:
        return 0.0
    return round(second / first, 2) if first > 0 else float("inf")


def _slope(smaller: tuple[int, float], larger: tuple[int, float]) -> float:
    return (larger[1] - smaller[1]) / (larger[0] - smaller[0])


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the costs kind by kind, a column for each size, then the goals, in lines of text."""
    lines: list[str] = []
    for kind in KINDS:
        if kind not in figures:
            continue
        costs = figures[kind]
        lines.append(format_header(kind, *(f"{cost['size']:,}" for cost in costs)))
        lines += [
            format_row(title, *(cost[key] for cost in costs))
            for title, key in ROWS
            if key in costs[0]
        ]
        lines.append("")
    return "\n".join([*lines, *format_goals(goals)])
