"""A batch is loaded beside the reading of the next; what follows from it waits for its end."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from target_pandev.database import Store, StoreError, StreamSchema
from target_pandev.database.serial_loader import Background
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from target_pandev.database.store import Refused
    from tests.target_pandev.loading import Loader

THINGS = schema("things", {"id": "string"}, ["id"])
ALL = "SELECT id FROM things ORDER BY id"


def things(*names: str) -> list[dict[str, Any]]:
    """Return a record for each name."""
    return [record("things", {"id": name}) for name in names]


def state(number: int) -> dict[str, Any]:
    """Return a STATE message."""
    return {"type": "STATE", "value": {"n": number}}


TWO_BATCHES = (THINGS, *things("1"), state(1), *things("2", "3"), state(2), *things("4"))
"""With two rows a batch each ends one record behind a state."""


def states(capsys: pytest.CaptureFixture[str]) -> list[int]:
    """Return the states that were given out."""
    return [json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()]


def test_a_store_hands_back_while_it_loads_and_all_else_waits_for_the_end(database: str) -> None:
    refused: list[Refused] = []
    with Store(database, schema="pandev") as store:
        table = store.table(StreamSchema("things", {"id": {"type": "string"}}, ("id",), None))
        with psycopg.connect(database) as other:
            other.execute("LOCK TABLE pandev.things")
            lines = [b"%d\t2026-03-01T00:00:00+00:00\t%032d\t%d\n" % (n, n, n) for n in range(3)]
            lines[1] = b"x\tno moment\t0\t1\n"
            store.load(table, lines, then=refused.extend)
        assert refused == []
        assert store.query(ALL, {})[1] == [("0",), ("2",)]
        assert [(each.index, each.field) for each in refused] == [(1, "_sdc_extracted_at")]


def test_while_input_goes_on_each_batch_brings_out_the_state_before_its_end(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    store.load(*TWO_BATCHES, *things("5"), batch_size_rows=2)
    assert states(capsys) == [1, 2]
    assert len(store.rows(ALL)) == 5


@pytest.mark.parametrize(("failing", "given"), [(1, []), (2, [1])])
def test_no_state_comes_out_of_a_batch_that_fails_nor_of_one_behind_it(
    store: Loader,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
    given: list[int],
) -> None:
    load, begun = vars(Store)["_load"], []

    def fail(self: Store, *arguments: Any) -> None:
        begun.append(1)
        if len(begun) == failing:
            raise psycopg.OperationalError
        load(self, *arguments)

    monkeypatch.setattr(Store, "_load", fail)
    with pytest.raises(StoreError, match="loading things: operational error"):
        store.load(*TWO_BATCHES, state(3), batch_size_rows=2)
    assert states(capsys) == given
    assert store.rows(ALL) == [("1",), ("2",)][: 2 * len(given)]


def test_a_row_that_is_refused_is_kept_before_the_state_behind_it_is_given_out(
    store: Loader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise psycopg.OperationalError

    dated = schema("things", {"id": "string", "at": {"type": "string", "format": "date"}}, ["id"])
    monkeypatch.setattr(Store, "_keep", fail)
    with pytest.raises(StoreError, match="keeping rejected records"):
        store.load(dated, record("things", {"id": "1", "at": "2026-W01-1"}), state(1), *things("2"))
    assert states(capsys) == []


def test_what_follows_a_task_is_done_in_order_when_it_is_settled() -> None:
    background, may_end, done = Background(), Event(), list[Any]()
    background.follow(lambda: done.append("nothing runs"))
    background.begin(lambda: may_end.wait(60), done.append)
    background.follow(lambda: done.append("behind"))
    assert not background.ended_within(0)
    may_end.set()
    assert background.ended_within(60)
    assert done == ["nothing runs"]
    background.begin(lambda: "second", done.append)
    assert done == ["nothing runs", True, "behind"]
    background.settle()
    background.settle()
    assert done == ["nothing runs", True, "behind", "second"]
    background.close()


def test_nothing_follows_a_task_that_fails() -> None:
    background, done = Background(), list[Any]()

    def fail() -> None:
        raise ValueError("told once")

    background.begin(fail, done.append)
    background.follow(lambda: done.append("behind"))
    with pytest.raises(ValueError, match="told once"):
        background.settle()
    background.settle()
    background.close()
    assert done == []
