"""What a killed server or initdb leaves, and a pid file that is wrong, are overcome."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from target_pandev.embedded import EmbeddedServer
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
