"""The newest rows of a view are read by an index on their time, and not all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target_pandev.test_views_cost import LARGE_TABLES, MAX_ROWS, scans

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

ONE_PER_MINUTE = """
UPDATE tasks
SET date_updated = timestamptz '2026-01-05 00:00:30'
    + substr(id, 5)::integer * interval '1 minute';
UPDATE task_changes
SET changed_at = timestamptz '2026-01-05' + substr(task_id, 5)::integer * interval '1 minute';
"""
NEWEST = ["task3000", "task2999", "task2998", "task2997", "task2996"]
CHANGED = ["task3000", "task3000", "task2999", "task2999", "task2998"]
CLOSED = ["task3000", "task2999", "task2997", "task2996", "task2995"]
OPEN = ["task2998", "task2988", "task2978", "task2968", "task2958"]
"""Tasks whose number ends in 8 are in progress, all others are closed."""


@pytest.mark.parametrize(
    ("view", "time", "tasks"),
    [
        ("task_overview", "date_updated", NEWEST),
        ("status_transitions", "changed_at", CHANGED),
        ("status_durations", "started_at", CHANGED),
        ("cycle_times", "closed_at", CLOSED),
        ("task_ages", "status_since", OPEN),
    ],
)
def test_the_newest_tasks_are_read_without_older_ones(
    large: Loader, view: str, time: str, tasks: list[str]
) -> None:
    """One task in ten is in progress, so that 50 of them are read for five."""
    large.connection.execute(ONE_PER_MINUTE.encode())
    large.derive_transitions()
    large.connection.execute("ANALYZE tasks, task_transitions")
    newest = f"SELECT * FROM {view} WHERE {time} IS NOT NULL ORDER BY {time} DESC LIMIT 5"  # noqa: S608 - our own names
    assert [row[1] for row in large.rows(newest)] == tasks
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {newest}")
    read = [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert read
    assert [scan for scan in read if scan[1] > 5 * MAX_ROWS] == []
