"""Time entries are read around those that events name, with completed reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fake_clickup import Account, FakeClickUp, Fault
from tests.clickup_receiver.message_source import (
    MessageSourceHarness,
    changed_events,
    pending_event,
)
from tests.clickup_receiver.payloads import history
from tests.tap_clickup.runner import ALL_TIME, TapRunner

if TYPE_CHECKING:
    from fake_clickup.model import Workspace


def test_tracked_time_emits_all_time_entries_of_its_task(
    source: MessageSourceHarness, workspace: Workspace, run_tap: TapRunner
) -> None:
    """R77: with a completed read, so that deleted entries are recognized."""
    entry = max(
        (entry for entry in workspace.time_entries.values() if entry.task_id),
        key=lambda entry: entry.start_ms,
    )
    change = history("time_spent", after={"start": str(entry.start_ms)})
    paths = source.build(pending_event("taskTimeTrackedUpdated", change, task_id=entry.task_id))
    assert {*paths} >= {f"/task/{entry.task_id}", f"/team/{workspace.id}/time_entries"}
    tap_rows = {row["id"]: row for row in run_tap(start_date=ALL_TIME).rows("time_entries")}
    rows = {row["id"]: row for row in source.rows("time_entries")}
    assert rows[entry.id] == tap_rows[entry.id]
    assert {row["task_id"] for row in rows.values()} == {entry.task_id}
    completed_reads = source.rows("completed_reads")
    task_ids = {row["conditions"]["task_id"]["in"][0] for row in completed_reads}
    assert task_ids == {entry.task_id}
    assert {key for row in completed_reads for (key,) in row["keys"]} == set(rows)


def test_a_completed_read_covers_others_only_if_their_time_is_visible(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    """A response with the user's own time only may hide the time of others."""
    task = account.create_task(next(iter(workspace.lists)), name="New")
    other = next(user_id for user_id in workspace.members if user_id != account.user_id)
    for user_id, covers_others in ((account.user_id, False), (other, True)):
        account.add_time_entry(
            task.id,
            start=datetime.now(UTC) - timedelta(hours=2),
            duration=timedelta(hours=1),
            user_id=user_id,
        )
        source.build(
            pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task.id)
        )
        user_ids = source.rows("completed_reads")[-1]["conditions"]["user_id"]["in"]
        assert str(account.user_id) in user_ids
        assert (len(user_ids) > 1) is covers_others


def test_time_without_a_location_is_kept_if_its_task_is_selected(
    clickup: FakeClickUp, account: Account, workspace: Workspace
) -> None:
    """The mobile app tracks time without a location; the selection is by space."""
    list_ = next(iter(workspace.lists.values()))
    source = MessageSourceHarness(clickup, {"space_ids": [list_.space_id]}, space_id=list_.space_id)
    task = account.create_task(list_.id, name="New")
    entry = account.add_time_entry(
        task.id,
        start=datetime.now(UTC) - timedelta(hours=2),
        duration=timedelta(hours=1),
        mobile="absent",
    )
    source.build(pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task.id))
    assert [row["id"] for row in source.rows("time_entries")] == [entry.id]
    completed_reads = source.rows("completed_reads")
    assert completed_reads
    for row in completed_reads:
        assert row["conditions"]["space_id"] == {"in": [list_.space_id]}


def test_an_old_time_entry_is_read_if_the_event_names_its_start(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    """Without the start time only recent entries are read; the sweep reads the others."""
    task_id = next(iter(workspace.tasks))
    entry = account.add_time_entry(
        task_id, start=datetime(2025, 6, 7, 8, tzinfo=UTC), duration=timedelta(hours=1)
    )
    without_start = history("time_spent")
    with_start = history("time_spent", after={"start": str(entry.start_ms)})
    for change, entry_ids in ((without_start, []), (with_start, [entry.id])):
        source.build(pending_event("taskTimeTrackedUpdated", change, task_id=task_id))
        assert [row["id"] for row in source.rows("time_entries")] == entry_ids


def test_old_time_entries_of_one_period_are_read_at_once(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    """One completed read covers both: the target keeps one for each scope."""
    task_id = next(iter(workspace.tasks))
    entries = [
        account.add_time_entry(
            task_id, start=datetime(2025, 6, day, 8, tzinfo=UTC), duration=timedelta(hours=1)
        )
        for day in (7, 5)
    ]
    starts = [{"start": str(entry.start_ms)} for entry in entries]
    changes = [history("time_spent", after=start) for start in starts]
    source.build(pending_event("taskTimeTrackedUpdated", *changes, task_id=task_id))
    assert {row["id"] for row in source.rows("time_entries")} == {entry.id for entry in entries}
    scopes = [row["scope"] for row in source.rows("completed_reads")]
    assert len(scopes) == len(set(scopes)) > 1


def test_time_of_many_tasks_is_read_in_one_pass(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    """The completed reads then cover all tasks."""
    task_ids = list(workspace.tasks)[:8]
    events = [
        pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task_id)
        for task_id in task_ids
    ]
    paths = source.build(*events)
    assert 1 <= paths.count(f"/team/{workspace.id}/time_entries") <= 4
    completed_reads = source.rows("completed_reads")
    assert completed_reads
    for row in completed_reads:
        assert "task_id" not in row["conditions"]


def test_a_workspace_that_became_invisible_does_not_block_others(
    clickup: FakeClickUp, source: MessageSourceHarness, workspace: Workspace
) -> None:
    clickup.account.workspaces.remove(workspace)
    clickup.account.foreign_workspaces.add(workspace.id)
    tracked_time = pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id="86t")
    paths = source.build(*changed_events([f"86task{n}" for n in range(7)]), tracked_time)
    assert paths[0] == f"/team/{workspace.id}/task"
    assert "/task/86task6" in paths
    assert source.messages == []
    assert source.failed_events == {}


def test_time_without_a_readable_id_completes_no_read(
    source: MessageSourceHarness, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """Otherwise the entry would be deleted in the store."""
    task_id = next(iter(workspace.tasks))
    event = pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task_id)
    source.build(event)
    first, *others = (row["scope"] for row in source.rows("completed_reads"))
    fault = Fault(200, body={"data": [{"id": None}]}, path="/time_entries")
    clickup.behaviour.faults.append(fault)
    source.build(event)
    assert first not in others
    assert [row["scope"] for row in source.rows("completed_reads")] == others


def test_an_ignored_task_id_parameter_is_detected(
    clickup: FakeClickUp, workspace: Workspace
) -> None:
    """Otherwise time of other tasks would count as all time of this one."""
    clickup.behaviour.ignored_parameters = {"task_id"}
    source = MessageSourceHarness(clickup)
    recent = max(workspace.time_entries.values(), key=lambda entry: entry.start_ms)
    task_id = next(task_id for task_id in workspace.tasks if task_id != recent.task_id)
    change = history("time_spent", after={"start": str(recent.start_ms)})
    source.build(pending_event("taskTimeTrackedUpdated", change, task_id=task_id, event_id=9))
    assert source.rows("time_entries") == []
    assert source.rows("completed_reads") == []
    assert source.failed_events[9].endswith("the parameter task_id is ignored")


def test_time_tracking_off_requests_no_time_entries(
    clickup: FakeClickUp, workspace: Workspace
) -> None:
    """R116: no request is made for a ClickApp that is disabled in the settings."""
    source = MessageSourceHarness(clickup, {"time_tracking": False})
    task_id = next(iter(workspace.tasks))
    event = pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task_id)
    assert source.build(event) == [f"/task/{task_id}"]
