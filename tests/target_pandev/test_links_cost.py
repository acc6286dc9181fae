"""Links are stored, and looked up for a few commits, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from target_pandev.sql import read_statement
from tests.target_pandev.test_views_cost import CO_AUTHORED, LARGE_TABLES, MAX_ROWS, scans

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

BRANCHES = """
INSERT INTO task_references (repository_id, source, object_key, kind, reference, ordinal)
SELECT 'r' || n % 10, 'branch', 'branch' || n, 'task_id', 'task' || n, 1
FROM generate_series(1, 500) AS n;
ANALYZE task_references;
"""
COMMITS = """
INSERT INTO commits (repository_id, sha, _sdc_extracted_at, _sdc_hash)
SELECT 'r' || n % 10, 'sha' || n, now(), gen_random_uuid() FROM generate_series(1, 4000) AS n;
INSERT INTO task_references (repository_id, source, object_key, kind, reference, ordinal)
SELECT 'r' || n % 10, 'commit', 'sha' || n, 'task_id', 'task' || n, 1
FROM generate_series(1, 4000) AS n;
"""
LINKS = """
SELECT array_agg('r' || n % 10), array_agg('commit'::text), array_agg('sha' || n),
    array_agg('sha' || (n + 10)), array_agg('merge'::text), array_agg(NULL::text)
FROM generate_series(1, 200) AS n
"""
PARAMETERS = ("repository_ids", "sources", "keys", "shas", "vias", "references")


def test_links_of_a_first_load_are_stored_by_lookups_of_keys(store: Loader) -> None:
    """The only statistics are those of the branches, which are loaded before the commits."""
    store.connection.execute(BRANCHES.encode())
    store.connection.execute(COMMITS.encode())
    ((*arrays,),) = store.connection.execute(LINKS.encode()).fetchall()
    ((explained,),) = store.connection.execute(
        sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) " + read_statement("insert_links")),
        dict(zip(PARAMETERS, arrays, strict=True)),
    ).fetchall()
    read = [rows for table, rows in scans(explained[0]["Plan"]) if table == "commits"]
    assert read == [200]
    assert store.rows("SELECT count(*), min(sha) FROM inherited_references") == [(200, "sha100")]


ONE_UNLINKED = """
DELETE FROM resolved_links WHERE object_key = 'shatask2990';
DELETE FROM task_references WHERE object_key = 'shatask2990';
UPDATE commits SET committed_at = authored_at;
ANALYZE;
"""


@pytest.mark.parametrize(
    "condition",
    ["WHERE repository_id = 'r' AND sha = 'shatask2990'", "ORDER BY committed_at DESC LIMIT 1"],
)
def test_an_unlinked_commit_is_read_without_others(large: Loader, condition: str) -> None:
    large.connection.execute(ONE_UNLINKED.encode())
    statement = f"SELECT sha FROM unlinked_commits {condition}"  # noqa: S608 - names of our own
    assert large.rows(statement) == [("shatask2990",)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
    assert {"commits", "resolved_links"} <= {table for table, _ in read}
    assert [scan for scan in read if scan[1] > MAX_ROWS] == []


def test_coverage_of_a_week_looks_up_only_its_links(large: Loader) -> None:
    """The commits are those of a repository; two of them are a week older than the others."""
    large.connection.execute(
        "UPDATE commits SET committed_at = '2026-01-12'::date "
        "- CASE WHEN sha IN ('shatask1', 'shatask77') THEN 7 ELSE 0 END; ANALYZE commits"
    )
    statement = "SELECT commits, linked FROM link_coverage WHERE week = '2026-01-05'"
    assert large.rows(statement) == [(2, 2)]
    ((explained,),) = large.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    read = list(scans(explained[0]["Plan"]))
    assert [rows for table, rows in read if table == "commits"] == [3000]
    others = [scan for scan in read if scan[0] in LARGE_TABLES - {"commits"}]
    assert others
    assert [scan for scan in others if scan[1] > MAX_ROWS] == []


CLOSED = """
INSERT INTO folders (workspace_id, id, _sdc_extracted_at, _sdc_hash)
SELECT '900', '21', now(), gen_random_uuid();
DELETE FROM resolved_links WHERE task_id = 'task2996';
UPDATE tasks
SET date_done = timestamptz '2026-01-04' + substr(id, 5)::integer * interval '1 minute';
ANALYZE;
"""


def test_the_newest_task_without_commits_is_read_without_older_ones(large: Loader) -> None:
    large.connection.execute(CLOSED.encode())
    read = read_newest(large, "task_id", "closed_tasks_without_commits", "closed_at", "task2996")
    assert {"tasks", "resolved_links"} <= {table for table, _ in read}
    assert [scan for scan in read if scan[1] > MAX_ROWS] == []


DATED = """
UPDATE commits SET committed_at = authored_at,
    message = CASE WHEN sha LIKE '%{ends_with}' THEN message ELSE sha END
"""


@pytest.mark.parametrize("ends_with", ["7", "x"])
def test_the_newest_authors_are_read_without_older_commits(large: Loader, ends_with: str) -> None:
    """Also where no commit has co-authors, so that a search for them would not end."""
    for statement in (CO_AUTHORED, DATED, "VACUUM ANALYZE commits"):
        large.connection.execute(statement.format(ends_with=ends_with).encode())
    large.derive_people()
    read = read_newest(large, "sha", "commit_authors", "committed_at", "shatask3000")
    assert "commits" in {table for table, _ in read}
    assert [scan for scan in read if scan[1] > MAX_ROWS] == []


def read_newest(
    store: Loader, column: str, view: str, time: str, expected: str
) -> list[tuple[str, float]]:
    """Return the scans of large tables that the newest row of a view takes."""
    statement = f"SELECT {column} FROM {view} WHERE {time} IS NOT NULL ORDER BY {time} DESC LIMIT 1"  # noqa: S608 - names of our own
    assert store.rows(statement) == [(expected,)]
    ((explained,),) = store.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
    return [scan for scan in scans(explained[0]["Plan"]) if scan[0] in LARGE_TABLES]
