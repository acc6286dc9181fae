"""The goals of the extract benchmark and the format of its results. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.goals import at_least, at_most, format_goals, format_header, format_row

if TYPE_CHECKING:
    from benchmarks.goals import Figures, Goal

ROWS = (
    ("requests, first load", "requests_first_load"),
    ("requests, poll with nothing new", "requests_poll"),
    ("tasks", "tasks"),
    ("time entries", "time_entries"),
    ("records, first load", "records"),
    ("CPU seconds, first load", "cpu_seconds"),
    ("records per CPU second", "records_per_cpu_second"),
    ("peak memory, MB", "peak_mb"),
)

REQUESTS_PER_WINDOW = 80
WINDOW_SECONDS = 61
"""The tap sends 80 % of ClickUp's 100 in any 61 seconds: a window ends at a whole second."""

ENTRY_ROWS = (
    ("peak memory of a first load, MB", "peak_mb"),
    ("peak memory of a poll, MB", "peak_mb_poll"),
    ("entries sent by a poll with nothing new", "sent_by_poll"),
)


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures."""
    ours = figures["ours"]
    peer = figures["peer"]
    large = figures["large"]
    covered = figures["covered"]
    existing = figures["workspace"]
    simulated = figures["simulated"]
    fewest = existing["fewest_requests"]
    speed = ours["records_per_cpu_second"]
    ratio = round(speed / peer["records_per_cpu_second"], 2) if peer else None
    growth = round(large["peak_mb"] - ours["peak_mb"], 1) if large else None
    return [
        at_most("requests of a first load", ours["requests_first_load"], 300),
        at_most(
            "requests of a first load, times the fewest",
            round(ours["requests_first_load"] / fewest, 3),
            1.01,
        ),
        at_most("requests of a poll with nothing new", ours["requests_poll"], 50),
        at_most(
            f"requests of a poll of {covered['spaces']} spaces that a webhook covers",
            covered["requests_poll"],
            20,
        ),
        at_least("tasks read", ours["tasks"], existing["tasks"]),
        at_least("time entries read", ours["time_entries"], existing["time_entries"]),
        at_least("records per CPU second, times the peer's", ratio, 5),
        at_most("peak memory at 20,000 tasks, MB", ours["peak_mb"], 100),
        at_most("additional memory at 200,000 tasks, MB", growth, 10),
        *entry_goals(figures["entries"]),
        at_most("minutes for 10,000 tasks, simulated", simulated["10000"]["minutes"], 2.5),
        at_most(
            "minutes for 10,000 tasks, at the rate limit",
            simulated["10000"]["minutes"],
            limited_minutes(simulated["10000"]["fewest_requests"]),
        ),
        at_most("minutes for 100,000 tasks, simulated", simulated["100000"]["minutes"], 18),
    ]


def limited_minutes(requests: int) -> float:
    """Return the minutes that these requests take at the tap's share of ClickUp's limit."""
    return round(requests / REQUESTS_PER_WINDOW * WINDOW_SECONDS / 60, 2)


def entry_goals(entries: list[Figures] | None) -> list[Goal]:
    """Return the goals of the largest number of time entries."""
    largest = entries[-1] if entries else {}
    return [
        at_least("time entries read of 200,000", largest.get("time_entries"), 200_000),
        at_most("memory at 200,000 time entries, MB", largest.get("peak_mb"), 100),
        at_most("entries sent by a poll with nothing new", largest.get("sent_by_poll"), 0),
    ]


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of both taps, then the goals, in lines of text."""
    ours = figures["ours"]
    peer = figures["peer"] or {}
    rows = [format_row(title, ours[key], peer.get(key)) for title, key in ROWS]
    entries = figures["entries"] or ()
    sizes = [
        format_header("time entries", *(f"{figure['size']:,}" for figure in entries)),
        *(format_row(title, *(figure[key] for figure in entries)) for title, key in ENTRY_ROWS),
    ]
    return "\n".join(
        [format_header("", "ours", "peer"), *rows, "", *sizes, "", *format_goals(goals)]
    )
