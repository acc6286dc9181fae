"""A selected space that the token sees later, or again, is read as one that is new to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup.storage import to_ms
from tests.tap_clickup import time_tracking
from tests.tap_clickup.accounts import SPACE
from tests.tap_clickup.annex import ANNEX, BOTH, BOX, NEW, OLD, START, of_annex, shop_with_annex
from tests.tap_clickup.time_tracking import ago, track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Reader


@pytest.fixture
def account() -> Account:
    return shop_with_annex()


def old_task(account: Account) -> str:
    """Return the id of the task of long ago in the annex."""
    tasks = account.workspaces[0].tasks.values()
    return next(task.id for task in tasks if task.name == OLD)


def test_a_selected_space_that_is_hidden_at_first_is_read_from_the_start_date_on_when_it_is_shown(
    read: Reader, account: Account, behaviour: Behaviour
) -> None:
    (entry_id,) = account.workspaces[0].time_entries
    behaviour.hidden_spaces = {ANNEX}
    first = read(start_date=START, space_ids=BOTH)
    assert of_annex(first, "tasks", "name") == of_annex(first, "time_entries", "id") == []
    behaviour.hidden_spaces = set()
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    assert of_annex(second, "tasks", "name") == [NEW, OLD]
    assert of_annex(second, "time_entries", "id") == [entry_id]
    assert (second.error, second.refused) == (None, [])


def test_a_space_that_is_shown_is_read_from_the_start_date_on_once(
    read: Reader, behaviour: Behaviour
) -> None:
    behaviour.hidden_spaces = {ANNEX}
    first = read(start_date=START, space_ids=BOTH)
    behaviour.hidden_spaces = set()
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    third = read(start_date=START, space_ids=BOTH, state=second.state)
    assert third.column("tasks", "name") == ["Youngest"]
    assert time_tracking.starts(read)[0] > to_ms(ago(31))


def test_what_was_edited_while_a_space_was_hidden_comes_when_it_is_shown_again(
    read: Reader, account: Account, behaviour: Behaviour
) -> None:
    first = read(start_date=START, space_ids=BOTH)
    behaviour.hidden_spaces = {ANNEX}
    task_id = old_task(account)
    entry = track(account, ago(70), task_id=task_id)
    account.update_task(task_id, name="Edited unseen", at=ago(1.5))
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    behaviour.hidden_spaces = set()
    third = read(start_date=START, space_ids=BOTH, state=second.state)
    assert of_annex(second, "tasks", "name") == []
    assert of_annex(third, "tasks", "name") == ["Edited unseen", NEW]
    assert entry.id in of_annex(third, "time_entries", "id")


def test_a_space_that_is_hidden_has_nothing_of_the_others_read_again(
    read: Reader, behaviour: Behaviour
) -> None:
    first = read(start_date=START, space_ids=BOTH)
    behaviour.hidden_spaces = {ANNEX}
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    assert second.column("tasks", "name") == ["Youngest"]
    assert time_tracking.starts(read)[0] > to_ms(ago(31))


# --- archived lists


def test_an_archived_list_in_a_live_folder_comes_with_a_space_that_is_selected_later(
    read: Reader, account: Account
) -> None:
    """Only a thorough walk asks a folder for it; no list that every walk finds tells of it."""
    account.archive(BOX)
    first = read(start_date=START, space_ids=[SPACE])
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    assert of_annex(second, "lists", "id") == [BOX]
    assert of_annex(second, "tasks", "name") == [NEW, OLD]


def test_an_archived_list_in_a_live_folder_comes_with_a_space_that_is_shown_later(
    read: Reader, account: Account, behaviour: Behaviour
) -> None:
    account.archive(BOX)
    behaviour.hidden_spaces = {ANNEX}
    first = read(start_date=START, space_ids=BOTH)
    behaviour.hidden_spaces = set()
    second = read(start_date=START, space_ids=BOTH, state=first.state)
    assert of_annex(second, "lists", "id") == [BOX]
    assert of_annex(second, "tasks", "name") == [NEW, OLD]
