"""One generated account behind one running server, for the tests in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from fake_clickup import Account, Behaviour, generate
from tests.fake_clickup.client import NOW, Client
from tests.support.clocks import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import FakeClickUp


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW.timestamp())


@pytest.fixture
def behaviour(clock: ManualClock) -> Behaviour:
    return Behaviour(clock=clock)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, now=NOW, tasks=400, time_entries=120)


@pytest.fixture
def client(clickup: FakeClickUp) -> Iterator[Client]:
    with requests.Session() as session:
        yield Client(clickup, session)
