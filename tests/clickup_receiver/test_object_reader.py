"""Objects that events name are read once each, and shown as the tap shows them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fake_clickup import Account, Behaviour, FakeClickUp, Fault, generate
from tests.clickup_receiver.message_source import (
    MessageSourceHarness,
    changed_events,
    pending_event,
    searchable_task_ids,
)
from tests.clickup_receiver.payloads import PRIVATE, history
from tests.tap_clickup.runner import ALL_TIME, Reader

if TYPE_CHECKING:
    import pytest

    from fake_clickup.model import Workspace


def test_few_changed_tasks_are_read_one_by_one_as_the_tap_shows_them(
    source: MessageSourceHarness, workspace: Workspace, read: Reader
) -> None:
    """R56."""
    task_ids = list(workspace.tasks)[:5]
    asked = source.build(*changed_events(task_ids * 3))
    assert sorted(asked) == sorted(f"/task/{one}" for one in task_ids)
    shown = {row["id"]: row for row in read(start_date=ALL_TIME).rows("tasks")}
    assert source.rows("tasks") == [shown[one] for one in task_ids]


def test_a_thousand_events_of_fifty_tasks_cost_a_page_or_two(
    source: MessageSourceHarness, account: Account, workspace: Workspace, read: Reader
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    task_ids = searchable_task_ids(workspace)[:50]
    account.bulk_update(task_ids, at=at, name="Renamed")
    date = str(int(at.timestamp() * 1000))
    asked = source.build(*changed_events(task_ids * 20, history_items=[history("name", date=date)]))
    assert asked == [f"/team/{workspace.id}/task"]
    shown = {row["id"]: row for row in read(start_date=ALL_TIME).rows("tasks")}
    assert {row["id"]: row for row in source.rows("tasks")} == {one: shown[one] for one in task_ids}


def test_a_task_that_the_search_shows_as_before_its_event_is_read_by_itself(
    behaviour: Behaviour, account: Account, workspace: Workspace, source: MessageSourceHarness
) -> None:
    """The index of ClickUp's search may lag behind an edit."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    task_ids = searchable_task_ids(workspace)[:20]
    account.bulk_update(task_ids, at=at, name="Renamed")
    behaviour.index_lag = 3600
    date = str(int(at.timestamp() * 1000))
    asked = source.build(*changed_events(task_ids, history_items=[history("name", date=date)]))
    assert [one for one in asked if "team" not in one] == [f"/task/{one}" for one in task_ids]
    assert {row["id"] for row in source.rows("tasks")} >= set(task_ids)
    assert {row["name"] for row in source.rows("tasks") if row["id"] in task_ids} == {"Renamed"}


def test_a_task_that_was_edited_twice_is_read_by_itself_where_the_search_shows_the_first_edit(
    behaviour: Behaviour, account: Account, workspace: Workspace, source: MessageSourceHarness
) -> None:
    now, task_ids = time.time(), searchable_task_ids(workspace)[:6]
    behaviour.clock = lambda: now - 300
    account.bulk_update(task_ids, name="First")
    behaviour.clock, behaviour.index_lag = time.time, 60
    account.bulk_update(task_ids, name="Second")
    date = str(workspace.tasks[task_ids[0]].updated_ms)
    source.build(*changed_events(task_ids, history_items=[history("name", date=date)]))
    assert {row["name"] for row in source.rows("tasks")[-6:]} == {"Second"}


def test_pages_are_read_only_as_long_as_they_are_cheaper_than_the_tasks(
    behaviour: Behaviour,
) -> None:
    """An event that was replayed after weeks does not read weeks of tasks."""
    account = generate(seed=7, tasks=900, workspaces=1)
    (workspace,) = account.workspaces
    with FakeClickUp(account, behaviour=behaviour) as clickup:
        latest = sorted(
            searchable_task_ids(workspace), key=lambda one: workspace.tasks[one].updated_ms or 0
        )[-6:]
        old = history("name", date="1704067200000")
        asked = MessageSourceHarness(clickup)(*changed_events(latest, history_items=[old]))
    assert asked == [f"/team/{workspace.id}/task", *(f"/task/{one}" for one in latest)]


def test_what_is_hidden_or_gone_is_left_as_it_is(
    source: MessageSourceHarness, caplog: pytest.LogCaptureFixture
) -> None:
    source.build(pending_event("taskUpdated", task_id="86unknown"))
    assert (source.messages, source.failed_events) == ([], {})
    assert "task 86unknown was changed and cannot be read" in caplog.text


def test_an_object_of_a_shape_that_is_not_known_is_no_fault_of_the_others(
    source: MessageSourceHarness, clickup: FakeClickUp, workspace: Workspace
) -> None:
    good, bad = list(workspace.tasks)[:2]
    clickup.behaviour.faults.append(Fault(status=200, body={"name": PRIVATE}, path=bad))
    source.build(
        pending_event("taskUpdated", task_id=bad, event_id=1),
        pending_event("taskUpdated", task_id=good, event_id=2),
        pending_event("taskMoved", task_id=bad, event_id=3),
    )
    assert [row["id"] for row in source.rows("tasks")] == [good]
    reason = "ClickUp sent an object of an unexpected shape (KeyError)"
    assert source.failed_events == {1: reason, 3: reason}


def test_places_are_read_by_themselves_as_the_tap_shows_them(
    source: MessageSourceHarness, workspace: Workspace, read: Reader
) -> None:
    space_id = next(iter(workspace.spaces))
    folder_id = next(one.id for one in workspace.folders.values() if not one.hidden)
    list_id = next(one.id for one in workspace.lists.values() if one.folder_id != folder_id)
    source.build(
        pending_event("spaceUpdated", space_id=space_id),
        pending_event("folderUpdated", folder_id=folder_id),
        pending_event("listUpdated", list_id=list_id),
    )
    run = read(start_date=ALL_TIME)
    for stream, one in (("spaces", space_id), ("folders", folder_id), ("lists", list_id)):
        shown = {row["id"]: row for row in run.rows(stream)}
        told = {row["id"]: row for row in source.rows(stream)}
        assert one in told
        assert told == {key: shown[key] for key in told}
    statuses = [json.dumps(row) for row in run.rows("statuses")]
    assert {row["scope_type"] for row in source.rows("statuses")} >= {"space"}
    assert [row for row in source.rows("statuses") if json.dumps(row) not in statuses] == []


def test_a_list_beside_its_folder_is_told_once(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    list_ = next(
        one
        for one in workspace.lists.values()
        if not workspace.folders[one.folder_id].hidden and not one.archived
    )
    source.build(
        pending_event("folderUpdated", folder_id=list_.folder_id),
        pending_event("listUpdated", list_id=list_.id),
    )
    told = [row["id"] for row in source.rows("lists")]
    assert list_.id in told
    assert len(told) == len(set(told))


def test_a_list_that_is_a_sprint_is_told_as_one_with_its_neighbours(
    source: MessageSourceHarness, read: Reader
) -> None:
    shown = {row["id"]: row for row in read(start_date=ALL_TIME).rows("sprints")}
    sprint = next(one for one in shown.values() if not one["archived"])
    asked = source.build(pending_event("listUpdated", list_id=sprint["id"]))
    assert asked == [
        f"/list/{sprint['id']}",
        f"/folder/{sprint['folder_id']}",
        f"/space/{sprint['space_id']}",
    ]
    told = {row["id"]: row for row in source.rows("sprints")}
    assert told[sprint["id"]] == sprint
    assert told == {key: shown[key] for key in told}


def test_tracked_time_brings_the_entries_of_its_task_and_that_these_are_all(
    source: MessageSourceHarness, workspace: Workspace, read: Reader
) -> None:
    """R77."""
    entry = max(
        (one for one in workspace.time_entries.values() if one.task_id),
        key=lambda one: one.start_ms,
    )
    hint = history("time_spent", after={"start": str(entry.start_ms)})
    asked = source.build(pending_event("taskTimeTrackedUpdated", hint, task_id=entry.task_id))
    assert {*asked} >= {f"/task/{entry.task_id}", f"/team/{workspace.id}/time_entries"}
    shown = {row["id"]: row for row in read(start_date=ALL_TIME).rows("time_entries")}
    told = {row["id"]: row for row in source.rows("time_entries")}
    assert told[entry.id] == shown[entry.id]
    assert {row["task_id"] for row in told.values()} == {entry.task_id}
    reads = source.rows("completed_reads")
    assert {row["conditions"]["task_id"]["in"][0] for row in reads} == {entry.task_id}
    assert {key for row in reads for (key,) in row["keys"]} == set(told)


def test_what_is_complete_is_so_for_those_whose_time_was_seen(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    """Where only the own time is seen, nobody can source whether that of others is shown at all."""
    task = account.create_task(next(iter(workspace.lists)), name="New")
    other = next(one for one in workspace.members if one != account.user_id)
    for user_id, everybody in ((account.user_id, False), (other, True)):
        account.add_time_entry(
            task.id,
            start=datetime.now(UTC) - timedelta(hours=2),
            duration=timedelta(hours=1),
            user_id=user_id,
        )
        source.build(
            pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task.id)
        )
        asked = source.rows("completed_reads")[-1]["conditions"]["user_id"]["in"]
        assert (set(asked) > {str(account.user_id)}) is everybody


def test_with_selected_spaces_time_without_a_place_is_kept_if_its_task_is_in_them(
    clickup: FakeClickUp, account: Account, workspace: Workspace
) -> None:
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
    places = [row["conditions"]["space_id"] for row in source.rows("completed_reads")]
    assert places == [{"in": [list_.space_id]}] * len(places)


def test_an_entry_from_months_ago_is_read_where_its_beginning_is_told(
    source: MessageSourceHarness, account: Account, workspace: Workspace
) -> None:
    length = timedelta(hours=1)
    task_id, start = next(iter(workspace.tasks)), datetime(2025, 6, 7, 8, tzinfo=UTC)
    entry = account.add_time_entry(task_id, start=start, duration=length)
    for hint, found in ((history("time_spent"), []), (
        history("time_spent", after={"start": str(entry.start_ms)}), [entry.id]
    )):  # fmt: skip
        source.build(pending_event("taskTimeTrackedUpdated", hint, task_id=task_id))
        assert [row["id"] for row in source.rows("time_entries")] == found


def test_the_time_of_many_tasks_is_read_once_for_all(
    source: MessageSourceHarness, workspace: Workspace
) -> None:
    task_ids = list(workspace.tasks)[:8]
    events = [
        pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=one)
        for one in task_ids
    ]
    asked = source.build(*events)
    assert 1 <= asked.count(f"/team/{workspace.id}/time_entries") <= 4
    assert all("task_id" not in row["conditions"] for row in source.rows("completed_reads"))


def test_a_workspace_that_is_hidden_from_the_token_now_holds_up_no_other(
    clickup: FakeClickUp, source: MessageSourceHarness, workspace: Workspace
) -> None:
    clickup.account.workspaces.remove(workspace)
    clickup.account.foreign_workspaces.add(workspace.id)
    timed = pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id="86t")
    asked = source.build(*changed_events([f"86task{n}" for n in range(7)]), timed)
    assert asked[0] == f"/team/{workspace.id}/task"
    assert "/task/86task6" in asked
    assert (source.messages, source.failed_events) == ([], {})


def test_an_ignored_task_id_is_noticed(clickup: FakeClickUp, workspace: Workspace) -> None:
    clickup.behaviour.ignored_parameters = {"task_id"}
    source = MessageSourceHarness(clickup)
    recent = max(workspace.time_entries.values(), key=lambda one: one.start_ms)
    task_id = next(one for one in workspace.tasks if one != recent.task_id)
    hint = history("time_spent", after={"start": str(recent.start_ms)})
    source.build(pending_event("taskTimeTrackedUpdated", hint, task_id=task_id, event_id=9))
    assert source.rows("time_entries") == source.rows("completed_reads") == []
    assert source.failed_events[9].endswith("the parameter task_id is ignored")


def test_time_that_is_switched_off_is_not_asked_for(
    clickup: FakeClickUp, workspace: Workspace
) -> None:
    """R116."""
    source = MessageSourceHarness(clickup, {"time_tracking": False})
    task_id = next(iter(workspace.tasks))
    asked = source.build(
        pending_event("taskTimeTrackedUpdated", history("time_spent"), task_id=task_id)
    )
    assert asked == [f"/task/{task_id}"]


def test_nothing_of_another_space_is_told(clickup: FakeClickUp, workspace: Workspace) -> None:
    chosen, other = list(workspace.spaces)[:2]
    source = MessageSourceHarness(clickup, {"space_ids": [chosen]}, space_id=chosen)
    tasks = {
        space_id: next(
            one.id for one in workspace.tasks.values()
            if workspace.lists[one.list_id].space_id == space_id
        )
        for space_id in (chosen, other)
    }  # fmt: skip
    source.build(
        *changed_events(list(tasks.values())), pending_event("spaceUpdated", space_id=other)
    )
    assert [row["id"] for row in source.rows("tasks")] == [tasks[chosen]]
    assert source.rows("spaces") == []


def test_pages_ask_only_for_spaces_of_their_own_workspace(
    clickup: FakeClickUp, account: Account, workspace: Workspace
) -> None:
    """A selection may name spaces of several workspaces."""
    here = workspace.lists[workspace.tasks[searchable_task_ids(workspace)[0]].list_id].space_id
    there = next(iter(account.workspaces[1].spaces))
    source = MessageSourceHarness(clickup, {"space_ids": [here, there]}, space_id=here)
    task_ids = [
        one
        for one in searchable_task_ids(workspace)
        if workspace.lists[workspace.tasks[one].list_id].space_id == here
    ][:10]
    account.bulk_update(task_ids, name="Renamed")
    hint = history("name", date=str(workspace.tasks[task_ids[0]].updated_ms))
    asked = source.build(*changed_events(task_ids, history_items=[hint]))
    assert asked == [f"/team/{workspace.id}/task"]
    spaces = [one.query.get("space_ids[]") for one in clickup.requests if "task" in one.path]
    assert spaces == [[here]]
    assert {row["id"] for row in source.rows("tasks")} >= set(task_ids)
