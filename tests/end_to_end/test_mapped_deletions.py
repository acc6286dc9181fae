"""Tap into target: deletions if properties are deselected or changed by `stream_maps`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import FakeClickUp, generate
from tap_clickup.tap import TapClickUp
from tests.end_to_end.sync import SWEEP, Sync

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account
    from fake_clickup.model import Task, Workspace

ALL = {"TAP_CLICKUP_START_DATE": "2024-01-01"}
NOW = datetime.now(UTC)
StreamMaps = dict[str, Any]


@pytest.fixture
def account() -> Account:
    return generate(seed=12, tasks=8, spaces=1, time_entries=20, now=NOW)


@pytest.fixture
def sync(clickup: FakeClickUp, database: str, tmp_path: Path) -> Sync:
    """Return runs into an empty store."""
    return Sync(clickup, database, tmp_path)


def tap_maps(stream_maps: StreamMaps) -> dict[str, str]:
    return {"TAP_CLICKUP_STREAM_MAPS": json.dumps(stream_maps)}


def target_maps(stream_maps: StreamMaps) -> dict[str, str]:
    return {"TARGET_PANDEV_STREAM_MAPS": json.dumps(stream_maps)}


def catalog_without(stream: str, name: str) -> dict[str, Any]:
    """Return a catalog in which one property is deselected."""
    catalog: dict[str, Any] = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}).catalog_dict
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            is_property = tuple(metadata["breadcrumb"]) == ("properties", name)
            metadata["metadata"]["selected"] = not (
                entry["tap_stream_id"] == stream and is_property
            )
    return catalog


def delete_a_task(account: Account, workspace: Workspace) -> Task:
    parents = {task.parent_id for task in workspace.tasks.values()}
    task = next(task for task in workspace.tasks.values() if task.id not in parents)
    account.delete_task(task.id)
    return task


def notes(sync: Sync) -> list[str]:
    """Return the notes of the last run on the deletions that it does not mark."""
    rows = sync.rows("SELECT notes FROM sync_runs ORDER BY started_at DESC LIMIT 1")
    return [note for note in rows[0][0] if "deletions" in note]


@pytest.mark.parametrize(
    ("tasks_map", "reason"),
    [
        ({"id": "md5(id)"}, "stream_maps changes id"),
        ({"workspace_id": "md5(workspace_id)"}, "stream_maps changes workspace_id"),
        ({"date_created": None}, "stream_maps removes date_created"),
        (
            {"workspace_id": "workspace_id", "id": "id", "__else__": None},
            "stream_maps removes date_created",
        ),
    ],
    ids=repr,
)
def test_a_sweep_marks_no_task_whose_identity_is_mapped(
    sync: Sync, account: Account, workspace: Workspace, tasks_map: StreamMaps, reason: str
) -> None:
    maps = tap_maps({"tasks": tasks_map})
    assert sync(**ALL, **maps).exit_codes == (0, 0)
    sync.move_reads_back(days=1)
    delete_a_task(account, workspace)
    result = sync(**SWEEP, **ALL, **maps)
    assert result.exit_codes == (0, 0)
    assert sync.rows("SELECT count(*), count(_sdc_deleted_at) FROM tasks") == [(8, 0)]
    assert notes(sync) == [f"deletions of tasks are not marked: {reason}"]
    assert result.log.count("deletions of tasks are not marked") == 1


def test_a_sweep_marks_no_task_whose_key_is_shorter(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    """Two tasks may be the same row then, of which only one is deleted."""
    maps = tap_maps({"tasks": {"__alias__": "issues", "__key_properties__": ["name"]}})
    assert sync(**ALL, **maps).exit_codes == (0, 0)
    sync.rows("UPDATE issues SET _sdc_extracted_at = '2025-01-01' RETURNING 1")
    delete_a_task(account, workspace)
    assert sync(**SWEEP, **ALL, **maps).exit_codes == (0, 0)
    assert sync.deleted_ids("issues") == set()
    reason = "stream_maps removes id, workspace_id from its key"
    assert notes(sync) == [f"deletions of issues are not marked: {reason}"]


@pytest.mark.parametrize(
    ("stream", "name"), [("tasks", "date_created"), ("time_entries", "user_id")]
)
def test_deletions_without_a_selected_condition_are_named(
    sync: Sync, account: Account, workspace: Workspace, stream: str, name: str
) -> None:
    sync.catalog = catalog_without(stream, name)
    assert sync(**ALL).exit_codes == (0, 0)
    sync.move_reads_back(days=1)
    delete_a_task(account, workspace)
    account.delete_time_entry(next(iter(workspace.time_entries)))
    assert sync(**SWEEP, **ALL).exit_codes == (0, 0)
    assert sync.deleted_ids(stream) == set()
    assert notes(sync) == [f"deletions of {stream} are not marked: {name} is deselected"]


def test_deletions_of_a_renamed_stream_are_marked(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    maps = tap_maps({"tasks": {"__alias__": "issues"}, "copy": {"__source__": "tasks"}})
    assert sync(**ALL, **maps).exit_codes == (0, 0)
    for table in ("issues", "copy"):
        sync.rows(f"UPDATE {table} SET _sdc_extracted_at = '2025-01-01' RETURNING 1")  # noqa: S608 - names of this file
    deleted = delete_a_task(account, workspace)
    assert sync(**SWEEP, **ALL, **maps).exit_codes == (0, 0)
    assert sync.deleted_ids("issues") == {deleted.id}
    assert sync.deleted_ids("copy") == {deleted.id}
    assert notes(sync) == []


def test_a_filter_and_a_kept_id_leave_deletions_marked(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    """The ids of tasks that the filter keeps from the store do no harm among the keys."""
    deleted = delete_a_task(account, workspace)
    account.restore_task(deleted.id)
    hidden = next(task for task in workspace.tasks if task != deleted.id)
    kept = ("workspace_id", "id", "date_created", "name")
    tasks_map = {"__filter__": f"id != '{hidden}'", "__else__": None, **{n: n for n in kept}}
    maps = tap_maps({"tasks": tasks_map})
    assert sync(**ALL, **maps).exit_codes == (0, 0)
    sync.move_reads_back(days=1)
    account.delete_task(deleted.id)
    assert sync(**SWEEP, **ALL, **maps).exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == {deleted.id}
    assert len(sync.rows("SELECT FROM tasks")) == 7


def test_removing_completed_reads_by_a_stream_map_is_named(sync: Sync) -> None:
    result = sync(**ALL, **tap_maps({"completed_reads": None}))
    assert result.exit_codes == (0, 0)
    assert notes(sync) == [
        "deletions are not marked: stream_maps removes or renames completed_reads"
    ]


@pytest.mark.parametrize("tasks_map", [{"id": "md5(id)"}, {"date_created": None}], ids=repr)
def test_a_stream_map_of_the_target_lets_no_task_be_marked(
    sync: Sync, account: Account, workspace: Workspace, tasks_map: StreamMaps
) -> None:
    maps = target_maps({"tasks": tasks_map})
    assert sync(**ALL, **maps).exit_codes == (0, 0)
    sync.move_reads_back(days=1)
    delete_a_task(account, workspace)
    result = sync(**SWEEP, **ALL, **maps)
    assert result.exit_codes == (0, 0)
    assert sync.rows("SELECT count(*), count(_sdc_deleted_at) FROM tasks") == [(8, 0)]
    assert result.log.count("deletions of tasks are not marked: stream_maps") == 1


def test_flattening_in_the_tap_is_refused_in_one_line(sync: Sync) -> None:
    result = sync(TAP_CLICKUP_FLATTENING_ENABLED="true", TAP_CLICKUP_FLATTENING_MAX_DEPTH="1")
    assert result.exit_codes[0] == 1
    assert "set flattening_enabled of target-pandev instead" in result.log
    assert "Traceback" not in result.log


def test_flattening_in_the_target_keeps_deletions(
    sync: Sync, account: Account, workspace: Workspace
) -> None:
    flat = {"TARGET_PANDEV_FLATTENING_ENABLED": "true", "TARGET_PANDEV_FLATTENING_MAX_DEPTH": "1"}
    assert sync(**ALL, **flat).exit_codes == (0, 0)
    sync.move_reads_back(days=1)
    deleted = delete_a_task(account, workspace)
    assert sync(**SWEEP, **ALL, **flat).exit_codes == (0, 0)
    assert sync.deleted_ids("tasks") == {deleted.id}
    arrays = "SELECT DISTINCT jsonb_typeof(assignee_ids), jsonb_typeof(tags) FROM tasks"
    assert sync.rows(arrays) == [("array", "array")]
