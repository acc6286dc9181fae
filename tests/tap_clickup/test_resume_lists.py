"""A run that is cut between tasks and lists leaves it to the next to tell which lists there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tap_clickup.accounts import LISTS
from tests.tap_clickup.annex import BOX, START, bookmark, cut_before, shop_with_annex

if TYPE_CHECKING:
    from fake_clickup import Account
    from tests.tap_clickup.runner import Reader, Row, Run

SHOWN = [LISTS["archived"], LISTS["in_archived_folder"], LISTS["in_folder"]]
"""The lists of the shop but the one that is deleted here."""


@pytest.fixture
def account() -> Account:
    return shop_with_annex()


@pytest.fixture
def cut(read: Reader, account: Account) -> Run:
    """Return a second run, cut in front of its lists: one was archived and one was deleted."""
    first = read(start_date=START)
    account.archive(BOX)
    account.delete(LISTS["folderless"])
    return cut_before(read(start_date=START, state=first.state), "lists")


def told(run: Run) -> dict[str, list[str]]:
    """Return the keys of the completed reads of folders and lists."""
    rows: list[Row] = run.rows("completed_reads")
    return {
        row["stream"]: sorted(key for (key,) in row["keys"])
        for row in rows
        if row["stream"] in {"folders", "lists"}
    }


def test_what_the_cut_kept_from_being_told_is_told_by_the_next_run(read: Reader, cut: Run) -> None:
    run = read(start_date=START, state=cut.state)
    assert told(cut) == {}
    assert {row["id"]: row["archived"] for row in run.rows("lists")}[BOX] is True
    assert told(run)["lists"] == sorted([*SHOWN, BOX])
    assert "folders" in told(run)


def test_archived_lists_whose_tasks_came_before_the_cut_are_not_read_again(
    read: Reader, cut: Run
) -> None:
    assert {"New in the annex", "Old in the annex"} <= set(cut.column("tasks", "name"))
    read(start_date=START, state=cut.state)
    assert [one.path for one in read.asked("/task") if "/list/" in one.path] == []


def test_the_run_that_made_up_for_a_cut_is_the_last_to_walk_thoroughly(
    read: Reader, cut: Run
) -> None:
    second = read(start_date=START, state=cut.state)
    third = read(start_date=START, state=second.state)
    assert told(third) == {}
    assert [one.path for one in read.clickup.requests if "/folder/" in one.path] == []


@pytest.mark.parametrize("stream", ["spaces", "lists", "completed_reads", "sync_runs"])
def test_which_lists_there_are_is_kept_only_when_the_last_stream_has_been_written(
    read: Reader, account: Account, stream: str
) -> None:
    first = read(start_date=START)
    account.delete(LISTS["folderless"])
    second = read(start_date=START, state=first.state)
    cut = cut_before(second, stream)
    before, after = (bookmark(run.state, "tasks")["lists"] for run in (first, second))
    assert bookmark(cut.state, "tasks")["lists"] == before != after
