"""A store on Citus, one schema per organisation: the statements of loads, and where given, Citus.

With TEST_CITUS_URL, the address of a coordinator of Citus as a superuser, the loads run there too.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from target_pandev.database import ReportingChange, Store
from target_pandev.database.connection import execute_each
from tests.support.citus_rules import refused_forms
from tests.support.query_trees import collect_trees, printing_trees
from tests.target_pandev.loading import load
from tests.target_pandev.store_story import build_story

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITING = (
    *(
        "_sdc_hash",
        "rejected_at",
        "emitted_at",
        "applied_at",
        "run_id",
        "duration_ms",
        "working_ms",
    ),
    *("age_ms", "status_age_ms", "working_age_ms", "working_status_age_ms"),
)
"""Columns that differ between equal stores, as they depend on the time."""
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'pandev'::regnamespace AND relkind IN ('r', 'v')
    AND relname <> 'recent_deletions'
"""
"""All but the one with the times of loads."""


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    return collect_trees(monkeypatch)


def test_loads_send_no_statement_that_citus_refuses(database: str, trees: set[str]) -> None:
    for messages, settings in build_story():
        load(printing_trees(database), *messages, **settings)
    with Store(printing_trees(database), schema="pandev") as store:
        store.change_reporting(ReportingChange("Europe/Kyiv", holidays={date(2026, 3, 9): None}))
    assert len(trees) > 300
    assert refused_forms(database, trees) == set()


REFUSED = {
    "SELECT EXISTS (SELECT FROM tombstones)": "no columns of tombstones",
    "SELECT FROM tasks": "no columns of tasks",
    "UPDATE tasks SET name = '' WHERE jsonb_build_array(id) = '[]'": (
        "change of tasks: jsonb_build_array of a column"
    ),
    "DELETE FROM tasks WHERE jsonb_build_array(id) NOT IN (SELECT to_jsonb(id) FROM stage)": (
        "change of tasks: jsonb_build_array of a column"
    ),
    "UPDATE tasks SET date_updated = name::timestamptz": (
        "change of tasks: timestamptz_in of a column"
    ),
    "UPDATE tasks SET date_updated = coalesce(date_updated, now())": (
        "choice in a change of tasks: now"
    ),
    "UPDATE tasks SET points = random()": "change of tasks: random of a column",
    "UPDATE tasks SET name = '' RETURNING to_jsonb(id)": "RETURNING of tasks: to_jsonb",
    "INSERT INTO emitted_states VALUES (gen_random_uuid(), 1) "
    "ON CONFLICT (run_id) DO UPDATE SET emitted_at = now()": "ON CONFLICT of emitted_states: now",
    "SELECT t.name FROM stage AS s LEFT JOIN tasks AS t ON t.id = s.id": (
        "LEFT JOIN with the whole of tasks"
    ),
    "SELECT t.name FROM (SELECT DISTINCT id FROM stage) AS s "
    "LEFT JOIN (SELECT * FROM employees) AS t ON t.email = s.id": (
        "LEFT JOIN with the whole of employees"
    ),
    "SELECT id FROM stage AS s WHERE NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = s.id)": (
        "temporary rows with a correlated tasks"
    ),
    "SELECT id FROM tasks AS t WHERE EXISTS (SELECT 1 FROM stage AS s WHERE s.id = t.id)": (
        "a correlated subquery over a temporary table"
    ),
    "WITH RECURSIVE r AS (SELECT id FROM stage UNION SELECT t.id FROM r JOIN tasks t USING (id)) "
    "SELECT * FROM r": "recursion over a temporary table",
}  # fmt: skip


@pytest.mark.parametrize("statement", REFUSED)
def test_a_form_that_citus_refuses_is_found(database: str, trees: set[str], statement: str) -> None:
    with psycopg.connect(printing_trees(database), autocommit=True) as connection:
        connection.execute("SET search_path = pandev")
        connection.execute("CREATE TEMPORARY TABLE stage (id text)")
        connection.execute(statement.encode())
    assert refused_forms(database, trees) == {REFUSED[statement]}


def test_only_one_statement_is_sent_at_a_time(database: str) -> None:
    """Citus cannot pass on a message with several, as the whole text of a migration would be."""
    with psycopg.connect(database) as connection:
        execute_each(connection, "SELECT 1;\n-- a comment;\nSELECT ';'\n    AS text;\n")
        with pytest.raises(psycopg.errors.SyntaxError, match="multiple commands"):
            execute_each(connection, "SELECT 1; SELECT 2;\n")


@contextmanager
def citus_database() -> Iterator[str]:
    """Yield the address of a new database, in which each schema is stored on one machine."""
    server, name = os.environ["TEST_CITUS_URL"], f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        workers = connection.execute(
            "SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0"
        ).fetchall()
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        nodes = [server, *(make_conninfo(server, host=host, port=port) for host, port in workers)]
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        try:
            for node in nodes:
                with psycopg.connect(node, autocommit=True) as on_node:
                    on_node.execute(create.format(sql.Identifier(name)))
                with psycopg.connect(make_conninfo(node, dbname=name)) as on_node:
                    on_node.execute("CREATE EXTENSION citus")
            database = make_conninfo(server, dbname=name)
            with psycopg.connect(database) as on_node:
                for host, port in workers:
                    on_node.execute("SELECT citus_add_node(%s, %s)", (host, port))
            yield make_conninfo(database, options="-c citus.enable_schema_based_sharding=on")
        finally:
            for node in nodes:
                with psycopg.connect(node, autocommit=True) as on_node:
                    on_node.execute(drop)


def stored_rows(database: str) -> dict[str, list[str]]:
    """Return the rows of all tables and views, without what differs between equal stores."""
    with psycopg.connect(database, options="-c search_path=pandev -c timezone=UTC") as connection:
        rows: dict[str, list[str]] = {}
        for (name,) in connection.execute(TABLES).fetchall():
            query = sql.SQL("SELECT (to_jsonb(t) - %s::text[])::text FROM {} AS t").format(
                sql.Identifier(name)
            )
            rows[name] = sorted(row for (row,) in connection.execute(query, ([*WRITING],)))
        return rows


@pytest.mark.skipif("TEST_CITUS_URL" not in os.environ, reason="TEST_CITUS_URL is not set")
def test_a_store_on_citus_has_the_rows_of_one_on_postgresql(database: str) -> None:
    with citus_database() as on_citus:
        for messages, settings in build_story():
            load(database, *messages, **settings)
            load(on_citus, *messages, **settings)
            expected = stored_rows(database)
            assert expected["tasks"]
            assert stored_rows(on_citus) == expected
