"""A PostgreSQL per session, a database per test; a generated ClickUp account."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from plugin_settings import env_file
from target_pandev.database import Store
from target_pandev.embedded import EmbeddedServer
from tests.support.passwords import make_verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from fake_clickup.model import Workspace

    Clone = Callable[..., AbstractContextManager[str]]

settings.register_profile("default", deadline=None)  # a busy machine is not a failure
TEMPLATE = f"template_store_{uuid4().hex}"
LONGEST = {"test_chaos.py", "test_demo.py"}
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it have random names
SHARED_MEMORY_BYTES = 4 << 30
SETTINGS = {
    "max_connections": "50",
    # A test's server needs no durability.
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory, but not whole installations.

    A file that is created and removed takes half of the CPU there that it takes on a disk.
    """
    if "TMPDIR" in os.environ or any("tests/install" in argument for argument in config.args):
        return
    if folder := _fast_folder():
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None  # it is read again


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the garbage collector skip what is collected, which all lasts: half of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that no worker waits for another at the end."""
    items.sort(
        key=lambda item: (item.path.name not in LONGEST, item.path.parent.name != "end_to_end")
    )


@contextmanager
def _folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield a directory that the server's user can access; pytest's are private to its user."""
    folder = Path(tempfile.mkdtemp(prefix="pandev-test-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _nothing_of_env_files() -> None:
    """Let no test take a variable for one of the `.env` that a test before it has loaded."""
    env_file._loaded.clear()  # noqa: SLF001 - a process loads one file only


@pytest.fixture(autouse=True)
def _no_blocked_signals() -> Iterator[None]:
    """Fail a test that leaves signals blocked: no later one could stop what it starts."""
    yield
    assert signal.pthread_sigmask(signal.SIG_SETMASK, ()) == set()


@pytest.fixture
def store_dir() -> Iterator[Path]:
    """Yield an empty directory for an embedded store."""
    with _folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Yield the address of a real PostgreSQL with a template that has our schema.

    It is an embedded one that ends with the session, or the one at TEST_STORE_URL, as a superuser.
    """
    if store_url := os.environ.get("TEST_STORE_URL"):
        with _template(store_url):
            yield store_url
        return
    with (
        _folder(_fast_folder()) as folder,
        EmbeddedServer(folder, settings=SETTINGS, idle_timeout_seconds=0) as embedded,
    ):
        _make_password_cheap(embedded.conninfo)
        with _template(embedded.conninfo):
            yield embedded.conninfo


def _make_password_cheap(server: str) -> None:
    """Let the password stay as it is, but be checked by one round of hashing."""
    verifier = make_verifier(str(conninfo_to_dict(server)["password"]))
    with psycopg.connect(server) as connection:
        connection.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(verifier))


def _fast_folder() -> Path | None:
    """Return a file system in memory: a database is created there in 20 ms, on a disk in 240."""
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > SHARED_MEMORY_BYTES:
        return SHARED_MEMORY
    return None


@contextmanager
def _template(server: str) -> Iterator[None]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0 ENCODING 'UTF8'")
        Store(make_conninfo(server, dbname=TEMPLATE), schema="pandev").close()
        yield
        connection.execute(f"DROP DATABASE {TEMPLATE} WITH (FORCE)")


@contextmanager
def _database(
    connection: psycopg.Connection, server: str, template: str = TEMPLATE
) -> Iterator[str]:
    name = sql.Identifier(f"test_{uuid4().hex}")
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            name, sql.Identifier(template)
        )
    )
    yield make_conninfo(server, dbname=name.as_string().strip('"'))
    connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session")
def clone(server: str) -> Iterator[Clone]:
    """Yield what yields the address of a new database: of our schema, or of another one."""
    with psycopg.connect(server, autocommit=True) as connection:
        yield partial(_database, connection, server)


@pytest.fixture
def database(clone: Clone) -> Iterator[str]:
    """Yield the address of a database of this test, with the store's schema."""
    with clone() as conninfo:
        yield conninfo


@pytest.fixture
def empty_database(clone: Clone) -> Iterator[str]:
    """Yield the address of an empty database of this test."""
    with clone("template0") as conninfo:
        yield conninfo


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=400, workspaces=2, time_entries=60)


@pytest.fixture
def workspace(account: Account) -> Workspace:
    return account.workspaces[0]


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(limit_per_minute=10_000)


@pytest.fixture
def clickup(account: Account, behaviour: Behaviour) -> Iterator[FakeClickUp]:
    with FakeClickUp(account, behaviour=behaviour) as running:
        yield running
