"""Failed, interrupted and invalid reads of time entries lose and delete nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from fake_clickup.storage import to_ms
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import days_ago, now, to_iso
from tests.tap_clickup.time_tracking import SLICE_LENGTH, slice_start, track

if TYPE_CHECKING:
    from datetime import datetime

    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRunner

OTHERS = {"workspaces", "tasks", "spaces", "folders", "lists", "statuses", "users", "sync_runs"}
FAILED = "not everything was read: stream time_entries: GET /team/90000000001/time_entries: "


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def broken(behaviour: Behaviour) -> None:
    """Make every request for time entries fail with a server error."""
    behaviour.faults = [Fault(status=500, path="/time_entries$")] * 60


def starts_at(at: datetime) -> time_tracking.QueryCondition:
    return lambda query: query["start_date"] == str(to_ms(at))


@pytest.mark.usefixtures("broken")
def test_failed_time_entries_do_not_stop_other_streams(
    run_tap: TapRunner, account: Account
) -> None:
    """R104: the failure is reported, no slice is completed, and the other streams are read."""
    start = now()
    track(account, start)
    run = run_tap(start_date=to_iso(start))
    assert run.error
    assert run.error.startswith(f"{FAILED}HTTP 500 from 127.0.0.1 in 6 attempts")
    assert time_tracking.completed_slices(run) == {}
    assert time_tracking.saved_state(run).get("read_until") is None
    assert {message["stream"] for message in run.messages if message["type"] == "RECORD"} >= OTHERS
    assert [what for what, _ in run.read_failures] == ["stream time_entries"]
    assert run.rows("sync_runs")[0]["complete"] is False


def test_denied_time_entries_do_not_stop_other_streams(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """R104: the role of the user or the plan may not allow it."""
    start = now()
    track(account, start, task_id=None)
    time_tracking.reject_time_entries(behaviour, lambda _: True, status=401)
    run = run_tap(start_date="2026-03-01")
    assert run.error is None
    why = "HTTP 401 OAUTH_056: deleted, or not visible to the token's user"
    assert run.read_failures == [
        ("stream time_entries", f"GET /team/90000000001/time_entries: {why}")
    ]
    assert time_tracking.completed_slices(run) == {}
    assert run.rows("time_entries") == []
    assert {message["stream"] for message in run.messages if message["type"] == "RECORD"} >= OTHERS


def test_failure_after_a_good_run_keeps_the_bookmark(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    start = now()
    entry = track(account, start)
    first = run_tap(start_date=to_iso(start))
    behaviour.faults = [Fault(status=500, path="/time_entries$")] * 60
    second = run_tap(state=first.state)
    assert time_tracking.saved_state(second) == time_tracking.saved_state(first)
    assert time_tracking.completed_slices(second) == {}
    behaviour.faults = []
    third = run_tap(state=second.state)
    assert list(time_tracking.entry_ids_by_slice(third).values()) == [[entry.id]]


def test_interrupted_backfill_resumes_at_its_slice(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """R32: slices that were entry_ids are not read again."""
    since = days_ago(365)
    starts = [since, *(slice_start(since) + number * SLICE_LENGTH for number in range(1, 13))]
    created_ids = [track(account, at + timedelta(minutes=5)).id for at in starts]
    time_tracking.reject_time_entries(behaviour, starts_at(starts[6]), status=400)
    first = run_tap(start_date=to_iso(since))
    reached = time_tracking.saved_state(first)["read_until"]
    assert first.error
    assert first.error.startswith(f"{FAILED}HTTP 400")
    assert to_iso(starts[1]) <= reached <= to_iso(starts[6])
    assert time_tracking.slice_name(starts[6]) not in time_tracking.completed_slices(first)
    behaviour.on_request = None
    second = run_tap(state=first.state)
    assert (
        time_tracking.requested_starts(run_tap)[:2]
        == [to_ms(at) for at in starts if to_iso(at) >= reached][:2]
    )
    entry_ids = {*first.column("time_entries", "id"), *second.column("time_entries", "id")}
    assert entry_ids == set(created_ids)
    assert to_iso(days_ago(0.01)) < time_tracking.saved_state(second)["read_until"] <= to_iso(now())


def test_slices_completed_before_a_failure_are_complete(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    since = days_ago(365)
    starts = [since, *(slice_start(since) + number * SLICE_LENGTH for number in range(1, 12))]
    created_ids = {
        time_tracking.slice_name(at): track(account, at + timedelta(minutes=5)).id for at in starts
    }
    time_tracking.reject_time_entries(behaviour, starts_at(starts[6]), status=400)
    run = run_tap(start_date=to_iso(since))
    completed = time_tracking.entry_ids_by_slice(run)
    assert time_tracking.slice_name(since) in completed
    assert completed == {name: [created_ids[name]] for name in completed}
    completed_ids = {entry_id for entry_ids in completed.values() for entry_id in entry_ids}
    assert completed_ids
    assert completed_ids - set(run.column("time_entries", "id")) == set()


@pytest.mark.parametrize("ignored", ["assignee", "start_date", "end_date"])
def test_ignored_parameter_is_detected_and_completes_nothing(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, ignored: str
) -> None:
    """Another user's old entry is not returned then; it counts as unread, not as deleted."""
    since = days_ago(100)
    old = track(account, days_ago(95), user_id=accounts.MEMBER)
    track(account, slice_start(now()) - timedelta(milliseconds=1))
    track(account, days_ago(1), user_id=accounts.MEMBER)
    behaviour.ignored_parameters = {ignored}
    first = run_tap(start_date=to_iso(since))
    assert first.error
    assert first.error.startswith(FAILED)
    denied = [
        row for row in time_tracking.completed_slices(first).values() if [old.id] not in row["keys"]
    ]
    bounds = [row["conditions"]["started_at"] for row in denied]
    assert [
        bound for bound in bounds if bound["from"] <= to_iso(days_ago(95)) < bound["before"]
    ] == []
    behaviour.ignored_parameters = set()
    second = run_tap(state=first.state)
    assert old.id in second.column("time_entries", "id")


def test_assignee_ignored_in_a_later_run_keeps_the_bookmark(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    start = now()
    track(account, start)
    track(account, start, user_id=accounts.MEMBER)
    first = run_tap(start_date=to_iso(start))
    behaviour.ignored_parameters = {"assignee"}
    second = run_tap(state=first.state)
    assert second.error == (
        f"{FAILED}entries of user 40000001, which were not requested: "
        "the parameter assignee is ignored"
    )
    assert time_tracking.saved_state(second) == time_tracking.saved_state(first)
    assert time_tracking.completed_slices(second) == {}


def test_only_own_time_is_not_mistaken_for_an_ignored_assignee(
    run_tap: TapRunner, account: Account
) -> None:
    start = now()
    own = track(account, start)
    run = run_tap(start_date=to_iso(start))
    assert run.error is None
    assert run.column("time_entries", "id") == [own.id]
    assert time_tracking.requested_assignees(run_tap) == [
        ["40000001", "40000002", "40000003", "40000004"],
        ["40000002", "40000003", "40000004"],
    ]


def test_disabled_time_tracking_is_noted_once(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """R101, R103: spaces with the ClickApp enabled are still read."""
    start = now()
    entry = track(account, start)
    space = {"id": accounts.SPACE, "name": "Shop floor"}
    off = {**space, "features": {"time_tracking": {"enabled": False}, "sprints": {"enabled": True}}}
    behaviour.faults = [Fault(status=200, body={"spaces": [off]}, path="/space$")]
    run = run_tap(start_date=to_iso(start))
    note = (
        "the Time Tracking ClickApp is off in space 90000000011; an owner or admin can switch it "
        "on in ClickUp under Workspace settings > ClickApps > Time Tracking"
    )
    assert [note for note in run.rows("sync_runs")[0]["notes"] if "Time" in note] == [note]
    assert run.log.count(note) == 1
    assert run.column("time_entries", "id") == [entry.id]
    assert run.error is None
    assert run.read_failures == []
