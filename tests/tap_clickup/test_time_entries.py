"""Time entries over HTTP: their records, their slices, and the lookback window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest

from fake_clickup import Fault
from fake_clickup.storage import to_ms
from tap_clickup.worklog_marker import build_marker
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.accounts import TASK_ID
from tests.tap_clickup.dates import MINUTE, days_ago, now, to_iso
from tests.tap_clickup.time_tracking import SLICE_LENGTH, slice_start, track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRunner

AT = datetime(2026, 3, 5, 6, 7, 8, 9_000, tzinfo=UTC)
ENTRY = {
    "id": "5100000000000000001",
    "task": {"id": "86task001", "name": "Count the coins", "status": {"status": "review"}},
    "user": {"id": 40000002, "username": "Mia", "email": "user40000002@example.com"},
    "duration": 5400011,
    "description": "planted-description",
    "source": "clickup",
    "tags": [{"name": "planted-tag"}],
    "billable": True,
    "wid": accounts.WORKSPACE,
}


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def start_of_day(timestamp: datetime) -> int:
    """Return where the day of a timestamp begins, in milliseconds."""
    return to_ms(timestamp.replace(hour=0, minute=0, second=0, microsecond=0))


def test_every_time_entry_column_is_mapped(run_tap: TapRunner, account: Account) -> None:
    """R78, R79, R80, R81, R82: author, start, duration and task, but not the description."""
    entry = track(
        account,
        AT,
        timedelta(milliseconds=5400011),
        at=AT + timedelta(hours=3),
        user_id=accounts.MEMBER,
        description="planted-description",
    )
    run = run_tap(start_date="2026-03-01")
    assert run.rows("time_entries") == [
        {
            "workspace_id": accounts.WORKSPACE,
            "id": entry.id,
            "task_id": "86task001",
            "space_id": accounts.SPACE,
            "user_id": "40000002",
            "started_at": "2026-03-05T06:07:08.009+00:00",
            "ended_at": "2026-03-05T07:37:08.020+00:00",
            "duration_ms": 5400011,
            "is_running": False,
            "date_updated": "2026-03-05T09:07:08.009+00:00",
            "marker": None,
        }
    ]
    assert "planted" not in run.stdout + run.log


def test_only_our_marker_is_taken_from_a_description(run_tap: TapRunner, account: Account) -> None:
    """R11, R54: what a person adds to the description of our entry stays in ClickUp."""
    marker = build_marker("900", "1", "86a1", "2026-03-05")
    track(account, AT, description=f"planted-before {marker}, planted-behind")
    run = run_tap(start_date="2026-03-01")
    assert [row["marker"] for row in run.rows("time_entries")] == [marker]
    assert "planted" not in run.stdout + run.log


@pytest.mark.parametrize("form", ["null", "absent", "zero"])
def test_time_entry_without_a_task_keeps_its_user(
    run_tap: TapRunner,
    account: Account,
    behaviour: Behaviour,
    form: Literal["null", "absent", "zero"],
) -> None:
    behaviour.missing_task_format = form
    start = now()
    entry = track(account, start, task_id=None, user_id=accounts.MEMBER)
    run = run_tap(start_date=to_iso(start))
    assert [(row["id"], row["task_id"], row["user_id"]) for row in run.rows("time_entries")] == [
        (entry.id, None, "40000002")
    ]


@pytest.mark.parametrize("number", [int, str])
@pytest.mark.parametrize(
    ("task", "task_id"),
    [(ENTRY["task"], TASK_ID), (0, None), ("0", None)],
    ids=["task", "0", "text"],
)
def test_numbers_and_strings_give_the_same_entry(
    run_tap: TapRunner, behaviour: Behaviour, number: type[Any], task: Any, task_id: str | None
) -> None:
    start = now()
    timestamps = {"start": to_ms(start), "end": to_ms(start) + 5400011, "at": to_ms(start) + 13}
    converted = {name: number(value) for name, value in timestamps.items()}
    duration = number(ENTRY["duration"])
    item = {**ENTRY, **converted, "duration": duration, "task": task, "task_location": {}}
    behaviour.faults = [Fault(status=200, body={"data": [item]}, path="/time_entries$")]
    (row,) = run_tap(start_date=to_iso(start)).rows("time_entries")
    assert row == {
        "workspace_id": accounts.WORKSPACE,
        "id": "5100000000000000001",
        "task_id": task_id,
        "space_id": None,
        "user_id": "40000002",
        "started_at": to_iso(start),
        "ended_at": to_iso(start + timedelta(milliseconds=5400011)),
        "duration_ms": 5400011,
        "is_running": False,
        "date_updated": to_iso(start + timedelta(milliseconds=13)),
        "marker": None,
    }


def test_running_timer_has_no_duration_until_it_stops(run_tap: TapRunner, account: Account) -> None:
    """R81: ClickUp shows a running duration as a negative number of milliseconds."""
    start = now()
    run_tap.clock.seconds = start.timestamp() + 0.468
    timer = track(account, start, None)
    first = run_tap(start_date=to_iso(start))
    account.update_time_entry(timer.id, end_ms=to_ms(start) + 90_000, at=start + 2 * MINUTE)
    second = run_tap(state=first.state)
    columns = ("id", "started_at", "ended_at", "duration_ms", "is_running", "date_updated")
    rows = [[run.rows("time_entries")[0][name] for name in columns] for run in (first, second)]
    ended = to_iso(start + 1.5 * MINUTE)
    assert rows == [
        [timer.id, to_iso(start), None, None, True, to_iso(start)],
        [timer.id, to_iso(start), ended, 90_000, False, to_iso(start + 2 * MINUTE)],
    ]


@pytest.mark.parametrize("mobile", ["null", "absent"])
def test_mobile_time_entry_is_read(
    run_tap: TapRunner, account: Account, mobile: Literal["null", "absent"]
) -> None:
    start = now()
    entry = track(account, start, mobile=mobile)
    (row,) = run_tap(start_date=to_iso(start)).rows("time_entries")
    assert row["id"] == entry.id
    assert row["task_id"] == TASK_ID
    assert row["duration_ms"] == 60_000


def test_zero_long_and_overlapping_entries_are_kept(run_tap: TapRunner, account: Account) -> None:
    """They span midnight and are not split by day."""
    late_start = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    entries = [
        track(account, late_start, timedelta()),
        track(account, late_start, timedelta(hours=1)),
        track(account, late_start + 10 * MINUTE, timedelta(hours=26)),
    ]
    rows = run_tap(start_date="2026-03-01").rows("time_entries")
    values = [(row["id"], row["started_at"], row["ended_at"], row["duration_ms"]) for row in rows]
    assert values == [
        (entries[0].id, "2026-03-04T23:30:00.000+00:00", "2026-03-04T23:30:00.000+00:00", 0),
        (
            entries[1].id,
            "2026-03-04T23:30:00.000+00:00",
            "2026-03-05T00:30:00.000+00:00",
            3_600_000,
        ),
        (
            entries[2].id,
            "2026-03-04T23:40:00.000+00:00",
            "2026-03-06T01:40:00.000+00:00",
            93_600_000,
        ),
    ]


def test_backfill_reads_30_day_slices_without_duplicates(
    run_tap: TapRunner, account: Account
) -> None:
    """R31: an entry at the start of a slice, which ClickUp also returns for the one before."""
    since = days_ago(365)
    borders = [slice_start(since) + number * SLICE_LENGTH for number in range(1, 13)]
    timestamps = {
        since,
        *borders,
        *(at - timedelta(milliseconds=1) for at in borders),
        days_ago(0.1),
    }
    entries = {track(account, at).id: to_iso(at) for at in sorted(timestamps)}
    run = run_tap(start_date=to_iso(since))
    rows = [(row["id"], row["started_at"]) for row in run.rows("time_entries")]
    assert sorted(rows) == sorted(entries.items())
    for query in time_tracking.time_entry_queries(run_tap):
        assert 0 < int(query["end_date"]) - int(query["start_date"]) <= 30 * 86_400_000
    assert time_tracking.requested_starts(run_tap)[:13] == [to_ms(since), *map(to_ms, borders)]


def test_time_entry_belongs_to_the_slice_of_its_start(run_tap: TapRunner, account: Account) -> None:
    since = days_ago(75)
    first, second = slice_start(since) + SLICE_LENGTH, slice_start(since) + 2 * SLICE_LENGTH
    before, at, after = (track(account, start).id for start in (first - MINUTE, first, second))
    run = run_tap(start_date=to_iso(since))
    slices = time_tracking.completed_slices(run)
    second_slice, first_slice = time_tracking.slice_name(first), time_tracking.slice_name(since)
    assert time_tracking.entry_ids_by_slice(run)[first_slice] == [before]
    assert time_tracking.entry_ids_by_slice(run)[second_slice] == [at]
    assert time_tracking.entry_ids_by_slice(run)[time_tracking.slice_name(second)] == [after]
    assert [slices[name]["conditions"]["started_at"] for name in (first_slice, second_slice)] == [
        {"from": to_iso(since), "before": to_iso(first)},
        {"from": to_iso(first), "before": to_iso(second)},
    ]


def test_future_time_entry_is_read(run_tap: TapRunner, account: Account) -> None:
    start = now()
    ahead = track(account, slice_start(start) + SLICE_LENGTH - timedelta(milliseconds=1))
    assert run_tap(start_date=to_iso(start)).column("time_entries", "id") == [ahead.id]


def test_slice_bounds_are_in_utc(run_tap: TapRunner, account: Account) -> None:
    """A target may therefore compare them as text."""
    entry = track(account, AT)
    run = run_tap(start_date="2026-03-05T15:00:00+09:00")
    (completed_slice,) = (
        row for row in time_tracking.completed_slices(run).values() if [entry.id] in row["keys"]
    )
    assert completed_slice["conditions"]["started_at"] == {
        "from": "2026-03-05T06:00:00.000+00:00",
        "before": "2026-03-08T00:00:00.000+00:00",
    }


def test_next_run_rereads_the_last_30_days(run_tap: TapRunner, account: Account) -> None:
    """R32: an edit within the lookback window is found, an earlier entry is not read again."""
    old, recent = track(account, days_ago(40)), track(account, days_ago(20))
    first = run_tap(start_date=to_iso(days_ago(100)))
    for entry in (old, recent):
        account.update_time_entry(entry.id, end_ms=entry.start_ms + 120_000)
    before = days_ago(30)
    second = run_tap(state=first.state)
    days = {start_of_day(before), start_of_day(days_ago(30))}
    assert time_tracking.requested_starts(run_tap)[0] in days
    assert sorted(first.column("time_entries", "id")) == sorted([old.id, recent.id])
    rows = second.rows("time_entries")
    assert [(row["id"], row["duration_ms"]) for row in rows] == [(recent.id, 120_000)]
    assert to_iso(before) <= time_tracking.saved_state(first)["read_until"] <= to_iso(now())


def test_lookback_of_60_days_finds_an_older_edit(run_tap: TapRunner, account: Account) -> None:
    entry = track(account, days_ago(40))
    first = run_tap(start_date=to_iso(days_ago(100)))
    at = now()
    account.update_time_entry(entry.id, end_ms=entry.start_ms + 120_000, at=at)
    second = run_tap(state=first.state, time_entries_window_days=60)
    rows = second.rows("time_entries")
    assert [(row["id"], row["duration_ms"], row["date_updated"]) for row in rows] == [
        (entry.id, 120_000, to_iso(at))
    ]
    assert time_tracking.requested_starts(run_tap)[0] in {
        start_of_day(at - timedelta(days=60)),
        start_of_day(days_ago(60)),
    }


@pytest.mark.parametrize("days", [3_650, 1_000_000])
def test_lookback_is_limited_by_the_start_date(
    run_tap: TapRunner, account: Account, days: int
) -> None:
    since = days_ago(50)
    entry = track(account, days_ago(49))
    first = run_tap(start_date=to_iso(since))
    second = run_tap(state=first.state, time_entries_window_days=days)
    assert second.column("time_entries", "id") == [entry.id]
    assert time_tracking.requested_starts(run_tap)[0] == to_ms(since)


def test_deleted_entry_is_missing_from_its_completed_slice(
    run_tap: TapRunner, account: Account
) -> None:
    start = days_ago(10)
    kept, deleted = track(account, start), track(account, start)
    first = run_tap(start_date=to_iso(start))
    account.delete_time_entry(deleted.id)
    second = run_tap(state=first.state)
    name = time_tracking.slice_name(start)
    assert time_tracking.entry_ids_by_slice(first)[name] == sorted([kept.id, deleted.id])
    assert time_tracking.entry_ids_by_slice(second)[name] == [kept.id]
    row = time_tracking.completed_slices(second)[name]
    assert {column: row[column] for column in ("key_properties", "count", "conditions")} == {
        "key_properties": ["id"],
        "count": 1,
        "conditions": {
            "workspace_id": {"in": [accounts.WORKSPACE]},
            "started_at": {
                "from": to_iso(start),
                "before": to_iso(slice_start(start) + SLICE_LENGTH),
            },
            "user_id": {"in": ["40000001"]},
        },
    }
