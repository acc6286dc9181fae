"""Archived lists of an added space are read even if the first run was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.tap_clickup.accounts import (
    BOTH_SPACES,
    NEW_TASK,
    OLD_TASK,
    SECOND_FOLDER,
    SECOND_LIST,
    SECOND_SPACE,
    SPACE,
    START_DATE,
    shop_with_second_space,
)

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import TapRun, TapRunner


@pytest.fixture
def account() -> Account:
    account = shop_with_second_space()
    account.archive(SECOND_LIST)
    return account


def has_archived_list(run: TapRun) -> bool:
    """Return whether a run wrote the archived list and its tasks."""
    return sorted(run.column("lists", "id", space_id=SECOND_SPACE)) == [SECOND_LIST] and sorted(
        run.column("tasks", "name", space_id=SECOND_SPACE)
    ) == [NEW_TASK, OLD_TASK]


def test_interrupted_widening_reads_archived_lists_later(
    run_tap: TapRunner,
) -> None:
    first = run_tap(start_date=START_DATE, space_ids=[SPACE])
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    interrupted = second.before_first_record("tasks")
    assert has_archived_list(
        run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=interrupted.state)
    )


@pytest.mark.parametrize("path", [f"/list/{SECOND_LIST}/task$", f"/folder/{SECOND_FOLDER}/list$"])
def test_failed_archived_list_of_a_wider_selection_is_retried(
    run_tap: TapRunner, behaviour: Behaviour, path: str
) -> None:
    first = run_tap(start_date=START_DATE, space_ids=[SPACE])
    behaviour.faults = [Fault(status=400, path=path)]
    second = run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=first.state)
    assert second.error
    assert has_archived_list(
        run_tap(start_date=START_DATE, space_ids=BOTH_SPACES, state=second.state)
    )
