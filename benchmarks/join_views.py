"""Every view of a filled store: one task, the newest rows, and all rows.

The store is filled by target-pandev alone, from what its taps write (`join_input`), so that derived
tables are those of a real store. Then it is vacuumed and analysed, as autovacuum does some minutes
after a load.

A time is what a reader of the view waits for: the statement is planned and run, and all rows and
columns are sent as text to a client, which discards them. Counting the rows would be another plan,
as it needs no column, and EXPLAIN does not send any. Times are medians of three runs after one that
is not counted. Next to the time of all rows are the CPU time of the serving process, without that
of parallel workers, and the time of `count(*)` of the view's largest table, so that ratios can be
compared with those of other machines. `daily_flow` has a row per day until today, so it grows.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from benchmarks.join_store import (
    FILES,
    LIMIT_SECONDS,
    Timing,
    connect,
    limited,
    load,
    run_module,
    time_statement,
    vacuum,
)
from benchmarks.processes import FailedRunError
from target_pandev.sql import read_statement, read_views

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.goals import Figures
    from benchmarks.join_store import Connection, JoinStore

TASK = ("workspace_id", "task_id")
SPACE = ("workspace_id", "space_id")
SPRINT = ("workspace_id", "sprint_id")
KEYS = {
    "mailmap_entries": ("repository_id",),
    "employee_addresses": ("address",),
    "commit_authors": ("repository_id", "sha"),
    "people": ("email",),
    "unmatched_people": ("email",),
    "pull_request_lead_times": ("repository_id", "number"),
    "sprint_periods": SPRINT,
    "sprint_report": SPRINT,
    "link_coverage": ("repository_id", "week"),
    "unlinked_commits": ("repository_id", "sha"),
    "work_hours": ("workspace_id",),
    "data_trust": ("workspace_id",),
    "daily_flow": SPACE,
    "weekly_throughput": SPACE,
    "weekly_status_times": SPACE,
    "monthly_planning_accuracy": ("workspace_id", "list_id"),
}
"""What is looked up in views that are not about tasks."""
TIMES = {
    "task_overview": "date_updated",
    "task_activity": "occurred_at",
    "worklogs": "started_at",
    "status_transitions": "changed_at",
    "status_durations": "started_at",
    "task_field_changes": "changed_at",
    "cycle_times": "closed_at",
    "commit_authors": "committed_at",
    "people": "last_commit_at",
    "unmatched_people": "last_commit_at",
    "pull_request_lead_times": "merged_at",
    "task_time": "work_date",
    "task_time_comparison": "work_date",
    "sprint_periods": "starts_at",
    "sprint_tasks": "added_at",
    "sprint_report": "starts_at",
    "link_coverage": "week",
    "unlinked_commits": "committed_at",
    "closed_tasks_without_commits": "closed_at",
    "time_allocation": "work_date",
    "data_trust": "last_complete_run_at",
    "task_ages": "status_since",
    "daily_flow": "day",
    "weekly_throughput": "week",
    "weekly_status_times": "week",
    "work_log": "last_at",
    "planning_accuracy": "closed_at",
    "monthly_planning_accuracy": "month",
}
"""The time by which a reader sorts a view; a view without one has no newest rows."""
NEWEST = 20


def measure_views(store: JoinStore, folder: Path, *, scale: float) -> Figures:
    """Fill a store and return the times of its views."""
    url, figures = fill_store(store, folder, scale=scale)
    with connect(url) as connection:
        return {**figures, "views": time_views(connection)}


def fill_store(store: JoinStore, folder: Path, *, scale: float) -> tuple[str, Figures]:
    """Fill a database and return its address, the number of rows and the seconds of the loads."""
    sizes = run_module("join_input", folder, str(scale))
    url = store.create("views")
    loads = {}
    for name in FILES:
        usage = load(url, folder / f"{name}.singer")
        loads[name] = round(usage.wall_seconds, 1)
        print(f"loaded {name} in {loads[name]} s")
    started = time.perf_counter()
    with connect(url) as connection:
        vacuum(connection)
    print(f"vacuumed and analysed in {time.perf_counter() - started:.1f} s")
    return url, {**sizes, "load_seconds": loads}


def time_views(connection: Connection, *, rounds: int = 3) -> dict[str, Figures]:
    """Return the times of all views, which must not be empty. Raises `FailedRunError`."""
    counts: dict[str, Timing] = {}
    views = {}
    for view in read_views():
        table = _largest_table(connection, view)
        if table not in counts:
            count = f"SELECT count(*) FROM {table}"  # noqa: S608 - our own names
            counts[table] = time_statement(connection, count, rounds=rounds)
        views[view] = _time_view(connection, view, rounds) | {
            "table": table,
            "count_ms": _milliseconds(counts[table]),
        }
        print(f"{view}: {views[view]}")
    return views


def _time_view(connection: Connection, view: str, rounds: int) -> Figures:
    everything = f"SELECT * FROM {view}"  # noqa: S608 - our own names
    full = time_statement(connection, everything, rounds=rounds)
    if full.rows == 0:
        raise FailedRunError(f"{view} is empty: the benchmark's input lacks what it shows")
    key = _time_key(connection, view, rounds)
    if key.rows == 0:
        raise FailedRunError(f"{view} has no row of the key that was read from it")
    newest = None
    if column := TIMES.get(view):
        statement = f"{everything} WHERE {column} IS NOT NULL ORDER BY {column} DESC LIMIT {NEWEST}"
        newest = _milliseconds(time_statement(connection, statement, rounds=rounds))
    return {
        "rows": full.rows,
        "one_ms": _milliseconds(key),
        "one_rows": key.rows,
        "newest_ms": newest,
        "full_seconds": round(full.seconds, 3),
        "full_cpu_seconds": None if full.cpu_seconds is None else round(full.cpu_seconds, 2),
    }


def _time_key(connection: Connection, view: str, rounds: int) -> Timing:
    """Return the time of one key; beyond the limit if the keys alone take so long."""
    with limited(connection):
        try:
            condition = _condition(connection, view)
        except psycopg.errors.QueryCanceled:
            return Timing(LIMIT_SECONDS, None, None)
    statement = f"SELECT * FROM {view} WHERE {condition}"  # noqa: S608 - our own names
    return time_statement(connection, statement, rounds=rounds)


def _condition(connection: Connection, view: str) -> str:
    """Return the condition for the key in the middle of all keys of a view."""
    columns = KEYS.get(view, TASK)
    names = ", ".join(columns)
    is_complete = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    keys = f"SELECT DISTINCT {names} FROM {view} WHERE {is_complete}"  # noqa: S608 - our own names
    connection.execute(f"CREATE TEMP TABLE keys AS {keys}".encode())
    middle = "OFFSET (SELECT count(*) / 2 FROM keys) LIMIT 1"
    (values,) = connection.execute(
        f"SELECT * FROM keys ORDER BY {names} {middle}".encode()  # noqa: S608 - our own names
    ).fetchall()
    connection.execute("DROP TABLE keys")
    parts = (
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value))
        for column, value in zip(columns, values, strict=True)
    )
    return sql.SQL(" AND ").join(parts).as_string(connection)


def _largest_table(connection: Connection, view: str) -> str:
    statement = read_statement("largest_table", "benchmarks").encode()
    ((table,),) = connection.execute(statement, [view]).fetchall()
    return str(table)


def _milliseconds(timing: Timing) -> float:
    return round(timing.seconds * 1e3, 1)
