"""`pandev worklogs push` as a person runs it: what it writes, leaves alone and refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import Fault
from pandev.worklogs.journal import LOCK_KEY
from tests.pandev.worklog_store import (
    EXPECTED,
    LATER,
    MIA,
    MINUTE,
    OLGA,
    TASK,
    Runs,
    fill,
    requested,
    written,
)
from tests.support.connections import WatchedConnections, address_of
from tests.tap_clickup import accounts
from tests.target_pandev.ide import IDE_EVENTS, day_time, events, records
from tests.target_pandev.loading import load

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp, Request

PUSHED = """\
days               2026-03-02 to 2026-03-03 (UTC)
created            3 entries, 1 h
updated            none
deleted            none
as planned         none
left out           2 entries, 18 min
failed             none
without an answer  none
"""


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def runs(tmp_path: Path, clickup: FakeClickUp, database: str) -> Runs:
    fill(database)
    return Runs(tmp_path, clickup, database)


def test_push_writes_each_entry_once(runs: Runs, account: Account, clickup: FakeClickUp) -> None:
    """R124: later runs find them by their markers, and so do those of a new store."""
    first = runs.push()
    assert (first.returncode, first.stdout, first.stderr) == (0, PUSHED, "")
    assert written(account) == EXPECTED
    for _ in range(2):
        again = runs.push()
        assert again.returncode == 0, again.stderr
        assert "as planned         3 entries, 1 h\n" in again.stdout
        runs.execute("DELETE FROM worklog_entries")
    assert written(account) == EXPECTED
    assert requested(clickup) == ["POST"] * 3


def test_the_automatic_mode_writes(runs: Runs, account: Account) -> None:
    """R124: as on a schedule, without an option."""
    runs.environment["PANDEV_WORKLOG_MODE"] = "automatic"
    assert runs.run("push").stdout == PUSHED
    assert written(account) == EXPECTED


@pytest.mark.parametrize("setting", ["ENABLED", "TIME_TRACKING"])
def test_nothing_is_written_if_it_is_switched_off(
    runs: Runs, clickup: FakeClickUp, setting: str
) -> None:
    runs.environment |= {f"TAP_CLICKUP_{setting}": "false", "PANDEV_WORKLOG_MODE": "automatic"}
    refused = runs.run("push")
    line = f"pandev: {setting.lower()} is false: switch it on to write worklogs\n"
    assert (refused.returncode, refused.stderr) == (1, line)
    assert clickup.requests == []


def test_late_events_change_the_entry_in_place(
    runs: Runs, account: Account, clickup: FakeClickUp
) -> None:
    assert runs.push().returncode == 0
    late = events(MIA, "02 09:30:00", branch=f"CU-{TASK}")
    load(runs.database, IDE_EVENTS, *records(late))
    updated = runs.push()
    assert "updated            1 entry, 30 min\n" in updated.stdout
    changed = dict(EXPECTED) | {(accounts.MEMBER, TASK, 2, 30): 1}
    del changed[accounts.MEMBER, TASK, 2, 20]
    assert written(account) == changed
    assert requested(clickup) == ["POST"] * 3 + ["PUT"]


def test_time_that_is_tracked_later_replaces_the_entry(runs: Runs, account: Account) -> None:
    assert runs.push().returncode == 0
    start = day_time("02 10:00:00")
    account.add_time_entry(TASK, start=start, duration=day_time("02 10:10:00") - start)
    assert "deleted            1 entry, 10 min\n" in runs.push().stdout
    remaining = dict(EXPECTED)
    del remaining[accounts.OWNER, TASK, 2, 10]
    assert written(account) == remaining


def test_what_a_person_changed_or_deleted_stays(runs: Runs, account: Account) -> None:
    assert runs.push().returncode == 0
    entries = sorted(account.workspaces[0].time_entries.values(), key=lambda entry: entry.id)
    account.update_time_entry(entries[0].id, end_ms=entries[0].start_ms + MINUTE)
    account.delete_time_entry(entries[1].id)
    before = written(account)
    again = runs.push()
    assert (again.returncode, written(account)) == (0, before)
    assert "as planned         1 entry, 30 min\n" in again.stdout


def remove_the_member(request: Request, account: Account) -> None:
    """Remove a member at the first POST, after the run has seen the members."""
    if request.method == "POST" and accounts.MEMBER in account.workspaces[0].members:
        account.remove_member(accounts.MEMBER)


def test_an_entry_on_another_user_is_deleted_and_the_run_stops(
    runs: Runs, account: Account, clickup: FakeClickUp
) -> None:
    """R127: ClickUp drops an assignee who is not a member in silence."""
    clickup.behaviour.on_request = remove_the_member
    stopped = runs.push()
    assert stopped.returncode == 1
    assert stopped.stderr.count("\n") == 1
    assert f"the run has stopped: ClickUp booked it on user {accounts.OWNER}" in stopped.stderr
    assert f"user {accounts.MEMBER} ({MIA}) cannot track time there" in stopped.stderr
    assert written(account) == {(accounts.OWNER, TASK, 2, 10): 1}
    assert requested(clickup) == ["POST", "POST", "DELETE"]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_wrong_entry_of_a_killed_run_is_deleted_later(
    runs: Runs, account: Account, clickup: FakeClickUp, *, is_known: bool
) -> None:
    """The response that showed the wrong user, the token's, was lost; the store may not have it."""
    assert runs.push().returncode == 0
    if not is_known:
        runs.execute(f"UPDATE users SET is_member = false WHERE id = '{accounts.OWNER}'")  # noqa: S608 - an id of our own
    for entry in list(account.workspaces[0].time_entries.values()):
        if entry.user_id == accounts.MEMBER:
            account.update_time_entry(entry.id, user_id=accounts.OWNER)
    clickup.requests.clear()
    for _ in range(2):
        assert "booked it on another user than" in runs.push().stderr
    assert requested(clickup)[0] == "DELETE"
    wrong = [key for key in written(account) if key[0] == accounts.OWNER and key[3] != 10]
    assert wrong == []


def test_a_members_token_is_refused(runs: Runs, clickup: FakeClickUp, behaviour: Behaviour) -> None:
    behaviour.role = "member"
    refused = runs.push()
    assert refused.returncode == 1
    assert refused.stderr == (
        f"pandev: workspace {accounts.WORKSPACE}: the token's user is neither owner nor admin, and "
        "can neither see nor write the time of others; change the role under Workspace settings > "
        "People\n"
    )
    assert requested(clickup) == []


def test_nothing_is_written_if_an_entry_cannot_be_read(
    runs: Runs, behaviour: Behaviour, clickup: FakeClickUp
) -> None:
    """It may be one of ours, which would be written twice. This one has no readable id."""
    entry = {"id": {}, "user": {"id": accounts.OWNER}, "task": {"id": TASK}}
    times = {"start": "1772442000000", "duration": "600000"}
    behaviour.faults = [Fault(200, {"data": [entry | times]}, method="GET", path="time_entries")]
    refused = runs.push()
    assert refused.returncode == 1
    assert "not all time entries can be read" in refused.stderr
    assert requested(clickup) == []


def test_a_refused_entry_is_named_and_the_others_are_written(
    runs: Runs, account: Account, behaviour: Behaviour
) -> None:
    path = f"/team/{accounts.WORKSPACE}/time_entries"
    behaviour.faults = [Fault(403, {"err": "secret", "ECODE": "TIMEENTRY_064"}, method="POST")]
    failed = runs.push()
    assert failed.returncode == 1
    assert failed.stderr == (
        f"pandev: 2026-03-02, {OLGA}, task {TASK}: POST {path}: HTTP 403 TIMEENTRY_064\n"
    )
    assert "failed             1 entry, 10 min\n" in failed.stdout
    assert runs.push().returncode == 0
    assert written(account) == EXPECTED


def test_what_was_refused_comes_last_in_the_next_run(runs: Runs, behaviour: Behaviour) -> None:
    """So it keeps nothing else from being written, if it ends that run."""
    refused, lost = Fault(403, {"ECODE": "TIMEENTRY_064"}, method="POST"), Fault(500, method="POST")
    behaviour.faults = [refused, lost, replace(lost)]
    assert runs.push().returncode == 1
    runs.execute(LATER)
    pushed = json.loads(runs.push("--format", "json").stdout)["entries"]
    order = [
        (entry["person"], entry["work_date"]) for entry in pushed if entry["result"] == "written"
    ]
    assert order == [(MIA, "2026-03-02"), (MIA, "2026-03-03"), (OLGA, "2026-03-02")]


def test_an_answer_in_between_lets_a_run_go_on(
    runs: Runs, account: Account, behaviour: Behaviour, clickup: FakeClickUp
) -> None:
    load(runs.database, IDE_EVENTS, *records(
        events(OLGA, "03 10:00:00", "03 10:10:00", branch=f"CU-{TASK}")
    ))  # fmt: skip
    posts = iter([False, False, True, False])

    def answer_one(request: Request, _: Account) -> None:
        if request.method == "POST" and not next(posts):
            behaviour.faults.append(Fault(500, method="POST"))

    behaviour.on_request = answer_one
    ended = runs.push()
    assert requested(clickup) == ["POST"] * 4
    assert "without an answer  3 entries" in ended.stdout
    assert "in a row" not in ended.stderr
    assert written(account) == {(accounts.OWNER, TASK, 3, 10): 1}


def test_time_of_a_former_member_is_not_sent(
    runs: Runs, account: Account, clickup: FakeClickUp
) -> None:
    """The store may not know yet; ClickUp would book it on the token's user."""
    account.remove_member(accounts.MEMBER)
    pushed = runs.push()
    assert pushed.returncode == 0, pushed.stderr
    assert requested(clickup) == ["POST"]
    assert written(account) == {(accounts.OWNER, TASK, 2, 10): 1}


def test_three_requests_without_an_answer_end_a_run(
    runs: Runs, account: Account, behaviour: Behaviour, clickup: FakeClickUp
) -> None:
    """They are not repeated within ten minutes, as they may still be carried out."""
    behaviour.faults = [Fault(500, method="POST") for _ in range(3)]
    ended = runs.push()
    assert ended.returncode == 1
    assert "without an answer  3 entries, 1 h\n" in ended.stdout
    assert "ClickUp has not answered 3 requests in a row" in ended.stderr
    assert runs.push().returncode == 0
    assert requested(clickup) == ["POST"] * 3
    runs.execute(LATER)
    assert runs.push().returncode == 0
    assert written(account) == EXPECTED


def test_only_one_run_writes_at_a_time(runs: Runs, clickup: FakeClickUp, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, hashtext('pandev'))", (LOCK_KEY,))
        refused = runs.push()
    line = "pandev: another pandev worklogs push is writing; wait until it has ended\n"
    assert (refused.returncode, refused.stderr) == (1, line)
    assert clickup.requests == []


def test_json_says_what_became_of_each_entry(runs: Runs) -> None:
    pushed = json.loads(runs.run("push", "--write", "--format", "json").stdout)
    results = sorted(entry["result"] for entry in pushed["entries"])
    assert results == ["left out", "left out", "written", "written", "written"]
    assert (pushed["problems"], pushed["stopped"]) == ([], None)


def test_only_the_api_and_the_store_are_connected(runs: Runs, clickup: FakeClickUp) -> None:
    """R8, R114: an audit hook in the process records every connection of write-back."""
    watched = WatchedConnections(runs.folder)
    runs.environment |= watched.settings
    with runs.start("push", "--write") as process:
        process.communicate()
    assert process.returncode == 0
    assert watched.commands == {"pandev worklogs"}
    assert watched.connections == {("pandev worklogs", address_of(clickup.api_url))}
    assert requested(clickup) == ["POST"] * 3
    paths = [request.path for request in clickup.requests]
    assert [path for path in paths if not path.startswith("/api/v2/")] == []
