"""A start overcomes the remains of a killed server or initdb, and a wrong pid file."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from target_pandev.embedded import EmbeddedError, EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from target_pandev.embedded.postmaster import shut_down
from tests.support.processes import kill_postmaster, postmaster_pid
from tests.support.waiting import wait_until
from tests.target_pandev.embedded.processes import FAST, ROOT, UNPRIVILEGED_UID, StoreUser, rows


def test_a_killed_server_comes_back_with_every_committed_row(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0) as server:
        rows(server.url, "CREATE TABLE kept (id text)")
        rows(server.url, "INSERT INTO kept VALUES ('86a1'), ('86a2')")
        kill_postmaster(store)
        assert not server.is_running()
        with EmbeddedServer(store, idle_timeout_seconds=0) as again:
            assert rows(again.url, "SELECT id FROM kept ORDER BY id") == [("86a1",), ("86a2",)]


def test_initdb_killed_with_its_starter_leaves_no_half_store(
    begun: Path, store_users: Callable[..., StoreUser]
) -> None:
    killed = store_users(begun)
    wait_until((begun / "data.init" / "data" / "base").exists)
    killed.kill()
    assert not (begun / "data").exists()
    with EmbeddedServer(begun, idle_timeout_seconds=0, settings=FAST) as server:
        assert rows(server.url, "SELECT current_database()") == [("pandev",)]
    assert not (begun / "data.init").exists()


@pytest.mark.parametrize("content", ["", "\n\n", "torn", "0\n", "\0\0\0"])
def test_a_damaged_pid_file_of_a_dead_server_is_ignored(store: Path, content: str) -> None:
    (store / "data" / "postmaster.pid").write_text(content)
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
        assert rows(server.url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("state", ["alive", "zombie"])
def test_a_pid_reused_by_another_process_is_ignored(store: Path, state: str) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST):
        kill_postmaster(store)
        pid_file = store / "data" / "postmaster.pid"
        command = ["sleep", "60"] if state == "alive" else ["true"]
        foreign = subprocess.Popen(command, user=UNPRIVILEGED_UID if ROOT else None)
        try:
            if state == "zombie":
                os.waitid(os.P_PID, foreign.pid, os.WEXITED | os.WNOWAIT)
            lines = pid_file.read_text().split("\n")
            pid_file.write_text("\n".join([str(foreign.pid), *lines[1:]]))
            with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
                assert rows(server.url, "SELECT 1") == [(1,)]
                assert postmaster_pid(store) != foreign.pid
        finally:
            foreign.kill()
            foreign.wait()


def test_a_server_that_hangs_while_it_stops_is_stopped_immediately(store: Path) -> None:
    """As PostgreSQL 18 does if it is stopped while it recovers from a full disk."""
    server = EmbeddedServer(store, idle_timeout_seconds=0, settings={"fsync": "on"}).open()
    rows(server.url, "CREATE TABLE committed (id text)")
    rows(server.url, "INSERT INTO committed VALUES ('86a1')")
    ((checkpointer,),) = rows(
        server.url, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    )
    os.kill(checkpointer, signal.SIGSTOP)
    folder = StoreFolder(store)
    with pytest.raises(EmbeddedError, match="did not stop within 1 s"):
        shut_down(folder, timeout_seconds=1)
    shut_down(folder, fast_seconds=0)
    server.close()
    with EmbeddedServer(store, idle_timeout_seconds=0) as again:
        assert rows(again.url, "SELECT id FROM committed") == [("86a1",)]
