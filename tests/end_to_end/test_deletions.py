"""Tap into target: what was deleted at ClickUp is marked in the store, and nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import FakeClickUp, Fault, generate
from tests.end_to_end.pipeline import SYNC_NIGHTLY, Pipeline
from tests.end_to_end.sync import SWEEP, Sync
from tests.tap_clickup.runner import environment

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account
    from fake_clickup.model import Task, Workspace

OLD_ENTRIES = {"TAP_CLICKUP_TIME_ENTRIES_WINDOW_DAYS": "60"}
NOW = datetime.now(UTC)


@pytest.fixture
def account() -> Account:
    return generate(seed=11, tasks=240, spaces=3, time_entries=60, now=NOW)


@pytest.fixture
def sync(clickup: FakeClickUp, database: str, tmp_path: Path) -> Sync:
    sync = Sync(clickup, database, tmp_path)
    assert sync(TAP_CLICKUP_START_DATE="2024-01-01").exit_codes == (0, 0)
    sync.move_reads_back(days=1)
    return sync


def live_tasks(workspace: Workspace) -> list[Task]:
    """Return tasks that are not archived, not in an archived list, and have no subtasks."""
    parents = {task.parent_id for task in workspace.tasks.values()}
    return [
        task
        for task in workspace.tasks.values()
        if not task.archived and not workspace.is_archived_list(task.list_id)
        if task.id not in parents
    ]


def test_a_deleted_task_is_marked_by_the_sweep_not_by_a_poll(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    deleted = {task.id for task in live_tasks(workspace)[:3]}
    for task_id in deleted:
        account.delete_task(task_id)
    assert sync().exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == set()
    assert sync(**SWEEP).exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == deleted
    visible = {task_id for (task_id,) in sync.rows("SELECT task_id FROM task_overview")}
    assert visible == set(workspace.tasks)


def test_a_sweep_marks_no_existing_row(sync: Sync, workspace: Workspace) -> None:
    """However old, archived or hidden the objects are."""
    assert sync(**SWEEP).exit_codes == (0, 0)
    for table in ("tasks", "time_entries", "lists", "folders", "spaces", "statuses", "users"):
        assert sync.deleted_ids(table, "1" if table == "statuses" else "id") == set()
    assert len(sync.rows("SELECT FROM tasks")) == len(workspace.tasks)


def test_a_restored_task_is_unmarked_by_the_next_sweep(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    task = live_tasks(workspace)[0]
    account.delete_task(task.id)
    sync(**SWEEP)
    assert sync.deleted_ids("tasks") == {task.id}
    account.restore_task(task.id)
    assert sync(**SWEEP).exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == set()


def test_tasks_of_a_deselected_space_are_kept_and_not_current(
    sync: Sync, workspace: Workspace
) -> None:
    home = workspace.lists[live_tasks(workspace)[0].list_id].space_id
    in_home = {
        task.id
        for task in workspace.tasks.values()
        if workspace.lists[task.list_id].space_id == home
    }
    assert 0 < len(in_home) < len(workspace.tasks)

    def current() -> set[str]:
        return {task_id for (task_id,) in sync.rows("SELECT task_id FROM task_overview")}

    assert sync(TAP_CLICKUP_SPACE_IDS=json.dumps([home])).exit_codes == (0, 0)
    assert current() == in_home
    assert sync.deleted_ids("tasks") == set()
    assert sync().exit_codes == (0, 0)
    assert current() == set(workspace.tasks)


def test_a_task_moved_out_of_the_selected_spaces_is_marked(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    """R26: it disappears from the views, and is unmarked when it is moved back."""
    task = live_tasks(workspace)[0]
    home = workspace.lists[task.list_id].space_id
    lists = [item for item in workspace.lists.values() if not workspace.is_archived_list(item.id)]
    other = next(item.id for item in lists if item.space_id != home)
    only = {"TAP_CLICKUP_SPACE_IDS": json.dumps([home])}
    account.move_task(task.id, other)
    assert sync(**SWEEP, **only).exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == {task.id}
    account.move_task(task.id, task.list_id)
    assert sync(**SWEEP, **only).exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == set()


def test_a_deleted_list_is_marked_and_hides_its_tasks(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    lists = [item for item in workspace.lists.values() if not workspace.is_archived_list(item.id)]
    smallest = min(lists, key=lambda item: _tasks_in(workspace, item.id))
    hidden = {task.id for task in workspace.tasks.values() if task.list_id == smallest.id}
    account.delete(smallest.id)
    assert sync().exit_codes == (0, 0)
    assert sync.deleted_ids("lists") == {smallest.id}
    visible = {task_id for (task_id,) in sync.rows("SELECT task_id FROM task_overview")}
    assert hidden & visible == set()
    assert sync.deleted_ids("tasks") == set()


def test_deleted_and_edited_time_entries_are_updated_by_a_poll(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    """R78: within the window, here also for an entry of more than 30 days ago."""
    entries = sorted(workspace.time_entries.values(), key=lambda entry: -entry.start_ms)
    recent = entries[0]
    old = next(entry for entry in entries if _days_ago(entry.start_ms) > 32)
    account.delete_time_entry(recent.id)
    account.update_time_entry(old.id, end_ms=old.start_ms + 77_000)
    assert sync(**OLD_ENTRIES).exit_codes == (0, 0)
    assert sync.deleted_ids("time_entries") == {recent.id}
    durations = dict(sync.rows("SELECT id, duration_ms FROM time_entries"))
    assert durations[old.id] == 77_000
    account.delete_time_entry(old.id)
    sync(**SWEEP)
    assert sync.deleted_ids("time_entries") == {recent.id, old.id}


def test_a_failed_slice_of_time_entries_marks_nothing(
    sync: Sync, account: Account, workspace: Workspace, clickup: FakeClickUp
) -> None:
    newest = max(workspace.time_entries.values(), key=lambda entry: entry.start_ms)
    account.delete_time_entry(newest.id)
    clickup.behaviour.faults = [Fault(200, {"data": "?"}, path="/time_entries") for _ in range(3)]
    assert sync().exit_codes[0] == 1
    assert sync.deleted_ids("time_entries") == set()
    clickup.behaviour.faults = []
    assert sync().exit_codes[0] == 0
    assert sync.deleted_ids("time_entries") == {newest.id}


def test_a_lost_permission_marks_nothing(
    sync: Sync, workspace: Workspace, clickup: FakeClickUp
) -> None:
    largest = max(workspace.spaces, key=lambda space_id: _tasks_in_space(workspace, space_id))
    clickup.behaviour.hidden_spaces = {largest}
    result = sync(**SWEEP)
    assert result.exit_codes == (0, 1)
    assert "rejected" in result.last_line
    assert sync.deleted_ids("spaces") == set()
    assert sync.deleted_ids("tasks") == set()
    rejected = sync.rows("SELECT stream, reason FROM rejected_records ORDER BY reason")
    assert {stream for stream, _ in rejected} == {"completed_reads"}
    assert all("max_deleted_share" in reason for _, reason in rejected)
    clickup.behaviour.hidden_spaces = set()
    assert sync(**SWEEP).exit_codes == (0, 0)


def test_mass_deletion_is_marked_with_max_deleted_share_1(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    largest = max(workspace.spaces, key=lambda space_id: _tasks_in_space(workspace, space_id))
    deleted = {
        task.id
        for task in workspace.tasks.values()
        if workspace.lists[task.list_id].space_id == largest
    }
    account.delete(largest)
    assert sync(**SWEEP).exit_codes[1] == 1
    assert sync(**SWEEP, TARGET_PANDEV_MAX_DELETED_SHARE="1").exit_codes == (0, 0)
    assert sync.deleted_ids("spaces") == {largest}
    assert sync.deleted_ids("tasks") == deleted


def test_a_former_member_is_not_a_member_but_keeps_the_name(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    leaver = next(user_id for user_id in workspace.members if user_id != account.user_id)
    account.remove_member(leaver)
    assert sync().exit_codes == (0, 0)
    rows = sync.rows("SELECT id FROM users WHERE _sdc_deleted_at IS NOT NULL OR NOT is_member")
    former = {str(user_id) for user_id in workspace.users if user_id not in workspace.members}
    assert {user_id for (user_id,) in rows} == former
    name = sync.rows(f"SELECT username FROM users WHERE id = '{leaver}'")  # noqa: S608 - a number of this test
    assert name == [(workspace.users[leaver].username,)]


def test_the_nightly_meltano_job_has_a_separate_state(
    clickup: FakeClickUp, account: Account, workspace: Workspace, database: str, tmp_path: Path
) -> None:
    """D5: the state of the poll is not affected. The share is the advised way out of the guard."""
    settings = {
        **environment(clickup),
        "TARGET_PANDEV_STORE_URL": database,
        "TARGET_PANDEV_MAX_DELETED_SHARE": "1",
    }
    pipeline = Pipeline(tmp_path, {**settings, "TAP_CLICKUP_START_DATE": "2024-01-01"})
    assert pipeline.run("meltano", "run", "sync").returncode == 0
    deleted = sorted(task.id for task in live_tasks(workspace))
    assert len(deleted) > len(workspace.tasks) / 5
    for task_id in deleted:
        account.delete_task(task_id)
    run = pipeline.run(*SYNC_NIGHTLY)
    assert run.returncode == 0, run.stderr
    with psycopg.connect(database) as connection:
        marked = connection.execute(
            "SELECT id FROM pandev.tasks WHERE _sdc_deleted_at IS NOT NULL ORDER BY id"
        ).fetchall()
        sources = connection.execute("SELECT source FROM pandev.sync_runs ORDER BY source")
        assert marked == [(task_id,) for task_id in deleted]
        assert sources.fetchall() == [("tap-clickup",), ("tap-clickup-sweep",)]


def _days_ago(milliseconds: int) -> float:
    return (NOW.timestamp() * 1000 - milliseconds) / 86_400_000


def _tasks_in(workspace: Workspace, list_id: str) -> int:
    return sum(task.list_id == list_id for task in workspace.tasks.values())


def _tasks_in_space(workspace: Workspace, space_id: str) -> int:
    tasks = workspace.tasks.values()
    return sum(workspace.lists[task.list_id].space_id == space_id for task in tasks)
