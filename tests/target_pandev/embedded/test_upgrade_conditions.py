"""An upgrade checks its conditions before it starts a server."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from target_pandev.embedded import EmbeddedError, binaries, locks, upgrade
from target_pandev.embedded.folder import StoreFolder
from tests.target_pandev.embedded.test_upgrade import names

pytestmark = pytest.mark.faults


def write_postgres(folder: Path, version: str) -> Path:
    folder.mkdir()
    (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    (folder / "postgres").chmod(0o700)
    return folder


def test_too_little_space_is_reported_before_anything_is_done(
    begun: Path, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data itself counts, and as much as a new server needs."""
    (begun / "data").mkdir()
    (begun / "data" / "PG_VERSION").write_text("15\n")
    (begun / "data" / "base").write_bytes(b"x" * 8_000_000)
    old = write_postgres(top / "packages-15", "15.18")
    names_before = names(begun)

    def is_refused(free: int) -> bool:
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        try:
            upgrade.require_space(StoreFolder(begun))
        except EmbeddedError:
            return True
        return False

    spare = upgrade.SPARE_BYTES
    assert not is_refused(spare + 9_000_000)
    assert is_refused(spare + 7_000_000)
    reason = r"an upgrade needs 54\d MB of free space, 544 MB are free"
    with pytest.raises(EmbeddedError, match=reason):
        upgrade.upgrade(begun, old_programs=old, report=print)
    assert "upgrade" not in names(begun) - names_before


def test_old_programs_are_searched_or_chosen(
    begun: Path, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StoreFolder(begun)
    monkeypatch.setattr(binaries, "PACKAGE_FOLDERS", (f"{top}/packages-{{}}",))
    with pytest.raises(EmbeddedError) as raised:
        binaries.of_major(folder, 15, chosen=None)
    assert str(raised.value) == (
        f"store_dir {begun}: no programs of PostgreSQL 15 found, which its upgrade needs; install "
        "them (Debian: postgresql-15), or name their folder with --old-bin"
    )
    package = write_postgres(top / "packages-15", "15.18 (Debian 15.18-0)")
    assert binaries.of_major(folder, 15, chosen=None).program("postgres") == package / "postgres"
    other = write_postgres(top / "other", "16.4")
    assert binaries.of_major(folder, 16, chosen=other).version == (16, 4)
    with pytest.raises(EmbeddedError, match=r"other: PostgreSQL 16\.4, expected the programs of P"):
        binaries.of_major(folder, 15, chosen=other)
    with pytest.raises(EmbeddedError, match="no program postgres, expected the programs of"):
        binaries.of_major(folder, 15, chosen=top)


def test_the_programs_in_the_store_are_the_first_choice(
    begun: Path, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update of the wheel, they are the old version's."""
    monkeypatch.setattr(binaries, "PACKAGE_FOLDERS", (f"{top}/packages-{{}}",))
    major = binaries.wheel_programs().version[0]
    write_postgres(top / f"packages-{major}", f"{major}.1")
    programs = binaries.of_major(StoreFolder(begun), major, chosen=None)
    assert programs.folder.is_relative_to(begun)


def test_a_store_is_locked_during_an_upgrade(begun: Path) -> None:
    """A run that begins meanwhile waits for the lock, and uses the new data then."""
    folder = StoreFolder(begun)
    for _ in range(2):
        with upgrade.exclusive(folder):
            assert not locks.is_free(folder.start_lock)
            assert not locks.is_free(folder.users_lock)
        assert locks.is_free(folder.start_lock)
        assert locks.is_free(folder.users_lock)


def test_no_second_server_is_started(begun: Path) -> None:
    folder = StoreFolder(begun)
    programs = binaries.in_store(folder)
    with (
        locks.held(folder.server_lock),
        pytest.raises(EmbeddedError, match=f"store_dir {begun}: a server is running"),
        upgrade.running(folder, programs, client=programs, settings={}),
    ):
        pass


def test_a_store_without_data_has_nothing_to_upgrade(begun: Path) -> None:
    with pytest.raises(EmbeddedError, match="there is no store, so nothing to upgrade"):
        upgrade.upgrade(begun, old_programs=None, report=print)


def test_an_error_of_the_disk_names_the_store(
    begun: Path, top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise OSError(5, "Input/output error")

    (begun / "data").mkdir()
    (begun / "data" / "PG_VERSION").write_text("15\n")
    monkeypatch.setattr(shutil, "disk_usage", fail)
    with pytest.raises(EmbeddedError, match=f"store_dir {begun}: .*Input/output error"):
        upgrade.upgrade(begun, old_programs=write_postgres(top / "old", "15.18"), report=print)
