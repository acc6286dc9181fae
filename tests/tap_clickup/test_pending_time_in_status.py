"""Time in status that an interrupted run left pending is kept until all of it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.tap_clickup.accounts import (
    BOTH_SPACES,
    LISTS,
    NEW_TASK,
    OLD_TASK,
    SECOND_SPACE,
    SPACE,
    START_DATE,
    shop_with_second_space,
)
from tests.tap_clickup.dates import days_ago
from tests.tap_clickup.runner import bookmark_of, catalog_selecting

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Row, TapRun, TapRunner


@pytest.fixture
def account() -> Account:
    return shop_with_second_space()


def tasks_with_time(account: Account, run: TapRun) -> set[str]:
    """Return the names of the tasks whose time in status was read."""
    tasks = account.workspaces[0].tasks
    return {tasks[task_id].name for task_id in run.column("time_in_status", "task_id")}


def state_before_time_in_status(run: TapRun) -> Row:
    """Return the state of a run that was interrupted before its time in status."""
    state = run.before_first_record("time_in_status").state
    assert "tasks" in bookmark_of(state, "time_in_status")
    return state


def test_space_selected_after_interruption_gets_time_in_status(
    run_tap: TapRunner, account: Account
) -> None:
    first = run_tap(start_date=START_DATE, time_in_status=True, space_ids=[SPACE])
    overlap_run = run_tap(
        start_date=START_DATE, time_in_status=True, space_ids=[SPACE], state=first.state
    )
    second = run_tap(
        start_date=START_DATE,
        time_in_status=True,
        space_ids=BOTH_SPACES,
        state=state_before_time_in_status(overlap_run),
    )
    assert sorted(second.column("tasks", "name", space_id=SECOND_SPACE)) == [NEW_TASK, OLD_TASK]
    assert tasks_with_time(account, second) >= {NEW_TASK, OLD_TASK}


def test_pending_cursors_are_dropped_after_a_complete_read(
    run_tap: TapRunner, account: Account
) -> None:
    first = run_tap(start_date=START_DATE, time_in_status=True, space_ids=[SPACE])
    second = run_tap(
        start_date=START_DATE,
        time_in_status=True,
        space_ids=BOTH_SPACES,
        state=state_before_time_in_status(first),
    )
    third = run_tap(
        start_date=START_DATE, time_in_status=True, space_ids=BOTH_SPACES, state=second.state
    )
    assert "tasks" not in bookmark_of(second.state, "time_in_status")
    assert tasks_with_time(account, third) == {"Youngest"}


@pytest.fixture
def in_archive(account: Account) -> str:
    """Return the name of a task in an archived list."""
    account.create_task(LISTS["archived"], name="In the archive", at=days_ago(3))
    return "In the archive"


def test_failed_archived_list_is_retried_by_the_next_run(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, in_archive: str
) -> None:
    """The tasks of that list had been read before the interruption."""
    state = state_before_time_in_status(run_tap(start_date=START_DATE, time_in_status=True))
    behaviour.faults = [Fault(status=400, path=f"/list/{LISTS['archived']}/task$")]
    second = run_tap(start_date=START_DATE, time_in_status=True, state=state)
    assert f"tasks of archived list {LISTS['archived']}: " in (second.error or "")
    assert in_archive not in tasks_with_time(account, second)
    third = run_tap(start_date=START_DATE, time_in_status=True, state=second.state)
    assert third.error is None
    assert in_archive in tasks_with_time(account, third)
    assert "tasks" not in bookmark_of(third.state, "time_in_status")


def test_pending_cursors_are_kept_without_the_tasks_stream(
    run_tap: TapRunner, account: Account, in_archive: str
) -> None:
    state = state_before_time_in_status(run_tap(start_date=START_DATE, time_in_status=True))
    catalog = catalog_selecting("time_in_status")
    second = run_tap(start_date=START_DATE, time_in_status=True, state=state, catalog=catalog)
    assert second.error is None
    assert second.rows("time_in_status") == []
    pending = bookmark_of(state, "time_in_status")["tasks"]
    assert bookmark_of(second.state, "time_in_status")["tasks"] == pending
    third = run_tap(start_date=START_DATE, time_in_status=True, state=second.state)
    assert tasks_with_time(account, third) >= {OLD_TASK, NEW_TASK, "Youngest", in_archive}
