"""The users whose time is requested, and the users whose time the token can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup.storage import to_ms
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import days_ago, now, to_iso
from tests.tap_clickup.time_tracking import SLICE_LENGTH, track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

OWN = "40000001"
MEMBERS = [OWN, "40000002", "40000003"]
FORMER_USER = "40000004"
FORMER_MEMBERS = "time entries of users who have left"


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def by_user(run: TapRun) -> list[tuple[str, str]]:
    return [(row["id"], row["user_id"]) for row in run.rows("time_entries")]


def names_user(user_id: str) -> time_tracking.QueryCondition:
    return lambda query: user_id in query["assignee"].split(",")


def test_every_request_names_users_and_dates(run_tap: TapRunner) -> None:
    """ClickUp's defaults are the token's user and the last 30 days."""
    start = now()
    run_tap(start_date=to_iso(start))
    end = time_tracking.slice_start(start) + SLICE_LENGTH
    assert time_tracking.time_entry_queries(run_tap) == [
        {
            "start_date": str(to_ms(start)),
            "end_date": str(to_ms(end)),
            "assignee": ",".join(MEMBERS),
        }
    ]


def test_time_of_all_users_includes_former_members(run_tap: TapRunner, account: Account) -> None:
    """R79: a former member is known from a task and has a row in `users`."""
    start = now()
    entries = [
        track(account, start, user_id=user_id)
        for user_id in (accounts.OWNER, accounts.MEMBER, accounts.INVITED, accounts.FORMER_MEMBER)
    ]
    run = run_tap(start_date=to_iso(start))
    assert by_user(run) == [(entry.id, str(entry.user_id)) for entry in entries]
    assert time_tracking.requested_assignees(run_tap) == [[*MEMBERS, FORMER_USER]]
    former = [(row["id"], row["is_member"]) for row in run.rows("users")][3:]
    assert former == [(FORMER_USER, False)]


def test_former_members_are_remembered_by_the_next_run(
    run_tap: TapRunner, account: Account
) -> None:
    """The task that names the former member is not read again, as it did not change."""
    start = days_ago(3)
    entry = track(account, start, user_id=accounts.FORMER_MEMBER)
    first = run_tap(start_date=to_iso(start))
    account.create_task(accounts.LISTS["in_folder"], name="Later", at=days_ago(1))
    third = run_tap(state=run_tap(state=first.state).state)
    assert FORMER_USER not in {user for row in third.rows("tasks") for user in row["assignee_ids"]}
    assert time_tracking.requested_assignees(run_tap) == [[*MEMBERS, FORMER_USER]]
    assert [entry.id] in time_tracking.entry_ids_by_slice(third).values()
    (row,) = (row for row in third.rows("users") if row["id"] == FORMER_USER)
    assert row["username"] == "Lena"
    assert row["role"] is None
    assert row["is_member"] is False


def test_member_who_leaves_between_runs_is_still_requested(
    run_tap: TapRunner, account: Account
) -> None:
    """The entry was made after the last run."""
    start = days_ago(1)
    first = run_tap(start_date=to_iso(start))
    entry = track(account, days_ago(0.5), task_id=None, user_id=accounts.INVITED)
    account.remove_member(accounts.INVITED)
    second = run_tap(state=first.state)
    assert by_user(second) == [(entry.id, "40000003")]


def test_more_than_50_users_take_several_requests(run_tap: TapRunner, account: Account) -> None:
    start = now()
    clerks = [str(user_id) for user_id in time_tracking.add_members(account, range(98))]
    entries = [
        track(account, start, task_id=None, user_id=int(user_id))
        for user_id in (OWN, clerks[46], clerks[47], clerks[97])
    ]
    run = run_tap(start_date=to_iso(start))
    all_users = [*MEMBERS, *clerks]
    assert time_tracking.requested_assignees(run_tap) == [
        all_users[:50],
        all_users[50:100],
        all_users[100:],
    ]
    assert by_user(run) == [(entry.id, str(entry.user_id)) for entry in entries]
    (row,) = time_tracking.completed_slices(run).values()
    assert row["conditions"]["user_id"] == {"in": all_users}


def test_member_token_reports_users_that_are_not_visible(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """R102: hidden time is reported as hidden, not as no time."""
    behaviour.role = "member"
    start = now()
    own = track(account, start)
    track(account, start, user_id=accounts.MEMBER)
    run = run_tap(start_date=to_iso(start))
    assert by_user(run) == [(own.id, OWN)]
    failures = dict(run.read_failures)
    assert failures["time entries of 2 other users"].startswith("not visible with this token")
    assert "owner nor admin" in failures["time entries of 2 other users"]
    assert run.rows("sync_runs")[0]["complete"] is False
    (row,) = time_tracking.completed_slices(run).values()
    assert row["conditions"]["user_id"] == {"in": [OWN]}
    assert row["keys"] == [[own.id]]
    assert run.error is None


def test_admin_token_reads_all_users(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    behaviour.role = "admin"
    start = now()
    entry = track(account, start, user_id=accounts.MEMBER)
    run = run_tap(start_date=to_iso(start))
    assert by_user(run) == [(entry.id, "40000002")]
    assert run.read_failures == []


@pytest.mark.parametrize("status", [400, 401])
def test_denied_former_members_are_left_out_and_retried(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, status: int
) -> None:
    start = now()
    entries = [
        track(account, start, user_id=user_id) for user_id in (accounts.OWNER, accounts.MEMBER)
    ]
    time_tracking.reject_time_entries(behaviour, names_user(FORMER_USER), status=status)
    run = run_tap(start_date=to_iso(start))
    assert MEMBERS in time_tracking.requested_assignees(run_tap)
    assert by_user(run) == [(entry.id, str(entry.user_id)) for entry in entries]
    assert run.read_failures == [
        (FORMER_MEMBERS, "ClickUp denies the time entries of user 40000004")
    ]
    assert [
        row["conditions"]["user_id"] for row in time_tracking.completed_slices(run).values()
    ] == [{"in": MEMBERS}]


@pytest.mark.parametrize("status", [400, 401])
def test_denied_former_member_does_not_hide_own_time(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, status: int
) -> None:
    start = now()
    own = track(account, start)
    time_tracking.reject_time_entries(behaviour, names_user(FORMER_USER), status=status)
    run = run_tap(start_date=to_iso(start))
    assert run.error is None
    assert by_user(run) == [(own.id, OWN)]
    assert [what for what, _ in run.read_failures] == [FORMER_MEMBERS]


def test_denied_former_member_does_not_hide_the_next_50_users(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    start = now()
    clerks = time_tracking.add_members(account, range(60))
    entries = [
        track(account, start, user_id=user_id)
        for user_id in (accounts.OWNER, accounts.MEMBER, *clerks)
    ]
    time_tracking.reject_time_entries(behaviour, names_user(FORMER_USER), status=401)
    run = run_tap(start_date=to_iso(start))
    assert by_user(run) == [(entry.id, str(entry.user_id)) for entry in entries]
    all_users = sorted({*MEMBERS, *(str(entry.user_id) for entry in entries)})
    assert [
        row["conditions"]["user_id"]["in"] for row in time_tracking.completed_slices(run).values()
    ] == [all_users]


def test_request_for_former_members_only_may_be_denied(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """A request that names no user returns the token user's entries."""
    start = now()
    time_tracking.add_members(account, range(47))
    time_tracking.add_task_of_former_member(account, 49999999, start)
    entries = [
        track(account, start, task_id=None, user_id=user_id)
        for user_id in (accounts.OWNER, accounts.MEMBER)
    ]
    time_tracking.reject_time_entries(behaviour, names_user("49999999"), status=401)
    run = run_tap(start_date=to_iso(start))
    assert run.error is None
    assert [what for what, _ in run.read_failures] == [FORMER_MEMBERS]
    assert by_user(run) == [(entry.id, str(entry.user_id)) for entry in entries]


def test_denied_users_are_reported_once_for_all_slices(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    since = days_ago(200)
    track(account, since, user_id=accounts.MEMBER)
    time_tracking.reject_time_entries(behaviour, names_user(FORMER_USER), status=401)
    run = run_tap(start_date=to_iso(since))
    assert [what for what, _ in run.read_failures] == [FORMER_MEMBERS]


def task_in_second_space(account: Account) -> str:
    """Return the id of a task in a second space."""
    accounts.add_second_space(account)
    return account.create_task(accounts.SECOND_LIST, name="Elsewhere", at=days_ago(1)).id


def test_selected_spaces_exclude_other_time_entries(run_tap: TapRunner, account: Account) -> None:
    """R26: entries of other spaces and entries without a task are left out."""
    start, other_task = now(), task_in_second_space(account)
    entry = track(account, start)
    others = [track(account, start, task_id=task_id) for task_id in (other_task, None)]
    run = run_tap(start_date=to_iso(start), space_ids=[accounts.SPACE])
    assert by_user(run) == [(entry.id, OWN)]
    assert [entry.id for entry in others if entry.id in run.stdout] == []
    assert len(run_tap(start_date=to_iso(start)).rows("time_entries")) == 3


@pytest.mark.parametrize("mobile", ["null", "absent"])
def test_entry_without_location_uses_its_tasks_space(
    run_tap: TapRunner, account: Account, mobile: str
) -> None:
    """An entry made in the mobile app has no `task_location`."""
    start = now()
    entry = track(account, start, mobile=mobile)
    track(account, start, task_id=task_in_second_space(account), mobile=mobile)
    run = run_tap(start_date=to_iso(start), space_ids=[accounts.SPACE])
    assert by_user(run) == [(entry.id, OWN)]


def test_narrower_selection_reports_no_entry_as_deleted(
    run_tap: TapRunner, account: Account
) -> None:
    """R132: earlier entries stay, because they are outside the spaces that are read now."""
    start = now()
    entry = track(account, start, task_id=task_in_second_space(account))
    first = run_tap(start_date=to_iso(start))
    second = run_tap(state=first.state, space_ids=[accounts.SPACE])
    without_entry: list[Row] = [
        row
        for row in time_tracking.completed_slices(second).values()
        if [entry.id] not in row["keys"]
    ]
    assert without_entry
    assert [row["conditions"] for row in without_entry if "space_id" not in row["conditions"]] == []
