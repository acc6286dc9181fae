"""`pandev store reader` on the embedded store: what it prints, and who gets in with that."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.pandev.command import assert_golden
from tests.pandev.store_process import call_command, staying
from tests.support.processes import stop_store
from tests.target_pandev.loading import load, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

THINGS = schema("things", {"id": "string", "n": "integer"}, ["id"])
CHOSEN = "twelve chars"
PASSWORD = re.compile(r"password  ([\w-]{32}) \(shown only now\)")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Yield the folder of an embedded store with a row, which the tests share."""
    top = Path(tempfile.mkdtemp(prefix="pandev-test-"))
    top.chmod(0o711)  # for root the server runs as another user
    with EmbeddedServer(top / "store", idle_timeout_seconds=0) as server:
        load(server.conninfo, THINGS, record("things", {"id": "1", "n": 1}))
    yield top / "store"
    stop_store(StoreFolder(top / "store"))
    shutil.rmtree(top)


@pytest.fixture
def password(folder: Path) -> Iterator[str]:
    """Yield the password of a new reader."""
    code, out, err = call_command("reader", folder=folder)
    assert (code, err) == (0, "")
    printed = PASSWORD.search(out)
    assert printed, out
    hidden = out.replace(printed[1], "x" * len(printed[1]))
    assert_golden("store_reader", re.sub(r"\d+ tables", "00 tables", hidden))
    yield printed[1]
    call_command("reader", "--drop", folder=folder)


def read_things(address: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address) as session:
        return session.execute("SELECT id, n FROM things").fetchall()


def address_of(server: EmbeddedServer, password: str) -> str:
    return make_conninfo(server.conninfo, user="pandev_reader", password=password)


def test_the_printed_password_opens_the_port(folder: Path, password: str) -> None:
    with staying("--port", "0", folder=folder) as (_, url):
        address = make_conninfo(url, user="pandev_reader", password=password)
        assert read_things(address) == [("1", 1)]
        with psycopg.connect(address, autocommit=True) as session:
            assert session.execute("SELECT count(*) FROM task_overview").fetchall() == [(0,)]


def test_a_reader_reaches_nothing_else_of_the_server(folder: Path, password: str) -> None:
    with EmbeddedServer(folder) as server:
        for database in ("postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(make_conninfo(address_of(server, password), dbname=database))
        with psycopg.connect(address_of(server, password), autocommit=True) as session:
            session.execute("SET default_transaction_read_only = off")
            for statement in (
                "CREATE TEMPORARY TABLE mine (id text)",
                "SELECT lo_create(0)",
                "SELECT lo_from_bytea(0, 'x')",
                "SELECT pg_read_file('PG_VERSION')",
                "COPY things TO PROGRAM 'cat'",
                "SELECT rolpassword FROM pg_authid",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    session.execute(statement.encode())


def test_a_second_call_keeps_the_password(folder: Path, password: str) -> None:
    code, out, err = call_command("reader", folder=folder)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == [
        "role      pandev_reader, rights set again",
        "password  unchanged; --rotate makes a new one",
    ]
    with EmbeddedServer(folder) as server:
        assert read_things(address_of(server, password)) == [("1", 1)]


def test_a_rotated_password_replaces_the_old_one(folder: Path, password: str) -> None:
    code, out, err = call_command("reader", "--rotate", "--format", "json", folder=folder)
    assert (code, err) == (0, "")
    printed = json.loads(out)
    assert printed["relation_count"] > 50
    assert {key: printed[key] for key in printed if key not in {"password", "relation_count"}} == {
        "role": "pandev_reader",
        "is_new": False,
        "schema": "pandev",
        "private_tables": ["rejected_records"],
        "address": None,
        "database": "pandev",
        "keeps_sessions": False,
    }
    with EmbeddedServer(folder) as server:
        assert read_things(address_of(server, printed["password"])) == [("1", 1)]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            read_things(address_of(server, password))


@pytest.mark.usefixtures("password")
def test_a_password_from_stdin_is_not_printed(folder: Path) -> None:
    code, out, err = call_command("reader", "--password-stdin", folder=folder, stdin=f"{CHOSEN}\n")
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "password  as given on stdin"
    assert CHOSEN not in out
    with EmbeddedServer(folder) as server:
        assert read_things(address_of(server, CHOSEN)) == [("1", 1)]


@pytest.mark.parametrize("given", ["", "eleven char\n"])
def test_a_short_password_is_refused(folder: Path, given: str) -> None:
    length = len(given.strip())
    assert call_command("reader", "--password-stdin", folder=folder, stdin=given) == (
        1,
        "",
        f"pandev: the password from stdin has {length} characters, expected at least 12\n",
    )


def test_a_dropped_reader_does_not_get_in(folder: Path, password: str) -> None:
    assert call_command("reader", "--drop", folder=folder) == (
        0,
        "role pandev_reader dropped\n",
        "",
    )
    call_command("reader", folder=folder)
    code, out, err = call_command("reader", "--drop", "--format", "json", folder=folder)
    assert (code, err) == (0, "")
    assert json.loads(out) == {"role": "pandev_reader", "keeps_sessions": False}
    missing = "pandev: role pandev_reader: does not exist; --role names another\n"
    assert call_command("reader", "--drop", folder=folder) == (1, "", missing)
    with EmbeddedServer(folder) as server, pytest.raises(psycopg.OperationalError):
        psycopg.connect(address_of(server, password))


def test_the_stores_own_role_is_not_a_reader(folder: Path) -> None:
    refused = "pandev: role pandev: was not created by pandev store reader; choose another --role\n"
    for option in ("--drop", "--rotate"):
        assert call_command("reader", "--role", "pandev", option, folder=folder) == (1, "", refused)


def test_no_password_is_in_the_log(folder: Path, password: str) -> None:
    log = (folder / "server.log").read_text()
    assert "ready to accept connections" in log
    assert password not in log


def test_a_missing_store_is_not_created(folder: Path) -> None:
    absent = folder.parent / "absent"
    message = f"pandev: store_dir {absent}: there is no store; load it once before\n"
    assert call_command("reader", folder=absent) == (1, "", message)
    assert call_command("url", folder=absent) == (
        1,
        "",
        f"pandev: store_dir {absent}: there is no store; pandev store start creates one\n",
    )
    assert not absent.exists()


def test_contradicting_options_are_refused(folder: Path) -> None:
    code, _, err = call_command("reader", "--drop", "--rotate", folder=folder)
    assert code == 2
    assert err.splitlines()[-1] == (
        "Error: --drop cannot be combined with --rotate or --password-stdin"
    )


def test_an_external_store_prints_its_address(folder: Path, database: str) -> None:
    role = "reader_of_a_test"
    location = ("--store-url", database)
    code, out, err = call_command("reader", "--role", role, folder=folder, location=location)
    dropped = call_command("reader", "--role", role, "--drop", folder=folder, location=location)
    with psycopg.connect(database) as connection:
        info = connection.info
        address = f"{info.host}:{info.port}, database {info.dbname}"
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"role      {role}, created"
    assert "".join(line[10:] for line in lines[5:]).replace(" ", "") == address.replace(" ", "")
    assert dropped == (0, f"role {role} dropped\n", "")
