"""A target that is killed anywhere, several times, and the runs after it."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.target_pandev.crash.scenario import KEYS, LENGTH, encoded, events, scenario
from tests.target_pandev.crash.store_state import StoreState, copied
from tests.target_pandev.crash.target_process import EXAMPLES, TargetProcess, run_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target_pandev.crash.store_state import AllRows

pytestmark = pytest.mark.faults

LAST = LENGTH - 1
OWN = ("tasks", "commits", "completed_reads", "tombstones", "task_versions")
CODES = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}


@dataclass(frozen=True)
class Cut:
    """How one run ends before its time."""

    signum: signal.Signals
    chunks: tuple[float, ...]
    """Where the writing rests until all is taken, as shares of the input; at the last it ends."""
    locked: str | None
    """The table whose lock the target waits for when it is cut."""
    delay_ms: float
    resumes: bool
    """Whether the next run begins after the last state that came out, or from the beginning."""


CUTS = st.builds(
    Cut,
    signum=st.sampled_from(list(CODES)),
    chunks=st.lists(st.floats(0.02, 1), min_size=1, max_size=3).map(lambda it: tuple(sorted(it))),
    locked=st.none() | st.sampled_from([*OWN, "task_references", "things", "notes", "events"]),
    delay_ms=st.floats(0, 30),
    resumes=st.booleans(),
)


class Runs:
    """Runs one after another into one store, and what they have acknowledged."""

    def __init__(self, folder: Path, stored: StoreState, *, batch: int) -> None:
        self.folder = folder
        self.stored = stored
        self.config = {"store_url": stored.conninfo, "batch_size_rows": batch}
        self.acknowledged = -1
        self.state: int | None = None
        self.sent: Counter[int] = Counter()

    def cut(self, cut: Cut) -> None:
        """Run a target that is cut, then see what is stored."""
        messages = scenario().sent(after=self.state)
        lines = encoded(messages)
        with TargetProcess(self.folder, **self.config) as target:
            said = 0
            for share in cut.chunks:
                target.write(lines[said : round(len(lines) * share)])
                said = round(len(lines) * share)
                target.wait_until_read()
            if cut.locked and said > len(encoded(messages[:6])):
                self._cut_waiting(target, cut.locked, lines[said:])
            time.sleep(cut.delay_ms / 1000)  # drawn: it is the point of the cut
            assert target.end(cut.signum) == CODES[cut.signum]
        self._note(target.states(), events(messages))
        self.check()
        if not cut.resumes:
            self.state = None

    def _cut_waiting(self, target: TargetProcess, table: str, rest: bytes) -> None:
        """Return when the target waits for a table; the lock goes with our connection, later."""
        target.wait_until(lambda: self.stored.has("things", "notes", "events"))
        self.blocking = psycopg.connect(self.stored.conninfo)
        self.blocking.execute(f"LOCK TABLE pandev.{table} IN ACCESS EXCLUSIVE MODE".encode())
        target.write(rest)
        target.wait_until(lambda: self.stored.is_load_waiting() or LAST in target.states())

    def _note(self, states: list[int], sent: Counter[int]) -> None:
        self.acknowledged = max([self.acknowledged, *states])
        self.state = states[-1] if states else self.state
        self.sent += sent

    def check(self) -> None:
        """See that all is stored that was acknowledged, and nothing that never was."""
        if blocking := self.__dict__.pop("blocking", None):
            blocking.close()
        self.stored.wait_for_disconnect()
        self.stored.check(self.acknowledged, self.sent)

    def finish(self) -> None:
        """Run a target that nothing cuts."""
        messages = scenario().sent(after=self.state)
        self._note(run_whole(self.folder, messages, **self.config), events(messages))
        assert self.acknowledged == LAST
        self.check()


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a cut does not repeat to the instant
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(CUTS, min_size=1, max_size=3), st.integers(1, 9))
def test_a_killed_target_loses_and_duplicates_nothing(
    database: str, tmp_path: Path, uninterrupted: AllRows, cuts: list[Cut], batch: int
) -> None:
    with copied(database) as conninfo, StoreState(conninfo) as stored:
        runs = Runs(tmp_path, stored, batch=batch)
        for cut in cuts:
            runs.cut(cut)
        runs.finish()
        assert stored.rows() == scenario().model.rows
        assert stored.all_rows().rows == uninterrupted.rows


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_an_uninterrupted_run_stores_the_scenario(
    database: str, tmp_path: Path, batch: int
) -> None:
    with StoreState(database) as stored:
        config = {"store_url": database, "batch_size_rows": batch}
        assert run_whole(tmp_path, scenario().sent(after=None), **config)[-1] == LAST
        assert stored.rows() == scenario().model.rows
        assert stored.events() == events(scenario().messages)
        assert {stream for stream, _ in stored.rows()} == KEYS.keys()
        assert any(row.deleted_at for row in stored.rows().values())
