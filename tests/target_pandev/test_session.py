"""A state is emitted after the commit of everything before it, and once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from target_pandev.database import Store, StoreError, StreamSchema
from target_pandev.session import LoadSession
from tests.support.waiting import wait_until
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_pandev.errors import RowError
    from tests.target_pandev.loading import Loader

THINGS = schema("things", {"id": "string"}, ["id"])
STREAM = StreamSchema("things", {"id": {"type": "string"}}, ("id",), None)
ALL = "SELECT id FROM things ORDER BY id"


def things(*names: str) -> list[dict[str, Any]]:
    """Return a record for each name."""
    return [record("things", {"id": name}) for name in names]


def state(number: int) -> dict[str, Any]:
    """Return a STATE message."""
    return {"type": "STATE", "value": {"n": number}}


def line(name: str, index: int = 0) -> bytes:
    """Return the line of a row as a sink encodes it."""
    return f"{name}\t2026-03-01T00:00:00+00:00\t{index:032}\t{index}\n".encode()


TWO_BATCHES = (THINGS, *things("1"), state(1), *things("2", "3"), state(2), *things("4"))
"""With two rows per batch, each batch ends one record after a state."""


def states(capsys: pytest.CaptureFixture[str]) -> list[int]:
    """Return the numbers of the emitted states."""
    return [json.loads(text)["n"] for text in capsys.readouterr().out.splitlines()]


class SessionHarness:
    """A session on a store of its own, with the states that it has written."""

    def __init__(self, database: str) -> None:
        self.states: list[dict[str, Any]] = []
        self.session = LoadSession(
            lambda: Store(database, schema="pandev"),
            flush=lambda _: None,
            write_state=self.states.append,
        )

    def load(self, *lines: bytes) -> None:
        """Submit a batch; its rejected rows are ignored."""
        table = self.session.store.table(STREAM)
        self.session.load(table, lines, on_loaded=lambda _: None, seen_keys=None)


@pytest.fixture
def harness(database: str) -> Iterator[SessionHarness]:
    """Yield a session that is closed at the end."""
    harness = SessionHarness(database)
    yield harness
    harness.session.close()


def test_state_without_a_batch_is_emitted_at_once(harness: SessionHarness) -> None:
    harness.session.emit_state({"n": 1})
    assert harness.states == [{"n": 1}]


def test_states_are_emitted_in_order_after_the_commit(
    harness: SessionHarness, database: str
) -> None:
    harness.session.store.table(STREAM)
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE pandev.things IN SHARE MODE")
        harness.load(line("1"))
        harness.session.emit_state({"n": 1})
        harness.session.emit_state({"n": 2})
        harness.session.emit_committed_states()
        assert harness.states == []
    harness.session.wait()
    assert harness.states == [{"n": 1}, {"n": 2}]


def test_a_state_is_emitted_once_its_batch_is_committed(harness: SessionHarness) -> None:
    """Without a further batch, and without waiting for the commit."""
    harness.load(line("1"))
    harness.session.emit_state({"n": 1})

    def collect() -> bool:
        harness.session.collect()
        return not harness.session.is_loading

    wait_until(collect)
    assert harness.states == [{"n": 1}]


def test_the_next_batch_emits_the_state_of_the_previous_one(harness: SessionHarness) -> None:
    harness.load(line("1"))
    harness.session.emit_state({"n": 1})
    harness.load(line("2"))
    harness.session.emit_state({"n": 2})
    assert harness.states == [{"n": 1}]


def test_equal_states_are_emitted_once(harness: SessionHarness) -> None:
    for number in (1, 1, 2, 2, 1):
        harness.session.emit_state({"n": number})
    harness.session.wait()
    assert harness.states == [{"n": 1}, {"n": 2}, {"n": 1}]


def test_no_state_behind_a_failed_batch_is_emitted(
    harness: SessionHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise psycopg.OperationalError

    harness.load(line("1"))
    harness.session.emit_state({"n": 1})
    harness.session.wait()
    monkeypatch.setattr(Store, "_load", fail)
    harness.load(line("2"))
    harness.session.emit_state({"n": 2})
    with pytest.raises(StoreError, match="loading things: operational error"):
        harness.session.wait()
    monkeypatch.undo()
    harness.load(line("3"))
    harness.session.emit_state({"n": 3})
    harness.session.wait()
    assert harness.states == [{"n": 1}]


def test_store_is_usable_while_a_batch_is_loading(database: str) -> None:
    """`load` returns before the commit; every other method waits for it."""
    row_errors: list[RowError] = []
    with Store(database, schema="pandev") as store:
        table = store.table(STREAM)
        with psycopg.connect(database) as other:
            other.execute("LOCK TABLE pandev.things")
            lines = [line("0", 0), b"x\tnot a timestamp\t0\t1\n", line("2", 2)]
            store.load(table, lines, on_loaded=row_errors.extend)
        assert row_errors == []
        assert store.query(ALL, {})[1] == [("0",), ("2",)]
        assert [(error.index, error.field) for error in row_errors] == [(1, "_sdc_extracted_at")]


def test_states_are_emitted_while_input_continues(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each batch emits the state that precedes its last record."""
    store.load(*TWO_BATCHES, *things("5"), batch_size_rows=2)
    assert states(capsys) == [1, 2]
    assert store.rows(ALL) == [(name,) for name in "12345"]


@pytest.mark.parametrize(("failing", "emitted"), [(1, []), (2, [1])])
def test_failed_batch_emits_neither_its_state_nor_later_ones(
    store: Loader,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
    emitted: list[int],
) -> None:
    load = vars(Store)["_load"]
    batches: list[int] = []

    def fail(self: Store, *arguments: Any) -> None:
        batches.append(1)
        if len(batches) == failing:
            raise psycopg.OperationalError
        load(self, *arguments)

    monkeypatch.setattr(Store, "_load", fail)
    with pytest.raises(StoreError, match="loading things: operational error"):
        store.load(*TWO_BATCHES, state(3), batch_size_rows=2)
    assert states(capsys) == emitted
    assert store.rows(ALL) == [("1",), ("2",)][: 2 * len(emitted)]


def test_rejected_rows_are_stored_before_the_state_is_emitted(
    store: Loader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise psycopg.OperationalError

    dated = schema("things", {"id": "string", "at": {"type": "string", "format": "date"}}, ["id"])
    monkeypatch.setattr(Store, "_insert_rejected_record", fail)
    with pytest.raises(StoreError, match="storing rejected records"):
        store.load(dated, record("things", {"id": "1", "at": "2026-W01-1"}), state(1), *things("2"))
    assert states(capsys) == []
