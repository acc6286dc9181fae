"""Two targets at once on one store: the same rows as one after the other."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.target_pandev.crash.scenario import LENGTH, SCHEMAS, encoded, events, scenario, time_of
from tests.target_pandev.crash.store_state import StoreState, copied
from tests.target_pandev.crash.target_process import EXAMPLES, TargetProcess
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.target_pandev.crash.scenario import Message

pytestmark = pytest.mark.faults

LAST = LENGTH - 1
LOOSE_THINGS = schema(
    "things",
    {"id": "string", "n": "integer", "more": {"type": ["integer", "string"]}, "late": "string"},
    ["id"],
)
READY: Message = {"type": "STATE", "value": {"n": -1}}


def load_at_once(
    folder: Path, begins: Sequence[Message], *inputs: Sequence[Message], **config: Any
) -> None:
    """Run a target over each input, all of them at the same time once they have begun."""
    with ExitStack() as stack:
        targets = [stack.enter_context(TargetProcess(folder, **config)) for _ in inputs]
        for target in targets:
            target.write(encoded([*begins, READY]))
        for target in targets:
            target.wait_for_state(-1)
        for target, messages in zip(targets, inputs, strict=True):
            target.write(encoded(messages))
        for target in targets:
            assert target.end() == 0, target.log()
            assert target.states()[-1] == LAST


def shuffled(seed: int) -> list[Message]:
    """Return the records and deletions in any order, followed by the reads that delete rows."""
    records = [message for message in scenario().messages if message["type"] == "RECORD"]
    reads = [message for message in records if message["stream"] == "completed_reads"]
    others = [message for message in records if message["stream"] != "completed_reads"]
    Random(seed).shuffle(others)  # noqa: S311 - an order, no secret
    return [*others, *reads, scenario().messages[LAST]]


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # two processes never run the same twice
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seeds=st.tuples(st.integers(0, 1 << 32), st.integers(0, 1 << 32)),
    batch=st.integers(1, 30),
    apart=st.booleans(),
)
def test_two_targets_with_the_same_messages_store_the_rows_of_one(
    database: str, tmp_path: Path, *, seeds: tuple[int, int], batch: int, apart: bool
) -> None:
    inputs = [shuffled(seed) for seed in seeds]
    if apart:
        first_streams = {"things", "events", "completed_reads", None}
        inputs = [
            [message for message in inputs[0] if message.get("stream") in first_streams],
            [
                message
                for message in inputs[1]
                if message.get("stream") not in first_streams - {None}
            ],
        ]
    with copied(database) as conninfo, StoreState(conninfo) as stored:
        load_at_once(
            tmp_path,
            [LOOSE_THINGS, *SCHEMAS[1:]],
            *inputs,
            store_url=conninfo,
            batch_size_rows=batch,
        )
        assert stored.rows() == scenario().model.rows
        assert stored.events() == sum(map(events, inputs), start=events([]))
        assert stored.query("SELECT * FROM rejected_records") == []


def test_two_targets_starting_on_an_empty_database_create_one_store(
    empty_database: str, tmp_path: Path
) -> None:
    with StoreState(empty_database) as stored:
        messages = scenario().sent(after=None)[len(SCHEMAS) :]
        config = {"store_url": empty_database, "batch_size_rows": 5}
        load_at_once(tmp_path, SCHEMAS, messages, messages, **config)
        assert stored.rows() == scenario().model.rows


WIDER = [
    ("integer", 1, "string", "1"),
    ("boolean", True, "string", "true"),
    ("integer", 1, "object", "1"),
    ("string", "1", "object", '"1"'),
    ({"type": "string", "format": "date"}, "2026-03-01",
     {"type": "string", "format": "date-time"}, "2026-03-01 00:00:00+00"),
]  # fmt: skip


@pytest.mark.parametrize(("narrow", "value", "wide", "text"), WIDER)
def test_a_table_widened_by_one_target_takes_rows_of_the_other(  # noqa: PLR0913, PLR0917 - a case's parts
    database: str, tmp_path: Path, narrow: Any, value: Any, wide: Any, text: str
) -> None:
    narrow_schema = schema("wares", {"id": "string", "v": narrow}, ["id"])
    end = scenario().messages[LAST]
    loading = [
        record("wares", {"id": f"{n:03}", "v": value}, at=time_of(n).isoformat())
        for n in range(200)
    ]
    widening = [schema("wares", {"id": "string", "v": wide, "late": "string"}, ["id"])]
    with StoreState(database) as stored:
        config = {"store_url": database, "batch_size_rows": 2}
        with (
            TargetProcess(tmp_path, **config) as first,
            TargetProcess(tmp_path, **config) as second,
        ):
            first.write(encoded([narrow_schema, *loading[:2], READY]))
            first.wait_for_state(-1)
            second.write(encoded([*widening, READY]))
            first.write(encoded(loading[2:100]))
            second.wait_for_state(-1)
            first.write(encoded([*loading[100:], end]))
            assert second.end() == 0, second.log()
            assert first.end() == 0, first.log()
            assert first.states()[-1] == LAST
        rows = stored.query("SELECT id, v::text, late FROM wares ORDER BY id")
        assert rows == [(f"{n:03}", text, None) for n in range(200)]
