"""Another session of the store holds a lock: for too long, for a while, or against our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.support.waiting import wait_until
from tests.target_pandev.crash.scenario import encoded
from tests.target_pandev.crash.store_state import StoreState
from tests.target_pandev.crash.target_process import TargetProcess
from tests.target_pandev.loading import COMPLETED_READS, Loader, completed, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target_pandev.crash.scenario import Message

pytestmark = pytest.mark.faults

WARES = schema("wares", {"id": "string", "v": "string"}, ["id"])
WIDER_WARES = schema("wares", {"id": "string", "v": "string", "late": "string"}, ["id"])
ROWS = "SELECT id, v, _sdc_deleted_at IS NULL FROM wares ORDER BY id"


def wares(v: str, *names: str) -> list[Message]:
    """Return a record for each name, each version read later than those of a lesser one."""
    return [record("wares", {"id": name, "v": v}, at=f"2026-03-0{v}T10:00:00Z") for name in names]


def state(n: int) -> Message:
    """Return a state."""
    return {"type": "STATE", "value": {"n": n}}


@pytest.fixture
def stored(database: str) -> Iterator[StoreState]:
    """Yield a store with two wares."""
    loader = Loader(database)
    loader.load(WARES, *wares("1", "a", "b"))
    loader.connection.close()
    with StoreState(database) as stored:
        yield stored


def impatient(stored: StoreState, **settings: str) -> str:
    """Return the store's address with settings of PostgreSQL."""
    return make_conninfo(
        stored.conninfo, options=" ".join(f"-c {name}={value}" for name, value in settings.items())
    )


CHANGES = {
    "wares": [*wares("2", "a", "b")],
    "late": [WIDER_WARES, *wares("2", "a", "b")],
    "tombstones": [record("wares", {"id": "a", "_sdc_deleted_at": "2026-03-05T10:00:00Z"})],
    "completed_reads": [
        COMPLETED_READS,
        completed("wares", ["b"], started="", started_at="2026-03-01T11:00:00Z"),
    ],
}
"""What waits for a lock: a batch, a wider table, a deletion, a completed read."""
AFTER = {
    "wares": [("a", "2", True), ("b", "2", True)],
    "late": [("a", "2", True), ("b", "2", True)],
    "tombstones": [("a", "1", False), ("b", "1", True)],
    "completed_reads": [("a", "1", False), ("b", "1", True)],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_lock_held_too_long_is_reported_and_loses_nothing(
    stored: StoreState, tmp_path: Path, change: str
) -> None:
    table = "wares" if change == "late" else change
    with psycopg.connect(stored.conninfo) as other:
        other.execute(f"LOCK TABLE pandev.{table} IN ACCESS EXCLUSIVE MODE".encode())
        with TargetProcess(tmp_path, store_url=impatient(stored, lock_timeout="300ms")) as target:
            target.write(encoded([WARES, state(1)]))
            target.write(encoded([*CHANGES[change], state(2)]))
            assert target.end() == 1
            assert "another session of the store held a lock for too long" in target.error_line()
            assert target.error_line().endswith("fix the cause and run again")
            assert 2 not in target.states()
    assert stored.query(ROWS) == [("a", "1", True), ("b", "1", True)]
    with TargetProcess(tmp_path, store_url=stored.conninfo) as target:
        target.write(encoded([WARES, *CHANGES[change], state(2)]))
        assert (target.end(), target.states()) == (0, [2])
    assert stored.query(ROWS) == AFTER[change]


@pytest.mark.parametrize("change", CHANGES)
def test_a_lock_released_before_the_timeout_is_waited_for(
    stored: StoreState, tmp_path: Path, change: str
) -> None:
    table = "wares" if change == "late" else change
    with TargetProcess(tmp_path, store_url=stored.conninfo) as target:
        with psycopg.connect(stored.conninfo) as other:
            other.execute(f"LOCK TABLE pandev.{table} IN ACCESS EXCLUSIVE MODE".encode())
            target.write(encoded([WARES, *CHANGES[change], state(2)]))
            target.wait_until(stored.is_load_waiting)
            assert target.states() == []
        assert (target.end(), target.states()) == (0, [2])
    assert stored.query(ROWS) == AFTER[change]


def test_a_deadlock_with_another_session_is_retried(stored: StoreState, tmp_path: Path) -> None:
    patient = make_conninfo(stored.conninfo, options="-c deadlock_timeout=60s")
    config = {"store_url": impatient(stored, deadlock_timeout="200ms")}
    with TargetProcess(tmp_path, **config) as target, psycopg.connect(patient) as other:
        other.execute("UPDATE pandev.wares SET v = '1' WHERE id = 'b'")
        target.write(encoded([WARES, *wares("2", "a", "b"), state(2)]))
        target.wait_until(stored.is_load_waiting)
        other.execute("UPDATE pandev.wares SET v = '1' WHERE id = 'a'")
        assert target.states() == []
        other.commit()
        assert (target.end(), target.states()) == (0, [2])
    assert stored.query(ROWS) == [("a", "2", True), ("b", "2", True)]
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    # the repeated load may lock the first row before the other session wakes up: several deadlocks
    wait_until(lambda: stored.query(deadlocks) > [(0,)])
