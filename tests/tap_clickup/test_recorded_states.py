"""States that tap-clickup wrote before each command got a package (983fffe) go on working.

That commit wrote them from `recorded_account`: one at the end of a run, and the last one before its
time entries, as if it had been stopped there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fake_clickup.storage import to_ms
from tests.tap_clickup.accounts import LISTS, MEMBER, OWNER, SECOND_LIST, add_second_space, shop
from tests.tap_clickup.dates import MINUTE, days_ago
from tests.tap_clickup.time_tracking import requested_starts, track

if TYPE_CHECKING:
    from fake_clickup import Account
    from tests.tap_clickup.runner import Row, TapRunner

STATES = Path(__file__).parents[1] / "fixtures" / "states"
START_DATE = "2026-01-01T00:00:00+00:00"
IN_ARCHIVED_LIST = ["Old archived task", "Young archived task"]
"""Read once more: the one digest of archived lists in these states does not say which of them."""
IN_THE_OVERLAP = "Youngest task"
"""A task of the last ten minutes before the state, which each run reads again."""


def recorded_account() -> Account:
    """Return the account that the states were recorded from."""
    account = shop()
    add_second_space(account)
    before = datetime(2026, 4, 1, tzinfo=UTC)
    old = account.create_task(SECOND_LIST, name="Old task", at=before)
    account.create_task(LISTS["archived"], name=IN_ARCHIVED_LIST[0], at=before)
    youngest = datetime(2026, 4, 2, tzinfo=UTC)
    account.create_task(LISTS["in_folder"], name=IN_THE_OVERLAP, at=youngest)
    account.create_task(LISTS["archived"], name=IN_ARCHIVED_LIST[1], at=youngest)
    for user_id, day in ((OWNER, 10), (MEMBER, 11)):
        start = datetime(2026, 2, day, tzinfo=UTC)
        account.add_time_entry(old.id, start=start, duration=MINUTE, user_id=user_id, at=start)
    return account


@pytest.fixture
def account() -> Account:
    return recorded_account()


def read_state(name: str) -> Row:
    """Return a recorded state."""
    state: Row = json.loads((STATES / f"{name}.json").read_text(encoding="utf-8"))
    return state


def test_the_state_of_a_complete_run_is_continued(run_tap: TapRunner, account: Account) -> None:
    """Only the overlap and archived lists are read again, and later edits are not missed."""
    state = read_state("tap_clickup")
    edited = next(iter(account.workspaces[0].tasks))
    account.update_task(edited, name="Edited")
    entry = track(account, days_ago(0))
    run = run_tap(start_date=START_DATE, state=state, time_in_status=True)
    assert run.error is None
    assert sorted(run.column("tasks", "name")) == ["Edited", *IN_ARCHIVED_LIST, IN_THE_OVERLAP]
    assert sorted(set(run.column("time_in_status", "task_id"))) == sorted(run.column("tasks", "id"))
    assert run.column("time_entries", "id") == [entry.id]
    (bookmark,) = state["bookmarks"]["time_entries"]["partitions"]
    read_until = datetime.fromisoformat(bookmark["read_until"])
    assert requested_starts(run_tap)[0] >= to_ms(read_until - timedelta(days=31))


def test_the_state_of_a_stopped_run_is_continued(run_tap: TapRunner) -> None:
    """Its tasks are complete; its time entries are read from the start."""
    run = run_tap(start_date=START_DATE, state=read_state("tap_clickup_stopped"))
    assert run.error is None
    assert sorted(run.column("tasks", "name")) == [*IN_ARCHIVED_LIST, IN_THE_OVERLAP]
    assert sorted(run.column("time_entries", "user_id")) == [str(OWNER), str(MEMBER)]
    again = run_tap(start_date=START_DATE, state=run.state)
    assert again.column("tasks", "name") == [IN_THE_OVERLAP]
    assert again.column("time_entries", "id") == []
