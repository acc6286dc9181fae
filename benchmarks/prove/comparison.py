"""Count the differences between a store and the truth. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.prove.story import StatusChange

Row = tuple[Any, ...]
"""A row's values without its id, in the same order on both sides."""


@dataclass(frozen=True)
class Differences:
    """The ids of the rows in which a table differs from the truth."""

    lost: list[str]
    wrong: list[str]
    doubled: list[str]
    not_deleted: list[str]


@dataclass(frozen=True)
class Truth:
    """What exists in ClickUp, by id; `ignored` rows may be in a store or not."""

    rows: Mapping[str, Row]
    ignored: frozenset[str] = field(default_factory=frozenset)


class StoredTransition(NamedTuple):
    """A status change in a store; an inferred one happened between its two times."""

    task_id: str
    from_status: str
    to_status: str
    after_ms: int
    at_ms: int
    is_inferred: bool


@dataclass(frozen=True)
class KnownTransitions:
    """How many of the true status changes a store knows: exactly, or between two times.

    `invented` are the transitions since the first true one that fit none.
    """

    exact: int
    bounded: int
    unknown: int
    invented: int


def compare_rows(truth: Truth, stored: Sequence[tuple[str, Row]]) -> Differences:
    """Compare the live rows of a table, as pairs of id and values, with the truth."""
    counts = Counter(row_id for row_id, _ in stored)
    wrong = {row_id for row_id, row in stored if row != truth.rows.get(row_id, row)}
    return Differences(
        lost=sorted(truth.rows.keys() - counts.keys()),
        wrong=sorted(wrong),
        doubled=sorted(row_id for row_id, count in counts.items() if count > 1),
        not_deleted=sorted(counts.keys() - truth.rows.keys() - truth.ignored),
    )


def compare_transitions(
    changes: Sequence[StatusChange], stored: Iterable[StoredTransition]
) -> KnownTransitions:
    """Count the status changes that a store knows; each stored one is used once."""
    since_ms = min((change.at_ms for change in changes), default=0)
    rest = [transition for transition in stored if transition.at_ms >= since_ms]
    exact = bounded = 0
    for change in changes:
        fitting = [transition for transition in rest if _fits(transition, change)]
        if not fitting:
            continue
        used = min(fitting, key=lambda transition: transition.is_inferred)
        rest.remove(used)
        exact += not used.is_inferred
        bounded += used.is_inferred
    return KnownTransitions(exact, bounded, len(changes) - exact - bounded, len(rest))


def _fits(transition: StoredTransition, change: StatusChange) -> bool:
    same = (transition.task_id, transition.from_status, transition.to_status) == change[:3]
    return same and transition.after_ms <= change.at_ms <= transition.at_ms
