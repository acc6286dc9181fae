"""The grants of docs/guides/database-roles.md are sufficient, and are not more than is needed."""

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

import target_pandev
from target_pandev.database import StoreError
from target_pandev.sql import read_migrations, read_views
from tests.target_pandev import loading
from tests.target_pandev.loading import COMPLETED_READS, Loader, completed, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[2] / "docs" / "guides" / "database-roles.md"
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


def test_a_role_that_sees_no_table_can_call_the_functions_of_views(roles: Roles) -> None:
    load(roles)
    statement = (
        "SELECT pandev.working_ms('2026-03-18 10:00Z', '2026-03-18 12:00Z'), "
        "pandev.work_date('2026-03-18 10:00Z')::text"
    )
    with psycopg.connect(roles.admin, autocommit=True) as admin:
        reader = sql.Identifier(str(conninfo_to_dict(roles.reader)["user"]))
        admin.execute(
            sql.SQL("REVOKE SELECT ON ALL TABLES IN SCHEMA pandev FROM {}").format(reader)
        )
    with psycopg.connect(roles.reader) as session:
        assert session.execute(statement.encode()).fetchall() == [(7_200_000, "2026-03-18")]


def test_the_reader_reads_views_that_an_update_replaces(roles: Roles) -> None:
    load(roles)
    with psycopg.connect(roles.loader, autocommit=True) as loader:
        loader.execute("UPDATE pandev.schema_versions SET views = views - 'cycle_times'")
        loader.execute("DROP VIEW pandev.cycle_times CASCADE")
    load(roles)
    with psycopg.connect(roles.reader) as reader:
        for view in read_views():
            reader.execute(sql.SQL("SELECT * FROM pandev.{}").format(sql.Identifier(view)))


def test_a_schema_of_another_role_is_refused(roles: Roles) -> None:
    """Its owner could make a superuser run functions of its own, by views or overloads."""
    with psycopg.connect(roles.admin, autocommit=True) as admin:
        owner, user = admin.execute(
            "SELECT nspowner::regrole::text, current_user FROM pg_namespace "
            "WHERE nspname = 'pandev'"
        ).fetchall()[0]
        with pytest.raises(StoreError) as error:
            load_things(roles.admin)
        assert str(error.value) == (
            f"store_schema pandev: belongs to the role {owner}; connect as that role, or make the "
            "store's user the owner of the schema"
        )
        admin.execute(f"GRANT {owner} TO {user}".encode())
        load_things(roles.admin)


def test_a_role_that_may_create_in_the_schema_is_named(
    roles: Roles, caplog: pytest.LogCaptureFixture
) -> None:
    reader = conninfo_to_dict(roles.reader)["user"]
    load_things(roles.loader)
    assert "may create objects" not in caplog.text
    with psycopg.connect(roles.admin, autocommit=True) as admin:
        admin.execute(f"GRANT CREATE ON SCHEMA pandev TO {reader}, PUBLIC".encode())
    load_things(roles.loader)
    assert (
        f"store_schema pandev: everyone, {reader} may create objects in it; revoke CREATE unless "
        "you trust them"
    ) in caplog.text


OVERLOADS = """
CREATE FUNCTION pandev.jsonb_build_array(text, text) RETURNS jsonb LANGUAGE plpgsql AS {raises};
CREATE FUNCTION pandev.jsonb_build_array(text) RETURNS jsonb LANGUAGE plpgsql AS {raises};
CREATE FUNCTION pandev.lower(varchar) RETURNS text LANGUAGE plpgsql AS {raises};
CREATE FUNCTION pandev.to_jsonb(text) RETURNS jsonb LANGUAGE plpgsql AS {raises};
CREATE FUNCTION pandev.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS {raises};
CREATE FUNCTION pandev.count(text) RETURNS bigint LANGUAGE plpgsql AS {raises};
CREATE FUNCTION pandev.array_position(text[], text) RETURNS int LANGUAGE plpgsql AS {raises};
"""


def test_overloaded_functions_are_not_called(roles: Roles) -> None:
    load_things(roles.loader)
    with psycopg.connect(roles.admin, autocommit=True) as admin:
        raises = "$$ BEGIN RAISE EXCEPTION 'called'; END $$"
        for statement in OVERLOADS.format(raises=raises).strip().split(";\n"):
            admin.execute(statement.encode())
    load(roles)
    with psycopg.connect(roles.loader) as loader:
        loader.execute("SET search_path = pandev")
        for view in read_views():
            loader.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(view)))


SYNTAX = {"array", "as", "coalesce", "exists", "extract", "filter", "from", "in", "over", "values"}
SYNTAX |= {"greatest", "least"}
"""Words before a parenthesis that are not functions of a schema."""
OWN_FUNCTIONS = {
    name
    for _, _, text in read_migrations()
    for name in re.findall(r"(?m)^CREATE FUNCTION (\w+)", text)
}
"""Functions of the store's schema, whose name is not known here: called with their exact types."""


def test_every_function_in_our_sql_is_qualified() -> None:
    statements = [
        path.read_text(encoding="utf-8")
        for folder in ("", "views")
        for path in (Path(target_pandev.__file__).parent / "sql" / folder).glob("*.sql")
    ]
    called = {
        name
        for statement in statements
        for name in re.findall(r"(?<![.\w])([a-z_]+)\(", re.sub(r"(?m)--.*|'[^']*'", "", statement))
    }
    assert len(statements) > 20
    assert called - SYNTAX - OWN_FUNCTIONS == set()


def load_things(address: str) -> None:
    loading.load(address, THINGS, record("things", {"id": "1", "n": 1}))
