"""A store is dumped and restored completely, or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from target_pandev import backup
from target_pandev.backup import dump_store, restore_store
from target_pandev.database import backup as database_backup
from target_pandev.database.backup import reserve_schema, separate_password
from target_pandev.database.migrate import lock_ddl
from target_pandev.errors import StoreError
from target_pandev.open_store import StoreSettings
from tests.target_pandev.loading import Loader, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_pandev.database.connection import Connection

THINGS = schema("things", {"id": "string", "n": "integer"}, ["id"])
RELATIONS = """
SELECT relname, relkind FROM pg_class
WHERE relnamespace = 'pandev'::regnamespace AND relkind IN ('r', 'v')
"""
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'pandev' ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'pandev' ORDER BY indexdef"


def load_things(database: str, *things: tuple[str, int | None], **settings: Any) -> None:
    """Load things, by default three and an update of one, into a table that the target creates."""
    things = things or (("1", 10), ("2", -2), ("ä'\\", None), ("1", 11))
    records = [record("things", {"id": thing_id, "n": n}) for thing_id, n in things]
    loader = Loader(database)
    with closing(loader.connection):
        loader.load(THINGS, *records, **settings)


def contents(database: str) -> dict[str, list[Any]]:
    """Return the rows of all tables and views, and their columns and indexes."""
    with psycopg.connect(database) as connection:
        connection.execute("SET search_path = pandev")
        names = [name for name, _ in connection.execute(RELATIONS.encode())]
        return {
            **{name: rows_of(connection, name) for name in names},
            "columns": connection.execute(COLUMNS.encode()).fetchall(),
            "indexes": connection.execute(INDEXES.encode()).fetchall(),
        }


def rows_of(connection: psycopg.Connection[Any], name: str) -> list[Any]:
    query = "SELECT to_jsonb(t) FROM {} AS t ORDER BY to_jsonb(t)::text"
    rows = connection.execute(sql.SQL(query).format(sql.Identifier(name)))
    return [row for (row,) in rows]


def count_rows(database: str) -> int:
    """Return the number of rows of all tables."""
    with psycopg.connect(database) as connection:
        connection.execute("SET search_path = pandev")
        tables = [name for name, kind in connection.execute(RELATIONS.encode()) if kind == "r"]
        return sum(len(rows_of(connection, name)) for name in tables)


def relations(database: str) -> list[Any]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace "
            "WHERE nspname = 'pandev'"
        ).fetchall()


@pytest.fixture
def dumped(database: str, tmp_path: Path) -> Path:
    """Return the dump of a store with rows."""
    load_things(database)
    dump_store(StoreSettings(database), tmp_path / "pandev.dump")
    return tmp_path / "pandev.dump"


def test_a_restored_store_has_the_same_rows_and_views(
    database: str, empty_database: str, dumped: Path
) -> None:
    row_count = restore_store(StoreSettings(empty_database), dumped)
    after = contents(empty_database)
    things = [(row["id"], row["n"]) for row in after["things"]]
    assert sorted(things) == [("1", 11), ("2", -2), ("ä'\\", None)]
    assert after == contents(database)
    assert row_count == count_rows(database)


def test_a_restored_store_is_loaded_further(empty_database: str, dumped: Path) -> None:
    restore_store(StoreSettings(empty_database), dumped)
    load_things(empty_database, ("3", 3))
    things = [(row["id"], row["n"]) for row in contents(empty_database)["things"]]
    assert sorted(things) == [("1", 11), ("2", -2), ("3", 3), ("ä'\\", None)]


def test_the_count_of_a_dump_is_that_of_its_rows(database: str, dumped: Path) -> None:
    dumped_again = dump_store(StoreSettings(database), dumped)
    assert dumped_again.row_count == count_rows(database) > 3
    assert dumped_again.size_bytes == dumped.stat().st_size


def test_the_count_of_a_dump_is_that_of_its_snapshot(
    database: str, empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that ends between the snapshot and the count belongs to neither."""
    load_things(database)
    count_rows_of = database_backup._count_rows  # noqa: SLF001 - to load before it

    def load_and_count(connection: Connection, schema: str) -> int:
        load_things(database, ("late", 9))
        return count_rows_of(connection, schema)

    with monkeypatch.context() as patched:
        patched.setattr(database_backup, "_count_rows", load_and_count)
        dumped = dump_store(StoreSettings(database), tmp_path / "pandev.dump")
    restored = restore_store(StoreSettings(empty_database), tmp_path / "pandev.dump")
    assert dumped.row_count == restored
    assert "late" not in {row["id"] for row in contents(empty_database)["things"]}


def test_a_restored_store_has_statistics(empty_database: str, dumped: Path) -> None:
    """Or else its first queries would be planned for empty tables; -1 is an unknown number."""
    restore_store(StoreSettings(empty_database), dumped)
    with psycopg.connect(empty_database) as connection:
        rows = connection.execute(
            "SELECT reltuples FROM pg_class WHERE oid = 'pandev.things'::regclass"
        ).fetchall()
    assert rows == [(3,)]


def test_a_dump_is_private(database: str, tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        dump_store(StoreSettings(database), tmp_path / "pandev.dump")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "pandev.dump").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "pandev.dump"]


@pytest.fixture
def role(server: str) -> Iterator[str]:
    """Yield a role that may log in and nothing else."""
    name = f"role_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'".encode())
        yield name
        admin.execute(f"DROP ROLE {name}".encode())


def grant(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement.encode())


def test_a_dump_that_fails_leaves_the_older_file(database: str, dumped: Path, role: str) -> None:
    """A role that may read some tables only gets an error in one line."""
    older = dumped.read_bytes()
    grant(
        database,
        f"GRANT USAGE ON SCHEMA pandev TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA pandev TO {role}",
        f"REVOKE SELECT ON pandev.things FROM {role}",  # noqa: S608 - a name of this test
    )
    settings = StoreSettings(make_conninfo(database, user=role, password=role))
    with pytest.raises(StoreError, match=r"store_schema pandev: cannot be read: insufficient priv"):
        dump_store(settings, dumped)
    grant(database, f"DROP OWNED BY {role}")
    assert dumped.read_bytes() == older
    assert list(dumped.parent.iterdir()) == [dumped]


def test_a_dump_needs_a_schema_and_a_folder(database: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="store_schema other: does not exist, so there is nothing"):
        dump_store(StoreSettings(database, schema="other"), tmp_path / "pandev.dump")
    with pytest.raises(StoreError, match=r"absent/pandev\.dump: No such file or directory"):
        dump_store(StoreSettings(database), tmp_path / "absent" / "pandev.dump")
    with pytest.raises(StoreError, match="not a regular file"):
        dump_store(StoreSettings(database), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_store_with_tables_is_not_restored(database: str, dumped: Path) -> None:
    grant(database, "DELETE FROM pandev.things WHERE id = '2'")
    before = contents(database)
    with pytest.raises(StoreError, match="store_schema pandev: already has tables") as raised:
        restore_store(StoreSettings(database), dumped)
    assert len(str(raised.value).splitlines()) == 1
    assert contents(database) == before


def test_a_load_waits_while_a_store_is_restored(empty_database: str) -> None:
    """It would create the tables that are about to be restored."""
    with (
        reserve_schema(empty_database, "pandev"),
        psycopg.connect(empty_database) as load,
    ):
        load.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            lock_ddl(load)


def test_an_error_of_pg_restore_shows_no_value() -> None:
    line = b'pg_restore: error: COPY failed for table "things": invalid input syntax: "planted"\n'
    assert backup._first_error(b"warning\n" + line) == 'COPY failed for table "things"'  # noqa: SLF001
    assert backup._first_error(b"pg_dump: error: first\npg_dump: error: 2\n") == "first"  # noqa: SLF001
    assert backup._first_error(b"killed\n") == ""  # noqa: SLF001


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_damaged_dump_restores_nothing(empty_database: str, dumped: Path, share: float) -> None:
    content = dumped.read_bytes()
    dumped.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(StoreError) as raised:
        restore_store(StoreSettings(empty_database), dumped)
    assert len(str(raised.value).splitlines()) == 1
    assert relations(empty_database) == []


def test_a_file_that_is_not_a_dump_is_rejected(empty_database: str, tmp_path: Path) -> None:
    file = tmp_path / "pandev.dump"
    with pytest.raises(StoreError, match=r"pandev\.dump: No such file or directory"):
        restore_store(StoreSettings(empty_database), file)
    file.write_text("SELECT 1;")
    with pytest.raises(StoreError, match=r"pandev\.dump: expected a file that pandev store dump"):
        restore_store(StoreSettings(empty_database), file)


def test_another_schema_than_the_dumps_is_rejected(empty_database: str, dumped: Path) -> None:
    """Or else nothing would be restored, without an error."""
    with pytest.raises(StoreError, match="does not contain the schema other; set store_schema as"):
        restore_store(StoreSettings(empty_database, schema="other"), dumped)


def test_a_schema_of_any_name_is_dumped_alone(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    settings = StoreSettings(database, schema='Team "A*"')
    load_things(database)
    load_things(database, ("9", 9), store_schema=settings.schema)
    dump_store(settings, tmp_path / "pandev.dump")
    restored = StoreSettings(empty_database, schema=settings.schema)
    restore_store(restored, tmp_path / "pandev.dump")
    with psycopg.connect(empty_database) as connection:
        rows = connection.execute('SELECT id, n FROM "Team ""A*""".things').fetchall()
    assert rows == [("9", 9)]
    assert relations(empty_database) == []


def test_a_user_that_owns_an_empty_schema_restores(
    database: str, empty_database: str, dumped: Path, role: str
) -> None:
    """It may not create others: the schema is there, as docs/guides/database-roles.md has it."""
    grant(empty_database, f"CREATE SCHEMA pandev AUTHORIZATION {role}")
    restore_store(StoreSettings(make_conninfo(empty_database, user=role, password=role)), dumped)
    before = contents(database)
    after = contents(empty_database)
    grant(empty_database, f"DROP OWNED BY {role}")
    assert after == before


def write_program(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(["#!/bin/sh", *lines, ""]))
    (folder / name).chmod(0o700)


def test_the_password_is_only_in_a_programs_environment(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any user of the machine can list the command lines of all processes."""
    with psycopg.connect(database) as connection:
        version = connection.info.server_version // 10_000
        password = connection.info.password
    version_line = f'[ "$1" = --version ] && echo "pg_dump (PostgreSQL) {version}.1" && exit'
    record_line = f'echo "$PGPASSWORD $*" > {tmp_path}/record'
    write_program(tmp_path / "bin", "pg_dump", version_line, record_line, "exit 1")
    monkeypatch.setattr(backup, "wheel_folders", lambda: [tmp_path / "bin"])
    with pytest.raises(StoreError, match=r"^pg_dump: exit code 1$"):
        dump_store(StoreSettings(database), tmp_path / "pandev.dump")
    in_environment, arguments = (tmp_path / "record").read_text().split(" ", 1)
    assert in_environment == password
    assert "--dbname=" in arguments
    assert password not in arguments


def test_an_address_is_separated_from_its_password() -> None:
    address = "postgresql://user1:p%40ss@db.example.com:5433/metrics?sslmode=require"
    assert separate_password(address) == (
        "user=user1 dbname=metrics host=db.example.com port=5433 sslmode=require",
        {"PGPASSWORD": "p@ss"},
    )
    assert separate_password("dbname=a host=/run") == ("dbname=a host=/run", {})
    with pytest.raises(StoreError, match="store_url: sslpassword would be visible"):
        separate_password("host=a sslpassword=secret")


def test_a_missing_program_is_reported_in_one_line(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of another version is not used."""
    write_program(tmp_path / "bin", "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.1'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setattr(backup, "wheel_folders", list)
    monkeypatch.setattr(backup, "PACKAGE_FOLDERS", ())
    with pytest.raises(StoreError) as raised:
        dump_store(StoreSettings(database), tmp_path / "pandev.dump")
    with psycopg.connect(database) as connection:
        version = connection.info.server_version // 10_000
    assert str(raised.value) == (
        f"store_url: PostgreSQL {version} needs pg_dump {version}, which is not on PATH; install "
        f"the client programs of version {version} (Debian: postgresql-client-{version})"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
