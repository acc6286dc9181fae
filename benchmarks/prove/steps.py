"""The story in its order, for one chain: each step prints what has happened in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from benchmarks.processes import FailedRunError
from benchmarks.prove.chains import OURS
from benchmarks.prove.receiver import ReceiverProcess

if TYPE_CHECKING:
    from benchmarks.prove.chain import Chain, ChainRun
    from benchmarks.prove.world import StoreResult, World

READ_AT = timedelta(hours=1)
MORNING_AT = timedelta(hours=9)
BEFORE_NOW = timedelta(minutes=1)
SWEEP = "sweep"


@dataclass(frozen=True)
class ChainResult:
    """The figures of one chain, and how its store differs from ClickUp at the end."""

    store: StoreResult
    requests: int
    resumed_requests: int
    rows: int
    row_seconds: float
    peak_mb: float
    receiver_peak_mb: float | None
    failed_runs: int
    runs: int
    webhooks_accepted: int
    webhooks_dropped: int


class Steps:
    """One chain on its way through the story; `url` is the address of its database."""

    def __init__(self, world: World, chain: Chain, url: str) -> None:
        self._world = world
        self._chain = chain
        self._url = url
        self._is_ours = chain.name == OURS
        midnight = datetime.combine(datetime.now(UTC).date(), time(), tzinfo=UTC)
        self._first_day = midnight - timedelta(days=1)  # no task of the workspace is younger
        self._receiver_peak_mb: float | None = None
        self._webhooks = (0, 0)
        self._resumed_requests = 0

    def run(self) -> ChainResult:
        """Take all steps, then compare the store with ClickUp."""
        rows, seconds = self._backfill()
        self._morning()
        self._webhook_hour()
        self._evening()
        self._night()
        runs = self._chain.runs
        accepted, dropped = self._webhooks
        return ChainResult(
            store=self._world.call("compare", self._url),
            requests=self._world.call("requests"),
            resumed_requests=self._resumed_requests,
            rows=rows,
            row_seconds=seconds,
            peak_mb=max(run.peak_mb for run in runs),
            receiver_peak_mb=self._receiver_peak_mb,
            failed_runs=sum(run.failure is not None for run in runs),
            runs=len(runs) - 1,  # without the killed one
            webhooks_accepted=accepted,
            webhooks_dropped=dropped,
        )

    def _backfill(self) -> tuple[int, float]:
        """Load everything while people edit; the first attempt is killed in the middle.

        Returns how many rows the second one has added, and in which time.
        """
        self._world.call("begin_backfill", self._first_day + READ_AT)
        self._chain.run(kill_when=self._is_held)
        self._world.call("release")
        before = self._world.call("count_rows", self._url)
        self._say(f"back-fill: both commands killed, {before:,} rows are in the store")
        requests_before = self._world.call("requests")
        run = self._run()
        self._resumed_requests = self._world.call("requests") - requests_before
        left = self._world.call("end_backfill")
        rows = self._world.call("count_rows", self._url) - before
        self._say(f"back-fill: {rows:,} further rows, {left} edits after it")
        return rows, run.wall_seconds

    def _is_held(self) -> bool:
        return bool(self._world.call("is_held"))

    def _morning(self) -> None:
        edits = self._world.call("morning", self._first_day + MORNING_AT)
        self._say(f"morning: {edits} edits, then a 429 whose reset is in the past")
        self._run()

    def _webhook_hour(self) -> None:
        since = datetime.now(UTC) - BEFORE_NOW
        if not self._is_ours:
            self._world.call("work_without_webhooks", since)
            self._run()
            return
        with ReceiverProcess(self._receiver_settings(), self._chain.folder) as receiver:
            receiver.wait_until(lambda: self._world.call("has_webhook"))
            self._webhooks = self._world.call("webhook_hour", since)
            receiver.wait_until(self._is_held)
            receiver.kill()
            self._world.call("release")
            receiver.start()
            receiver.wait_until_loaded()
        self._receiver_peak_mb = receiver.peak_mb
        accepted, dropped = self._webhooks
        self._say(f"webhooks: {accepted} accepted, {dropped} dropped, the receiver killed once")
        self._run(walk_all=True)  # as the receiver does after a gap in the deliveries

    def _evening(self) -> None:
        self._world.call("evening")
        self._say("evening: tasks deleted, lists archived, tasks moved")
        self._run(walk_all=True) if self._is_ours else self._run()

    def _night(self) -> None:
        """Sweep; the peer, which has no sweep, runs as always."""
        self._run(state=SWEEP, sweep=True) if self._is_ours else self._run()

    def _run(self, *, state: str = "state", **settings: bool) -> ChainRun:
        """Run the chain, once more if it fails, as a schedule does. Raises `FailedRunError`."""
        run = self._chain.run(state=state, tap_settings=settings)
        if run.failure:
            self._say(f"a run has failed: {run.failure.splitlines()[-1]}")
            run = self._chain.run(state=state, tap_settings=settings)
        if run.failure:
            raise FailedRunError(f"{self._chain.name} failed twice:\n{run.failure}")
        self._say(
            f"run {len(self._chain.runs)}: {run.wall_seconds:.1f} s, "
            f"{self._world.call('requests'):,} requests so far"
        )
        return run

    def _receiver_settings(self) -> dict[str, str]:
        tap = self._chain.tap_settings
        names = ("api_token", "api_url", "start_date")
        return {
            **{f"TAP_CLICKUP_{name.upper()}": tap[name] for name in names},
            "TARGET_PANDEV_STORE_URL": self._chain.target_settings["store_url"],
        }

    def _say(self, text: str) -> None:
        print(f"{self._chain.name}: {text}")
