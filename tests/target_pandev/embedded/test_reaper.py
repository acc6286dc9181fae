"""The reaper stops an unused server, and no other."""

import os
import signal
import time
from pathlib import Path

import psycopg

from target_pandev.embedded import EmbeddedServer, locks
from tests.support.waiting import wait_until
from tests.target_pandev.embedded.processes import FAST, reaper_pids


def test_the_reaper_stops_the_server_after_the_idle_timeout(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=1, settings=FAST) as server:
        pass
    left = time.monotonic()
    wait_until(lambda: not server.is_running())
    assert 1 <= time.monotonic() - left < 5
    wait_until(lambda: reaper_pids(store) == [])


def test_the_reaper_waits_for_users_and_for_connected_tools(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0.2, settings=FAST) as server:
        tool = psycopg.connect(server.url, autocommit=True)
        time.sleep(1)  # several times the idle timeout
        assert server.is_running()
    with tool:
        time.sleep(1)
        assert tool.execute("SELECT 1").fetchall() == [(1,)]
    wait_until(lambda: not server.is_running())


def test_the_reaper_waits_for_a_user_without_idle_timeout(store: Path) -> None:
    """The last user sets the timeout; 0 does not stop a server that another user needs."""
    with (
        EmbeddedServer(store, idle_timeout_seconds=0.2, settings=FAST),
        EmbeddedServer(store, idle_timeout_seconds=0) as server,
    ):
        wait_until(lambda: len(reaper_pids(store)) == 1)
        time.sleep(1)  # several looks of the reaper
        assert server.is_running()


def test_a_killed_reaper_is_replaced_by_the_next_user(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0.5, settings=FAST):
        wait_until(lambda: len(reaper_pids(store)) == 1)
        (killed,) = reaper_pids(store)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: locks.is_free(store / "keeper.lock"))
    with (
        EmbeddedServer(store, idle_timeout_seconds=0.5),
        EmbeddedServer(store, idle_timeout_seconds=0.5) as server,
    ):
        wait_until(lambda: len(reaper_pids(store)) == 1)
        assert reaper_pids(store) != [killed]
    wait_until(lambda: not server.is_running())
