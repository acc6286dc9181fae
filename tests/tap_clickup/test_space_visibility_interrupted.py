"""Archived lists of a space that came to the selection are read, even if that run was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.tap_clickup.accounts import SPACE
from tests.tap_clickup.annex import (
    ATTIC,
    BOTH,
    BOX,
    NEW,
    OLD,
    START,
    cut_before,
    of_annex,
    shop_with_annex,
)

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Reader, Run


@pytest.fixture
def account() -> Account:
    account = shop_with_annex()
    account.archive(BOX)
    return account


def has_come(run: Run) -> bool:
    """Whether a run has told the archived list and its tasks."""
    return of_annex(run, "lists", "id") == [BOX] and of_annex(run, "tasks", "name") == [NEW, OLD]


def test_a_wider_selection_that_is_cut_among_tasks_has_its_archived_lists_read_later(
    read: Reader,
) -> None:
    first = read(start_date=START, space_ids=[SPACE])
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    cut = cut_before(second, "tasks")
    assert has_come(read(start_date=START, space_ids=BOTH, state=cut.state))


@pytest.mark.parametrize("path", [f"/list/{BOX}/task$", f"/folder/{ATTIC}/list$"])
def test_a_wider_selection_whose_archived_list_fails_has_it_read_by_the_next_run(
    read: Reader, behaviour: Behaviour, path: str
) -> None:
    first = read(start_date=START, space_ids=[SPACE])
    behaviour.faults = [Fault(status=400, path=path)]
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    assert second.error
    assert has_come(read(start_date=START, space_ids=BOTH, state=second.state))
