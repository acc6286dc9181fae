"""The account for people: names and types agree, and every history is plausible."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fake_clickup import generate_demo
from tests.fake_clickup.client import DAY_MS, NOW

if TYPE_CHECKING:
    from fake_clickup.model import Workspace

NOW_MS = round(NOW.timestamp() * 1000)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return generate_demo(tasks=1_400, spaces=4, now=NOW).workspaces[0]


def test_the_same_seed_gives_the_same_account() -> None:
    first, same, other = (generate_demo(seed=seed, tasks=40, now=NOW) for seed in (1, 1, 2))
    assert first.token == same.token
    assert first.workspaces[0].tasks == same.workspaces[0].tasks
    assert first.workspaces[0].time_entries == same.workspaces[0].time_entries
    assert not first.workspaces[0].tasks.keys() & other.workspaces[0].tasks.keys()


def test_names_types_and_colors_of_statuses_agree(workspace: Workspace) -> None:
    assert len(workspace.spaces) == 4
    for space in workspace.spaces.values():
        assert [(status.name, status.type) for status in space.statuses] == [
            ("to do", "open"),
            ("in progress", "custom"),
            ("in review", "custom"),
            ("done", "done"),
            ("closed", "closed"),
        ]
        assert len({status.color for status in space.statuses}) == 5
    assert all(not folder.hidden and not folder.statuses for folder in workspace.folders.values())
    assert all(not task_list.statuses for task_list in workspace.lists.values())


def test_users_have_numbered_names_and_example_addresses(workspace: Workspace) -> None:
    assert [(user.username, user.email) for user in workspace.users.values()] == [
        (f"User {number}", f"user{number}@example.com") for number in range(1, 9)
    ]
    assert workspace.members.keys() == workspace.users.keys()


def test_task_names_are_distinct_and_begin_with_their_folder(workspace: Workspace) -> None:
    names = [task.name for task in workspace.tasks.values()]
    assert len(names) == 1_400
    assert len(set(names)) == 1_400
    assert max(map(len, names)) <= 60
    for task in workspace.tasks.values():
        folder = workspace.folder_of(workspace.lists[task.list_id])
        assert task.name.startswith(f"{folder.name}: ")


def test_more_tasks_than_names_are_possible() -> None:
    workspace = generate_demo(tasks=500, spaces=1, now=NOW).workspaces[0]
    assert len(workspace.tasks) == 500
    assert len(generate_demo(tasks=5, spaces=0, now=NOW).workspaces[0].tasks) == 0
    spaces = generate_demo(tasks=5, spaces=5, now=NOW).workspaces[0].spaces.values()
    assert [space.name for space in spaces][::4] == ["Web shop", "Web shop 2"]


def test_about_a_thousand_tasks_are_recent_in_every_status(workspace: Workspace) -> None:
    recent = [
        task for task in workspace.tasks.values() if (task.updated_ms or 0) > NOW_MS - 90 * DAY_MS
    ]
    assert 900 < len(recent) < 1_100
    by_status = Counter(task.status for task in recent)
    assert by_status.keys() == {"to do", "in progress", "in review", "done", "closed"}
    assert min(by_status.values()) > 15


def test_statuses_are_reached_in_order_and_give_the_dates(workspace: Workspace) -> None:
    names = ["to do", "in progress", "in review", "done", "closed"]
    for task in workspace.tasks.values():
        periods = workspace.status_periods[task.id]
        assert [period.status.name for period in periods] == names[: len(periods)]
        assert all(before.since_ms < after.since_ms for before, after in pairwise(periods))
        since_ms = {period.status.name: period.since_ms for period in periods}
        assert task.status == periods[-1].status.name
        assert task.created_ms == since_ms["to do"]
        assert task.done_ms == since_ms.get("done")
        assert task.closed_ms == since_ms.get("closed")
        assert task.updated_ms is not None
        assert periods[-1].since_ms <= task.updated_ms <= NOW_MS


def test_started_tasks_have_assignees_who_track_their_time(workspace: Workspace) -> None:
    assert {len(task.assignee_ids) for task in workspace.tasks.values()} == {0, 1, 2}
    for task in workspace.tasks.values():
        assert task.status == "to do" or task.assignee_ids
    assert len(workspace.time_entries) > 500
    for entry in workspace.time_entries.values():
        assert entry.task_id
        assert entry.end_ms
        task = workspace.tasks[entry.task_id]
        assert entry.user_id in task.assignee_ids
        assert workspace.status_periods[task.id][1].since_ms <= entry.start_ms < entry.end_ms
        assert entry.end_ms <= (task.updated_ms or 0) <= NOW_MS


def test_tasks_are_in_the_sprint_in_which_they_were_started(workspace: Workspace) -> None:
    sprints = {
        task_list.id: task_list
        for task_list in workspace.lists.values()
        if task_list.name.startswith("Sprint ")
    }
    assert [sprint.name for sprint in sprints.values()] == [f"Sprint {n}" for n in range(1, 7)]
    *_, current = sprints.values()
    assert current.start_ms is not None
    assert current.due_ms is not None
    assert current.start_ms <= NOW_MS <= current.due_ms
    used = Counter(list_id for task in workspace.tasks.values() for list_id in task.other_list_ids)
    assert used.keys() == sprints.keys()
    for task in workspace.tasks.values():
        for list_id in task.other_list_ids:
            sprint = sprints[list_id]
            assert sprint.start_ms is not None
            assert sprint.due_ms is not None
            started_ms = workspace.status_periods[task.id][1].since_ms
            assert sprint.start_ms <= started_ms <= sprint.due_ms
            assert sprint.space_id == workspace.lists[task.list_id].space_id
