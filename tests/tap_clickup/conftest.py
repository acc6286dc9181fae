"""A generated account in a running fake ClickUp, and a tap that reads it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from tests.support.clocks import SimulatedClock
from tests.tap_clickup.runner import TapRunner

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Restore this process's signal handlers: a tap replaces them when it is created."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


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
