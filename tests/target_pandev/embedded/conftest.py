"""Stores for tests of the embedded PostgreSQL, with real processes, which are killed for real.

A store lies in a folder of its own below the temporary directory, not in pytest's `tmp_path`: that
is closed to others, and for root the server runs as another user.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.support.processes import stop_store
from tests.target_pandev.embedded.processes import FAST, StoreUser, remove_stores


@pytest.fixture
def store_users() -> Iterator[Callable[..., StoreUser]]:
    begun: list[StoreUser] = []

    def begin(store: Path, **options: Any) -> StoreUser:
        begun.append(StoreUser(store, **options))
        return begun[-1]

    yield begin
    for store_user in begun:
        store_user.kill()


@pytest.fixture
def top() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="pandev-store-"))
    path.chmod(0o711)
    yield path
    remove_stores(path)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="pandev-store-"))
    path.chmod(0o711)
    with EmbeddedServer(path / "template", settings=FAST, idle_timeout_seconds=0):
        pass
    yield path / "template"
    remove_stores(path)


@pytest.fixture
def begun(top: Path, template: Path) -> Path:
    """Return a store that has its programs and nothing else."""
    folder = top / "store"
    folder.mkdir()
    shutil.copy(template / "pandev-store.txt", folder)
    for programs in template.glob("postgresql-*"):
        (folder / programs.name).symlink_to(programs)
    return folder


@pytest.fixture
def store(begun: Path, template: Path) -> Iterator[Path]:
    """Give a store that has been made already, and is stopped.

    Its data goes on to the next test if this one left it sound: to remove a thousand files and
    create them again at once takes ext4 more than a second.
    """
    spare = template / "spare"
    if not spare.exists():
        subprocess.run(["cp", "-a", template / "data", spare], check=True)
    spare.rename(begun / "data")
    shutil.copy(template / "password", begun)
    yield begun
    if (begun / "data").exists():
        stop_store(StoreFolder(begun))
        version = (begun / "data" / "PG_VERSION").read_text()
        if version == (template / "data" / "PG_VERSION").read_text():
            (begun / "data").rename(spare)
