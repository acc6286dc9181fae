"""Another session of the store holds a lock: for too long, for a while, or against our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.support.waiting import wait_until
from tests.target_pandev.crash.scenario import encoded
from tests.target_pandev.crash.store_state import Stored
from tests.target_pandev.crash.target_process import Target
from tests.target_pandev.loading import COMPLETED_READS, Loader, completed, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target_pandev.crash.scenario import Message

WARES = schema("wares", {"id": "string", "v": "string"}, ["id"])
WIDER_WARES = schema("wares", {"id": "string", "v": "string", "late": "string"}, ["id"])
ROWS = "SELECT id, v, _sdc_deleted_at IS NULL FROM wares ORDER BY id"


def wares(v: str, *names: str) -> list[Message]:
    """Return a record for each name, each version read later than those of a lesser one."""
    return [record("wares", {"id": each, "v": v}, at=f"2026-03-0{v}T10:00:00Z") for each in names]


def state(n: int) -> Message:
    """Return a state."""
    return {"type": "STATE", "value": {"n": n}}


@pytest.fixture
def stored(database: str) -> Iterator[Stored]:
    """Yield a store with two wares."""
    loader = Loader(database)
    loader.load(WARES, *wares("1", "a", "b"))
    loader.connection.close()
    with Stored(database) as stored:
        yield stored


def impatient(stored: Stored, **settings: str) -> str:
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
    stored: Stored, tmp_path: Path, change: str
) -> None:
    table = "wares" if change == "late" else change
    with psycopg.connect(stored.conninfo) as other:
        other.execute(f"LOCK TABLE pandev.{table} IN ACCESS EXCLUSIVE MODE".encode())
        with Target(tmp_path, store_url=impatient(stored, lock_timeout="300ms")) as target:
            target.say(encoded([WARES, state(1)]))
            target.say(encoded([*CHANGES[change], state(2)]))
            assert target.end() == 1
            assert "another session of the store held a lock for too long" in target.complaint()
            assert target.complaint().endswith("fix the cause and run again")
            assert 2 not in target.states()
    assert stored.ask(ROWS) == [("a", "1", True), ("b", "1", True)]
    with Target(tmp_path, store_url=stored.conninfo) as target:
        target.say(encoded([WARES, *CHANGES[change], state(2)]))
        assert (target.end(), target.states()) == (0, [2])
    assert stored.ask(ROWS) == AFTER[change]


@pytest.mark.parametrize("change", CHANGES)
def test_a_lock_that_goes_in_time_does_no_harm(stored: Stored, tmp_path: Path, change: str) -> None:
    table = "wares" if change == "late" else change
    with Target(tmp_path, store_url=stored.conninfo) as target:
        with psycopg.connect(stored.conninfo) as other:
            other.execute(f"LOCK TABLE pandev.{table} IN ACCESS EXCLUSIVE MODE".encode())
            target.say(encoded([WARES, *CHANGES[change], state(2)]))
            target.wait_until(stored.loads_wait)
            assert target.states() == []
        assert (target.end(), target.states()) == (0, [2])
    assert stored.ask(ROWS) == AFTER[change]


def test_a_deadlock_with_another_session_is_tried_again(stored: Stored, tmp_path: Path) -> None:
    patient = make_conninfo(stored.conninfo, options="-c deadlock_timeout=60s")
    config = {"store_url": impatient(stored, deadlock_timeout="200ms")}
    with Target(tmp_path, **config) as target, psycopg.connect(patient) as other:
        other.execute("UPDATE pandev.wares SET v = '1' WHERE id = 'b'")
        target.say(encoded([WARES, *wares("2", "a", "b"), state(2)]))
        target.wait_until(stored.loads_wait)
        other.execute("UPDATE pandev.wares SET v = '1' WHERE id = 'a'")
        assert target.states() == []
        other.commit()
        assert (target.end(), target.states()) == (0, [2])
    assert stored.ask(ROWS) == [("a", "2", True), ("b", "2", True)]
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    wait_until(lambda: stored.ask(deadlocks) == [(1,)])
