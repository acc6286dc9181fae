"""Each run sends the time entries of days that have changed, and the keys of all that it read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from fake_clickup.storage import to_ms
from tap_clickup.date_slices import Slice
from tap_clickup.packed import PackedRecords, pack
from tap_clickup.readers.time_entry_reader import TimeEntrySlice
from tap_clickup.sent_days import MAX_DAYS, SentDays
from tap_clickup.streams.time_entries import send_unsent
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.dates import MINUTE, days_ago, to_iso
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

SINCE = to_iso(days_ago(20))
NOVEMBER = Slice("november", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
FIRST = {"id": "1", "started_at": "2026-11-02T23:59:59.999+00:00", "duration_ms": 1}
SECOND = {"id": "2", "started_at": "2026-11-03T00:00:00.000+00:00", "duration_ms": 2}
THIRD = {"id": "3", "started_at": "2026-11-03T23:00:00.000+00:00", "duration_ms": 3}
UNDATED = {"id": "4", "started_at": None, "duration_ms": 4}


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def noon(days: int) -> datetime:
    """Return noon of an earlier day."""
    return days_ago(days).replace(hour=12, minute=0, second=0, microsecond=0)


def sent_ids(run: TapRun) -> list[str]:
    return sorted(run.column("time_entries", "id"))


def known_ids(run: TapRun) -> list[str]:
    """Return the keys of the completed reads."""
    ids = time_tracking.entry_ids_by_slice(run).values()
    return sorted(entry_id for of_slice in ids for entry_id in of_slice)


def send(sent: SentDays, *records: Row, user_id: str = "7") -> list[str]:
    """Return the ids of the records that are sent, as a run does."""
    packed = PackedRecords(list(FIRST), map(pack, records))
    unsent, digests = sent.select_unsent([user_id], packed)
    ids = [record["id"] for record in unsent]
    sent.add([user_id], NOVEMBER, digests)
    return ids


def test_only_days_that_have_changed_are_sent(run_tap: TapRunner, account: Account) -> None:
    """The completed reads have every entry all the same, also after a deletion."""
    old, gone, kept = (track(account, noon(day)).id for day in (5, 3, 3))
    first = run_tap(start_date=SINCE)
    second = run_tap(state=first.state)
    assert (sent_ids(first), sent_ids(second)) == (sorted([old, gone, kept]), [])
    assert known_ids(second) == sorted([old, gone, kept])
    account.delete_time_entry(gone)
    third = run_tap(state=second.state)
    assert (sent_ids(third), known_ids(third)) == ([kept], sorted([old, kept]))
    new = track(account, noon(2)).id
    account.update_time_entry(old, end_ms=0, at=days_ago(0))
    fourth = run_tap(state=third.state)
    assert sent_ids(fourth) == sorted([old, new])
    assert sent_ids(run_tap(state=fourth.state)) == []


def test_a_sweep_and_a_run_without_state_send_everything(
    run_tap: TapRunner, account: Account
) -> None:
    """What a target has lost comes back."""
    entry = track(account, noon(3)).id
    first = run_tap(start_date=SINCE)
    sweep = run_tap(start_date=SINCE, state=first.state, sweep=True)
    assert [sent_ids(run) for run in (sweep, run_tap(state=sweep.state))] == [[entry], []]
    assert sent_ids(run_tap(start_date=SINCE)) == [entry]


def test_a_day_counts_as_sent_after_its_last_entry() -> None:
    """A killed run leaves a STATE from between two records: the next run sends both again."""
    part = TimeEntrySlice(
        slice=NOVEMBER,
        records=PackedRecords(list(FIRST), map(pack, (SECOND, THIRD))),
        record_ids=["2", "3"],
        left_out_ids=[],
        is_complete=True,
        user_ids=["7"],
        seen_users=[],
        requested_at=NOVEMBER.end,
    )
    sent = SentDays({}, since="2026-11-02", form="")
    entries = send_unsent(part, sent)
    assert [next(entries).record, next(entries).record] == [SECOND, THIRD]
    assert sent.digests == {}
    assert list(entries) == []
    assert list(sent.digests["7"]) == ["2026-11-03"]


def test_users_of_each_request_have_digests_of_their_own(
    run_tap: TapRunner, account: Account
) -> None:
    users = time_tracking.add_members(account, range(60))
    first, last = (track(account, noon(3), user_id=users[number]).id for number in (0, -1))
    run = run_tap(start_date=SINCE)
    assert len(time_tracking.saved_state(run)["sent"]) == 2
    account.update_time_entry(last, end_ms=0, at=days_ago(0))
    assert sent_ids(run) == sorted([first, last])
    assert sent_ids(run_tap(state=run.state)) == [last]


def test_an_entry_that_leaves_the_selection_and_returns_is_sent(
    run_tap: TapRunner, account: Account
) -> None:
    accounts.add_second_space(account)
    entry = track(account, noon(3))
    selected: Row = {"start_date": SINCE, "space_ids": [accounts.SPACE]}
    first = run_tap(**selected)
    home = account.workspaces[0].tasks[accounts.TASK_ID].list_id
    account.update_task(accounts.TASK_ID, list_id=accounts.SECOND_LIST)
    second = run_tap(**selected, state=first.state)
    account.update_task(accounts.TASK_ID, list_id=home)
    third = run_tap(**selected, state=second.state)
    assert [sent_ids(run) for run in (first, second, third)] == [[entry.id], [], [entry.id]]
    assert [known_ids(run) for run in (first, second, third)] == [[entry.id], [], [entry.id]]


def test_another_form_of_the_records_is_sent(run_tap: TapRunner, account: Account) -> None:
    """A property that stream_maps adds arrives for the days that are known, too."""
    entry = track(account, noon(3)).id
    first = run_tap(start_date=SINCE)
    maps = {"time_entries": {"hours": "duration_ms / 3600000"}}
    second = run_tap(start_date=SINCE, state=first.state, stream_maps=maps)
    assert sent_ids(second) == [entry]


def test_own_time_is_sent_once_by_a_token_that_sees_no_other(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """Even if ClickUp returns it to the request of each 50 users."""
    time_tracking.add_members(account, range(60))
    behaviour.role = "member"
    user = {"id": accounts.OWNER, "username": "Olga"}
    entry = {"id": "7", "user": user, "start": str(to_ms(noon(3))), "duration": "60000"}
    body = {"data": [entry]}
    behaviour.faults = [Fault(status=200, body=body, path="/time_entries$") for _ in range(2)]
    since = time_tracking.slice_start(noon(3))
    run = run_tap(start_date=to_iso(since))
    assert sent_ids(run) == ["7"]


def test_a_day_is_that_of_utc_and_compared_as_a_whole() -> None:
    sent = SentDays({}, since="2026-11-02", form="")
    assert send(sent, FIRST, SECOND, THIRD) == ["1", "2", "3"]
    assert send(sent, THIRD, FIRST, SECOND) == []
    assert send(sent, FIRST, SECOND, {**THIRD, "duration_ms": 4}) == ["2", "3"]
    assert send(sent, FIRST, SECOND) == ["2"]
    assert send(sent, FIRST) == []
    assert send(sent, FIRST, SECOND) == ["2"]
    assert send(sent, FIRST, SECOND, user_id="8") == ["1", "2"]


def test_entries_before_the_window_or_without_a_start_are_always_sent() -> None:
    sent = SentDays({}, since="2026-11-03", form="")
    assert [send(sent, FIRST, SECOND, UNDATED) for _ in range(2)] == [["1", "2", "4"], ["1", "4"]]
    assert list(sent.digests["7"]) == ["2026-11-03"]


def test_digests_before_the_window_are_dropped() -> None:
    digests = {"7": {"2026-11-02": "a", "2026-11-03": "b"}, "8": {"2026-11-02": "c"}}
    assert SentDays(digests, since="2026-11-03", form="").digests == {"7": {"2026-11-03": "b"}}


def test_the_state_has_no_more_days_than_its_limit(run_tap: TapRunner, account: Account) -> None:
    ancient, recent = (track(account, noon(day)).id for day in (MAX_DAYS + 1, MAX_DAYS - 1))
    settings: Row = {
        "start_date": to_iso(days_ago(MAX_DAYS + 10)),
        "time_entries_window_days": 3_650,
    }
    first = run_tap(**settings)
    days = [*time_tracking.saved_state(first)["sent"].values()]
    assert [list(of_user) for of_user in days] == [[f"{noon(MAX_DAYS - 1):%Y-%m-%d}"]]
    assert sent_ids(first) == sorted([ancient, recent])
    assert sent_ids(run_tap(**settings, state=first.state)) == [ancient]


def test_a_window_begins_with_a_whole_day(run_tap: TapRunner, account: Account) -> None:
    """Else its first day would differ in each run."""
    start = days_ago(30).replace(hour=0, minute=0, second=0, microsecond=0)
    early = track(account, start + MINUTE).id
    first = run_tap(start_date=to_iso(start - timedelta(days=5)))
    second = run_tap(state=first.state)
    assert (sent_ids(first), sent_ids(second), known_ids(second)) == ([early], [], [early])
