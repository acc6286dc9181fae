"""The process checks its webhooks every few minutes, and polls at once what they have missed.

A minute of its threads is a second here; the schedule of its commands is not hurried.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clickup_receiver.receiver_process import ENDPOINT, ReceiverProcess
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_clickup import Account, Behaviour, FakeClickUp, Request
    from fake_clickup.model import Workspace

HURRIED_RECEIVER = (sys.executable, "-P", str(Path(__file__).with_name("hurried_receiver.py")))


class Runs:
    """A command that counts its runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.command = f"sh -c 'echo >> {path}'"

    @property
    def count(self) -> int:
        return len(self._path.read_text().splitlines()) if self._path.exists() else 0


@pytest.fixture
def polls(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "polls")


@pytest.fixture
def sweeps(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "sweeps")


@pytest.fixture
def check_times(behaviour: Behaviour, workspace: Workspace) -> list[float]:
    """Return when the webhooks of the first workspace were listed."""
    times: list[float] = []

    def record_time(request: Request, _: Account) -> None:
        if request.method == "GET" and request.path.endswith(f"/team/{workspace.id}/webhook"):
            times.append(time.monotonic())

    behaviour.on_request = record_time
    return times


@pytest.fixture
def receiver(
    clickup: FakeClickUp, database: str, tmp_path: Path, polls: Runs, sweeps: Runs
) -> Iterator[ReceiverProcess]:
    """Yield a receiver with a healthy webhook, after the poll with which it starts."""
    options = {"poll-command": polls.command, "sweep-command": sweeps.command}
    with ReceiverProcess(
        clickup, database, tmp_path, options, command=HURRIED_RECEIVER
    ) as receiver:
        assert receiver.webhook_id
        wait_until(lambda: polls.count == 1)
        yield receiver


def count_writes(clickup: FakeClickUp) -> int:
    return sum(request.method != "GET" for request in clickup.requests)


def test_webhooks_are_checked_every_five_minutes(
    check_times: list[float],
    receiver: ReceiverProcess,  # noqa: ARG001 - it is running
    polls: Runs,
) -> None:
    wait_until(lambda: len(check_times) >= 3)
    pauses = [later - earlier for earlier, later in pairwise(check_times)]
    assert min(pauses) > 4.5
    assert polls.count == 1


def test_a_suspended_webhook_is_reactivated_and_its_gap_polled(
    receiver: ReceiverProcess, account: Account, workspace: Workspace, polls: Runs, sweeps: Runs
) -> None:
    """R98: it is logged too, with the advice how to check that ClickUp can reach the receiver."""
    webhook_id = receiver.webhook_id
    account.update_webhook(webhook_id, health="suspended", fail_count=100)
    wait_until(lambda: workspace.webhooks[webhook_id].health == "active")
    wait_until(lambda: polls.count == 2)
    scope = f"workspace {workspace.id}"
    warning = f"webhook {webhook_id} of {scope} was suspended after 100 failed deliveries"
    wait_until(lambda: warning in receiver.log)
    assert f"`curl -I {ENDPOINT}` succeeds" in receiver.log
    assert receiver.post("taskDeleted", task_id="86gone") == 200
    assert sweeps.count == 0


def test_a_silent_webhook_is_polled_once_tasks_change(
    check_times: list[float],
    receiver: ReceiverProcess,
    account: Account,
    workspace: Workspace,
    polls: Runs,
) -> None:
    """R98: nothing is delivered, for instance because the webhook's creator was disabled."""
    receiver.stop()
    receiver.options["watch-minutes"] = "1"
    receiver.start()
    wait_until(lambda: polls.count == 2)
    first_check = len(check_times)
    wait_until(lambda: len(check_times) >= first_check + 5)
    assert polls.count == 2
    task_id = next(
        task.id
        for task in workspace.tasks.values()
        if not task.archived
        and not workspace.spaces[workspace.lists[task.list_id].space_id].archived
    )
    account.update_task(task_id, name="Renamed", at=datetime.now(UTC))
    wait_until(lambda: polls.count == 3)
    warning = f"webhook {receiver.webhook_id} of workspace {workspace.id}: no deliveries since"
    assert warning in receiver.log


def test_the_sweep_follows_a_gap_of_more_than_a_day(
    receiver: ReceiverProcess, account: Account, sweeps: Runs
) -> None:
    """The gap begins with the latest delivery: deletions since then are found by no poll."""
    assert receiver.post("taskDeleted", task_id="86gone") == 200
    receiver.stop()
    received_at = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    with closing(sqlite3.connect(receiver.folder / "data" / "inbox.sqlite")) as inbox, inbox:
        inbox.execute("UPDATE heard SET received_at = ?", (received_at,))
    account.update_webhook(receiver.webhook_id, health="failing", fail_count=3)
    assert sweeps.count == 0
    receiver.start()
    wait_until(lambda: sweeps.count == 1)


def test_a_denied_webhook_is_logged_and_needs_no_catch_up(
    clickup: FakeClickUp, database: str, tmp_path: Path, polls: Runs
) -> None:
    """R113: the schedule polls what a member's token cannot receive."""
    clickup.behaviour.role = "member"
    options = {"poll-command": polls.command}
    with ReceiverProcess(
        clickup, database, tmp_path, options, command=HURRIED_RECEIVER
    ) as receiver:
        workspace_count = len(clickup.account.workspaces)
        wait_until(lambda: count_writes(clickup) == 2 * workspace_count)  # the second check
        assert "may not create webhooks, so changes come by polling only" in receiver.log
        assert polls.count == 1
