"""The goals of the join benchmark and the format of its results. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.goals import at_most, format_goals, format_header, format_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.goals import Figures, Goal

STATUS_VIEWS = {"status_transitions", "status_durations", "cycle_times"}
"""They may take three times as long."""
OVER_STATUS_VIEWS = {"weekly_throughput", "weekly_status_times", "work_log"}
"""They read all rows of a status view and more, so theirs is the same time."""
AGGREGATES = {
    "task_activity_summary", "people", "unmatched_people", "task_time", "task_time_comparison",
    "link_coverage", "time_allocation", "data_trust", "daily_flow", "weekly_throughput",
    "weekly_status_times", "work_hours", "work_log", "monthly_planning_accuracy",
    "task_field_changes", "sprint_tasks",
}  # fmt: skip
"""Each of their rows is the sum of many rows of tables, or the difference of two, so which are the
newest is known only once all are read. The time is shown, but only that of all rows has a goal."""
LARGE_KEYS = {
    "work_hours", "data_trust", "daily_flow", "weekly_throughput", "weekly_status_times",
}  # fmt: skip
"""Their key is a workspace or a space, a large part of all rows. The time is shown, but only that
of one task, person or other small key has a goal."""
COLUMNS = ("rows", "one, ms", "newest, ms", "all, s", "all, CPU s", "count, ms", "all / count")
REFERENCES = (
    ("commit messages", "messages"),
    ("references in them", "references"),
    ("plain search, s", "search_seconds"),
    ("finding, s", "finding_seconds"),
    ("storing, s", "storing_seconds"),
    ("finding, times the search", "times_search"),
)
IDE = (
    ("events", "events"),
    ("people", "people"),
    ("load, s", "wall_seconds"),
    ("load, CPU s of the target", "cpu_seconds"),
    ("load, CPU s of the server", "server_cpu_seconds"),
    ("the same rows by PostgreSQL alone, s", "bare_seconds"),
    ("load, times PostgreSQL alone", "times_bare"),
    ("peak memory, MB", "peak_mb"),
    ("peak memory at a quarter, MB", "peak_mb_of_a_quarter"),
    ("late event, ms", "late_event_ms"),
    ("late event, slowest of all, ms", "late_event_worst_ms"),
    ("the same row by PostgreSQL alone, ms", "bare_row_ms"),
)


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals of what was measured; times have goals at full scale only."""
    is_full = figures["scale"] == 1
    goals: list[Goal] = []
    if references := figures.get("references"):
        goals.append(at_most("references, times a search", references["times_search"], 3))
    if ide := figures.get("ide"):
        goals.append(at_most("IDE, memory, times a quarter's", ide["memory_growth"], 1.2))
        if is_full:
            goals.append(at_most("IDE, 1,000,000 events, s", ide["wall_seconds"], 60))
            goals.append(at_most("IDE, late event, ms", ide["late_event_ms"], 50))
    if is_full and (views := figures.get("views")):
        for name, view in views["views"].items():
            goals += _view_goals(name, view)
    return goals


def _view_goals(name: str, view: Figures) -> Iterator[Goal]:
    if name not in LARGE_KEYS:
        yield at_most(f"{name}, one, ms", view["one_ms"], 50)
    if view["newest_ms"] is not None and name not in AGGREGATES:
        yield at_most(f"{name}, newest 20, ms", view["newest_ms"], 100)
    seconds = 3 if name in STATUS_VIEWS | OVER_STATUS_VIEWS else 1
    yield at_most(f"{name}, all, s", view["full_seconds"], seconds)


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of what was measured, then the goals, in lines of text."""
    lines: list[str] = []
    for part, rows in (("references", REFERENCES), ("ide", IDE)):
        if measured := figures.get(part):
            lines.append(format_header(part))
            lines += [format_row(title, measured[key]) for title, key in rows]
            lines.append("")
    if views := figures.get("views"):
        lines.append(format_header("views", *COLUMNS))
        lines += [_view_row(name, view) for name, view in views["views"].items()]
        aggregates = ", ".join(name for name in views["views"] if name in AGGREGATES)
        lines.append(f"without a goal of the newest rows, as they aggregate: {aggregates}")
        large = ", ".join(name for name in views["views"] if name in LARGE_KEYS)
        lines += [f"without a goal of one, which is a workspace or a space: {large}", ""]
    return "\n".join([*lines, *format_goals(goals)])


def _view_row(name: str, view: Figures) -> str:
    ratio = round(view["full_seconds"] * 1e3 / view["count_ms"], 1) if view["count_ms"] else None
    return format_row(
        name,
        view["rows"],
        view["one_ms"],
        view["newest_ms"],
        view["full_seconds"],
        view["full_cpu_seconds"],
        view["count_ms"],
        ratio,
    )
