"""Completed reads name only users whose time was seen, which depends on the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup.storage import to_ms
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import days_ago, now, to_iso
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import TimeEntry
    from tests.tap_clickup.runner import TapRun, TapRunner

OWN, ALL_USERS = ["40000001"], ["40000001", "40000002", "40000003", "40000004"]
SINCE = to_iso(days_ago(100))


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def completed_users(run: TapRun) -> list[list[str]]:
    """Return the users that each completed read of time entries names."""
    return [
        row["conditions"]["user_id"]["in"] for row in time_tracking.completed_slices(run).values()
    ]


def test_only_own_time_is_completed_if_no_other_was_seen(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """Otherwise an ignored parameter would delete the time entries of all other users.

    The owner tracks no time, so that an ignored `assignee` returns nothing.
    """
    start = to_iso(now())
    entry = track(account, days_ago(0), user_id=accounts.MEMBER)
    first = run_tap(start_date=start)
    assert completed_users(first) == [ALL_USERS]
    assert list(time_tracking.entry_ids_by_slice(first).values()) == [[entry.id]]
    behaviour.ignored_parameters = {"assignee"}
    second = run_tap(start_date=start, state=first.state)
    assert second.error is None
    assert second.rows("time_entries") == []
    assert completed_users(second) == [OWN]
    assert list(time_tracking.entry_ids_by_slice(second).values()) == [[]]


def test_other_users_in_one_slice_complete_every_slice(
    run_tap: TapRunner, account: Account
) -> None:
    """If `assignee` works in one slice, it works in all of them."""
    entry = track(account, days_ago(35), user_id=accounts.MEMBER)
    run = run_tap(start_date=SINCE)
    slices = time_tracking.entry_ids_by_slice(run)
    assert slices.pop(time_tracking.slice_name(days_ago(35))) == [entry.id]
    assert len(slices) >= 3
    assert list(slices.values()) == [[]] * len(slices)
    assert completed_users(run) == [ALL_USERS] * (len(slices) + 1)


@pytest.fixture
def mias_entries(account: Account, behaviour: Behaviour) -> list[TimeEntry]:
    """Return Mia's old and recent entries; Olga, whose token is used first, has one too."""
    behaviour.role = "member"
    track(account, days_ago(80), user_id=accounts.OWNER)
    return [track(account, days_ago(days), user_id=accounts.MEMBER) for days in (80, 2)]


def give_token_to(account: Account, user_id: int) -> None:
    account.user_id, account.token = user_id, f"pk_{user_id}_SHOPSHOPSHOPSHOP"


def test_new_tokens_user_is_read_from_the_start_date(
    run_tap: TapRunner, account: Account, mias_entries: list[TimeEntry]
) -> None:
    first = run_tap(start_date=SINCE)
    assert first.column("time_entries", "user_id") == OWN
    give_token_to(account, accounts.MEMBER)
    second = run_tap(start_date=SINCE, state=first.state)
    assert sorted(second.column("time_entries", "id")) == sorted(entry.id for entry in mias_entries)
    assert {tuple(user_ids) for user_ids in completed_users(second)} == {("40000002",)}


def test_new_token_rereads_all_time_once(
    run_tap: TapRunner, account: Account, mias_entries: list[TimeEntry]
) -> None:
    first = run_tap(start_date=SINCE)
    give_token_to(account, accounts.MEMBER)
    second = run_tap(start_date=SINCE, state=first.state)
    third = run_tap(start_date=SINCE, state=second.state)
    assert [mias_entries[1].id] in time_tracking.entry_ids_by_slice(third).values()
    assert time_tracking.requested_starts(run_tap)[0] > to_ms(days_ago(31))


@pytest.mark.usefixtures("mias_entries")
def test_returning_token_rereads_its_time(run_tap: TapRunner, account: Account) -> None:
    """An entry for an old date, made in the meantime, was not visible to the other token."""
    first = run_tap(start_date=SINCE)
    give_token_to(account, accounts.MEMBER)
    second = run_tap(start_date=SINCE, state=first.state)
    late = track(account, days_ago(70), user_id=accounts.OWNER)
    give_token_to(account, accounts.OWNER)
    third = run_tap(start_date=SINCE, state=second.state)
    assert late.id in third.column("time_entries", "id")


def test_promoted_admin_reads_all_time_from_the_start_date(
    run_tap: TapRunner, behaviour: Behaviour, mias_entries: list[TimeEntry]
) -> None:
    first = run_tap(start_date=SINCE)
    behaviour.role = "admin"
    second = run_tap(start_date=SINCE, state=first.state)
    assert {entry.id for entry in mias_entries} <= set(second.column("time_entries", "id"))


@pytest.mark.usefixtures("mias_entries")
def test_token_with_fewer_rights_rereads_nothing(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    behaviour.role = "admin"
    first = run_tap(start_date=SINCE)
    behaviour.role = "member"
    give_token_to(account, accounts.MEMBER)
    run_tap(start_date=SINCE, state=first.state)
    assert time_tracking.requested_starts(run_tap)[0] > to_ms(days_ago(31))
