"""Any sequence of lost, refused and failing requests leads to one entry per user, task and day."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_clickup import Fault
from pandev.worklogs.push import push_worklogs
from pandev.worklogs.rules import WorklogRules
from tap_clickup.sync import SyncContext
from tap_clickup.tap import TapClickUp
from target_pandev.database import Store
from tests.pandev.worklog_store import CHANGED, EXPECTED, LATER, Runs, fill, requested, written
from tests.tap_clickup import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from pandev.worklogs.push import PushReport

pytestmark = pytest.mark.faults

RULES = WorklogRules(days=2)
OTHER_RULES = WorklogRules(days=2, minimum_minutes=15, round_minutes=15)
"""Those of which `CHANGED` is the result."""
LAST_DAY = date(2026, 3, 3)
DELAY_SECONDS = 600.0
STATES = "SELECT DISTINCT state FROM worklog_entries"
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
        {"delay_seconds": DELAY_SECONDS},
        {"delay_seconds": DELAY_SECONDS, "executed": True},
    ]
)
"""Responses to a request that writes; `executed` if it has its effect nevertheless."""
CHANGES = st.tuples(st.sampled_from(["PUT", "DELETE"]), FAULTS)


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def runs(tmp_path: Path, clickup: FakeClickUp, database: str) -> Runs:
    fill(database)
    return Runs(tmp_path, clickup, database)


@contextmanager
def impatient_client() -> Iterator[None]:
    """Wait one second for a response; on a busy machine that is too short now and then."""
    with patch("tap_clickup.client.TIMEOUT_SECONDS", (10, 1.0)):
        yield


def push(runs: Runs, rules: WorklogRules = RULES) -> PushReport:
    """Run push in this process."""
    config = {
        "api_token": runs.clickup.token,
        "api_url": runs.clickup.api_url,
        "requests_per_minute": 9999,
    }
    with Store(runs.database, schema="pandev") as store:
        sync_context = SyncContext(TapClickUp(config=config).config, rate_limit_share=0.1)
        try:
            return push_worklogs(store, sync_context, rules, last_day=LAST_DAY)
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
        with impatient_client():
            push(runs)
        assert max(written(account).values(), default=0) <= 1
        runs.execute(LATER)
    behaviour.faults = []
    push(runs)
    assert written(account) == EXPECTED
    assert runs.rows(STATES) == [("confirmed",)]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CHANGES, max_size=3), min_size=1, max_size=2))
def test_any_faults_of_changes_lead_to_the_planned_time(
    runs: Runs, account: Account, behaviour: Behaviour, faults: list[list[tuple[str, Any]]]
) -> None:
    """R124: each list has the faults of a run; the last run has none."""
    account.workspaces[0].time_entries.clear()
    runs.execute("DELETE FROM worklog_entries")
    push(runs)
    assert written(account) == EXPECTED
    for of_run in faults:
        behaviour.faults = [Fault(**fault, method=method) for method, fault in of_run]
        with impatient_client():
            push(runs, OTHER_RULES)
        assert max(written(account).values()) == 1
    behaviour.faults = []
    push(runs, OTHER_RULES)
    assert written(account) == CHANGED


def test_a_post_that_is_answered_too_late_is_not_sent_again(
    runs: Runs, account: Account, behaviour: Behaviour, clickup: FakeClickUp
) -> None:
    """R124: the entry was made, and the next run finds it by its marker."""
    behaviour.faults = [Fault(method="POST", executed=True, delay_seconds=DELAY_SECONDS)]
    with impatient_client():
        late = push(runs)
    unknown = [outcome.reason or "" for outcome in late.outcomes if outcome.result == "unknown"]
    assert "ReadTimeout, not sent again" in unknown[0]
    assert not push(runs).has_failed
    runs.execute(LATER)
    assert not push(runs).has_failed
    assert written(account) == EXPECTED
    assert requested(clickup).count("POST") == 3


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("executed", [True, False])
def test_a_change_that_is_answered_too_late_is_sent_again(
    runs: Runs, clickup: FakeClickUp, method: str, *, executed: bool
) -> None:
    """Twice has the same result as once: a deleted entry is no longer there."""
    push(runs)
    fault = Fault(method=method, executed=executed, delay_seconds=DELAY_SECONDS)
    clickup.behaviour.faults = [fault]
    with impatient_client():
        changed = push(runs, OTHER_RULES)
    assert requested(clickup).count(method) > 1
    assert not changed.has_failed, changed.outcomes
    assert written(clickup.account) == CHANGED
    assert runs.rows(STATES) == [("confirmed",)]
