"""The figures of both chains, and the rows in which they are shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.prove.comparison import KnownTransitions
    from benchmarks.prove.steps import ChainResult

REQUESTS_PER_MINUTE = 100
"""ClickUp's limit on the smaller plans."""
NOT_OFFERED = "not offered"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Figures:
    """The figures of one chain; `transitions` is None if it does not offer them.

    `resumed_requests` are those of the run after the kill. `runs` are those that were not killed,
    `failed_runs` those of them that ended with an error. The last three describe the workspace
    before the story.
    """

    tasks_lost: int
    tasks_lost_in_archived_lists: int
    rows_wrong: int
    rows_doubled: int
    deletions_missed: int
    worklogs_missed: int
    transitions: KnownTransitions | None
    status_changes: int
    requests: int
    resumed_requests: int
    rows_per_second: int
    peak_mb: int
    receiver_peak_mb: int | None
    runs: int
    failed_runs: int
    tasks_at_first: int
    time_entries_at_first: int
    users: int

    @property
    def losses(self) -> int:
        """The sum of what is lost, wrong, doubled or missed."""
        return (
            self.tasks_lost
            + self.rows_wrong
            + self.rows_doubled
            + self.deletions_missed
            + self.worklogs_missed
        )

    @property
    def minutes(self) -> float:
        """How long the requests take at ClickUp's limit."""
        return self.requests / REQUESTS_PER_MINUTE


@dataclass(frozen=True)
class FigureRow:
    """One figure of both chains, as text and, to be drawn, as number; None if there is none."""

    title: str
    ours: str
    peer: str
    values: tuple[float | None, float | None]


def summarize(result: ChainResult) -> Figures:
    """Return the figures of a chain."""
    tasks = result.store.tasks
    entries = result.store.time_entries
    receiver = result.receiver_peak_mb
    return Figures(
        tasks_lost=len(tasks.lost),
        tasks_lost_in_archived_lists=result.store.lost_in_archived_lists,
        rows_wrong=len(tasks.wrong) + len(entries.wrong),
        rows_doubled=len(tasks.doubled) + len(entries.doubled),
        deletions_missed=len(tasks.not_deleted) + len(entries.not_deleted),
        worklogs_missed=len(entries.lost),
        transitions=result.store.transitions,
        status_changes=result.store.status_changes,
        requests=result.requests,
        resumed_requests=result.resumed_requests,
        rows_per_second=round(result.rows / result.row_seconds),
        peak_mb=round(result.peak_mb),
        receiver_peak_mb=None if receiver is None else round(receiver),
        runs=result.runs,
        failed_runs=result.failed_runs,
        tasks_at_first=result.store.tasks_at_first,
        time_entries_at_first=result.store.time_entries_at_first,
        users=result.store.users,
    )


def build_rows(ours: Figures, peer: Figures | None) -> list[FigureRow]:
    """Return the rows in the order in which they are shown; `peer` may not have been measured."""
    counts = (
        ("tasks lost", "tasks_lost"),
        ("rows wrong", "rows_wrong"),
        ("rows doubled", "rows_doubled"),
        ("deletions missed", "deletions_missed"),
        ("worklogs missed", "worklogs_missed"),
    )
    return [
        *(_count_row(title, name, ours, peer) for title, name in counts),
        FigureRow(
            f"transitions known, of {ours.status_changes}",
            _format_transitions(ours),
            _format_transitions(peer) if peer else NOT_MEASURED,
            (_known(ours), _known(peer) if peer else None),
        ),
        _count_row("requests", "requests", ours, peer),
        FigureRow(
            f"minutes at {REQUESTS_PER_MINUTE} requests/min",
            f"{ours.minutes:.1f}",
            f"{peer.minutes:.1f}" if peer else NOT_MEASURED,
            (ours.minutes, peer.minutes if peer else None),
        ),
        _count_row("rows per second", "rows_per_second", ours, peer),
        _count_row("peak memory, MB", "peak_mb", ours, peer),
    ]


def _count_row(title: str, name: str, ours: Figures, peer: Figures | None) -> FigureRow:
    our_value: int = getattr(ours, name)
    peer_value: int | None = getattr(peer, name) if peer else None
    peer_text = NOT_MEASURED if peer_value is None else f"{peer_value:,}"
    return FigureRow(title, f"{our_value:,}", peer_text, (our_value, peer_value))


def _known(figures: Figures) -> int | None:
    transitions = figures.transitions
    return transitions.exact + transitions.bounded if transitions else None


def _format_transitions(figures: Figures) -> str:
    known = _known(figures)
    return NOT_OFFERED if known is None else f"{known:,}"
