"""Figures beside their goals, and how both are shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Figures = dict[str, Any]
MET = {True: "met", False: "missed", None: "not measured"}


@dataclass(frozen=True)
class Goal:
    """A figure beside its goal; without a value it was not measured, and `met` is None."""

    name: str
    value: float | None
    relation: Literal["<=", ">="]
    goal: float
    met: bool | None


def at_most(name: str, value: float | None, goal: float) -> Goal:
    """Return a goal that a figure must not exceed."""
    return Goal(name, value, "<=", goal, None if value is None else value <= goal)


def at_least(name: str, value: float | None, goal: float) -> Goal:
    """Return a goal that a figure has to reach."""
    return Goal(name, value, ">=", goal, None if value is None else value >= goal)


def heading(title: str, *columns: str) -> str:
    """Return the first line of a table of figures."""
    return f"{title:42}" + "".join(f"{name:>14}" for name in columns)


def row(title: str, *values: float | None) -> str:
    """Return a line of a table of figures."""
    return heading(title, *("-" if one is None else f"{one:,}" for one in values))


def judgement(judged: Iterable[Goal]) -> list[str]:
    """Return the goals as a table, in lines of text."""
    return [
        heading("goal", "value") + f"{'goal':>17}",
        *(
            f"{row(one.name, one.value)} {one.relation}{one.goal:>14,}  {MET[one.met]}"
            for one in judged
        ),
    ]
