"""Links are stored by one lookup for each of them, also before PostgreSQL has statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from target_pandev.sql import read_statement
from tests.target_pandev.test_views_cost import scans

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
