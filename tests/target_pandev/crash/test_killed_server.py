"""PostgreSQL that is killed with all its processes, as durable as the product runs it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.support.processes import kill_server, stop_store
from tests.target_pandev.crash.scenario import LENGTH, SCHEMAS, encoded, events, scenario
from tests.target_pandev.crash.store_state import StoreState
from tests.target_pandev.crash.target_process import EXAMPLES, TargetProcess, run_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target_pandev.crash.store_state import AllRows

pytestmark = pytest.mark.faults

LAST = LENGTH - 1
NUMBERS = count()


@pytest.fixture
def durable(store_dir: Path) -> Iterator[Path]:
    """Yield the folder of a store that keeps PostgreSQL's own settings for durability."""
    with EmbeddedServer(store_dir, idle_timeout_seconds=0) as server:
        with StoreState(server.conninfo) as stored:
            assert (
                stored.query("SHOW fsync") == stored.query("SHOW synchronous_commit") == [("on",)]
            )
            assert stored.query("SHOW full_page_writes") == [("on",)]
        yield store_dir
    stop_store(StoreFolder(store_dir))


@dataclass(frozen=True)
class Crash:
    """When the server is killed, and how the next run begins."""

    share: float
    """How much of the records is written before."""
    delay_ms: float
    locked: str | None
    """The table whose lock the target waits for when it loses the server."""
    resumes: bool
    """Whether the next run begins after the last state that came out, or from the beginning."""
    batch: int


@settings(
    max_examples=max(1, EXAMPLES // 2),  # each takes PostgreSQL two starts
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a cut does not repeat to the instant
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.builds(
        Crash,
        share=st.floats(0, 1),
        delay_ms=st.floats(0, 30),
        locked=st.none() | st.sampled_from(["things", "tasks", "events", "tombstones"]),
        resumes=st.booleans(),
        batch=st.integers(1, 9),
    )
)
def test_a_killed_server_loses_and_duplicates_nothing(
    durable: Path, tmp_path: Path, uninterrupted: AllRows, crash: Crash
) -> None:
    schema = f"crash{next(NUMBERS)}"
    config = {"store_dir": str(durable), "store_schema": schema, "batch_size_rows": crash.batch}
    first = scenario().sent(after=None)
    states = load_until_killed(TargetProcess(tmp_path, **config), durable, schema, crash)
    acknowledged = max(states, default=-1)
    again = scenario().sent(after=acknowledged if states and crash.resumes else None)
    with (
        EmbeddedServer(durable, idle_timeout_seconds=0) as server,
        StoreState(server.conninfo, schema) as stored,
    ):
        stored.check(acknowledged, events(first))
        assert run_whole(tmp_path, again, **config)[-1] == LAST
        stored.check(LAST, events(first) + events(again))
        assert stored.all_rows().rows == uninterrupted.rows


def load_until_killed(target: TargetProcess, store: Path, schema: str, crash: Crash) -> list[int]:
    """Kill the server of a running target, and return the states that came out."""
    lines, begin = encoded(scenario().sent(after=None)), len(encoded(SCHEMAS))
    cut = begin + round(crash.share * (len(lines) - begin))
    with (
        target,
        EmbeddedServer(store, idle_timeout_seconds=0) as server,
        StoreState(server.conninfo) as stored,
    ):
        target.write(lines[:cut])
        tables = [f"{schema}.{table}" for table in ("things", "notes", "events", "tasks")]
        target.wait_until(lambda: stored.has(*tables))
        if crash.locked:
            stored.connection.autocommit = False
            stored.connection.execute(f"LOCK TABLE {schema}.{crash.locked}".encode())
            target.write(lines[cut:])
            target.wait_until(lambda: stored.is_load_waiting() or LAST in target.states())
        time.sleep(crash.delay_ms / 1000)  # drawn: it is the point of the cut
        kill_server(store)
        target.write(lines[cut:] if not crash.locked else b"")
        if target.end() == 1:
            assert "the connection to the store was lost" in target.error_line()
        else:  # all was stored before
            assert target.states()[-1] == LAST
        return target.states()
