"""A generated account in a running fake ClickUp, and a tap that reads it."""

from __future__ import annotations

import pytest

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from tests.support.clocks import SimulatedClock
from tests.support.signals import signal_handlers
from tests.tap_clickup.runner import TapRunner

__all__ = ["signal_handlers"]


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no run in this process count as a long one, however busy the machine is."""
    monkeypatch.setattr("tap_clickup.streams.sync_runs.INTERVAL_SECONDS", float("inf"))


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def behaviour(clock: SimulatedClock) -> Behaviour:
    return Behaviour(clock=clock)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=400, workspaces=2, time_entries=0)


@pytest.fixture
def run_tap(
    clickup: FakeClickUp,
    clock: SimulatedClock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> TapRunner:
    return TapRunner(clickup, clock, capsys, caplog)
