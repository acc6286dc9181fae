"""The page of the docs with the goals of all benchmarks and what was measured. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.goals import MET
from benchmarks.growth_goals import KINDS, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = """\
# Figures

`make bench` writes this page: every goal of every benchmark with the figure of its last run. What
the figures mean is explained in [Performance](performance.md).
"""
TABLE = "| figure | measured | goal | |\n| --- | ---: | ---: | --- |"


def format_page(results: Mapping[str, dict[str, Any]]) -> str:
    """Return the page in Markdown, a section for each benchmark."""
    return "\n".join([HEAD, *(_format_section(name, result) for name, result in results.items())])


def _format_section(name: str, result: dict[str, Any]) -> str:
    goals = [
        f"| {goal['name']} | {_format(goal['value'])} | {_sign(goal)} {_format(goal['goal'])} "
        f"| {MET[goal['met']]} |"
        for goal in result["goals"]
    ]
    kinds = [kind for kind in KINDS if kind in result] if name == "growth" else []
    growth = [_format_growth(kind, result[kind]) for kind in kinds]
    return "\n".join(
        [f"## make bench-{name}", "", _describe(result), "", TABLE, *goals, "", *growth]
    )


def _format_growth(kind: str, costs: list[dict[str, Any]]) -> str:
    """Return the costs at the sizes of one kind."""
    sizes = "".join(f" {cost['size']:,} |" for cost in costs)
    rows = [
        f"| {title} |" + "".join(f" {_format(cost[key])} |" for cost in costs)
        for title, key in ROWS
        if key in costs[0]
    ]
    return "\n".join([f"| {kind} |{sizes}", "| --- |" + " ---: |" * len(costs), *rows, ""])


def _describe(result: dict[str, Any]) -> str:
    machine = result["machine"]
    duration = f"; took {result['minutes']} minutes" if "minutes" in result else ""
    return (
        f"{machine['date']}, commit {machine['commit']}, {machine['cpus']} CPUs, "
        f"{machine['memory_gib']} GiB of memory,\n{machine['system']}, Python {machine['python']}, "
        f"singer-sdk {machine['singer_sdk']}, psycopg {machine['psycopg']}; "
        f"load before {result.get('load_before', '-')}{duration}."
    )


def _sign(goal: dict[str, Any]) -> str:
    return "≤" if goal["relation"] == "<=" else "≥"


def _format(value: float | None) -> str:
    return "-" if value is None else f"{value:,}"
