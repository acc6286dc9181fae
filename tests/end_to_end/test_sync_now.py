"""`pandev sync` with a real Meltano: its refusal of a second run, and its record of the first."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, generate
from tests.end_to_end.pipeline import Pipeline
from tests.support.waiting import TIMEOUT_SECONDS, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp, Request


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=10)


def test_a_second_sync_says_who_is_running_the_first(
    clickup: FakeClickUp, database: str, tmp_path: Path
) -> None:
    """R51: the exit code is one of its own, and the first one ends as if nothing had happened."""
    settings = {
        "TAP_CLICKUP_API_TOKEN": clickup.token,
        "TAP_CLICKUP_API_URL": clickup.api_url,
        "TAP_CLICKUP_START_DATE": "2000-01-01",
        "TARGET_PANDEV_STORE_URL": database,
    }
    project = Pipeline(tmp_path, settings)
    is_reading, may_go_on = Event(), Event()

    def hold(request: Request, _: Account) -> None:
        if request.path.endswith("/task"):
            is_reading.set()
            may_go_on.wait(TIMEOUT_SECONDS)

    clickup.behaviour.on_request = hold
    with ThreadPoolExecutor() as executor:
        running = executor.submit(project.run, "pandev", "sync")
        try:
            wait_until(is_reading.is_set)
            second = project.run("pandev", "sync")
        finally:
            may_go_on.set()
    first = running.result()
    assert (second.returncode, second.stdout) == (4, "")
    assert re.fullmatch(
        r"pandev: a sync is running, started by pandev sync at \d\d:\d\d UTC; pandev status shows "
        r"how far it is\n",
        second.stderr,
    ), second.stderr
    assert (first.returncode, first.stderr) == (0, "")
    assert " 10 tasks" in first.stdout
