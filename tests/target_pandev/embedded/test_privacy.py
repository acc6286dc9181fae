"""Who may read a store: modes of its files, its password, and what its log never shows."""

from pathlib import Path

import psycopg
import pytest

from target_pandev.embedded import EmbeddedError, EmbeddedServer
from tests.target_pandev.embedded.processes import FAST, ROOT, rows


def test_the_store_is_closed_to_others(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST):
        modes = {path.name: path.stat().st_mode & 0o777 for path in store.iterdir()}
        assert store.stat().st_mode & 0o777 == (0o711 if ROOT else 0o700)
    assert {name: modes[name] for name in ("password", "data", "run", "server.log")} == {
        "password": 0o600,
        "data": 0o700,
        "run": 0o700,
        "server.log": 0o600,
    }


def test_the_server_requires_the_password(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
        password = (store / "password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(password, "guessed"))
        assert rows(server.url, "SHOW listen_addresses") == [("",)]
    said = [line for line in (store / "server.log").read_text().splitlines() if "listening" in line]
    assert len(said) == 1
    assert "listening on Unix socket" in said[0]


def test_a_lost_or_changed_password_is_reported_immediately(store: Path) -> None:
    (store / "password").write_text("guessed")
    with pytest.raises(EmbeddedError, match="rejects the password in its file 'password'"):
        EmbeddedServer(store, idle_timeout_seconds=0).open()
    (store / "password").unlink()
    with pytest.raises(EmbeddedError, match="has lost its file 'password': put it back"):
        EmbeddedServer(store, idle_timeout_seconds=0).open()
    assert not EmbeddedServer(store).is_running()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'planted'::int",
        "CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t VALUES ('planted'), ('planted')",
        "DO $$ BEGIN RAISE WARNING 'planted'; RAISE EXCEPTION 'planted'; END $$",
        "SELECT planted FROM planted",
    ],
)
def test_no_statement_and_no_value_reaches_the_log(store: Path, statement: str) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
        with pytest.raises(psycopg.DatabaseError, match="planted"):
            rows(server.url, statement)
        with psycopg.connect(server.url) as connection, pytest.raises(psycopg.DataError):
            connection.execute("SELECT %s::text::int", ["planted"])
    log = (store / "server.log").read_text()
    assert "database system is ready to accept connections" in log
    assert "planted" not in log
