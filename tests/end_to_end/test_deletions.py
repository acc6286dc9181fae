"""Tap into target: what is gone at ClickUp is marked in the store, and nothing else is."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from fake_clickup import Behaviour, FakeClickUp, Fault, generate
from tests.end_to_end.pipeline import COMMANDS, SYNC_NIGHTLY, Pipeline
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account
    from fake_clickup.model import Task, Workspace

SWEEP = {"TAP_CLICKUP_SWEEP": "true"}
OLD_ENTRIES = {"TAP_CLICKUP_TIME_ENTRIES_WINDOW_DAYS": "60"}
NOW = datetime.now(UTC)


class Sync:
    """Runs tap-clickup into target-pandev; polls and sweeps each go on from their own state."""

    def __init__(self, clickup: FakeClickUp, database: str, folder: Path) -> None:
        self._settings = {**environment(clickup), "TARGET_PANDEV_STORE_URL": database}
        self._database = database
        self._folder = folder

    def __call__(self, **settings: str) -> tuple[int, int, str]:
        """Return the exit codes of tap and target, and the last line of the target's log."""
        environment = {**self._settings, **settings}
        state = self._folder / ("sweep.json" if "TAP_CLICKUP_SWEEP" in settings else "poll.json")
        options = ["--state", str(state)] if state.exists() else []
        read = subprocess.run(
            [COMMANDS / "tap-clickup", "--config=ENV", *options],
            text=True,
            capture_output=True,
            check=False,
            env=environment,
        )
        loaded = subprocess.run(
            [COMMANDS / "target-pandev", "--config=ENV"],
            input=read.stdout,
            text=True,
            capture_output=True,
            check=False,
            env=environment,
        )
        if states := loaded.stdout.splitlines():
            state.write_text(states[-1], encoding="utf-8")
        return read.returncode, loaded.returncode, loaded.stderr.strip().splitlines()[-1]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database, options="-c search_path=pandev") as connection:
            return connection.execute(statement.encode()).fetchall()

    def marked(self, table: str, key: str = "id") -> set[str]:
        """Return the ids of the rows that are marked as gone."""
        found = self.rows(f"SELECT {key} FROM {table} WHERE _sdc_deleted_at IS NOT NULL")  # noqa: S608 - names of this file
        return {str(one) for (one,) in found}

    def forget_days(self, days: int) -> None:
        """Let all that was read have been read some days earlier, as in a store in use."""
        with psycopg.connect(self._database, options="-c search_path=pandev") as connection:
            for table in ("tasks", "time_entries", "spaces", "folders", "lists", "users"):
                statement = f"UPDATE {table} SET _sdc_extracted_at = _sdc_extracted_at - %s"  # noqa: S608 - as above
                connection.execute(statement.encode(), (timedelta(days=days),))


@pytest.fixture
def account() -> Account:
    return generate(seed=11, tasks=240, spaces=3, time_entries=60, now=NOW)


@pytest.fixture
def workspace(account: Account) -> Workspace:
    return account.workspaces[0]


@pytest.fixture
def clickup(account: Account) -> Iterator[FakeClickUp]:
    with FakeClickUp(account, behaviour=Behaviour()) as running:
        yield running


@pytest.fixture
def sync(clickup: FakeClickUp, database: str, tmp_path: Path) -> Sync:
    made = Sync(clickup, database, tmp_path)
    assert made(TAP_CLICKUP_START_DATE="2024-01-01")[:2] == (0, 0)
    made.forget_days(1)
    return made


def live_tasks(workspace: Workspace) -> list[Task]:
    """Return tasks that nothing hides and that have no subtasks."""
    parents = {task.parent_id for task in workspace.tasks.values()}
    return [
        task
        for task in workspace.tasks.values()
        if not task.archived and not workspace.lies_in_archive(task.list_id)
        if task.id not in parents
    ]


def test_a_deleted_task_is_marked_by_the_sweep_and_by_no_poll(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    gone = {task.id for task in live_tasks(workspace)[:3]}
    for task_id in gone:
        account.delete_task(task_id)
    assert (sync()[:2], sync.marked("tasks")) == ((0, 0), set())
    assert (sync(**SWEEP)[:2], sync.marked("tasks")) == ((0, 0), gone)
    shown = {task_id for (task_id,) in sync.rows("SELECT task_id FROM task_overview")}
    assert shown == set(workspace.tasks)


def test_a_sweep_marks_nothing_that_exists_however_old_archived_or_hidden_away(
    sync: Sync, workspace: Workspace
) -> None:
    assert sync(**SWEEP)[:2] == (0, 0)
    for table in ("tasks", "time_entries", "lists", "folders", "spaces", "statuses", "users"):
        assert sync.marked(table, "1" if table == "statuses" else "id") == set()
    assert len(sync.rows("SELECT FROM tasks")) == len(workspace.tasks)


def test_a_restored_task_is_alive_again(sync: Sync, account: Account, workspace: Workspace) -> None:
    task = live_tasks(workspace)[0]
    account.delete_task(task.id)
    sync(**SWEEP)
    assert sync.marked("tasks") == {task.id}
    account.restore_task(task.id)
    assert (sync(**SWEEP)[:2], sync.marked("tasks")) == ((0, 0), set())


def test_a_task_moved_out_of_the_selected_spaces_is_gone_from_sight_and_comes_back(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    """R26."""
    task = live_tasks(workspace)[0]
    home = workspace.lists[task.list_id].space_id
    lists = [one for one in workspace.lists.values() if not workspace.lies_in_archive(one.id)]
    other = next(one.id for one in lists if one.space_id != home)
    only = {"TAP_CLICKUP_SPACE_IDS": json.dumps([home])}
    account.move_task(task.id, other)
    assert (sync(**SWEEP, **only)[:2], sync.marked("tasks")) == ((0, 0), {task.id})
    account.move_task(task.id, task.list_id)
    assert (sync(**SWEEP, **only)[:2], sync.marked("tasks")) == ((0, 0), set())


def test_a_deleted_list_is_marked_itself_and_hides_its_tasks(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    lists = [one for one in workspace.lists.values() if not workspace.lies_in_archive(one.id)]
    smallest = min(lists, key=lambda one: _tasks_in(workspace, one.id))
    hidden = {task.id for task in workspace.tasks.values() if task.list_id == smallest.id}
    account.delete(smallest.id)
    assert (sync()[:2], sync.marked("lists")) == ((0, 0), {smallest.id})
    shown = {task_id for (task_id,) in sync.rows("SELECT task_id FROM task_overview")}
    assert hidden & shown == set()
    assert sync.marked("tasks") == set()


def test_time_that_was_deleted_or_edited_is_put_right_by_a_poll(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    """R78: within the window, here also an entry of more than 30 days ago."""
    entries = sorted(workspace.time_entries.values(), key=lambda one: -one.start_ms)
    recent, old = entries[0], next(one for one in entries if _days_ago(one.start_ms) > 32)
    account.delete_time_entry(recent.id)
    account.update_time_entry(old.id, end_ms=old.start_ms + 77_000)
    assert (sync(**OLD_ENTRIES)[:2], sync.marked("time_entries")) == ((0, 0), {recent.id})
    durations = dict(sync.rows("SELECT id, duration_ms FROM time_entries"))
    assert durations[old.id] == 77_000
    account.delete_time_entry(old.id)
    sync(**SWEEP)
    assert sync.marked("time_entries") == {recent.id, old.id}


def test_a_slice_that_failed_marks_nothing(
    sync: Sync, account: Account, workspace: Workspace, clickup: FakeClickUp
) -> None:
    newest = max(workspace.time_entries.values(), key=lambda one: one.start_ms)
    account.delete_time_entry(newest.id)
    clickup.behaviour.faults = [Fault(200, {"data": "?"}, path="/time_entries") for _ in range(3)]
    assert (sync()[0], sync.marked("time_entries")) == (1, set())
    clickup.behaviour.faults = []
    assert (sync()[0], sync.marked("time_entries")) == (0, {newest.id})


def test_a_lost_permission_is_no_mass_deletion(
    sync: Sync, workspace: Workspace, clickup: FakeClickUp
) -> None:
    largest = max(workspace.spaces, key=lambda one: _tasks_in_space(workspace, one))
    clickup.behaviour.hidden_spaces = {largest}
    tap, target, last = sync(**SWEEP)
    assert (tap, target) == (0, 1)
    assert "rejected" in last
    assert (sync.marked("spaces"), sync.marked("tasks")) == (set(), set())
    refused = sync.rows("SELECT stream, reason FROM rejected_records ORDER BY reason")
    assert {stream for stream, _ in refused} == {"completed_reads"}
    assert all("max_deleted_share" in reason for _, reason in refused)
    clickup.behaviour.hidden_spaces = set()
    assert sync(**SWEEP)[:2] == (0, 0)


def test_what_is_really_gone_is_marked_when_the_guard_is_lifted(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    largest = max(workspace.spaces, key=lambda one: _tasks_in_space(workspace, one))
    gone = {
        task.id
        for task in workspace.tasks.values()
        if workspace.lists[task.list_id].space_id == largest
    }
    account.delete(largest)
    assert sync(**SWEEP)[1] == 1
    assert sync(**SWEEP, TARGET_PANDEV_MAX_DELETED_SHARE="1")[:2] == (0, 0)
    assert (sync.marked("spaces"), sync.marked("tasks")) == ({largest}, gone)


def test_who_has_left_is_no_member_any_more_and_keeps_the_name(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    leaver = next(one for one in workspace.members if one != account.user_id)
    account.remove_member(leaver)
    assert sync()[:2] == (0, 0)
    left = sync.rows("SELECT id FROM users WHERE _sdc_deleted_at IS NOT NULL OR NOT is_member")
    former = {str(one) for one in workspace.people if one not in workspace.members}
    assert {one for (one,) in left} == former
    name = sync.rows(f"SELECT username FROM users WHERE id = '{leaver}'")  # noqa: S608 - a number of this test
    assert name == [(workspace.people[leaver].username,)]


def test_the_nightly_job_of_meltano_has_a_state_of_its_own(
    clickup: FakeClickUp, account: Account, workspace: Workspace, database: str, tmp_path: Path
) -> None:
    """D5: the poll before and after it is not disturbed."""
    settings = {**environment(clickup), "TARGET_PANDEV_STORE_URL": database}
    pipeline = Pipeline(tmp_path, {**settings, "TAP_CLICKUP_START_DATE": "2024-01-01"})
    assert pipeline.run("meltano", "run", "sync").returncode == 0
    gone = live_tasks(workspace)[0].id
    account.delete_task(gone)
    ended = pipeline.run(*SYNC_NIGHTLY)
    assert ended.returncode == 0, ended.stderr
    with psycopg.connect(database) as connection:
        marked = connection.execute(
            "SELECT id FROM pandev.tasks WHERE _sdc_deleted_at IS NOT NULL"
        ).fetchall()
        sources = connection.execute("SELECT source FROM pandev.sync_runs ORDER BY source")
        assert (marked, sources.fetchall()) == (
            [(gone,)],
            [("tap-clickup",), ("tap-clickup-sweep",)],
        )


def _days_ago(milliseconds: int) -> float:
    return (NOW.timestamp() * 1000 - milliseconds) / 86_400_000


def _tasks_in(workspace: Workspace, list_id: str) -> int:
    return sum(task.list_id == list_id for task in workspace.tasks.values())


def _tasks_in_space(workspace: Workspace, space_id: str) -> int:
    tasks = workspace.tasks.values()
    return sum(workspace.lists[task.list_id].space_id == space_id for task in tasks)
