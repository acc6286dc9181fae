"""`make prove`: each kind of difference is counted, and the story is the same in every run."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import requests

from benchmarks.clickup_process import generated_account
from benchmarks.prove import __main__ as prove
from benchmarks.prove.chains import start_date
from benchmarks.prove.comparison import (
    Differences,
    KnownTransitions,
    StoredTransition,
    Truth,
    compare_rows,
    compare_transitions,
)
from benchmarks.prove.page import FOLDER, TEMPLATE, Machine, write_page
from benchmarks.prove.results import Figures, build_rows
from benchmarks.prove.stored_rows import true_tasks, true_time_entries
from benchmarks.prove.story import Sizes, StatusChange, Story
from benchmarks.prove.table import format_table
from benchmarks.prove.world import Served, WorldSizes
from fake_clickup import Behaviour, FakeClickUp
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account
    from fake_clickup.model import Workspace

START = datetime(2026, 3, 2, tzinfo=UTC)
SIZES = Sizes(
    read_edits=4,
    morning_statuses=3,
    morning_edits=2,
    webhook_statuses=4,
    webhook_edits=1,
    deletions=4,
    archived_lists=1,
    edits_in_archived_lists=2,
)


def new_account() -> Account:
    return generated_account(400, spaces=2)


def take_all_steps(story: Story, start: datetime = START) -> None:
    """Take the steps of a story, all edits of the back-fill first."""
    story.clock.now = start
    while story.edit_while_read():
        pass
    for _ in (*story.morning(), *story.webhook_hour()):
        pass
    story.evening()


def test_each_kind_of_difference_is_counted() -> None:
    truth = Truth({"1": ("a",), "2": ("b",), "3": ("c",), "4": ("d",)}, frozenset({"8"}))
    stored = [("1", ("a",)), ("2", ("x",)), ("4", ("d",)), ("4", ("d",)), ("8", ()), ("9", ())]
    assert compare_rows(truth, stored) == Differences(
        lost=["3"], wrong=["2"], doubled=["4"], not_deleted=["9"]
    )


def test_a_row_that_is_wrong_in_one_of_two_copies_is_wrong() -> None:
    truth = Truth({"1": ("a",)})
    for stored in ([("1", ("x",)), ("1", ("a",))], [("1", ("a",)), ("1", ("x",))]):
        assert compare_rows(truth, stored).wrong == ["1"]


def test_transitions_are_known_exactly_or_between_two_times() -> None:
    changes = [
        StatusChange("1", "open", "done", 1_000),
        StatusChange("2", "open", "done", 1_100),
        StatusChange("3", "open", "done", 1_200),
        StatusChange("3", "done", "open", 1_300),
        StatusChange("4", "open", "done", 1_400),
    ]
    stored = [
        StoredTransition("1", "open", "done", 1_000, 1_000, is_inferred=False),
        StoredTransition("2", "open", "done", 900, 1_150, is_inferred=True),
        StoredTransition("4", "open", "done", 1_401, 1_500, is_inferred=True),
        StoredTransition("5", "open", "done", 100, 999, is_inferred=True),
    ]
    known = compare_transitions(changes, stored)
    assert known == KnownTransitions(exact=1, bounded=1, unknown=3, invented=1)


def test_a_stored_transition_is_counted_once() -> None:
    changes = [StatusChange("1", "open", "done", at_ms) for at_ms in (1_000, 1_010)]
    stored = [StoredTransition("1", "open", "done", 900, 1_100, is_inferred=True)]
    assert compare_transitions(changes, stored) == KnownTransitions(0, 1, 1, 0)


def test_the_same_story_ends_in_the_same_workspace() -> None:
    """Only the dates before the story depend on the day."""
    accounts = (new_account(), new_account())
    stories = [Story(account, seed=1, sizes=SIZES) for account in accounts]
    for story in stories:
        take_all_steps(story)
    first, second = (account.workspaces[0] for account in accounts)
    assert true_tasks(first) == true_tasks(second)
    assert true_time_entries(first) == true_time_entries(second)
    assert stories[0].status_changes == stories[1].status_changes
    assert len(stories[0].status_changes) == 7


def test_the_story_makes_every_edit_that_its_page_names() -> None:
    account = new_account()
    workspace = account.workspaces[0]
    before = dict(workspace.tasks)
    entries = dict(workspace.time_entries)
    archived = archived_lists(workspace)
    story = Story(account, seed=1, sizes=SIZES)
    take_all_steps(story)
    after = workspace.tasks
    assert len(before.keys() - after.keys()) == 4
    assert len(after.keys() - before.keys()) == 3
    assert len(entries.keys() - workspace.time_entries.keys()) == 2
    new_entries = workspace.time_entries.keys() - entries.keys()
    authors = {workspace.time_entries[entry_id].user_id for entry_id in new_entries}
    assert len(new_entries) == 3
    assert account.user_id not in authors
    moved = [
        task_id
        for task_id in before.keys() & after.keys()
        if before[task_id].list_id != after[task_id].list_id
    ]
    assert len(moved) == 4
    (new_archive,) = archived_lists(workspace) - archived
    renamed = [
        task.id
        for task in after.values()
        if task.list_id == new_archive and task.name != before[task.id].name
    ]
    assert len(renamed) == 2


def test_no_task_that_the_story_has_created_is_deleted_in_it() -> None:
    """ClickUp's search may not show such a task yet, as hours of the story take minutes."""
    account = generated_account(60, spaces=2)
    workspace = account.workspaces[0]
    before = set(workspace.tasks)
    sizes = replace(SIZES, morning_edits=30, deletions=8)
    take_all_steps(Story(account, seed=1, sizes=sizes), start=datetime.now(UTC))
    assert len(workspace.tasks.keys() - before) == 31


def archived_lists(workspace: Workspace) -> set[str]:
    return {list_id for list_id in workspace.lists if workspace.is_archived_list(list_id)}


def test_entries_of_deleted_tasks_are_left_to_the_stores() -> None:
    account = new_account()
    workspace = account.workspaces[0]
    task_id = next(entry.task_id for entry in workspace.time_entries.values() if entry.task_id)
    hidden = {entry.id for entry in workspace.time_entries.values() if entry.task_id == task_id}
    workspace.tasks.pop(task_id)
    truth = true_time_entries(workspace)
    assert truth.ignored == hidden
    assert truth.rows.keys() == workspace.time_entries.keys() - hidden


@pytest.fixture
def served() -> Iterator[Served]:
    account = new_account()
    with FakeClickUp(account, behaviour=Behaviour(rate_limited=False)) as clickup:
        served = Served(clickup, WorldSizes(tasks=400, kill_page=4, edits=SIZES), peer=False)
        served.begin_backfill(START)
        try:
            yield served
        finally:
            served.release()


def get_page(served: Served, **query: str) -> requests.Response:
    clickup = served.clickup
    url = f"{clickup.api_url}/team/{clickup.account.workspaces[0].id}/task"
    return requests.get(url, query, headers={"Authorization": clickup.token}, timeout=60)


def test_people_edit_after_every_second_page_of_live_tasks(served: Served) -> None:
    """The time between two requests does not matter, nor do archived tasks."""
    edits = []
    for archived in ("false", "true", "false"):
        get_page(served, archived=archived)
        edits.append(served.story.read_edits_made)
    assert edits == [0, 0, 1]


def test_the_page_at_which_both_are_killed_is_held(served: Served) -> None:
    for _ in range(3):
        get_page(served)
    assert not served.is_held()
    statuses: list[int] = []
    reader = Thread(target=lambda: statuses.append(get_page(served).status_code))
    reader.start()
    wait_until(served.is_held)
    assert statuses == []
    served.release()
    reader.join(60)
    assert statuses == [200]
    assert served.end_backfill() == 2
    assert served.end_backfill() == 0


def test_the_poll_of_the_morning_meets_a_429_with_a_past_reset(served: Served) -> None:
    served.morning(START + timedelta(hours=9))
    late, next_one = get_page(served), get_page(served)
    assert (late.status_code, next_one.status_code) == (429, 200)
    assert int(late.headers["x-ratelimit-reset"]) < datetime.now(UTC).timestamp()


def test_the_first_slice_of_time_entries_is_the_same_every_day() -> None:
    for day in (4, 28):
        assert start_date(datetime(2026, 11, day, tzinfo=UTC)) == "2025-10-09T00:00:00+00:00"


OURS = Figures(
    tasks_lost=0,
    tasks_lost_in_archived_lists=0,
    rows_wrong=0,
    rows_doubled=0,
    deletions_missed=0,
    worklogs_missed=0,
    transitions=KnownTransitions(exact=95, bounded=83, unknown=2, invented=0),
    status_changes=180,
    requests=1_031,
    resumed_requests=176,
    rows_per_second=2_345,
    peak_mb=155,
    receiver_peak_mb=74,
    runs=5,
    failed_runs=0,
    tasks_at_first=20_000,
    time_entries_at_first=5_000,
    users=21,
)
MACHINE = Machine("Linux on x86_64", 2, "3.11.7", "18.1", "2026-03-02")
PEER = replace(
    OURS,
    tasks_lost=1_062,
    tasks_lost_in_archived_lists=1_017,
    worklogs_missed=4_954,
    transitions=None,
    receiver_peak_mb=None,
    failed_runs=1,
)


@pytest.mark.parametrize(
    "name",
    ["tasks_lost", "rows_wrong", "rows_doubled", "deletions_missed", "worklogs_missed"],
)
def test_each_loss_of_our_own_chain_ends_with_exit_code_1(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    losses: Any = {name: 1}
    set_figures(monkeypatch, replace(OURS, **losses))
    with pytest.raises(SystemExit) as stopped:
        prove.main()
    assert stopped.value.code == "prove: our own chain has 1 losses; see the first five lines"
    assert "not measured" in capsys.readouterr().out


def test_a_run_without_loss_ends_with_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    set_figures(monkeypatch, OURS)
    prove.main()


def set_figures(monkeypatch: pytest.MonkeyPatch, ours: Figures) -> None:
    """Replace the run by its figures; the other chain was not installed."""

    def measure(_: int) -> tuple[Figures, None, Machine]:
        return ours, None, MACHINE

    monkeypatch.setattr(prove, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["prove"])


def test_the_table_fits_into_80_columns() -> None:
    lines = format_table(build_rows(OURS, PEER)).splitlines()
    assert max(map(len, lines)) <= 80
    words = [line.split() for line in lines]
    assert ["tasks", "lost", "0", "1,062"] in words
    assert ["transitions", "known,", "of", "180", "178", "not", "offered"] in words
    assert ["minutes", "at", "100", "requests/min", "10.3", "10.3"] in words


def test_page_and_picture_have_the_figures_of_the_run(tmp_path: Path) -> None:
    rows = build_rows(OURS, PEER)
    written = write_page(rows, OURS, PEER, MACHINE, folder=tmp_path)
    assert written == ["docs/explained/proof.md", "docs/explained/proof.svg"]
    page = (tmp_path / "proof.md").read_text(encoding="utf-8")
    assert "| worklogs missed | 0 | 4,954 |" in page
    assert "1,017 are in archived lists, and 45 moved" in " ".join(page.split())
    assert "Measured on Linux on x86_64, 2 CPUs, Python 3.11.7, PostgreSQL 18.1" in page
    picture = (tmp_path / "proof.svg").read_text(encoding="utf-8")
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    assert texts[2:8] == ["tasks lost", "0", "1,062", "rows wrong", "0", "0"]
    assert "not offered" in texts


def test_the_kept_page_is_that_of_a_run_without_loss() -> None:
    """Its words are those of the template, and each loss of ours is 0."""
    page = (FOLDER / "proof.md").read_text(encoding="utf-8").splitlines()
    template = TEMPLATE.read_text(encoding="utf-8").splitlines()
    fixed = [line for line in template if "$" not in line]
    assert len(fixed) > 30
    assert [line for line in page if line in fixed] == fixed
    losses = [line.split("|")[2].strip() for line in page if line.startswith("| ")][2:7]
    assert losses == ["0"] * 5
