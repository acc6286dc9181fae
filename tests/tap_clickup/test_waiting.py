"""A line is logged at least every ten seconds while the tap waits or works."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tap_clickup.client import Client
from tap_clickup.rate_limit import RateLimit
from tap_clickup.waiting import Heartbeat

if TYPE_CHECKING:
    from fake_clickup import Behaviour, FakeClickUp
    from tests.support.clocks import SimulatedClock


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_a_long_wait_is_logged_every_ten_seconds(
    clock: SimulatedClock, log: pytest.LogCaptureFixture
) -> None:
    heartbeat = Heartbeat(clock)
    heartbeat.sleep(4, "first")
    heartbeat.sleep(41, "for the limit")
    heartbeat.sleep(3, "last")
    assert log.messages == [
        "waiting 35 s for the limit",
        "waiting 25 s for the limit",
        "waiting 15 s for the limit",
        "waiting 5 s for the limit",
    ]
    assert sum(clock.slept) == 48


def test_the_wait_for_the_rate_limit_is_named(
    clickup: FakeClickUp, behaviour: Behaviour, clock: SimulatedClock, log: pytest.LogCaptureFixture
) -> None:
    behaviour.limit_per_minute = 10
    client = Client(clickup.api_url, api_token=clickup.token, limit=RateLimit(), clock=clock)
    for _ in range(12):
        client.get("/team")
    client.close()
    assert log.messages[0] == "waiting 51 s for ClickUp's rate limit (8 of 10 requests per minute)"
    assert len(log.messages) == 6


def test_work_without_waiting_is_logged_every_ten_seconds(
    clickup: FakeClickUp, clock: SimulatedClock, log: pytest.LogCaptureFixture
) -> None:
    client = Client(clickup.api_url, api_token=clickup.token, limit=RateLimit(100), clock=clock)
    for _ in range(6):
        client.get("/team")
        clock.seconds += 4
    client.close()
    assert log.messages == [
        "4 requests, 0 retries, 0 s waited",
    ]
