"""Any sequence of lost, refused and failing requests leads to one entry per user, task and day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_clickup import Fault
from pandev.worklogs.push import push_worklogs
from pandev.worklogs.rules import WorklogRules
from tap_clickup.sync import SyncContext
from tap_clickup.tap import TapClickUp
from target_pandev.database import Store
from tests.pandev.worklog_store import EXPECTED, LATER, Runs, fill, written
from tests.tap_clickup import accounts

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp

pytestmark = pytest.mark.faults

RULES = WorklogRules(days=2)
LAST_DAY = date(2026, 3, 3)
FAULTS = st.sampled_from(
    [
        {"status": 500},
        {"status": 500, "executed": True},
        {"status": 503, "executed": True},
        {"reset": True},
        {"reset": True, "executed": True},
        {"status": 200, "body": '{"data": {', "reset": True, "executed": True},
        {"status": 200, "body": "not JSON", "executed": True},
        {"status": 200, "body": {}, "executed": True},
        {"status": 302, "executed": True},
        {"status": 403, "body": {"ECODE": "TIMEENTRY_064"}},
        {"status": 400, "body": {"ECODE": "X_1"}},
    ]
)
"""Responses to a POST; `executed` if the entry is there nevertheless."""


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def runs(tmp_path: Path, clickup: FakeClickUp, database: str) -> Runs:
    fill(database)
    return Runs(tmp_path, clickup, database)


def push(runs: Runs) -> None:
    """Run push in this process."""
    config = {
        "api_token": runs.clickup.token,
        "api_url": runs.clickup.api_url,
        "requests_per_minute": 9999,
    }
    with Store(runs.database, schema="pandev") as store:
        sync_context = SyncContext(TapClickUp(config=config).config, rate_limit_share=0.1)
        try:
            push_worklogs(store, sync_context, RULES, last_day=LAST_DAY)
        finally:
            sync_context.client.close()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(FAULTS, max_size=3), min_size=1, max_size=3))
def test_any_faults_lead_to_one_entry_each(
    runs: Runs, account: Account, behaviour: Behaviour, faults: list[list[dict[str, Any]]]
) -> None:
    """R124: each list has the faults of a run; the last run has none."""
    account.workspaces[0].time_entries.clear()
    runs.execute("DELETE FROM worklog_entries")
    for of_run in faults:
        behaviour.faults = [Fault(**fault, method="POST") for fault in of_run]
        push(runs)
        assert max(written(account).values(), default=0) <= 1
        runs.execute(LATER)
    behaviour.faults = []
    push(runs)
    assert written(account) == EXPECTED
    assert runs.rows("SELECT DISTINCT state FROM worklog_entries") == [("confirmed",)]
