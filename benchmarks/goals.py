"""Figures, their goals, and the format of both. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Figures = dict[str, Any]
MET = {True: "met", False: "missed", None: "not measured"}


@dataclass(frozen=True)
class Goal:
    """A figure and its goal; if the figure was not measured, `value` and `met` are None."""

    name: str
    value: float | None
    relation: Literal["<=", ">="]
    goal: float
    met: bool | None


def at_most(name: str, value: float | None, goal: float) -> Goal:
    """Return a goal that a figure must not exceed."""
    return Goal(name, value, "<=", goal, None if value is None else value <= goal)


def at_least(name: str, value: float | None, goal: float) -> Goal:
    """Return a goal that a figure must reach."""
    return Goal(name, value, ">=", goal, None if value is None else value >= goal)


def format_header(title: str, *columns: str) -> str:
    """Return the header of a table of figures."""
    return f"{title:42}" + "".join(f"{name:>14}" for name in columns)


def format_row(title: str, *values: float | None) -> str:
    """Return a row of a table of figures."""
    return format_header(title, *("-" if value is None else f"{value:,}" for value in values))


def format_goals(goals: Iterable[Goal]) -> list[str]:
    """Return the goals as a table, in lines of text."""
    header = format_header("goal", "value") + f"{'goal':>17}"
    rows = [
        f"{format_row(goal.name, goal.value)} {goal.relation}{goal.goal:>14,}  {MET[goal.met]}"
        for goal in goals
    ]
    return [header, *rows]
