"""`kill -9` of `pandev worklogs push` at any point: the next runs write each entry exactly once."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import Fault
from tests.pandev.worklog_store import (
    CHANGED,
    EXPECTED,
    LATER,
    OTHER_RULES,
    Runs,
    fill,
    requested,
    written,
)
from tests.support.waiting import wait_until
from tests.tap_clickup import accounts

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from fake_clickup import Account, Behaviour, FakeClickUp, Request

pytestmark = pytest.mark.faults

STATES = "SELECT state, count(*) FROM worklog_entries GROUP BY state ORDER BY state"
BLOCKED = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
COUNT_BLOCKED = f"SELECT count(*) {BLOCKED}"
END_BLOCKED = f"SELECT pg_terminate_backend(pid, 60000) {BLOCKED}"


@pytest.fixture
def account() -> Account:
    return accounts.shop()


@pytest.fixture
def runs(tmp_path: Path, clickup: FakeClickUp, database: str) -> Runs:
    fill(database)
    return Runs(tmp_path, clickup, database)


class Killer:
    """Kills a run at its n-th request of a method."""

    def __init__(self, number: int, method: str = "POST") -> None:
        self.number = number
        self.method = method
        self.requests = 0
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, request: Request, _: Account) -> None:
        if request.method != self.method:
            return
        self.requests += 1
        if self.requests == self.number and self.process:
            self.process.send_signal(signal.SIGKILL)


def push_and_kill(runs: Runs, killer: Killer, *options: str) -> None:
    with runs.start("push", "--write", *options) as process:
        killer.process = process
        process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_before_clickup_carries_the_request_out(
    runs: Runs, behaviour: Behaviour, account: Account, clickup: FakeClickUp
) -> None:
    """The rest of the plan is stored, and what was sent is not repeated for ten minutes."""
    behaviour.faults = [Fault(reset=True, method="POST")]
    behaviour.on_request = killer = Killer(1)
    push_and_kill(runs, killer)
    behaviour.on_request = None
    assert runs.rows(STATES) == [("planned", 2), ("sent", 1)]
    assert written(account) == {}
    assert runs.push().returncode == 0
    assert requested(clickup) == ["POST"] * 3
    runs.execute(LATER)
    assert runs.push().returncode == 0
    assert written(account) == EXPECTED
    assert runs.rows(STATES) == [("confirmed", 3)]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("point", ["on_request", "on_response"])
def test_killed_while_clickup_carries_the_request_out(
    runs: Runs, account: Account, clickup: FakeClickUp, point: str, number: int
) -> None:
    """The entry is made, and its response never read: the next run finds it by its marker."""
    killer = Killer(number)
    setattr(clickup.behaviour, point, killer)
    push_and_kill(runs, killer)
    setattr(clickup.behaviour, point, None)
    wait_until(lambda: sum(written(account).values()) == number)
    assert runs.push().returncode == 0
    assert written(account) == EXPECTED
    assert requested(clickup) == ["POST"] * 3
    assert runs.rows(STATES) == [("confirmed", 3)]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("point", ["on_request", "on_response"])
def test_killed_while_clickup_changes_an_entry(
    runs: Runs, account: Account, clickup: FakeClickUp, point: str, method: str
) -> None:
    """A change that was made is not made again, and the rest follows."""
    assert runs.push().returncode == 0
    clickup.requests.clear()
    killer = Killer(1, method)
    setattr(clickup.behaviour, point, killer)
    push_and_kill(runs, killer, *OTHER_RULES)
    setattr(clickup.behaviour, point, None)
    wait_until(lambda: all(request.status for request in clickup.requests))
    assert runs.push(*OTHER_RULES).returncode == 0
    assert written(account) == CHANGED
    assert sorted(requested(clickup)) == ["DELETE", "PUT"]
    again = runs.push(*OTHER_RULES)
    assert (again.returncode, sorted(requested(clickup))) == (0, ["DELETE", "PUT"])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_killed_before_clickup_changes_an_entry(
    runs: Runs, account: Account, clickup: FakeClickUp, method: str
) -> None:
    assert runs.push().returncode == 0
    clickup.requests.clear()
    clickup.behaviour.faults = [Fault(reset=True, method=method)]
    clickup.behaviour.on_request = killer = Killer(1, method)
    push_and_kill(runs, killer, *OTHER_RULES)
    clickup.behaviour.on_request = None
    wait_until(lambda: all(request.status for request in clickup.requests))
    assert runs.push(*OTHER_RULES).returncode == 0
    assert written(account) == CHANGED
    assert sorted(requested(clickup)) == sorted(["DELETE", "PUT", method])


def block_and_kill(
    runs: Runs, behaviour: Behaviour, is_point: Callable[[Request], bool], *options: str
) -> None:
    """Kill a run while it waits for a lock that is held from a response on."""
    with (
        psycopg.connect(runs.database, options="-c search_path=pandev") as holder,
        psycopg.connect(runs.database, autocommit=True) as watcher,
    ):

        def hold(request: Request, _: Account) -> None:
            if is_point(request):
                holder.execute("LOCK TABLE worklog_entries IN SHARE ROW EXCLUSIVE MODE")

        behaviour.on_response = hold
        with runs.start("push", "--write", *options) as process:
            wait_until(lambda: watcher.execute(COUNT_BLOCKED).fetchall() == [(1,)])
            process.send_signal(signal.SIGKILL)
            process.communicate()
        # otherwise PostgreSQL would carry the statement out before it notices
        watcher.execute(END_BLOCKED)
        holder.rollback()
    behaviour.on_response = None
    assert process.returncode == -signal.SIGKILL


def test_killed_between_the_response_and_its_commit(
    runs: Runs, behaviour: Behaviour, account: Account, clickup: FakeClickUp
) -> None:
    block_and_kill(runs, behaviour, lambda request: request.method == "POST")
    assert sum(written(account).values()) == 1
    assert runs.push().returncode == 0
    assert written(account) == EXPECTED
    assert requested(clickup) == ["POST"] * 3


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_killed_between_a_change_and_its_commit(
    runs: Runs, account: Account, clickup: FakeClickUp, method: str
) -> None:
    assert runs.push().returncode == 0
    clickup.requests.clear()
    block_and_kill(runs, clickup.behaviour, lambda request: request.method == method, *OTHER_RULES)
    assert runs.push(*OTHER_RULES).returncode == 0
    assert written(account) == CHANGED
    assert sorted(requested(clickup)) == ["DELETE", "PUT"]


def test_killed_before_the_plan_is_stored(
    runs: Runs, behaviour: Behaviour, account: Account, clickup: FakeClickUp
) -> None:
    """No request was sent, since the plan comes first."""
    block_and_kill(runs, behaviour, lambda request: request.path.endswith("/time_entries"))
    assert requested(clickup) == []
    assert runs.push().returncode == 0
    assert written(account) == EXPECTED


def test_two_runs_at_once_write_each_entry_once(
    runs: Runs, account: Account, clickup: FakeClickUp
) -> None:
    started = [runs.start("push", "--write") for _ in range(2)]
    for process in started:
        process.communicate()
    assert 0 in {process.returncode for process in started}
    assert written(account) == EXPECTED
    assert requested(clickup) == ["POST"] * 3
