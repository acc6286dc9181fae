"""The grants of docs/roles.md are sufficient, and are not more than is needed."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from target_pandev.sql import read_views
from tests.target_pandev.loading import COMPLETED_READS, Loader, completed, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[2] / "docs" / "roles.md"
PASSWORD = uuid4().hex
THINGS = schema("things", {"id": "string", "n": "integer"}, ["id"])
WIDER_THINGS = schema("things", {"id": "string", "n": "string", "late": "string"}, ["id"])
KEYLESS = schema("events", {"id": "string"})
RELATIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'pandev'::regnamespace AND relkind IN ('r', 'v') ORDER BY relname
"""


@dataclass(frozen=True)
class Roles:
    """The addresses of an empty database for the roles of the document."""

    admin: str
    loader: str
    reader: str


@pytest.fixture
def roles(empty_database: str) -> Iterator[Roles]:
    """Yield addresses after the document's statements; roles belong to the whole server."""
    (statements,) = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    suffix = uuid4().hex
    loader, reader = f"pandev_loader_{suffix}", f"pandev_reader_{suffix}"
    database = sql.Identifier(str(conninfo_to_dict(empty_database)["dbname"])).as_string()
    for name, value in {
        "pandev_loader": loader,
        "pandev_reader": reader,
        "<password>": PASSWORD,
        "metrics": database,
    }.items():
        statements = statements.replace(name, value)
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute(statements.encode())
        yield Roles(
            empty_database,
            make_conninfo(empty_database, user=loader, password=PASSWORD),
            make_conninfo(empty_database, user=reader, password=PASSWORD),
        )
        for role in (reader, loader):
            admin.execute(f"DROP OWNED BY {role} CASCADE".encode())
            admin.execute(f"DROP ROLE {role}".encode())


def load(roles: Roles) -> None:
    """Load what uses every kind of statement: new and wider tables, deletions, versions."""
    loader = Loader(roles.loader)
    with closing(loader.connection):
        loader.load(
            THINGS,
            *(record("things", {"id": str(n), "n": n}) for n in range(3)),
            COMPLETED_READS,
            completed("things", ["0", "1"], started="11:00"),
        )
        loader.load(
            WIDER_THINGS,
            record("things", {"id": "3", "n": "three", "late": "x"}),
            record("things", {"id": "0", "_sdc_deleted_at": "2026-03-02T00:00:00Z"}),
            KEYLESS,
            {**record("events", {"id": "1"}), "version": 1},
            {"type": "ACTIVATE_VERSION", "stream": "events", "version": 1},
            task_id_prefix="PD-",
        )


def test_the_loader_needs_nothing_but_its_schema(roles: Roles) -> None:
    load(roles)
    with psycopg.connect(roles.admin) as admin:
        rows = admin.execute(
            "SELECT id, n, _sdc_deleted_at IS NOT NULL FROM pandev.things ORDER BY id"
        ).fetchall()
    assert rows == [("0", "0", True), ("1", "1", False), ("2", "2", True), ("3", "three", False)]


def test_the_loader_may_not_create_other_schemas(roles: Roles) -> None:
    with (
        psycopg.connect(roles.loader) as loader,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        loader.execute("CREATE SCHEMA other")


def test_the_reader_reads_every_table_and_view_and_writes_nothing(roles: Roles) -> None:
    load(roles)
    with psycopg.connect(roles.reader, autocommit=True) as reader:
        relations = [name for (name,) in reader.execute(RELATIONS)]
        assert {"things", "events", "tasks", *read_views()} <= set(relations)
        for name in relations:
            reader.execute(sql.SQL("SELECT * FROM pandev.{}").format(sql.Identifier(name)))
        for statement in (
            b"INSERT INTO pandev.things (id) VALUES ('x')",
            b"UPDATE pandev.things SET n = '0'",
            b"DELETE FROM pandev.things",
            b"CREATE TABLE pandev.mine (id text)",
            b"CREATE TEMPORARY TABLE mine (id text)",
            b"CREATE SCHEMA mine",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(statement)


def test_the_reader_reads_views_that_an_update_replaces(roles: Roles) -> None:
    load(roles)
    with psycopg.connect(roles.loader, autocommit=True) as loader:
        loader.execute("UPDATE pandev.schema_versions SET views = views - 'cycle_times'")
        loader.execute("DROP VIEW pandev.cycle_times")
    load(roles)
    with psycopg.connect(roles.reader) as reader:
        for view in read_views():
            reader.execute(sql.SQL("SELECT * FROM pandev.{}").format(sql.Identifier(view)))
