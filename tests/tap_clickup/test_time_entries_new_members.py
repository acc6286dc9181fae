"""Users that a later run sees for the first time, and members who left meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from fake_clickup.storage import to_ms
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import days_ago, to_iso
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRunner

FORMER_USER = 49999999
SINCE = days_ago(100)


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def test_newly_seen_user_is_read_for_all_slices(run_tap: TapRunner, account: Account) -> None:
    """R32: a task names the user after all older slices had been read without the user."""
    first = run_tap(start_date=to_iso(SINCE))
    assert str(FORMER_USER) not in time_tracking.requested_assignees(run_tap)[0]
    time_tracking.add_task_of_former_member(account, FORMER_USER, days_ago(0.1))
    old = track(account, days_ago(80), task_id=None, user_id=FORMER_USER)
    second = run_tap(start_date=to_iso(SINCE), state=first.state)
    assert second.column("time_entries", "id") == [old.id]
    assert time_tracking.requested_starts(run_tap)[0] == to_ms(SINCE)
    assert [
        user_ids
        for user_ids in time_tracking.requested_assignees(run_tap)
        if str(FORMER_USER) not in user_ids
    ] == []
    completed = time_tracking.completed_slices(second)[time_tracking.slice_name(days_ago(80))]
    assert str(FORMER_USER) in completed["conditions"]["user_id"]["in"]


def test_new_member_is_read_for_all_slices_once(run_tap: TapRunner, account: Account) -> None:
    first = run_tap(start_date=to_iso(SINCE))
    (joined,) = time_tracking.add_members(account, range(1))
    old = track(account, days_ago(80), task_id=None, user_id=joined)
    second = run_tap(start_date=to_iso(SINCE), state=first.state)
    assert second.column("time_entries", "id") == [old.id]
    third = run_tap(start_date=to_iso(SINCE), state=second.state)
    assert third.column("time_entries", "id") == []
    assert to_ms(days_ago(31)) < time_tracking.requested_starts(run_tap)[0]
    assert str(joined) in time_tracking.requested_assignees(run_tap)[0]


def test_failed_run_still_backfills_a_new_user_later(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    first = run_tap(start_date=to_iso(SINCE))
    time_tracking.add_task_of_former_member(account, FORMER_USER, days_ago(2))
    account.create_task(accounts.LISTS["in_folder"], name="Later", at=days_ago(1))
    old = track(account, days_ago(80), task_id=None, user_id=FORMER_USER)
    behaviour.faults = [Fault(status=500, path="/time_entries$")] * 60
    second = run_tap(start_date=to_iso(SINCE), state=first.state)
    assert "stream time_entries" in (second.error or "")
    behaviour.faults = []
    third = run_tap(start_date=to_iso(SINCE), state=second.state)
    assert third.column("time_entries", "id") == [old.id]


@pytest.mark.parametrize("status", [500, 400], ids=["fails", "is denied"])
def test_former_members_survive_a_failed_time_entries_read(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, status: int
) -> None:
    """Only a task names the former member, and the next run does not read it again."""
    time_tracking.add_task_of_former_member(account, FORMER_USER, days_ago(5))
    account.create_task(accounts.LISTS["in_folder"], name="Later", at=days_ago(1))
    entries = [
        track(account, days_ago(days), task_id=None, user_id=FORMER_USER) for days in (80, 10)
    ]
    behaviour.faults = [Fault(status=status, path="/time_entries$")] * 60
    first = run_tap(start_date=to_iso(SINCE))
    assert "stream time_entries" in (first.error or "")
    assert first.rows("time_entries") == []
    behaviour.faults = []
    second = run_tap(start_date=to_iso(SINCE), state=first.state)
    assert second.column("tasks", "name") == ["Later"]
    assert set(second.column("time_entries", "id")) == {entry.id for entry in entries}
    assert [
        user_ids
        for user_ids in time_tracking.requested_assignees(run_tap)
        if str(FORMER_USER) not in user_ids
    ] == []
