"""Former members whose time ClickUp denies are reported, and the others are still read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from tap_clickup.wording import format_ids
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import days_ago, now, to_iso
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRunner

Deny: TypeAlias = "Callable[[list[int]], None]"
MEMBERS = ["40000001", "40000002", "40000003"]
FORMER = [accounts.FORMER_MEMBER, 49999991, 49999992, 49999993, 49999994]
FORMER_MEMBERS = "time entries of users who have left"
ALL_USERS = sorted([*MEMBERS, *map(str, FORMER)])


@pytest.fixture
def start() -> datetime:
    return now()


@pytest.fixture
def account(start: datetime) -> Account:
    """Return the shop with recent tasks of former members."""
    account = accounts.shop()
    for user_id in FORMER:
        time_tracking.add_task_of_former_member(account, user_id, start)
    return account


@pytest.fixture(params=[400, 401])
def deny(request: pytest.FixtureRequest, behaviour: Behaviour) -> Deny:
    """Return a function that makes ClickUp deny every request that names one of some users."""

    def any_of(user_ids: list[int]) -> None:
        names = {str(user_id) for user_id in user_ids}
        time_tracking.reject_time_entries(
            behaviour,
            lambda query: bool(names & {*query["assignee"].split(",")}),
            status=request.param,
        )

    return any_of


@pytest.mark.parametrize(
    "denied",
    [
        pytest.param(FORMER[:1], id="the first"),
        pytest.param(FORMER[2:3], id="in the middle"),
        pytest.param(FORMER[4:], id="the last"),
        pytest.param([FORMER[0], FORMER[3]], id="one of each half"),
        pytest.param(FORMER, id="all"),
    ],
)
def test_denied_former_members_are_named_and_others_are_read(
    run_tap: TapRunner, account: Account, start: datetime, deny: Deny, denied: list[int]
) -> None:
    user_ids = [accounts.OWNER, accounts.MEMBER, *FORMER]
    entries = {
        user_id: track(account, start, task_id=None, user_id=user_id).id for user_id in user_ids
    }
    deny(denied)
    run = run_tap(start_date=to_iso(start))
    expected = [entries[user_id] for user_id in user_ids if user_id not in denied]
    assert sorted(run.column("time_entries", "id")) == sorted(expected)
    names = [str(user_id) for user_id in denied]
    assert run.read_failures == [
        (FORMER_MEMBERS, f"ClickUp denies the time entries of {format_ids('user', names)}")
    ]
    (completed,) = time_tracking.completed_slices(run).values()
    assert sorted(completed["conditions"]["user_id"]["in"]) == sorted({*ALL_USERS} - {*names})


def test_denied_user_does_not_hide_others_in_any_slice(
    run_tap: TapRunner, account: Account, deny: Deny
) -> None:
    since = days_ago(200)
    allowed_users = [user_id for user_id in FORMER if user_id != 49999992]
    days = (195, 150, 100, 50, 1)
    entries = [
        track(account, days_ago(n), task_id=None, user_id=user_id)
        for n in days
        for user_id in allowed_users
    ]
    deny([49999992])
    run = run_tap(start_date=to_iso(since))
    assert set(run.column("time_entries", "id")) == {entry.id for entry in entries}
    assert run.read_failures == [
        (FORMER_MEMBERS, "ClickUp denies the time entries of user 49999992")
    ]
    named = [
        sorted(row["conditions"]["user_id"]["in"])
        for row in time_tracking.completed_slices(run).values()
    ]
    allowed = [user_id for user_id in ALL_USERS if user_id != "49999992"]
    assert len(named) >= 7
    assert [user_ids for user_ids in named if user_ids != allowed] == []


def test_denied_users_are_retried_by_the_next_run(
    run_tap: TapRunner, account: Account, start: datetime, behaviour: Behaviour, deny: Deny
) -> None:
    entry = track(account, start, task_id=None, user_id=49999992)
    deny([49999992])
    first = run_tap(start_date=to_iso(start))
    behaviour.on_request = None
    second = run_tap(start_date=to_iso(start), state=first.state)
    assert second.column("time_entries", "id") == [entry.id]
    assert second.read_failures == []
