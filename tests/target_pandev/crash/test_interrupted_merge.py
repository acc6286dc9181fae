"""A signal that comes while the server is at work on a long batch, and waits for nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.target_pandev.crash.scenario import encoded
from tests.target_pandev.crash.store_state import StoreState
from tests.target_pandev.crash.target_process import TargetProcess, run_whole
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.faults

ROWS = 60_000
WARES = schema("wares", {"id": "integer", "v": "string"}, ["id"])
AT_WORK = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = 'target-pandev' AND state = 'active' AND wait_event_type IS NULL "
    "AND query LIKE '%INSERT INTO%'"
)


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_a_batch_that_the_server_merges_is_rolled_back_whole(
    database: str, tmp_path: Path, signum: int, code: int
) -> None:
    batch = [record("wares", {"id": n, "v": str(n)}) for n in range(ROWS)]
    messages = [WARES, *batch, {"type": "STATE", "value": {"n": 1}}]
    config = {"store_url": database, "batch_size_rows": ROWS}
    with StoreState(database) as stored:
        with TargetProcess(tmp_path, **config) as target:
            target.write(encoded(messages))
            target.wait_until(lambda: stored.query(AT_WORK))
            assert target.end(signum) == code
            assert target.states() == []
        if signum != signal.SIGKILL:
            assert stored.query(AT_WORK) == []
        stored.wait_for_disconnect()
        assert stored.query("SELECT id FROM wares") == []
        assert run_whole(tmp_path, messages, **config) == [1]
        rows = "SELECT count(*), min(id), max(id), count(*) FILTER (WHERE v = id::text) FROM wares"
        assert stored.query(rows) == [(ROWS, 0, ROWS - 1, ROWS)]
