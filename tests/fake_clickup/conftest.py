"""One generated account behind one running server, for the tests in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from fake_clickup import Account, Knobs, LocalClickUp, generate
from tests.fake_clickup.client import NOW, Client, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def knobs(clock: Clock) -> Knobs:
    return Knobs(clock=clock)


@pytest.fixture
def account() -> Account:
    return generate(seed=7, now=NOW, tasks=400, time_entries=120)


@pytest.fixture
def client(account: Account, knobs: Knobs) -> Iterator[Client]:
    with LocalClickUp(account, knobs=knobs) as clickup, requests.Session() as session:
        yield Client(clickup, session)
