"""`pandev verify` of time entries: planted differences are found with their causes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Fault
from fake_clickup.storage import to_ms
from tests.pandev.verify_store import VerifyRuns, load_store, stored_rows
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import MINUTE, days_ago

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp
    from fake_clickup.model import TimeEntry

ENTRY = "time entry"
OLD_DAYS = 80
"""Before the window in which polls read time again."""
COPY = """
INSERT INTO time_entries
SELECT (pg_catalog.jsonb_populate_record(t, '{"id": "5000"}')).*
FROM time_entries AS t WHERE id = %s
"""
REJECTED = """
INSERT INTO rejected_records (stream, record_hash, key, field, reason, record, rejected_at)
VALUES ('time_entries', gen_random_uuid(), %s, 'duration_ms', 'too long', '{}', now())
"""


def add_entry(account: Account, days: float, **fields: Any) -> TimeEntry:
    """Add an entry of an hour, last changed when it began."""
    values = {"duration": 60 * MINUTE, "at": days_ago(days), **fields}
    return account.add_time_entry(accounts.TASK_ID, start=days_ago(days), **values)


@pytest.fixture
def account() -> Account:
    """Return the shop, with a second space, and time of several users, also of one who left."""
    account = accounts.shop_with_second_space()
    for number in range(1, 10):
        add_entry(account, number)
    add_entry(account, 3.5, user_id=accounts.MEMBER)
    add_entry(account, 4.5, user_id=accounts.FORMER_MEMBER, mobile="absent")
    account.add_time_entry(None, start=days_ago(2.5), duration=MINUTE, at=days_ago(2.5))
    add_entry(account, 0.05, duration=None)
    return account


@pytest.fixture
def runs(clickup: FakeClickUp, database: str, tmp_path: Path) -> VerifyRuns:
    """Return runs on a store after a sweep."""
    load_store(clickup, database, sweep=True, start_date=accounts.START_DATE)
    clickup.requests.clear()
    runs = VerifyRuns(clickup, database, tmp_path)
    runs.settings["TAP_CLICKUP_START_DATE"] = accounts.START_DATE
    return runs


def entry_causes(result: dict[str, Any]) -> dict[str, tuple[str, str, list[str]]]:
    """Return cause, reason and fields of each time entry that differs."""
    return {
        item["id"]: (item["cause"], item["reason"], [field["field"] for field in item["fields"]])
        for item in result["differences"]
        if item["object"] == ENTRY
    }


def test_time_entries_as_in_clickup_have_no_difference(
    runs: VerifyRuns, clickup: FakeClickUp, account: Account
) -> None:
    """R125: of all users, running, without a task, from the mobile app. Only GET is sent."""
    before = stored_rows(runs.database)
    done = runs.run("--sample", "1000", "--ids", "--seed", "7")
    count = len(account.workspaces[0].time_entries)
    assert count == 14
    assert done.stdout.splitlines()[4:6] == [
        "time entries    14 of 14 stored, 14 equal",
        "time entry ids  14 in ClickUp, 14 in the store",
    ]
    assert (done.stdout.splitlines()[0], done.exit_code) == ("result          no difference", 0)
    assert {request.method for request in clickup.requests} == {"GET"}
    assert stored_rows(runs.database) == before
    runs.execute("DELETE FROM users WHERE id <> %s", str(accounts.FORMER_MEMBER))
    assert runs.verify("--sample", "1000", "--ids")["differences"] == []


def test_planted_differences_of_time_entries_are_found(runs: VerifyRuns, account: Account) -> None:
    """Missing, changed, marked and extra ones; each with its cause."""
    entries = iter([entry.id for entry in account.workspaces[0].time_entries.values()][1:])
    expected: dict[str, tuple[str, list[str]]] = {}

    def plant(statement: str, cause: str, *fields: str) -> str:
        entry_id = next(entries)
        runs.execute(statement, entry_id)
        expected[entry_id] = (cause, [*fields])
        return entry_id

    update = "UPDATE time_entries SET {} WHERE id = %s".format
    plant(update("duration_ms = duration_ms + 1"), "ours", "duration_ms")
    plant(update("user_id = '1', task_id = NULL"), "ours", "task_id", "user_id")
    plant(update("started_at = started_at - interval '40 days'"), "ours", "started_at")
    plant(update("date_updated = date_updated - interval '1 ms'"), "ours", "date_updated")
    plant("DELETE FROM time_entries WHERE id = %s", "ours")
    marked = plant(update("_sdc_deleted_at = now() - interval '1 day'"), "ours")
    plant(update("space_id = NULL"), "not yet polled", "space_id")
    edited = plant(COPY, "not yet polled", "ended_at", "duration_ms", "date_updated")
    account.update_time_entry(edited, end_ms=to_ms(days_ago(0)))
    deleted = plant("SELECT FROM time_entries WHERE id = %s", "hidden")
    account.delete_time_entry(deleted)
    expected["5000"] = ("hidden", [])
    expected[add_entry(account, 1.5, at=None).id] = ("not yet polled", [])
    result = runs.verify("--sample", "1000", "--ids")
    found = entry_causes(result)
    assert {key: (cause, fields) for key, (cause, _, fields) in found.items()} == expected
    assert result["exit_code"] == 1
    without_ids = entry_causes(runs.verify("--sample", "1000"))
    missing = {key for key, (_, reason, _) in found.items() if reason.startswith("not stored")}
    assert {*found} - {*without_ids} == missing
    only_ids = entry_causes(runs.verify("--sample", "0", "--ids"))
    assert {*only_ids} == {*missing, marked, deleted, "5000"}


def test_old_time_is_read_by_sweeps_only(
    clickup: FakeClickUp, database: str, account: Account, tmp_path: Path
) -> None:
    """A poll after the edit need not have read it."""
    old, new = (add_entry(account, days) for days in (OLD_DAYS, 5))
    load_store(clickup, database, sweep=True, start_date=accounts.START_DATE)
    runs = VerifyRuns(clickup, database, tmp_path)
    runs.settings["TAP_CLICKUP_START_DATE"] = accounts.START_DATE
    runs.execute("UPDATE sync_runs SET started_at = now() - interval '2 days'")
    runs.execute(
        "INSERT INTO sync_runs SELECT (jsonb_populate_record(r, jsonb_build_object('source', "
        "'tap-clickup', 'started_at', now()))).* FROM sync_runs AS r"
    )
    for entry in (old, new):
        account.update_time_entry(entry.id, at=days_ago(1), end_ms=to_ms(days_ago(1)))
    found = entry_causes(runs.verify("--sample", "1000"))
    assert {key: cause for key, (cause, *_) in found.items()} == {
        old.id: "not yet polled",
        new.id: "ours",
    }
    assert "and the last sweep began at" in found[old.id][1]


def test_time_outside_of_the_selection_is_hidden(runs: VerifyRuns, account: Account) -> None:
    """An entry without a location may be in it: it is compared if it is stored."""
    second = next(iter(account.workspaces[0].time_entries))
    runs.settings["TAP_CLICKUP_SPACE_IDS"] = f'["{accounts.SPACE}"]'
    add_entry(account, 1.2, mobile="null")
    reason = f"in space {accounts.SECOND_SPACE}, which is not selected"
    assert entry_causes(runs.verify("--sample", "0", "--ids")) == {second: ("hidden", reason, [])}


def test_a_member_sees_only_own_time(runs: VerifyRuns, behaviour: Behaviour) -> None:
    """R102: that of others is hidden, not wrong."""
    behaviour.role = "member"
    causes = entry_causes(runs.verify("--sample", "1000"))
    assert {cause for cause, *_ in causes.values()} == {"hidden"}
    assert len(causes) == 2


def test_time_before_the_start_date_is_too_old(
    clickup: FakeClickUp, database: str, account: Account, tmp_path: Path
) -> None:
    """Unless it is stored, as after a change of the start date."""
    load_store(clickup, database, sweep=True, start_date=accounts.START_DATE)
    runs = VerifyRuns(clickup, database, tmp_path)
    runs.settings["TAP_CLICKUP_START_DATE"] = days_ago(20).isoformat()
    add_entry(account, 70)
    result = runs.verify("--sample", "1000", "--ids")
    assert result["streams"]["time entries"]["ids"] == {
        "clickup": 15,
        "store": 14,
        "too_old_to_load": 1,
    }
    assert entry_causes(result) == {}
    assert entry_causes(runs.verify("--sample", "0", "--ids")) == {}
    runs.settings["TAP_CLICKUP_TIME_TRACKING"] = "false"
    assert list(runs.verify()["streams"]) == ["tasks"]


def test_a_rejected_time_entry_is_ours(runs: VerifyRuns, account: Account) -> None:
    entry = add_entry(account, 1.5, at=None)
    runs.execute(REJECTED, f'["{accounts.WORKSPACE}", "{entry.id}"]')
    reason = "not stored: rejected by target-pandev (duration_ms: too long)"
    found = entry_causes(runs.verify("--sample", "0", "--ids"))
    assert found == {entry.id: ("ours", reason, [])}


def test_time_that_cannot_be_read_is_not_a_difference(
    runs: VerifyRuns, behaviour: Behaviour
) -> None:
    """A response that is not as requested, for instance."""
    path = r"/team/\d+/time_entries"
    behaviour.faults = [Fault(status=200, body={"err": "?"}, path=path)]
    result = runs.verify("--sample", "5")
    assert (result["differences"], result["exit_code"]) == ([], 3)
    (failure,) = result["failures"]
    assert failure.startswith(
        f"time entries of workspace {accounts.WORKSPACE} not read: GET /team/"
    )
    behaviour.faults = [
        Fault(status=401, body={"ECODE": "OAUTH_027", "err": "no"}, path=path) for _ in range(9)
    ]
    result = runs.verify("--sample", "5")
    assert (result["differences"], result["failures"], result["exit_code"]) == ([], [], 0)
    assert len(result["denied"]) == 1


def test_stream_maps_may_remove_time_entries(runs: VerifyRuns) -> None:
    runs.settings["TAP_CLICKUP_STREAM_MAPS"] = '{"time_entries": "__NULL__"}'
    assert list(runs.verify()["streams"]) == ["tasks"]
    runs.settings["TAP_CLICKUP_STREAM_MAPS"] = '{"time_entries": {"id": "md5(id)"}}'
    assert runs.run().stderr == (
        "pandev: stored time entries cannot be found by their ids: stream_maps changes id\n"
    )


def test_a_sample_of_time_takes_a_request_for_each_month(
    runs: VerifyRuns, clickup: FakeClickUp
) -> None:
    """And none if nothing is to be compared."""
    runs.run("--sample", "0")
    paths = [request.path for request in clickup.requests]
    assert [path for path in paths if path.endswith("/time_entries")] == []
    runs.run("--sample", "1000")
    paths = [request.path for request in clickup.requests]
    requests = [path for path in paths if path.endswith("/time_entries")]
    assert 1 <= len(requests) <= timedelta(days=100) // timedelta(days=30) + 2
