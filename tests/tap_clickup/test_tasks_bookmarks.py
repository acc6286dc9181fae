"""Where the read of tasks starts, and the bookmarks in the state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from tap_clickup.streams import base
from tests.fake_clickup.client import get_all_tasks, get_searchable_tasks
from tests.tap_clickup.dates import ms_to_iso, now_ms
from tests.tap_clickup.runner import (
    ALL_TIME,
    expected_versions,
    state_with_cursor,
    task_versions,
    updated_ms,
)

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRunner

DAY_MS = 86_400_000
YEAR_SECONDS = 365 * 86_400


def find_newest(workspace: Workspace, *, archived: bool = False) -> int:
    """Return the newest update of the live or the archived tasks."""
    return max(
        updated_ms(task) for task in get_searchable_tasks(workspace) if task.archived is archived
    )


def get_cursors(state: Row) -> dict[str, str]:
    """Return the cursors of the only workspace of a state."""
    (partition,) = state["bookmarks"]["tasks"]["partitions"]
    cursors: dict[str, str] = partition["cursors"]
    return cursors


def test_first_run_reads_90_days_and_saves_its_start(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    """R28: the backfill covers 90 days by default."""
    before = now_ms()
    run = run_tap(workspace_ids=[workspace.id])
    bound = int(run_tap.requests_to("/task")[0].query["date_updated_gt"][0])
    assert before - 1 <= bound + 90 * DAY_MS <= now_ms()
    assert task_versions(run, workspace) == expected_versions(
        get_all_tasks(workspace), since_ms=bound
    )
    assert len(run.rows("tasks")) < len(get_all_tasks(workspace))
    (partition,) = run.state["bookmarks"]["tasks"]["partitions"]
    assert [partition.pop(name).keys() for name in ("archives", "walks")] == [
        workspace.spaces.keys(),
        workspace.spaces.keys(),
    ]
    newest = {"live": find_newest(workspace), "archived": find_newest(workspace, archived=True)}
    assert partition == {
        "context": {"workspace_id": workspace.id},
        "start_date": ms_to_iso(bound + 1),
        "spaces": [],
        "cursors": {name: ms_to_iso(at) for name, at in newest.items()},
        "replication_key": "date_updated",
        "replication_key_value": ms_to_iso(min(newest.values())),
    }


def test_second_run_reads_only_the_overlap(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    """D1, R32: a second run does not repeat the backfill."""
    first = run_tap(workspace_ids=[workspace.id])
    second = run_tap(workspace_ids=[workspace.id], state=first.state)
    newest = [find_newest(workspace), find_newest(workspace, archived=True)]
    bounds = [
        (request.query["archived"], request.query["date_updated_gt"])
        for request in run_tap.requests_to("/task")
    ]
    assert sorted(bounds) == [
        (["false"], [str(newest[0] - 600_001)]),
        (["true"], [str(newest[1] - 600_001)]),
    ]
    live_tasks, archived = (
        [task for task in get_searchable_tasks(workspace) if task.archived is is_archived]
        for is_archived in (False, True)
    )
    assert task_versions(second, workspace) == (
        expected_versions(live_tasks, since_ms=newest[0] - 600_000)
        | expected_versions(archived, since_ms=newest[1] - 600_000)
    )
    assert second.state["bookmarks"]["tasks"] == first.state["bookmarks"]["tasks"]
    account.update_task(get_searchable_tasks(workspace)[0].id, name="Edited")
    third = run_tap(workspace_ids=[workspace.id], state=second.state)
    assert "Edited" in third.column("tasks", "name")


def test_archived_and_restored_tasks_are_read_again(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    first = run_tap(workspace_ids=[workspace.id])
    live_id = next(task.id for task in get_searchable_tasks(workspace) if not task.archived)
    archived = next(task.id for task in get_searchable_tasks(workspace) if task.archived)
    account.archive_task(live_id)
    account.update_task(archived, archived=False)
    second = run_tap(workspace_ids=[workspace.id], state=first.state)
    archived_by_id = {row["id"]: row["archived"] for row in second.rows("tasks")}
    assert archived_by_id[live_id] is True
    assert archived_by_id[archived] is False


def test_each_workspace_has_its_own_bookmark_in_utc(run_tap: TapRunner, account: Account) -> None:
    newest = {workspace.id: ms_to_iso(find_newest(workspace)) for workspace in account.workspaces}
    assert run_tap(start_date=ALL_TIME).task_cursors == newest


@pytest.mark.parametrize(
    ("start_date", "start_ms"),
    [
        ("2026-01-31", 1769817600000),
        ("2026-01-31T12:00:00Z", 1769860800000),
        ("2026-01-31T12:00:00.001+05:30", 1769841000001),
        ("1970-01-01", 1),
        ("0001-01-01", 1),
    ],
)
def test_start_date_without_offset_is_utc(
    run_tap: TapRunner, workspace: Workspace, start_date: str, start_ms: int
) -> None:
    run = run_tap(start_date=start_date, workspace_ids=[workspace.id])
    assert run_tap.requests_to("/task")[0].query["date_updated_gt"] == [str(start_ms - 1)]
    assert run.state["bookmarks"]["tasks"]["partitions"][0]["start_date"] == start_date


def test_bookmark_takes_precedence_over_the_start_date(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    state = state_with_cursor(workspace, "2026-03-01T01:00:00+01:00")
    run_tap(start_date="2026-01-31", workspace_ids=[workspace.id], state=state)
    bound = run_tap.requests_to("/task")[0].query["date_updated_gt"]
    assert bound == [str(1772323200000 - 600_001)]


def test_bookmark_in_the_future_is_reset_with_a_warning(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    before = now_ms()
    state = state_with_cursor(workspace, "2999-01-01T00:00:00.000+00:00")
    run = run_tap(workspace_ids=[workspace.id], state=state)
    assert "the bookmark 2999-01-01T00:00:00.000+00:00 is in the future" in run.log
    bound = int(run_tap.requests_to("/task")[0].query["date_updated_gt"][0])
    assert before <= bound + 600_001 <= now_ms()
    bookmark = run.task_cursors[workspace.id]
    assert ms_to_iso(before) <= (bookmark or "") <= ms_to_iso(now_ms())


@pytest.mark.parametrize("archived", [False, True], ids=["live", "archived"])
def test_task_in_the_future_does_not_move_the_cursor_past_now(
    run_tap: TapRunner, account: Account, workspace: Workspace, *, archived: bool
) -> None:
    future_id = next(
        task.id for task in get_searchable_tasks(workspace) if task.archived is archived
    )
    account.update_task(future_id, at=datetime.now(UTC) + timedelta(days=365))
    before = now_ms()
    state = run_tap(workspace_ids=[workspace.id]).state
    first = get_cursors(state)
    assert ms_to_iso(before) <= first.pop("archived" if archived else "live") <= ms_to_iso(now_ms())
    assert max(first.values()) < ms_to_iso(before)
    second_cursors = get_cursors(run_tap(workspace_ids=[workspace.id], state=state).state)
    assert max(second_cursors.values()) <= ms_to_iso(now_ms())


@pytest.mark.parametrize("archived", [False, True], ids=["live", "archived"])
def test_task_in_the_future_hides_no_edit_from_the_next_poll(
    run_tap: TapRunner, account: Account, workspace: Workspace, *, archived: bool
) -> None:
    """The edit is three minutes after the first poll, whose cursors are moved back."""
    future_id, edited = [
        task.id for task in get_searchable_tasks(workspace) if task.archived is archived
    ][:2]
    now, quarter = datetime.now(UTC), timedelta(minutes=15)
    account.update_task(future_id, at=now + timedelta(days=365))
    state = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME).state
    cursors = get_cursors(state)
    for name, cursor in cursors.items():
        cursors[name] = (datetime.fromisoformat(cursor) - quarter).isoformat()
    account.update_task(edited, name="Edited", at=now - timedelta(minutes=12))
    second = run_tap(workspace_ids=[workspace.id], state=state)
    assert "Edited" in second.column("tasks", "name")


def test_deleted_task_does_not_move_the_bookmark_back(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    kept_id, deleted_id = (task.id for task in get_searchable_tasks(workspace)[:2])  # live ones
    now = datetime.now(UTC)
    account.update_task(kept_id, at=now - timedelta(minutes=5))
    account.update_task(deleted_id, at=now - timedelta(minutes=1))
    first = run_tap(workspace_ids=[workspace.id])
    account.delete_task(deleted_id)
    second = run_tap(workspace_ids=[workspace.id], state=first.state)
    assert [row["id"] for row in second.rows("tasks") if not row["archived"]] == [kept_id]
    assert second.task_cursors == first.task_cursors


def test_late_indexed_task_is_read_by_the_overlap(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, workspace: Workspace
) -> None:
    """The edit is within the index lag, so the run does not see it."""
    first = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
    behaviour.index_lag = 300
    task = account.update_task(get_searchable_tasks(workspace)[0].id, name="Edited")
    second = run_tap(workspace_ids=[workspace.id], state=first.state)
    assert task.id not in second.column("tasks", "id")
    run_tap.clock.sleep(301)
    third = run_tap(workspace_ids=[workspace.id], state=second.state)
    assert "Edited" in third.column("tasks", "name")


@pytest.mark.parametrize(
    ("start_date", "warned"),
    [
        ("2026-09-30", True),
        ("2026-09-30T23:59:59.999Z", True),
        ("2026-10-01T00:00:00+01:00", True),
        ("2026-10-01", False),
        ("2026-10-01T02:00:00+02:00", False),
        ("2026-10-02", False),
        (None, False),
    ],
)
def test_start_date_before_the_saved_one_logs_a_warning(
    run_tap: TapRunner, workspace: Workspace, start_date: str | None, *, warned: bool
) -> None:
    state = state_with_cursor(workspace, "2026-10-20T00:00:00+00:00", start="2026-10-01")
    run = run_tap(workspace_ids=[workspace.id], state=state, start_date=start_date)
    line = (
        f"workspace {workspace.id}: start_date: 2026-10-01 is kept, as the first run saved it; "
        "to read tasks that were updated before, start with an empty state"
    )
    assert run.error is None
    assert run.log.count(line) == warned
    assert ("start_date:" in run.log) == warned
    bound = int(run_tap.requests_to("/task")[0].query["date_updated_gt"][0])
    assert ms_to_iso(bound + 1) == "2026-10-19T23:50:00.000+00:00"


def test_first_run_does_not_warn_about_the_start_date(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    run = run_tap(workspace_ids=[workspace.id], start_date="2026-09-30")
    assert "start_date:" not in run.log


def test_a_state_follows_each_page_at_intervals(
    run_tap: TapRunner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R135: a run that then waits for the rate limit and is killed reads little again."""
    sizes = {}
    for interval in (0, YEAR_SECONDS):
        monkeypatch.setattr(base, "STATE_INTERVAL_SECONDS", interval)
        run = run_tap(workspace_ids=[workspace.id], start_date=ALL_TIME)
        sizes[interval] = [
            len(list(messages))
            for is_record, messages in groupby(run.messages, lambda m: m.get("stream") == "tasks")
            if is_record
        ]
    assert sum(sizes[0]) == sum(sizes[YEAR_SECONDS]) > 200
    assert len(sizes[0]) > 3  # pages of archived lists, which have no bookmark, may follow another
    assert len(sizes[YEAR_SECONDS]) == 2  # the first page, and all others
