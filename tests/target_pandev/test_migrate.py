"""A store of any released version is brought up to date without loss, and ends like a new one.

`fixtures/first_release` contains the migrations as they were at the first release, rows for the
tables of each version, and what the views showed of these rows.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from target_pandev.database import Store, StoreError
from target_pandev.database.ddl import OWN_TABLES
from target_pandev.database.reporting import CALENDAR_SINCE
from target_pandev.database.resolved_links import resolve_all_links
from target_pandev.database.transitions import derive_all_transitions
from target_pandev.sql import read_migrations, read_views
from tests.target_pandev.first_release import FIRST_RELEASE, MIGRATIONS, ROWS, create_old_store
from tests.target_pandev.loading import Loader, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    Connection = psycopg.Connection[tuple[Any, ...]]

VIEW_ROWS = json.loads((FIRST_RELEASE / "view_rows.json").read_text(encoding="utf-8"))

TABLES = {
    1: {
        "workspaces", "users", "spaces", "folders", "lists", "statuses", "tasks", "sync_runs",
        "repositories", "branches", "commits", "task_references", "status_observations",
        "rejected_records", "status_groups", "reference_rules", "schema_versions",
    },
    3: {"time_entries", "sprints", "time_in_status", "webhooks", "completed_reads"},
    4: {"tombstones"},
    6: {"status_changes"},
}  # fmt: skip
"""The tables that each version added."""
RENAMED_TABLES = {"status_observations": "task_versions", "status_changes": "task_changes"}
RENAMED_COLUMNS = {
    "task_versions": {"observed_at": "read_at"},
    "task_changes": {"from_status": "from_value", "to_status": "to_value"},
}
NEW_VALUES: dict[str, dict[str, Any]] = {
    "task_versions": {"has_status_only": True},
    "task_changes": {"field": "status"},
    "reference_rules": {"extraction": 1},
}
"""What later versions renamed, and the columns that they added with a value."""
DERIVED_COLUMNS = {"version_hash", "occurred_at", "author_identity"}

RELATIONS = """
SELECT c.relname, c.relkind::text, obj_description(c.oid, 'pg_class'), pg_get_viewdef(c.oid)
FROM pg_class AS c WHERE c.relnamespace = 'pandev'::regnamespace ORDER BY c.relname
"""
COLUMNS = """
SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'pandev'::regnamespace ORDER BY c.relname, a.attnum
"""
INDEXES = """
SELECT pg_get_indexdef(i.indexrelid) FROM pg_index AS i
INNER JOIN pg_class AS c ON c.oid = i.indrelid
WHERE c.relnamespace = 'pandev'::regnamespace ORDER BY 1
"""
CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c
WHERE c.connamespace = 'pandev'::regnamespace ORDER BY 1, 2
"""


@pytest.fixture
def connection(empty_database: str) -> Iterator[Connection]:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA pandev")
        connection.execute("SET search_path = pandev")
        connection.execute("SET timezone = 'UTC'")
        yield connection


def insert_rows_after_upgrade(connection: Connection, versions: range) -> None:
    """Insert the rows of the tables of some versions, under the names that they have now."""
    connection.execute("ALTER TABLE task_changes ALTER COLUMN field SET DEFAULT 'status'")
    for version in versions:
        text = ROWS[version].read_text(encoding="utf-8") if version in ROWS else ""
        for former, table in RENAMED_TABLES.items():
            text = text.replace(former, table)
            for column, new_name in RENAMED_COLUMNS[table].items():
                text = re.sub(rf"\b{column}\b", new_name, text)
        connection.execute(text.encode())


def upgraded_row(table: str, row: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """Return a row as it is after an upgrade; new columns are null, or as `stored` if derived."""
    columns = RENAMED_COLUMNS.get(table, {})
    renamed = {columns.get(name, name): value for name, value in row.items()}
    added = dict.fromkeys(stored.keys() - renamed.keys()) | NEW_VALUES.get(table, {})
    derived = {name: stored[name] for name in added.keys() & DERIVED_COLUMNS}
    return {**renamed, **added, **derived}


def tables_of(version: int) -> set[str]:
    """Return the names of the tables that a version has."""
    return {table for number, added in TABLES.items() if number <= version for table in added}


def names(connection: Connection, kind: str) -> list[str]:
    """Return the names of the tables (r) or views (v)."""
    rows = connection.execute(
        "SELECT relname FROM pg_class "
        "WHERE relnamespace = 'pandev'::regnamespace AND relkind = %s ORDER BY relname",
        (kind,),
    )
    return [str(name) for (name,) in rows]


def read_rows(connection: Connection, kind: str) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables (r) or views (v)."""
    return {
        name: [
            row
            for (row,) in connection.execute(
                f"SELECT to_jsonb(t) FROM {name} AS t ORDER BY to_jsonb(t)::text".encode()  # noqa: S608 - names of our own
            )
        ]
        for name in names(connection, kind)
    }


def read_schema(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that defines the tables and views, comments included."""
    return {
        statement: connection.execute(statement.encode()).fetchall()
        for statement in (RELATIONS, COLUMNS, INDEXES, CONSTRAINTS)
    }


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in an order that does not depend on how long an open period lasts."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def test_the_fixtures_cover_every_table(connection: Connection) -> None:
    create_old_store(connection, max(MIGRATIONS))
    assert sorted(MIGRATIONS) == [1, 2, 3, 4, 5, 6, 7]
    tables = {table: bool(rows) for table, rows in read_rows(connection, "r").items()}
    assert tables == dict.fromkeys(tables_of(max(MIGRATIONS)), True)
    views = {view: bool(rows) for view, rows in read_rows(connection, "v").items()}
    assert views == dict.fromkeys(VIEW_ROWS, True)


@pytest.mark.parametrize("version", MIGRATIONS)
def test_an_upgrade_keeps_all_rows(
    connection: Connection, empty_database: str, version: int
) -> None:
    create_old_store(connection, version)
    before = read_rows(connection, "r")
    assert before.keys() == tables_of(version)
    Store(empty_database, schema="pandev").close()
    after = read_rows(connection, "r")
    for table in before.keys() - {"schema_versions"}:
        name = RENAMED_TABLES.get(table, table)
        expected = [
            upgraded_row(name, row, stored)
            for row, stored in zip(before[table], after[name], strict=True)
        ]
        assert after[name] == expected
    assert [(row["version"], row["name"]) for row in after["schema_versions"]] == [
        (number, name) for number, name, _ in read_migrations()
    ]


@pytest.mark.parametrize("version", MIGRATIONS)
def test_views_show_the_same_rows_after_an_upgrade(
    connection: Connection, empty_database: str, version: int
) -> None:
    """Rows of tables that a version does not have yet are inserted after the upgrade."""
    create_old_store(connection, version)
    Store(empty_database, schema="pandev").close()
    insert_rows_after_upgrade(connection, range(version + 1, max(MIGRATIONS) + 1))
    with connection.transaction():
        derive_all_transitions(connection)
        resolve_all_links(connection)
    rows_by_view = read_rows(connection, "v")
    assert [row["name"] for row in rows_by_view["commit_authors"]] == ["Ada L.", "Bo B."]
    open_periods = [row for row in rows_by_view["status_durations"] if row["ended_at"] is None]
    assert len(open_periods) == 2
    for row in open_periods:  # they last until now
        assert row.pop("duration_ms") > 0
        row["duration_ms"] = None
    assert VIEW_ROWS.keys() <= rows_by_view.keys()
    for view, rows in VIEW_ROWS.items():  # later releases have added columns
        columns = rows[0].keys()
        shown = [{name: row[name] for name in columns} for row in rows_by_view[view]]
        assert in_order(shown) == in_order(rows)


def test_transitions_of_an_older_store_are_derived_once(
    connection: Connection, empty_database: str
) -> None:
    create_old_store(connection, max(MIGRATIONS))
    Store(empty_database, schema="pandev").close()
    transitions = "SELECT task_id, number, to_status FROM task_transitions ORDER BY 1, 2"
    assert connection.execute(transitions).fetchall() == [
        ("abc1d2", 1, "To Do"),
        ("abc1d2", 2, "doing"),
        ("abc1d2", 3, "review"),
        ("abc1d2", 4, "shipped"),
        ("abc1d3", 1, "to do"),
        ("abc1d3", 2, "blocked"),
    ]
    connection.execute("DELETE FROM task_transitions")
    Store(empty_database, schema="pandev").close()
    assert connection.execute(transitions).fetchall() == []


def test_links_of_an_older_store_are_resolved_once(
    connection: Connection, empty_database: str
) -> None:
    create_old_store(connection, max(MIGRATIONS))
    Store(empty_database, schema="pandev").close()
    links = "SELECT source, object_key, task_id FROM task_links ORDER BY 1, 2"
    assert connection.execute(links).fetchall() == [
        ("branch", "feature/CU-abc1d2", "abc1d2"),
        ("commit", "c1", "abc1d2"),
    ]
    connection.execute("DELETE FROM resolved_links")
    Store(empty_database, schema="pandev").close()
    assert connection.execute(links).fetchall() == []


def test_the_calendar_of_an_older_store_is_derived(
    connection: Connection, empty_database: str
) -> None:
    """From Tuesday 15:00 to Monday 09:00 in Berlin, with a holiday on Friday."""
    create_old_store(connection, 0)
    for version, name, text in read_migrations():
        if version < CALENDAR_SINCE:
            connection.execute(text.encode())
            connection.execute(
                "INSERT INTO schema_versions VALUES (%s, %s, now())", (version, name)
            )
    connection.execute(
        "UPDATE reporting SET time_zone = 'Europe/Berlin', opens_at = '08:00', "
        "closes_at = '16:00', working_days = '{1, 2, 3, 4, 5}'"
    )
    connection.execute("INSERT INTO reporting_holidays VALUES ('2026-12-25', NULL)")
    Store(empty_database, schema="pandev").close()
    ((worked,),) = connection.execute(
        "SELECT working_ms('2026-12-22 15:00+01', '2026-12-28 09:00+01') / 3600000.0"
    ).fetchall()
    assert worked == 1 + 8 + 8 + 1


@pytest.mark.parametrize("version", MIGRATIONS)
def test_an_upgraded_schema_equals_a_new_one(
    connection: Connection, empty_database: str, database: str, version: int
) -> None:
    create_old_store(connection, version)
    Store(empty_database, schema="pandev").close()
    upgraded = read_schema(connection)
    with psycopg.connect(database) as new_store:
        new_store.execute("SET search_path = pandev")
        new = read_schema(new_store)
    for statement, rows in new.items():
        assert rows, statement
        assert upgraded[statement] == rows
    assert names(connection, "v") == sorted(read_views())


FOREIGN_TABLE = """
CREATE TABLE {0} (id text NOT NULL, "Title" text, _sdc_extracted_at timestamptz NOT NULL,
    _sdc_hash uuid NOT NULL, _sdc_deleted_at timestamptz, PRIMARY KEY (id));
INSERT INTO {0} VALUES ('1', 'a row of {0}', '2026-01-01', '00000000-0000-0000-0000-000000000001')
"""
NEW_TABLES = sorted(OWN_TABLES - tables_of(7) - {*RENAMED_TABLES.values()})


def test_tables_of_other_taps_make_room_for_new_ones(
    connection: Connection, empty_database: str, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every table that is newer than the store was loaded from a stream of another tap."""
    create_old_store(connection, 7)
    names = [*NEW_TABLES, *RENAMED_TABLES.values()]
    assert {"employees", "groups", "ide_events", "pull_requests", "reporting"} < {*names}
    for name in names:
        connection.execute(FOREIGN_TABLE.format(name).encode())
    Store(empty_database, schema="pandev").close()
    for name in names:
        rows = connection.execute(f'SELECT id, "Title" FROM {name}_unmapped'.encode()).fetchall()  # noqa: S608 - names of our own
        assert rows == [("1", f"a row of {name}")]
        assert f"table {name} is now {name}_unmapped" in caplog.text
        connection.execute(f"DROP TABLE {name}_unmapped".encode())
    upgraded = read_schema(connection)
    with psycopg.connect(database) as new_store:
        new_store.execute("SET search_path = pandev")
        new = read_schema(new_store)
    for parts in (
        upgraded,
        new,
    ):  # PostgreSQL 18 names NOT NULL, and frees such a name only with it
        parts[CONSTRAINTS] = [row for row in parts[CONSTRAINTS] if "NOT NULL" not in row[2]]
    assert upgraded == new


def test_a_stream_continues_in_its_renamed_table(
    connection: Connection, empty_database: str
) -> None:
    create_old_store(connection, 7)
    stream = schema("employees", {"id": "string", "Title": "string"}, ["id"])
    connection.execute(FOREIGN_TABLE.format("employees").encode())
    store = Loader(empty_database)
    maps = {"employees": {"__alias__": "employees_unmapped"}}
    store.load(stream, record("employees", {"id": "2", "Title": "later"}), stream_maps=maps)
    rows = store.rows('SELECT id, "Title" FROM employees_unmapped ORDER BY id')
    store.connection.close()
    assert rows == [("1", "a row of employees"), ("2", "later")]


IN_THE_WAY = {
    "CREATE TABLE employees (id text, _sdc_extracted_at timestamptz)": "the table employees exists",
    "CREATE VIEW groups AS SELECT 1 AS _sdc_hash": "the view groups exists",
    "CREATE SEQUENCE reporting": "the sequence reporting exists",
    "CREATE INDEX tasks_list_id ON tasks (list_id)": 'relation "tasks_list_id" already exists',
    "ALTER TABLE users ADD COLUMN is_service_user text": 'column "is_service_user" of relation',
    "CREATE FUNCTION mail_address(text) RETURNS text RETURN NULL": 'function "mail_address" ',
    FOREIGN_TABLE.format("groups") + "; CREATE VIEW groups_unmapped AS SELECT 1":
        "the tables groups and groups_unmapped exist",
}  # fmt: skip
"""What a user may have created in a store of the first release, and what is said about it."""


@pytest.mark.parametrize("statement", IN_THE_WAY)
def test_what_is_in_the_way_of_a_migration_is_named(
    connection: Connection, empty_database: str, statement: str
) -> None:
    create_old_store(connection, 7)
    connection.execute(statement.encode())
    before = read_schema(connection)
    with pytest.raises(StoreError) as error:
        Store(empty_database, schema="pandev")
    assert str(error.value).startswith(f"store_schema pandev: {IN_THE_WAY[statement]}")
    assert re.search(r"target-pandev.* rename (or drop it|one of them), and run again", str(error))
    assert read_schema(connection) == before


def test_tables_of_another_program_are_never_renamed(
    connection: Connection, empty_database: str
) -> None:
    """The schema is not a store yet, so no stream was loaded into it, whatever its columns are."""
    connection.execute(FOREIGN_TABLE.format("users").encode())
    with pytest.raises(StoreError, match="the table users exists and was not created by target-p"):
        Store(empty_database, schema="pandev")
