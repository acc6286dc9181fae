"""A view answers for one task without reading the rows of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_pandev.sql import read_views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.target_pandev.loading import Loader

MAX_ROWS = 20
"""Rows of one large table that may be read for one task."""
PEOPLE = 110
"""Views of people read one row of each of the 109 addresses in editors."""
ONE_TASK = "workspace_id = '900' AND task_id = 'task77'"
CONDITIONS = {
    "pull_request_lead_times": "repository_id = 'r' AND number = 77",
    "sprint_report": "workspace_id = '900' AND sprint_id = '32'",
    "task_ages": "workspace_id = '900' AND task_id = 'task78'",
    "monthly_planning_accuracy": "workspace_id = '900' AND list_id = '31'",
}
"""What selects one row of a view that is not about tasks, or not about closed ones."""
LARGE_TABLES = {
    "tasks", "task_versions", "task_changes", "time_in_status", "time_entries", "commits",
    "branches", "task_references", "pull_requests", "merged_commits", "ide_intervals",
    "task_transitions",
    "inherited_references", "commit_people", "resolved_links",
}  # fmt: skip


def loops(plan: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield (table, times it was scanned) for each scan of a plan."""
    if table := plan.get("Relation Name"):
        yield str(table), int(plan["Actual Loops"])
    for part in plan.get("Plans", []):
        yield from loops(part)


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield (table, rows read) for each scan of a plan, rows that it filtered out included."""
    if table := plan.get("Relation Name"):
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield str(table), float(rows * plan["Actual Loops"])
    for part in plan.get("Plans", []):
        yield from scans(part)


WITHOUT_TASKS = {
    "mailmap_entries", "employee_addresses", "commit_authors", "people", "unmatched_people",
    "daily_flow", "weekly_throughput", "weekly_status_times",
    "sprint_periods", "link_coverage", "unlinked_commits", "work_hours",
    "closed_tasks_without_commits", "data_trust",
}  # fmt: skip


@pytest.mark.parametrize("view", [view for view in read_views() if view not in WITHOUT_TASKS])
def test_a_view_reads_only_the_rows_of_one_task(large: Loader, view: str) -> None:
    condition = CONDITIONS.get(view, ONE_TASK)
    statement = f"SELECT * FROM {view} WHERE {condition}"  # noqa: S608 - names of our own
    assert 1 <= len(large.rows(statement)) <= 5
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = list(scans(explained[0]["Plan"]))
    assert {table for table, _ in read} & LARGE_TABLES
    assert [scan for scan in read if scan[0] in LARGE_TABLES and scan[1] > MAX_ROWS] == []


@pytest.mark.parametrize(
    ("view", "rows", "look_ups"),
    [("status_transitions", 8_700, 0), ("status_durations", 8_700, 1), ("cycle_times", 2_700, 1)],
)
def test_a_full_read_looks_up_no_status_per_transition(
    large: Loader, view: str, rows: int, look_ups: int
) -> None:
    """At most one for each of the 3,000 tasks, with the present status in `task_overview`."""
    statement = f"SELECT * FROM {view}"  # noqa: S608 - names of our own
    assert len(large.rows(statement)) == rows
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    scanned = list(loops(explained[0]["Plan"]))
    assert "task_transitions" in {table for table, _ in scanned}
    assert sum(count for table, count in scanned if table == "statuses") <= look_ups * 3_000


NEWEST = "SELECT task_id, source FROM task_activity ORDER BY occurred_at DESC LIMIT 20"


def test_the_newest_activity_is_read_without_the_older(large: Loader) -> None:
    """The rows of the newest tasks are read, by the index on their time, and not all others."""
    assert {row[0] for row in large.rows(NEWEST)} == {f"task{n}" for n in range(2995, 3001)}
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {NEWEST}")
    read = [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert read
    assert [scan for scan in read if scan[1] > 3 * MAX_ROWS] == []


def test_all_activity_is_read_without_a_look_up_per_link(large: Loader) -> None:
    """No part of the view forces one for each of the 12,000 links, if PostgreSQL wants none."""
    large.connection.execute(b"SET enable_nestloop = off")
    statement = "SELECT task_id, status_group, title, url FROM task_activity"
    assert len(large.rows(statement)) == 11_999
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    scanned = [scan for scan in loops(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert {"tasks", "commits", "resolved_links"} <= {table for table, _ in scanned}
    assert [scan for scan in scanned if scan[1] > MAX_ROWS] == []


CO_AUTHORED = """
UPDATE commits SET author_name = 'User One', author_email = 'user1@example.com',
    message = message || E'\n\nCo-authored-by: User Two <user2@example.com>'
"""


LATERAL = """
SELECT a.role
FROM task_references AS r
CROSS JOIN LATERAL (
    SELECT a.role FROM commit_authors AS a
    WHERE a.repository_id = r.repository_id AND a.sha = r.object_key
    OFFSET 0
) AS a
WHERE r.reference = 'task77'
ORDER BY a.role
"""


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT role FROM commit_authors WHERE repository_id = 'r' AND sha = 'shatask1' ORDER BY 1",
        LATERAL,
    ],
)
def test_authors_of_a_commit_are_read_without_those_of_others(
    large: Loader, statement: str
) -> None:
    large.connection.execute(CO_AUTHORED)
    large.derive_people()
    assert large.rows(statement) == [("author",), ("co-author",)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = [rows for table, rows in scans(explained[0]["Plan"]) if table == "commits"]
    assert read
    assert sum(read) <= MAX_ROWS  # of two loops PostgreSQL before 18 may report 0.5 rows as 0


def test_addresses_of_editors_are_read_without_all_intervals(large: Loader) -> None:
    """One lookup for each of the 109 people, who have 6,000 intervals."""
    statement = "SELECT email FROM people WHERE source = 'ide'"
    assert len(large.rows(statement)) == 109
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = list(scans(explained[0]["Plan"]))
    assert {table for table, _ in read} & LARGE_TABLES == {"ide_intervals"}
    assert sum(rows for table, rows in read if table == "ide_intervals") <= 110


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT task_id FROM sprint_tasks WHERE workspace_id = '900' AND sprint_id = '32'",
        f"SELECT task_id FROM closed_tasks_without_commits WHERE {ONE_TASK}",  # noqa: S608 - names of our own
    ],
)
def test_a_sprint_or_task_is_read_without_those_of_others(large: Loader, statement: str) -> None:
    large.connection.execute("DELETE FROM resolved_links WHERE task_id = 'task77'")
    assert large.rows(statement) == [("task77",)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert read
    assert [scan for scan in read if scan[1] > MAX_ROWS] == []


@pytest.mark.parametrize(
    ("view", "time"),
    [
        ("pull_request_lead_times", "opened_at"),
        ("pull_request_lead_times", "merged_at"),
        ("sprint_report", "starts_at"),
        ("worklogs", "started_at"),
    ],
)
def test_the_newest_rows_are_read_without_older_ones(large: Loader, view: str, time: str) -> None:
    """The sprint that is added is older, and nearly all tasks are in it."""
    large.connection.execute(
        "INSERT INTO sprints (workspace_id, id, start_date, end_date, _sdc_extracted_at, "
        "_sdc_hash) SELECT '900', '33', '2025-12-01', '2025-12-14', now(), gen_random_uuid()"
    )
    statement = f"SELECT * FROM {view} WHERE {time} IS NOT NULL ORDER BY {time} DESC LIMIT 1"  # noqa: S608 - names of our own
    assert len(large.rows(statement)) == 1
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert len({table for table, _ in read}) > 1
    assert [scan for scan in read if scan[1] > MAX_ROWS] == []


def test_authors_are_resolved_by_no_message_and_no_employee(large: Loader) -> None:
    """Commits are read once for the authors, and by key for co-authors."""
    large.connection.execute(CO_AUTHORED + "WHERE sha LIKE 'shatask_7'")
    large.derive_people()
    large.connection.execute("ANALYZE commits, commit_people, git_people")
    counts = "SELECT role, count(*) FROM commit_authors GROUP BY role ORDER BY role"
    assert large.rows(counts) == [("author", 3000), ("co-author", 9)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {counts}")
    read = list(scans(explained[0]["Plan"]))
    assert {table for table, _ in read} == {"commits", "commit_people", "git_people"}
    assert sum(rows for table, rows in read if table == "commits") <= 3000 + 9


def test_commits_of_an_address_are_read_without_others(large: Loader) -> None:
    """Of 3,000 commits those of one of the 109 people, and one with two co-authors."""
    message = "Co-authored-by: Two <user2@example.com>\nCo-authored-by: One <user77@example.com>"
    large.connection.execute("UPDATE commits SET message = %s WHERE sha = 'shatask78'", [message])
    large.derive_people()
    large.connection.execute("ANALYZE commits, commit_people, git_people")
    statement = "SELECT commit_count FROM people WHERE email = 'user77@example.com'"
    assert large.rows(f"{statement} AND source = 'git'") == [(31,)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = list(scans(explained[0]["Plan"]))
    assert "commits" in {table for table, _ in read}
    assert [scan for scan in read if scan[0] in LARGE_TABLES and scan[1] > PEOPLE] == []


def test_commits_without_a_second_parent_are_expected_to_be_many(large: Loader) -> None:
    """Without statistics of its own PostgreSQL expects 15 of the 3,000, and plans for these."""
    ((explained,),) = large.rows(
        "EXPLAIN (FORMAT JSON) SELECT FROM commits WHERE parents -> 1 IS NULL"
    )
    assert explained[0]["Plan"]["Plan Rows"] == 3000


def test_weekly_status_times_read_no_task_twice(large: Loader) -> None:
    """The transitions three times: for closings, their tasks, and the time in each status.

    Of the 3,000 tasks, 300 are open.
    """
    ((transitions,),) = large.rows("SELECT count(*) FROM task_transitions")
    view = "SELECT status, tasks FROM weekly_status_times ORDER BY status"
    assert large.rows(view) == [("doing", 2700), ("to do", 2700)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {view}")
    read = list(scans(explained[0]["Plan"]))
    assert 0 < sum(rows for table, rows in read if table == "tasks") <= 3000
    read_transitions = sum(rows for table, rows in read if table == "task_transitions")
    assert 2 * transitions <= read_transitions <= 3 * transitions
