"""A run that is interrupted between tasks and lists leaves the lists to the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tap_clickup.accounts import (
    LISTS,
    NEW_TASK,
    OLD_TASK,
    SECOND_LIST,
    SPACE,
    START_DATE,
    shop_with_second_space,
)
from tests.tap_clickup.runner import bookmark_of

if TYPE_CHECKING:
    from fake_clickup import Account
    from tests.tap_clickup.runner import TapRun, TapRunner

REMAINING_LISTS = [LISTS["archived"], LISTS["in_archived_folder"], LISTS["in_folder"]]
"""The lists of the shop without the one that is deleted here."""


@pytest.fixture
def account() -> Account:
    return shop_with_second_space()


@pytest.fixture
def interrupted(run_tap: TapRunner, account: Account) -> TapRun:
    """Return a second run, interrupted before its lists: one was archived and one deleted."""
    first = run_tap(start_date=START_DATE)
    account.archive(SECOND_LIST)
    account.delete(LISTS["folderless"])
    return run_tap(start_date=START_DATE, state=first.state).before_first_record("lists")


def completed_keys(run: TapRun) -> dict[str, list[str]]:
    """Return the keys of the completed reads of folders and lists."""
    keys: dict[str, list[str]] = {}
    for row in run.rows("completed_reads"):
        if row["stream"] in {"folders", "lists"}:
            keys.setdefault(row["stream"], []).extend(key for (key,) in row["keys"])
    return {stream: sorted(values) for stream, values in keys.items()}


def test_interrupted_completed_reads_are_caught_up(run_tap: TapRunner, interrupted: TapRun) -> None:
    run = run_tap(start_date=START_DATE, state=interrupted.state)
    assert completed_keys(interrupted) == {}
    assert {row["id"]: row["archived"] for row in run.rows("lists")}[SECOND_LIST] is True
    assert completed_keys(run)["lists"] == sorted([*REMAINING_LISTS, SECOND_LIST])
    assert "folders" in completed_keys(run)


def test_archived_lists_read_before_interruption_are_not_reread(
    run_tap: TapRunner, interrupted: TapRun
) -> None:
    assert {NEW_TASK, OLD_TASK} <= set(interrupted.column("tasks", "name"))
    run_tap(start_date=START_DATE, state=interrupted.state)
    assert [
        request.path for request in run_tap.requests_to("/task") if "/list/" in request.path
    ] == []


def test_caught_up_run_does_not_reread_archives_again(
    run_tap: TapRunner, interrupted: TapRun
) -> None:
    second = run_tap(start_date=START_DATE, state=interrupted.state)
    third = run_tap(start_date=START_DATE, state=second.state)
    assert completed_keys(third) == {}
    assert [path for path in run_tap.requested_paths if "/folder/" in path] == []


@pytest.mark.parametrize("stream", ["spaces", "lists", "completed_reads", "sync_runs"])
def test_walks_are_saved_after_the_last_stream(
    run_tap: TapRunner, account: Account, stream: str
) -> None:
    first = run_tap(start_date=START_DATE)
    account.delete(LISTS["folderless"])
    second = run_tap(start_date=START_DATE, state=first.state)
    interrupted = second.before_first_record(stream)
    before, after = (bookmark_of(run.state, "tasks")["walks"] for run in (first, second))
    assert bookmark_of(interrupted.state, "tasks")["walks"] == before
    assert before[SPACE]["lists"] != after[SPACE]["lists"]
