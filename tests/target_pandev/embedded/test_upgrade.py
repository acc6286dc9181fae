"""A store is moved to another data directory completely, or stays as it is.

Both are of the version that is installed; tests/debian has an older one.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from target_pandev.embedded import (
    EmbeddedError,
    EmbeddedServer,
    binaries,
    locks,
    replacement,
    upgrade,
)
from target_pandev.embedded.cluster_copy import copy_cluster
from target_pandev.embedded.folder import StoreFolder
from target_pandev.embedded.upgrade import Upgrade
from tests.support.waiting import wait_until
from tests.target_pandev.embedded.processes import ROOT, rows

pytestmark = pytest.mark.faults

VIEWER_PASSWORD = "viewed"  # noqa: S105 - of a test
CONTENT = """
CREATE SCHEMA pandev;
CREATE TABLE pandev.things (id text PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY);
INSERT INTO pandev.things SELECT 'thing ä ' || i FROM generate_series(1, 1000) AS i;
CREATE TABLE pandev.nothing ();
CREATE VIEW pandev.many AS SELECT count(*) AS things FROM pandev.things;
CREATE FUNCTION pandev.two() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE ROLE viewer LOGIN PASSWORD 'viewed';
ALTER ROLE viewer SET statement_timeout = '5min';
GRANT USAGE ON SCHEMA pandev TO viewer;
GRANT SELECT ON pandev.many TO viewer;
ALTER DATABASE pandev SET work_mem = '5MB';
REVOKE ALL ON DATABASE pandev, postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE pandev TO viewer;
"""
PUBLIC_RIGHTS = """
SELECT datname, has_database_privilege('viewer', oid, 'CONNECT'),
    has_database_privilege('viewer', oid, 'TEMPORARY')
FROM pg_database WHERE datname IN ('pandev', 'postgres', 'Other "db"') ORDER BY 1
"""
KILLED_UPGRADE = """
import importlib, os, signal, sys
from pathlib import Path
from tests.target_pandev.embedded.test_upgrade import move
store, module_name, name, count, when = sys.argv[1:]
module = importlib.import_module("target_pandev.embedded." + module_name)
original, calls = getattr(module, name), []
def killed(*arguments, **options):
    calls.append(name)
    if len(calls) < int(count):
        return original(*arguments, **options)
    if when == "after":
        original(*arguments, **options)
    os.kill(os.getpid(), getattr(signal, os.environ["SIGNAL"]))
    original(*arguments, **options)
setattr(module, name, killed)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
move(Path(store))
"""
BEFORE_THE_REPLACEMENT = [
    ("upgrade", "copy_cluster", 1, "before"),
    ("cluster_copy", "_copy_roles", 1, "after"),
    ("upgrade", "read_inventory", 2, "after"),
    ("replacement", "sync_folder", 1, "after"),
]
IN_THE_REPLACEMENT = [
    ("replacement", "complete", 2, "before"),
    ("replacement", "sync_folder", 2, "before"),
]


@pytest.fixture
def filled(begun: Path, template: Path) -> Path:
    """Return a store with rows, a view, a role and another database; it is stopped."""
    subprocess.run(["cp", "-a", template / "data", begun / "data"], check=True)
    shutil.copy(template / "password", begun)
    with EmbeddedServer(begun, idle_timeout_seconds=0) as server:
        rows(server.url, CONTENT)
        rows(server.url, 'CREATE DATABASE "Other ""db"""')
        other = server.url.replace("/pandev?", "/Other%20%22db%22?")
        rows(other, "CREATE TABLE kept AS SELECT 7 AS n")
    return begun


def move(store: Path) -> Upgrade:
    """Move a store to a new data directory of the same version."""
    folder = StoreFolder(store)
    programs = binaries.in_store(folder)
    with upgrade.exclusive(folder):
        return upgrade.move_data(folder, old=programs, new=programs, report=print)


def content(store: Path) -> dict[str, object]:
    """Return what `filled` has stored."""
    with EmbeddedServer(store, idle_timeout_seconds=0) as server:
        address = make_conninfo(server.conninfo, user="viewer", password=VIEWER_PASSWORD)
        with psycopg.connect(address, autocommit=True) as viewer:
            viewed = viewer.execute("SELECT things FROM pandev.many").fetchall()
            limits = viewer.execute("SHOW statement_timeout").fetchall()
            memory = viewer.execute("SHOW work_mem").fetchall()
        other = server.url.replace("/pandev?", "/Other%20%22db%22?")
        return {
            "things": rows(server.url, "SELECT id, n FROM pandev.things ORDER BY n"),
            "viewed": viewed,
            "settings": [*limits, *memory],
            "rights": rows(server.url, PUBLIC_RIGHTS),
            "function": rows(server.url, "SELECT pandev.two()"),
            "other": rows(other, "SELECT n FROM kept"),
        }


EXPECTED = {
    "things": [(f"thing ä {number}", number) for number in range(1, 1001)],
    "viewed": [(1000,)],
    "settings": [("5min",), ("5MB",)],
    "rights": [('Other "db"', True, True), ("pandev", True, False), ("postgres", False, False)],
    "function": [(2,)],
    "other": [(7,)],
}


def names(store: Path) -> set[str]:
    """Return what is in a folder except programs and locks."""
    listed = {path.name for path in store.iterdir()}
    return {name for name in listed if not name.startswith("postgresql-") and "lock" not in name}


def test_everything_is_moved_and_the_old_data_stays(filled: Path) -> None:
    old_inode = (filled / "data").stat().st_ino
    done = move(filled)
    major = int((filled / "data" / "PG_VERSION").read_text())
    assert done.kept == filled / f"data-{major}"
    assert done.kept.stat().st_ino == old_inode
    assert (done.table_count, done.row_count) == (3, 1001)
    kept_names = {"data", f"data-{major}", "pandev-store.txt", "password", "server.log"}
    assert names(filled) - {"run"} == kept_names
    assert content(filled) == EXPECTED
    if not ROOT:
        assert (filled / "data").stat().st_uid == os.geteuid()


def test_the_old_data_can_be_used_again(filled: Path) -> None:
    """Also if a server ran on it, which nothing uses any longer."""
    with EmbeddedServer(filled):
        pass
    assert not locks.is_free(filled / "server.lock")
    done = move(filled)
    assert done.kept
    (filled / "data").rename(filled / "data-new")
    done.kept.rename(filled / "data")
    assert content(filled) == EXPECTED


def test_a_second_upgrade_keeps_both_old_directories(filled: Path) -> None:
    first, second = move(filled), move(filled)
    assert first.kept
    assert second.kept == first.kept.with_name(f"{first.kept.name}-2")
    assert content(filled) == EXPECTED


def run_interrupted(store: Path, *point: object, signum: str = "SIGKILL") -> int:
    """Run an upgrade that gets a signal at a point; return its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_UPGRADE, store, *map(str, point)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "SIGNAL": signum},
        capture_output=True,
        timeout=300,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("point", BEFORE_THE_REPLACEMENT, ids=str)
def test_a_kill_before_the_replacement_leaves_the_old_store(
    filled: Path, point: tuple[object, ...]
) -> None:
    inode = (filled / "data").stat().st_ino
    assert run_interrupted(filled, *point) == -signal.SIGKILL
    assert content(filled) == EXPECTED
    assert (filled / "data").stat().st_ino == inode
    left_server = os.open(filled / "upgrade" / "server.lock", os.O_RDWR)
    assert move(filled).row_count == 1001
    fcntl.flock(left_server, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while it is running
    os.close(left_server)
    assert content(filled) == EXPECTED
    assert "upgrade" not in names(filled)


@pytest.mark.parametrize("point", IN_THE_REPLACEMENT, ids=str)
def test_a_kill_in_the_replacement_is_completed_by_the_next_start(
    filled: Path, point: tuple[object, ...]
) -> None:
    """Or by the next upgrade, which would find no data otherwise."""
    inode = (filled / "data").stat().st_ino
    assert run_interrupted(filled, *point) == -signal.SIGKILL
    assert EmbeddedServer(filled).exists()
    if point == IN_THE_REPLACEMENT[0]:
        with upgrade.exclusive(StoreFolder(filled)):
            assert (filled / "data").exists()
    assert content(filled) == EXPECTED
    (kept,) = filled.glob("data-*")
    assert kept.stat().st_ino == inode
    assert "upgrade" not in names(filled)


def test_an_error_in_the_replacement_keeps_the_copy(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old data has its new name by then, so that the copy is all that the store has."""

    def fail(_: StoreFolder) -> None:
        raise OSError(28, "No space left on device")

    folder = StoreFolder(filled)
    programs = binaries.in_store(folder)
    with upgrade.exclusive(folder), monkeypatch.context() as patch:
        patch.setattr(replacement, "complete", fail)
        with pytest.raises(OSError, match="No space left"):
            upgrade.move_data(folder, old=programs, new=programs, report=print)
    assert not (filled / "data").exists()
    assert content(filled) == EXPECTED
    assert "upgrade" not in names(filled)


def test_a_stopped_upgrade_leaves_nothing_behind(filled: Path) -> None:
    assert run_interrupted(filled, "upgrade", "copy_cluster", 1, "before", signum="SIGTERM") == 143
    assert locks.is_free(filled / "server.lock")
    assert "upgrade" not in names(filled)
    assert content(filled) == EXPECTED


def test_servers_of_a_killed_upgrade_are_stopped(filled: Path) -> None:
    run_interrupted(filled, "upgrade", "copy_cluster", 1, "before")
    for folder in (filled, filled / "upgrade"):
        assert not locks.is_free(folder / "server.lock")
        (folder / "users.lock").write_text("0.2\n")  # instead of a minute
    for folder in (filled, filled / "upgrade"):
        wait_until(partial(locks.is_free, folder / "keeper.lock"), description="the reaper ended")
        assert locks.is_free(folder / "server.lock")


def test_a_copy_that_differs_replaces_nothing(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_less(source: StoreFolder, target: StoreFolder, *, programs: binaries.Binaries) -> None:
        original(source, target, programs=programs)
        url = EmbeddedServer(target.path).url
        rows(url, "DELETE FROM pandev.things WHERE n = 1")
        settings.extend(
            rows(EmbeddedServer(place.path).url, "SHOW autovacuum") for place in (source, target)
        )
        locked.extend(not locks.is_free(lock) for lock in (target.start_lock, target.users_lock))

    original = copy_cluster
    settings: list[object] = []
    locked: list[bool] = []
    monkeypatch.setattr(upgrade, "copy_cluster", copy_less)
    with pytest.raises(EmbeddedError) as raised:
        move(filled)
    assert settings == [[("on",)], [("off",)]], "the old server as ever, the new one to be filled"
    assert locked == [True, True], "or its reaper would stop the new server after a minute"
    assert str(raised.value) == (
        f"store_dir {filled}: the copy differs from the store in pandev: pandev.things, so "
        "nothing was replaced; please report it"
    )
    assert content(filled) == EXPECTED
    assert "upgrade" not in names(filled)


def test_a_store_in_use_is_not_upgraded(filled: Path) -> None:
    with (
        EmbeddedServer(filled, idle_timeout_seconds=0),
        pytest.raises(EmbeddedError, match="is in use by another process: stop that process"),
    ):
        upgrade.upgrade(filled, old_programs=None, report=print)


def test_a_server_that_does_not_start_is_reported_at_once(filled: Path) -> None:
    """With the end of its log, and without what was logged before."""
    before = (filled / "server.log").read_text(encoding="utf-8")
    assert "database system is ready to accept connections" in before
    with (filled / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("no_setting_of_this_name = 1\n")
    with pytest.raises(EmbeddedError, match="no_setting_of_this_name") as raised:
        move(filled)
    assert str(raised.value).startswith(f"PostgreSQL in {filled} did not start: ")
    assert "ready to accept connections" not in str(raised.value)
    assert "upgrade" not in names(filled)
    assert locks.is_free(filled / "server.lock")


def test_a_tablespace_is_reported(filled: Path, top: Path) -> None:
    elsewhere = top / "elsewhere"
    elsewhere.mkdir()
    owner = (filled / "data").stat()
    os.chown(elsewhere, owner.st_uid, owner.st_gid)
    with EmbeddedServer(filled, idle_timeout_seconds=0) as server:
        rows(server.url, f"CREATE TABLESPACE elsewhere LOCATION '{elsewhere}'")
    with pytest.raises(EmbeddedError, match="has tablespaces, which an upgrade does not move"):
        move(filled)
    assert content(filled) == EXPECTED
