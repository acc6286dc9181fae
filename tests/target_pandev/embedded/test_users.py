"""Processes that share one server: who makes the store, who stops it, who may be killed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from target_pandev.embedded import EmbeddedServer, locks
from target_pandev.embedded.accounts import IDS
from tests.target_pandev.embedded.processes import (
    FAST,
    ROOT,
    STORE_USER_SCRIPT,
    UNPRIVILEGED_UID,
    StoreUser,
    rows,
)

# Only root can start processes of another user, so an ordinary user tests with its own only.
IDENTITIES = (
    {"root": None, "an ordinary user": UNPRIVILEGED_UID} if ROOT else {"an ordinary user": None}
)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_new_store_is_created_and_opened_by(
    identity: str, begun: Path, store_users: Callable[..., StoreUser]
) -> None:
    uid = IDENTITIES[identity]
    if uid is not None:
        subprocess.run(["chown", "-R", f"{uid}:{uid}", begun], check=True)
    store_user = store_users(begun, uid=uid)
    sessions = rows(
        store_user.url(), "SELECT current_user, current_database(), getdatabaseencoding()"
    )
    assert sessions == [("pandev", "pandev", "UTF8")]
    server_uid = IDS.start if identity == "root" else (uid or os.geteuid())
    assert (begun / "data").stat().st_uid == server_uid
    assert (begun / "password").stat().st_uid == (os.geteuid() if uid is None else uid)
    store_user.close()
    assert locks.is_free(begun / "server.lock")


def test_processes_that_open_at_once_share_one_server_and_one_initdb(
    begun: Path, store_users: Callable[..., StoreUser]
) -> None:
    together = [store_users(begun) for _ in range(4)]
    urls = [store_user.url() for store_user in together]
    identity = "SELECT system_identifier, pg_postmaster_start_time() FROM pg_control_system()"
    assert len({rows(url, identity)[0] for url in urls}) == 1
    assert (begun / "server.log").read_text().count("starting PostgreSQL") == 1
    for store_user in together:
        assert EmbeddedServer(begun).is_running()
        store_user.close()
    assert not EmbeddedServer(begun).is_running()


def test_a_killed_user_does_not_stop_the_server_nor_keep_it_alive(
    store: Path, store_users: Callable[..., StoreUser]
) -> None:
    killed, other = store_users(store), store_users(store)
    killed.url()
    url = other.url()
    killed.kill()
    assert rows(url, "SELECT 1") == [(1,)]
    other.close()
    assert not EmbeddedServer(store).is_running()


def test_the_next_user_stops_what_a_killed_one_left(
    store: Path, store_users: Callable[..., StoreUser]
) -> None:
    killed = store_users(store)
    killed.url()
    killed.kill()
    assert EmbeddedServer(store).is_running()
    with EmbeddedServer(store, idle_timeout_seconds=0):
        pass
    assert not EmbeddedServer(store).is_running()


def test_server_and_reaper_do_not_hold_the_pipes_of_their_user(store: Path) -> None:
    arguments = json.dumps([str(store), None, {"idle_timeout_seconds": 60, "settings": FAST}])
    done = subprocess.run(
        [sys.executable, "-c", STORE_USER_SCRIPT, arguments],
        input=b"\n",
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert json.loads(done.stdout)["url"] == EmbeddedServer(store).url
    assert done.stderr == b""
    assert EmbeddedServer(store).is_running()
    assert EmbeddedServer(store).stop()


def test_stop_leaves_a_server_alone_that_others_use(store: Path) -> None:
    first = EmbeddedServer(store, settings=FAST).open()
    second = EmbeddedServer(store).open()
    assert not first.stop()
    assert rows(second.url, "SELECT 1") == [(1,)]
    assert second.stop()
    assert not second.is_running()
    assert second.stop()


def test_stop_does_not_create_a_store(top: Path) -> None:
    assert EmbeddedServer(top / "nothing").stop()
    assert not (top / "nothing").exists()
