"""Logins of `pandev store reader` read tables and views, now and later, and nothing else."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from target_pandev.backup import dump_store, restore_store
from target_pandev.database import readers
from target_pandev.database.private_tables import PRIVATE_TABLES
from target_pandev.database.readers import Reader, drop_reader, reader_exists, save_reader
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings
from target_pandev.sql import read_views
from tests.target_pandev.loading import Loader, load, record, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_pandev.database.connection import Connection

PASSWORD = uuid4().hex
THINGS = schema("things", {"id": "string", "n": "integer"}, ["id"])
RELATIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'pandev'::regnamespace AND relkind IN ('r', 'v') ORDER BY relname
"""
WRITES = (
    b"INSERT INTO pandev.things (id) VALUES ('x')",
    b"UPDATE pandev.things SET n = 0",
    b"DELETE FROM pandev.things",
    b"TRUNCATE pandev.things",
    b"CREATE TABLE pandev.mine (id text)",
    b"CREATE SCHEMA mine",
)


@dataclass(frozen=True)
class Owner:
    """A role that owns the database and may create roles, but is not a superuser."""

    conninfo: str
    reader: str


@pytest.fixture
def owner(empty_database: str) -> Iterator[Owner]:
    """Yield a store that an ordinary role has loaded, and the name of its reader."""
    suffix = uuid4().hex
    name, reader = f"owner_{suffix}", f"reader_{suffix}"
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{PASSWORD}'".encode())
        database = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.SQL(name)))
        conninfo = make_conninfo(empty_database, user=name, password=PASSWORD)
        load_things(conninfo)
        yield Owner(conninfo, reader)
        for role in (reader, name):
            if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                admin.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER".encode())
                admin.execute(f"DROP OWNED BY {role} CASCADE".encode())
                admin.execute(f"DROP ROLE {role}".encode())


def load_things(conninfo: str) -> None:
    load(conninfo, THINGS, record("things", {"id": "1", "n": 1}))


def save(owner: Owner, *, password: str | None = PASSWORD) -> str:
    """Create the reader, or change it, and return its address."""
    save_reader(owner.conninfo, "pandev", owner.reader, password=password)
    return make_conninfo(owner.conninfo, user=owner.reader, password=password or PASSWORD)


def read_all(reader: str) -> set[str]:
    """Read every relation that is not private, and return their names."""
    with psycopg.connect(reader, autocommit=True) as session:
        names = {str(name) for (name,) in session.execute(RELATIONS)} - {*PRIVATE_TABLES}
        for name in names:
            session.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
    return names


def test_a_reader_reads_every_table_and_view_by_its_name(owner: Owner) -> None:
    reader = save(owner)
    names = read_all(reader)
    assert {"things", "tasks", "commits", *read_views()} <= names


def test_a_reader_writes_nothing_even_if_it_changes_its_settings(owner: Owner) -> None:
    with psycopg.connect(save(owner), autocommit=True) as session:
        with pytest.raises(errors.ReadOnlySqlTransaction):
            session.execute(WRITES[0])
        session.execute("SET default_transaction_read_only = off")
        for statement in WRITES:
            with pytest.raises(errors.InsufficientPrivilege):
                session.execute(statement)


def test_a_reader_does_not_read_rejected_records(owner: Owner) -> None:
    """Their values have not passed the validation that all others have passed."""
    with psycopg.connect(save(owner), autocommit=True) as session:
        assert PRIVATE_TABLES == ("rejected_records",)
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute("SELECT 1 FROM rejected_records")
        assert session.execute("SELECT rejected_records FROM data_trust").fetchall() == []


def test_sessions_of_a_reader_are_limited(owner: Owner) -> None:
    with psycopg.connect(save(owner)) as session:
        settings = {
            name: session.execute(f"SHOW {name}".encode()).fetchall()[0][0]
            for name in (
                "default_transaction_read_only",
                "statement_timeout",
                "idle_in_transaction_session_timeout",
                "search_path",
            )
        }
        role = session.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, "
            "rolinherit, rolconnlimit FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert settings == {
        "default_transaction_read_only": "on",
        "statement_timeout": "5min",
        "idle_in_transaction_session_timeout": "10min",
        "search_path": "pandev",
    }
    assert role == (False, False, False, False, False, False, 20)


def test_a_reader_reads_what_a_later_migration_creates(owner: Owner) -> None:
    """New views, views with other columns, and a new stream's table; not a private one."""
    reader = save(owner)
    with psycopg.connect(owner.conninfo, autocommit=True) as connection:
        connection.execute("UPDATE pandev.schema_versions SET views = views - 'cycle_times'")
        connection.execute("DROP VIEW pandev.cycle_times CASCADE")
        connection.execute("DROP VIEW pandev.task_activity CASCADE")
        connection.execute("CREATE VIEW pandev.task_activity AS SELECT 1 AS other")
        connection.execute(
            'UPDATE pandev.schema_versions SET views = views || \'{"task_activity": "old"}\''
        )
        connection.execute(f"GRANT SELECT ON pandev.rejected_records TO {owner.reader}".encode())
    loader = Loader(owner.conninfo)
    with closing(loader.connection):
        loader.load(schema("late", {"id": "string"}, ["id"]), record("late", {"id": "1"}))
    assert {"late", "cycle_times", "task_activity", *read_views()} <= read_all(reader)
    with psycopg.connect(reader) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute("SELECT 1 FROM rejected_records")


def test_a_reader_reads_a_restored_store(owner: Owner, tmp_path: Path) -> None:
    reader = save(owner)
    dump_store(StoreSettings(owner.conninfo), tmp_path / "pandev.dump")
    with psycopg.connect(owner.conninfo, autocommit=True) as connection:
        for statement in (
            "ALTER SCHEMA pandev RENAME TO before",
            "CREATE SCHEMA pandev",
            f"GRANT USAGE ON SCHEMA pandev TO {owner.reader}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA pandev GRANT SELECT ON TABLES TO {owner.reader}",
        ):
            connection.execute(statement.encode())
    restore_store(StoreSettings(owner.conninfo), tmp_path / "pandev.dump")
    assert {"things", *read_views()} <= read_all(reader)
    with psycopg.connect(reader) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute("SELECT 1 FROM rejected_records")


def test_a_new_password_replaces_the_old_one(owner: Owner) -> None:
    reader = save(owner)
    with psycopg.connect(owner.conninfo, autocommit=True) as connection:
        statement = f"REVOKE SELECT ON pandev.things FROM {owner.reader}"  # noqa: S608 - a name of this test
        connection.execute(statement.encode())
    assert reader_exists(owner.conninfo, "pandev", owner.reader)
    save(owner, password=None)
    assert "things" in read_all(reader)
    rotated = save(owner, password=uuid4().hex)
    assert "things" in read_all(rotated)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(reader)


def test_a_new_password_and_a_drop_end_open_sessions(database: str) -> None:
    """The store's user is a superuser here, as that of the embedded store is."""
    role = f"reader_{uuid4().hex}"
    save = partial(save_reader, database, "pandev", role, password=PASSWORD)
    for change in (save, partial(drop_reader, database, "pandev", role)):
        save()
        with psycopg.connect(make_conninfo(database, user=role, password=PASSWORD)) as session:
            session.execute("SELECT 1")
            ended = change()
            assert ended is True or (isinstance(ended, Reader) and not ended.keeps_sessions)
            with pytest.raises(psycopg.OperationalError, match="terminating connection"):
                session.execute("SELECT 1")
    assert not reader_exists(database, "pandev", role)


def test_a_dropped_reader_leaves_nothing(owner: Owner) -> None:
    reader = save(owner)
    drop_reader(owner.conninfo, "pandev", owner.reader)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(reader)
    with pytest.raises(StoreError, match=f"role {owner.reader}: does not exist; --role names"):
        drop_reader(owner.conninfo, "pandev", owner.reader)
    assert not reader_exists(owner.conninfo, "pandev", owner.reader)


def test_no_password_reaches_the_server_as_text(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that logs statements logs a SCRAM verifier."""
    statements = []
    execute = readers.run_statement

    def record_statement(connection: Connection, statement: str, *parts: sql.Composable) -> None:
        statements.append(sql.SQL(statement).format(*parts).as_string())
        execute(connection, statement, *parts)

    monkeypatch.setattr(readers, "run_statement", record_statement)
    save(owner)
    assert [text for text in statements if PASSWORD in text] == []
    assert len([text for text in statements if "PASSWORD 'SCRAM-SHA-256$" in text]) == 1


@pytest.mark.parametrize("action", ["save", "drop"])
def test_a_role_of_others_is_left_alone(owner: Owner, action: str) -> None:
    with psycopg.connect(owner.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner.reader}".encode())
    actions: dict[str, Callable[[str, str, str], object]] = {
        "save": partial(save_reader, password=PASSWORD),
        "drop": drop_reader,
    }
    with pytest.raises(StoreError) as raised:
        actions[action](owner.conninfo, "pandev", owner.reader)
    assert str(raised.value) == (
        f"role {owner.reader}: was not created by pandev store reader; choose another --role"
    )


def test_a_user_that_may_not_create_roles_gets_one_line(owner: Owner, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {user_of(owner)} NOCREATEROLE".encode())
    with pytest.raises(StoreError) as raised:
        save(owner)
    assert str(raised.value) == (
        "store_url: its user may not create roles; grant it CREATEROLE, or create the reader by "
        "hand: https://github.com/pandev-metrics/pandev-clickup/blob/main/docs/guides/"
        "database-roles.md"
    )


def test_a_missing_schema_or_an_invalid_name_gets_one_line(owner: Owner) -> None:
    for schema_name, role, message in (
        ("other", "r", "store_schema other: does not exist; load the store once before"),
        ("pandev", "pg_reader", "role pg_reader: PostgreSQL reserves this name"),
        ("pandev", "r" * 64, f"role {'r' * 64}: longer than 63 bytes; choose a shorter --role"),
    ):
        with pytest.raises(StoreError) as raised:
            save_reader(owner.conninfo, schema_name, role, password=PASSWORD)
        assert str(raised.value) == message


def test_a_database_that_is_closed_to_the_reader_gets_one_line(owner: Owner, database: str) -> None:
    with psycopg.connect(owner.conninfo, autocommit=True) as connection:
        name = connection.info.dbname
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(name))
        )
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        admin.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.SQL(user_of(owner))
            )
        )
    with pytest.raises(StoreError, match=f"role {owner.reader}: may not connect to the database"):
        save(owner)
    assert not reader_exists(owner.conninfo, "pandev", owner.reader)


def user_of(owner: Owner) -> str:
    return owner.reader.replace("reader_", "owner_")
