"""A selected space that becomes visible, or visible again, is read like a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup.storage import to_ms
from tests.tap_clickup import time_tracking
from tests.tap_clickup.accounts import (
    BOTH_SPACES,
    NEW_TASK,
    OLD_TASK,
    SECOND_LIST,
    SECOND_SPACE,
    SPACE,
    START_DATE,
    shop_with_second_space,
)
from tests.tap_clickup.dates import days_ago
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRunner


@pytest.fixture
def account() -> Account:
    return shop_with_second_space()


def old_task(account: Account) -> str:
    """Return the id of the old task in the second space."""
    tasks = account.workspaces[0].tasks.values()
    return next(task.id for task in tasks if task.name == OLD_TASK)


def test_hidden_space_is_read_from_the_start_date_once_visible(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    (entry_id,) = account.workspaces[0].time_entries
    behaviour.hidden_spaces = {SECOND_SPACE}
    first = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES)
    assert (
        sorted(first.column("tasks", "name", space_id=SECOND_SPACE))
        == sorted(first.column("time_entries", "id", space_id=SECOND_SPACE))
        == []
    )
    behaviour.hidden_spaces = set()
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    assert sorted(second.column("tasks", "name", space_id=SECOND_SPACE)) == [NEW_TASK, OLD_TASK]
    assert sorted(second.column("time_entries", "id", space_id=SECOND_SPACE)) == [entry_id]
    assert second.error is None
    assert second.read_failures == []


def test_newly_visible_space_is_read_from_the_start_date_once(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    behaviour.hidden_spaces = {SECOND_SPACE}
    first = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES)
    behaviour.hidden_spaces = set()
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    third = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=second.state)
    assert third.column("tasks", "name") == ["Youngest"]
    assert time_tracking.requested_starts(run_tap)[0] > to_ms(days_ago(31))


def test_edits_in_a_hidden_space_are_read_when_it_is_visible(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    first = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES)
    behaviour.hidden_spaces = {SECOND_SPACE}
    task_id = old_task(account)
    entry = track(account, days_ago(70), task_id=task_id)
    account.update_task(task_id, name="Edited unseen", at=days_ago(1.5))
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    behaviour.hidden_spaces = set()
    third = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=second.state)
    assert sorted(second.column("tasks", "name", space_id=SECOND_SPACE)) == []
    assert sorted(third.column("tasks", "name", space_id=SECOND_SPACE)) == [
        "Edited unseen",
        NEW_TASK,
    ]
    assert entry.id in sorted(third.column("time_entries", "id", space_id=SECOND_SPACE))


def test_hiding_a_space_rereads_nothing_of_the_others(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    first = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES)
    behaviour.hidden_spaces = {SECOND_SPACE}
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    assert second.column("tasks", "name") == ["Youngest"]
    assert time_tracking.requested_starts(run_tap)[0] > to_ms(days_ago(31))


def test_archived_list_of_a_newly_selected_space_is_read(
    run_tap: TapRunner, account: Account
) -> None:
    """Only a request for archived lists finds it; the digest of other lists does not show it."""
    account.archive(SECOND_LIST)
    first = run_tap(start_date=START_DATE, space_ids=[SPACE])
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    assert sorted(second.column("lists", "id", space_id=SECOND_SPACE)) == [SECOND_LIST]
    assert sorted(second.column("tasks", "name", space_id=SECOND_SPACE)) == [NEW_TASK, OLD_TASK]


def test_archived_list_of_a_newly_visible_space_is_read(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    account.archive(SECOND_LIST)
    behaviour.hidden_spaces = {SECOND_SPACE}
    first = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES)
    behaviour.hidden_spaces = set()
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    assert sorted(second.column("lists", "id", space_id=SECOND_SPACE)) == [SECOND_LIST]
    assert sorted(second.column("tasks", "name", space_id=SECOND_SPACE)) == [NEW_TASK, OLD_TASK]
