"""Debian's PgBouncer between the target and PostgreSQL, with other busy clients in its pool."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from target_pandev.errors import StoreError
from tests.support.waiting import wait_until
from tests.target_pandev.loading import load, record, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Pool = Callable[..., str]

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
USER = "postgres"
"""The user of the PostgreSQL that .ci/debian starts, whose folder no other may enter."""
RUNS = 8
BUSY_CLIENTS = 6
THINGS = schema("things", {"id": "string", "name": "string"}, ["id"])
NAMES = [(str(number), f"Müller {number} 課題") for number in range(50)]
ROWS = [record("things", {"id": id_, "name": name}) for id_, name in NAMES]
ERROR = (
    "gives each transaction another session of PostgreSQL (pool_mode transaction of PgBouncer); "
    "use the address of PostgreSQL itself, or a pool with pool_mode session"
)


@pytest.fixture
def pool(empty_database: str, store_dir: Path) -> Iterator[Pool]:
    """Yield a function that starts PgBouncer with settings and returns its address."""
    processes = []
    server = conninfo_to_dict(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute("CREATE TABLE public.app (n integer)")
        admin.execute("INSERT INTO public.app VALUES (1)")

    def start(mode: str, **settings: object) -> str:
        folder = store_dir
        folder.chmod(0o777)
        target = " ".join(f"{name}='{value}'" for name, value in server.items())
        values = {
            "pool_mode": mode,
            "auth_type": "any",
            "listen_addr": "",
            "unix_socket_dir": folder,
            "unix_socket_mode": "0777",
            "listen_port": 6432,
            **settings,
        }
        lines = ["[databases]", f"metrics = {target}", "[pgbouncer]"]
        config = folder / "pgbouncer.ini"
        lines += [f"{name} = {value}" for name, value in values.items()]
        config.write_text("\n".join(lines), encoding="utf-8")
        assert PGBOUNCER, "install Debian's package pgbouncer"
        process = subprocess.Popen(
            [PGBOUNCER, "-q", *(["-u", USER] if os.geteuid() == 0 else []), str(config)],
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)

        def is_listening_or_dead() -> bool:
            return accepts_connections(folder / ".s.PGSQL.6432") or process.poll() is not None

        wait_until(is_listening_or_dead)
        assert process.poll() is None, f"PgBouncer ended with {process.returncode}"
        return make_conninfo(host=str(folder), port=6432, dbname="metrics", user="app")

    yield start
    for process in processes:
        process.terminate()
        process.wait(30)


def accepts_connections(path: Path) -> bool:
    """Return whether a server listens on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@contextmanager
def busy_clients(address: str) -> Iterator[list[str]]:
    """Run statements of other clients during the block; yield what disturbs them."""
    disturbances: list[str] = []
    stopped = Event()

    def work() -> None:
        with psycopg.connect(address, autocommit=True, prepare_threshold=None) as client:
            while not stopped.is_set():
                try:
                    rows = client.execute(
                        "SELECT n, current_setting('search_path'), current_setting('timezone'), "
                        "to_regclass('pg_temp.staged') IS NULL FROM app"
                    ).fetchall()
                except psycopg.Error as error:
                    disturbances.append(type(error).__name__)
                    return
                if rows != expected:
                    disturbances.append(repr(rows))

    with psycopg.connect(address, autocommit=True, prepare_threshold=None) as first:
        expected = first.execute(
            "SELECT 1, current_setting('search_path'), current_setting('timezone'), true"
        ).fetchall()
    threads = [Thread(target=work) for _ in range(BUSY_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield disturbances
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    "settings", [{}, {"default_pool_size": 2}, {"ignore_startup_parameters": "options"}], ids=repr
)
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pool_by_transaction_is_refused_and_left_alone(
    pool: Pool, empty_database: str, mode: str, settings: dict[str, object], *, busy: bool
) -> None:
    address = pool(mode, **settings)
    with busy_clients(address) if busy else no_clients() as disturbances:
        for _ in range(RUNS):
            with pytest.raises(StoreError) as error:
                load(address, THINGS, *ROWS)
            assert str(error.value).endswith(ERROR)
    assert disturbances == []
    with psycopg.connect(empty_database) as admin:
        schemas = (
            "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE oid >= 16384"
        )
        tables = admin.execute(f"{schemas} AND relkind IN ('r', 'v')".encode()).fetchall()
    assert tables == [("public", "app")]


@pytest.mark.parametrize(
    "settings",
    [{}, {"ignore_startup_parameters": "options"}, {"default_pool_size": 2}],
    ids=repr,
)
def test_a_pool_by_session_works_with_busy_clients(
    pool: Pool, empty_database: str, settings: dict[str, object]
) -> None:
    address = pool("session", **settings)
    with busy_clients(address) if not settings else no_clients() as disturbances:
        for _ in range(RUNS):
            load(address, THINGS, *ROWS)
            assert read(empty_database) == NAMES
    assert disturbances == []


def test_a_pool_with_one_session_works(pool: Pool, empty_database: str) -> None:
    address = pool("session", default_pool_size=1)
    load(address, THINGS, *ROWS)
    assert read(empty_database) == NAMES


@contextmanager
def no_clients() -> Iterator[list[str]]:
    """Yield an empty list, in place of `busy_clients`."""
    yield []


def read(database: str) -> list[tuple[str, str]]:
    """Return the stored rows."""
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT id, name FROM pandev.things ORDER BY id::int").fetchall()
    return [(str(id_), str(name)) for id_, name in rows]
