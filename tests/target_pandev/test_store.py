"""The store: created once, shared, errors in one clear line, ready for several machines."""

from __future__ import annotations

import re
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tap_clickup.tap import TapClickUp
from target_pandev.database import Store, StoreError, StreamSchema
from target_pandev.database.ddl import OWN_TABLES
from target_pandev.database.store import MAX_ATTEMPTS
from target_pandev.sql import read_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_pandev.errors import RowError

THINGS = StreamSchema("things", {"id": {"type": "string"}}, ("id",), None)


def line(key: str) -> bytes:
    """Return the line of a thing."""
    return b"%s\t2026-01-01\t%032x\t0\n" % (key.encode(), 1)


def test_processes_that_open_an_empty_store_at_once_make_it_once(empty_database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: Store(empty_database, schema="org"), range(8)))
        tables = list(pool.map(lambda store: store.table(THINGS), stores))
    for store in stores:
        store.close()
    with psycopg.connect(empty_database) as connection:
        versions = connection.execute("SELECT version FROM org.schema_versions").fetchall()
    assert versions == [(number,) for number, _, _ in read_migrations()]
    assert {table.key for table in tables} == {("id",)}


def test_two_targets_at_once_lose_and_double_nothing(database: str) -> None:
    def load(order: int) -> None:
        row_errors: list[RowError] = []
        with Store(database, schema="pandev") as store:
            table = store.table(THINGS)
            for _ in range(5):
                store.load(
                    table, [line(str(n)) for n in range(200)][::order], on_loaded=row_errors.extend
                )
            store.wait()
        assert row_errors == []

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(load, [1, -1, 1, -1]))
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT id FROM pandev.things ORDER BY id::int").fetchall()
    assert rows == [(str(n),) for n in range(200)]


def test_an_existing_store_is_brought_up_to_date_without_loss(empty_database: str) -> None:
    first = read_migrations()[0]
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE SCHEMA old; SET search_path = old")
        connection.execute(
            "CREATE TABLE schema_versions "
            "(version int PRIMARY KEY, name text, applied_at timestamptz)"
        )
        connection.execute(first[2].encode())
        connection.execute("INSERT INTO schema_versions VALUES (1, 'x', now())")
        connection.execute(
            "INSERT INTO workspaces (id, _sdc_extracted_at, _sdc_hash) "
            "VALUES ('1', now(), gen_random_uuid())"
        )
    with Store(empty_database, schema="old") as store:
        _, rows = store.query("SELECT id FROM workspaces", {})
        _, views = store.query("SELECT count(*) FROM task_overview", {})
    assert (rows, views) == ([("1",)], [(0,)])


def test_a_store_made_by_a_newer_version_is_left_alone(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO pandev.schema_versions VALUES (99, 'later', now())")
    with pytest.raises(StoreError, match="store_schema pandev: its schema version is 99, this"):
        Store(database, schema="pandev")


def test_a_missing_right_to_create_the_schema_is_reported(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        try:
            with pytest.raises(StoreError, match="store_schema org: the store's user may not"):
                Store(make_conninfo(empty_database, user="guest", password="guest"), schema="org")  # noqa: S106
        finally:
            connection.execute("DROP ROLE guest")


def test_a_wrong_password_is_reported_without_showing_it(database: str) -> None:
    with pytest.raises(StoreError) as error:
        Store(make_conninfo(database, password="a-secret"), schema="pandev")  # noqa: S106
    assert "password authentication failed for user" in str(error.value)
    assert "a-secret" not in str(error.value)


def test_a_store_that_cannot_be_reached_is_one_clear_line() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(StoreError) as error:
        Store(f"postgresql://user:a-secret@127.0.0.1:{port}/db", schema="pandev")
    assert re.fullmatch(
        rf"store_url: cannot connect to the store at 127.0.0.1:{port}: Connection refused; "
        "check that PostgreSQL is running there and that user and password are correct",
        str(error.value),
    )


@pytest.mark.parametrize("address", ["a-secret", "mysql://user:a-secret@host/db", "host='a-secret"])
def test_invalid_store_url_is_reported_without_the_url(address: str) -> None:
    with pytest.raises(StoreError) as error:
        Store(address, schema="pandev")
    assert "not a PostgreSQL address" in str(error.value)
    assert "a-secret" not in str(error.value)


@contextmanager
def server_of_version(version: str) -> Iterator[int]:
    """Yield the port of a server that speaks PostgreSQL's protocol and gives out a version."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    def respond() -> None:
        connection, _ = listener.accept()
        with connection:
            size, code = struct.unpack("!ii", connection.recv(8))
            if code == 80877103:  # an SSLRequest
                connection.sendall(b"N")
                size, code = struct.unpack("!ii", connection.recv(8))
            connection.recv(size - 8)
            connection.sendall(message(b"R", struct.pack("!i", 0)))
            for name, value in {"server_version": version, "client_encoding": "UTF8"}.items():
                connection.sendall(message(b"S", f"{name}\0{value}\0".encode()))
            connection.sendall(message(b"Z", b"I"))
            connection.recv(1024)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=respond)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_server_older_than_15_is_rejected_in_one_line() -> None:
    with server_of_version("14.19") as port, pytest.raises(StoreError) as error:
        Store(f"postgresql://user@127.0.0.1:{port}/db?sslmode=disable", schema="pandev")
    assert str(error.value) == (
        f"store_url: the store at 127.0.0.1:{port} is PostgreSQL 14.19, expected 15 or newer"
    )


def test_a_batch_that_meets_deadlocks_is_tried_again(database: str) -> None:
    class Deadlocked(Store):
        tries = 0

        def _load(self, *arguments: object) -> None:
            self.tries += 1
            if self.tries < MAX_ATTEMPTS:
                raise psycopg.errors.DeadlockDetected
            super()._load(*arguments)  # type: ignore[arg-type]

    with Deadlocked(database, schema="pandev") as store:
        row_errors: list[RowError] = []
        store.load(store.table(THINGS), [line("1")], on_loaded=row_errors.extend)
        assert store.query("SELECT id FROM things", {})[1] == [("1",)]
        assert row_errors == []
        assert store.tries == MAX_ATTEMPTS


def test_the_tables_of_a_new_store_are_known_as_its_own(database: str) -> None:
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'pandev'")
        assert {name for (name,) in rows} == {*OWN_TABLES, "schema_versions"}


def test_the_workspace_leads_every_key_of_a_clickup_table(database: str) -> None:
    """A table with a required workspace_id is ClickUp's, also one that a migration adds.

    Rows of repository_workspaces and resolved_links belong to a repository, and name a workspace.
    """
    with psycopg.connect(database) as connection:
        connection.execute("SET search_path = pandev")
        tables = connection.execute(
            "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON oid = attrelid "
            "WHERE attname = 'workspace_id' AND attnotnull AND relkind = 'r'"
        ).fetchall()
        keys = connection.execute(
            "SELECT i.indrelid::regclass::text, a.attname FROM pg_index i "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
            "WHERE i.indisunique"
        ).fetchall()
    clickup = {table for (table,) in tables} - {"repository_workspaces", "resolved_links"}
    streams = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).streams
    assert clickup > streams.keys() - {"workspaces"}
    leading = {(table, column) for table, column in keys if table in clickup}
    assert leading == {(table, "workspace_id") for table in clickup}


def test_there_is_no_trigger_and_no_foreign_key(database: str) -> None:
    with psycopg.connect(database) as connection:
        triggers = connection.execute("SELECT tgname FROM pg_trigger").fetchall()
        kinds = connection.execute(
            "SELECT DISTINCT contype::text FROM pg_constraint "
            "WHERE connamespace = 'pandev'::regnamespace"
        ).fetchall()
    assert triggers == []
    # PostgreSQL 18 also lists NOT NULL (n) as a constraint.
    assert set(kinds) - {("n",)} == {("p",), ("c",)}


def test_the_address_of_a_test_is_its_own(database: str, empty_database: str) -> None:
    names = {conninfo_to_dict(address)["dbname"] for address in (database, empty_database)}
    assert len(names) == 2
