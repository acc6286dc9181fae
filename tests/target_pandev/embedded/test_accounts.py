"""For root PostgreSQL runs as a user that no other process runs as."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from target_pandev.embedded import EmbeddedError, EmbeddedServer
from target_pandev.embedded.accounts import IDS, INITDB_USER, server_account
from tests.target_pandev.embedded.processes import FAST, ROOT, UNPRIVILEGED_UID, rows

pytestmark = pytest.mark.skipif(not ROOT, reason="only root runs the server as another user")


def run_unprivileged(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a program as the user of which many services run."""
    return subprocess.run(
        command,
        user=UNPRIVILEGED_UID,
        group=UNPRIVILEGED_UID,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def shared_segments(pid: int) -> list[Path]:
    """Return the segments of shared memory that a server has mapped.

    Others in the folder belong to servers of other tests, and disappear with them.
    """
    mapped = [Path(mapping.path) for mapping in psutil.Process(pid).memory_maps()]
    return [path for path in mapped if path.name.startswith("PostgreSQL.")]


def test_no_other_user_reaches_the_store(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST):
        pid = int((store / "data" / "postmaster.pid").read_text().split("\n")[0])
        assert psutil.Process(pid).uids().real == IDS.start
        segments = shared_segments(pid)
        assert segments
        for path in (store / "data", store / "run", *segments):
            reading = run_unprivileged(["cat", path])
            assert "Permission denied" in reading.stderr
        assert run_unprivileged(["kill", "-0", str(pid)]).returncode != 0
    with pytest.raises(KeyError):
        pwd.getpwuid(IDS.start)


def test_a_store_of_an_earlier_version_is_taken_over(store: Path) -> None:
    """Earlier versions ran the server as the user of initdb."""
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
        rows(server.url, "CREATE TABLE kept AS SELECT 1 AS id")
    for name in ("data", "run"):
        subprocess.run(["chown", "-R", INITDB_USER, store / name], check=True)
    with EmbeddedServer(store, idle_timeout_seconds=0, settings=FAST) as server:
        assert rows(server.url, "SELECT id FROM kept") == [(1,)]
    owners = {path.stat().st_uid for path in [store / "data", *(store / "data").rglob("*")]}
    assert owners == {IDS.start}


def test_an_id_of_an_existing_user_is_not_used(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pwd.getpwuid

    def getpwuid(uid: int) -> pwd.struct_passwd:
        return real(0 if uid == IDS.start else uid)

    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    account = server_account(top / "data")
    assert account is not None
    assert (account.uid, account.gid) == (IDS.start + 1, IDS.start + 1)


def test_the_owner_of_a_data_directory_stays(top: Path) -> None:
    (top / "data").mkdir()
    os.chown(top / "data", IDS.stop - 1, IDS.stop - 1)
    account = server_account(top / "data")
    assert account is not None
    assert account.uid == IDS.stop - 1


def test_a_missing_user_for_initdb_is_reported(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getpwnam(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    with pytest.raises(
        EmbeddedError, match=f"no user {INITDB_USER} to create the store: run as an"
    ):
        EmbeddedServer(begun, idle_timeout_seconds=0).open()
