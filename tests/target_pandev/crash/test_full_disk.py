"""A full disk, a real one: the tables' own, or the one that all of PostgreSQL lies on."""

from __future__ import annotations

import os
import random
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from target_pandev.database import Store
from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.accounts import IDS
from target_pandev.embedded.folder import StoreFolder
from tests.conftest import SETTINGS
from tests.support.processes import stop_store
from tests.target_pandev.crash.scenario import encoded, time_of
from tests.target_pandev.crash.store_state import StoreState, copied
from tests.target_pandev.crash.target_process import EXAMPLES, TargetProcess, run_whole
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target_pandev.crash.scenario import Message

pytestmark = pytest.mark.faults

LAST = 59
WARES = schema("wares", {"id": "string", "n": "integer", "v": "string"}, ["id"])
NOTES = schema("jottings", {"n": "integer", "v": "string"})
ENOUGH = 512 << 20


@dataclass(frozen=True)
class Disk:
    """A small disk in memory."""

    path: Path

    def leave(self, free: int) -> None:
        """Leave so many bytes free."""
        statistics = os.statvfs(self.path)
        self._resize((statistics.f_blocks - statistics.f_bfree) * statistics.f_frsize + free)

    def make_space(self) -> None:
        """Make it large enough."""
        self._resize(ENOUGH)

    def _resize(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.path], check=True)


@pytest.fixture
def disk(store_dir: Path) -> Iterator[Disk]:
    """Yield a disk for this test, owned by the user that runs PostgreSQL for root."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    store_dir.chmod(0o711)
    path = store_dir / "disk"
    path.mkdir()
    options = f"size={ENOUGH},mode=0711"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", path], check=True)


@pytest.fixture
def near_database(disk: Disk, store_dir: Path) -> Iterator[str]:  # noqa: ARG001 - opens store_dir
    """Yield a store on a server of its own: one elsewhere could not reach the small disk."""
    with EmbeddedServer(store_dir / "near", settings=SETTINGS, idle_timeout_seconds=0) as server:
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute("CREATE DATABASE near")
        database = make_conninfo(server.conninfo, dbname="near")
        Store(database, schema="pandev").close()
        yield database


@contextmanager
def database_on(disk: Disk, database: str) -> Iterator[str]:
    """Yield a copy of a database whose tables lie on a disk, and nothing else does."""
    name = f"crash_{uuid4().hex}"
    folder = disk.path / name
    folder.mkdir(mode=0o700)
    os.chown(folder, IDS.start, IDS.start)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'".encode())
    try:
        with copied(database, tablespace=name) as conninfo:
            yield conninfo
    finally:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"DROP TABLESPACE {name}".encode())


def part(n: int) -> list[Message]:
    """Return a few records that no compression makes small, and the state after them."""
    noise = random.Random(n)  # noqa: S311 - no secret
    at = time_of(n).isoformat()
    rows = [
        record("wares", {"id": f"{n % 40}.{i}", "n": n, "v": noise.randbytes(2000).hex()}, at=at)
        for i in range(5)
    ]
    jottings = [record("jottings", {"n": n, "v": noise.randbytes(2000).hex()}, at=at)]
    return [*rows, *jottings, {"type": "STATE", "value": {"n": n}}]


def load_from(target: TargetProcess, first: int, *, last: int = LAST) -> int:
    """Feed parts, each once the one before is stored, and return the last that is."""
    if not target.states():
        target.write(encoded([WARES, NOTES]))
    for n in range(first, last + 1):
        target.write(encoded(part(n)))
        target.wait_for_state(n)
    return max(target.states(), default=-1)


def check(stored: StoreState, acknowledged: int, *, again_from: int | None = None) -> None:
    """See that all up to a part is stored, and is stored once, but for what was sent again."""
    newest = {f"{n % 40}.{i}": n for n in range(acknowledged + 1) for i in range(5)}
    stored_wares = dict(stored.query("SELECT id, n::int FROM wares")) if stored.has("wares") else {}
    assert {key for key in newest if stored_wares.get(key, -1) < newest[key]} == set()
    if again_from is not None:
        assert stored_wares == newest
    rows = stored.query("SELECT n::int FROM jottings") if stored.has("jottings") else []
    numbers = [n for (n,) in rows]
    once = range(acknowledged + 1 if again_from is None else again_from)
    assert [numbers.count(n) for n in once] == [1] * len(once)
    assert set(range(acknowledged + 1)) <= set(numbers)


@settings(
    max_examples=max(1, EXAMPLES // 2),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(free=st.integers(0, 1 << 20), batch=st.integers(1, 9))
def test_a_full_disk_is_reported_and_the_next_run_loads_the_rest(
    near_database: str, disk: Disk, tmp_path: Path, *, free: int, batch: int
) -> None:
    disk.make_space()
    with database_on(disk, near_database) as conninfo, StoreState(conninfo) as stored:
        config = {"store_url": conninfo, "batch_size_rows": batch}
        disk.leave(free)
        with TargetProcess(tmp_path, **config) as target:
            acknowledged = load_from(target, 0)
            assert target.end() == 1
            assert "disk full" in target.error_line()
            assert target.error_line().endswith("fix the cause and run again")
        assert acknowledged < LAST
        check(stored, acknowledged)
        disk.make_space()
        rest = [message for n in range(acknowledged + 1, LAST + 1) for message in part(n)]
        assert run_whole(tmp_path, [WARES, NOTES, *rest], **config)[-1] == LAST
        check(stored, LAST, again_from=acknowledged + 1)


@pytest.fixture
def store_on_disk(disk: Disk) -> Iterator[Path]:
    """Yield an embedded store that lies on the small disk with all that it has."""
    store = disk.path / "store"
    with EmbeddedServer(store, idle_timeout_seconds=0):
        pass
    yield store
    stop_store(StoreFolder(store))


@pytest.mark.parametrize("before", [0, 20])
def test_a_full_log_disk_stops_postgresql_and_the_next_run_resumes(
    disk: Disk, store_on_disk: Path, tmp_path: Path, before: int
) -> None:
    with EmbeddedServer(store_on_disk, idle_timeout_seconds=0) as server:
        config = {"store_url": server.conninfo}
        with TargetProcess(tmp_path, **config) as target:
            load_from(target, 0, last=before)
            disk.leave(4 << 20)
            with StoreState(server.conninfo) as stored:
                stored.query("SELECT pg_switch_wal()")
            acknowledged = load_from(target, before + 1)
            assert target.end() == 1
            assert "the connection to the store was lost" in target.error_line()
        assert before <= acknowledged < LAST
    disk.make_space()
    with (
        EmbeddedServer(store_on_disk, idle_timeout_seconds=0) as server,
        StoreState(server.conninfo) as stored,
    ):
        check(stored, acknowledged)
        rest = [message for n in range(acknowledged + 1, LAST + 1) for message in part(n)]
        assert run_whole(tmp_path, [WARES, NOTES, *rest], **config)[-1] == LAST
        check(stored, LAST, again_from=acknowledged + 1)
