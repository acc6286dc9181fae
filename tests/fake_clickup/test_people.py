"""People at work: who they are, what each kind of edit changes, and what webhooks report of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import People, WebhookSender, generate_demo
from tests.fake_clickup.client import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from fake_clickup import Account, MadeEdit
    from fake_clickup.model import Task

KINDS = {"start", "advance", "track", "create", "plan", "schedule", "reopen", "delete"}
NEXT = {"to do": "in progress", "in progress": "in review", "in review": "done", "done": "closed"}


@pytest.fixture
def account() -> Account:
    return generate_demo(tasks=400, spaces=2, now=NOW)


def times(count: int) -> list[datetime]:
    return [NOW + timedelta(minutes=number) for number in range(1, count + 1)]


def made_edits(account: Account, count: int) -> list[MadeEdit]:
    people = People(account)
    edits = [people.edit(at) for at in times(count)]
    return [edit for edit in edits if edit]


def edit_until(
    account: Account, kind: str
) -> tuple[MadeEdit, datetime, Task | None, dict[str, Task]]:
    """Return the first edit of a kind, its time, the task before it, and all tasks after it."""
    people = People(account)
    workspace = account.workspaces[0]
    for at in times(300):
        before = dict(workspace.tasks)
        edit = people.edit(at)
        if edit and edit.kind == kind:
            return edit, at, before.get(edit.task_id), dict(workspace.tasks)
    raise AssertionError(kind)


def test_a_day_has_edits_of_every_kind_by_several_people(account: Account) -> None:
    edits = made_edits(account, 200)
    assert len(edits) == 200
    assert {edit.kind for edit in edits} == KINDS
    people = Counter(edit.user_id for edit in edits)
    assert people.keys() == account.workspaces[0].members.keys() - {account.user_id}


def test_equal_seeds_make_equal_edits() -> None:
    first, same = (made_edits(generate_demo(tasks=100, now=NOW), 50) for _ in range(2))
    assert first == same
    other = People(generate_demo(tasks=100, now=NOW), seed=2)
    assert [other.edit(at) for at in times(50)] != first


@pytest.mark.parametrize("kind", ["start", "advance"])
def test_a_task_moves_to_the_next_status(account: Account, kind: str) -> None:
    edit, at, before, tasks = edit_until(account, kind)
    after = tasks[edit.task_id]
    assert before
    assert after.status == NEXT[before.status]
    assert (before.status == "to do") == (kind == "start")
    assert after.updated_ms == at.timestamp() * 1000
    assert after.assignee_ids


def test_tracked_time_ends_at_the_time_of_the_edit(account: Account) -> None:
    edit, at, before, _ = edit_until(account, "track")
    entry = list(account.workspaces[0].time_entries.values())[-1]
    assert (entry.task_id, entry.end_ms) == (edit.task_id, at.timestamp() * 1000)
    assert before
    assert entry.user_id == edit.user_id
    assert entry.user_id in before.assignee_ids or account.user_id in before.assignee_ids
    assert entry.start_ms < (entry.end_ms or 0)


def test_a_new_task_is_a_bug_of_the_same_topic(account: Account) -> None:
    edit, at, before, tasks = edit_until(account, "create")
    assert before is None
    new = tasks[edit.task_id]
    topic, work = new.name.split(": ")
    assert topic in {
        task.name.split(": ")[0]
        for task in tasks.values()
        if task.list_id == new.list_id and task != new
    }
    assert work.startswith("fix ")
    assert (new.status, new.creator_id) == ("to do", edit.user_id)
    assert new.created_ms == at.timestamp() * 1000


def test_a_plan_sets_estimate_points_and_priority(account: Account) -> None:
    edit, _, _, tasks = edit_until(account, "plan")
    after = tasks[edit.task_id]
    assert None not in {after.time_estimate_ms, after.points, after.priority}


def test_a_task_comes_into_the_running_sprint(account: Account) -> None:
    edit, at, before, tasks = edit_until(account, "schedule")
    assert before
    (added,) = set(tasks[edit.task_id].other_list_ids) - set(before.other_list_ids)
    sprint = account.workspaces[0].lists[added]
    assert (sprint.start_ms or 0) <= at.timestamp() * 1000 <= (sprint.due_ms or 0)


def test_a_reopened_task_is_in_progress_again(account: Account) -> None:
    edit, _, before, tasks = edit_until(account, "reopen")
    assert before
    assert (before.status, tasks[edit.task_id].status) == ("done", "in progress")
    assert tasks[edit.task_id].done_ms is None


def test_a_deleted_task_is_in_the_trash(account: Account) -> None:
    edit, _, before, tasks = edit_until(account, "delete")
    assert before
    assert edit.task_id not in tasks
    assert edit.task_id in account.workspaces[0].trash


def test_a_task_that_was_changed_later_is_left_alone(account: Account) -> None:
    for task in list(account.workspaces[0].tasks.values()):
        account.update_task(task.id, at=NOW + timedelta(days=1), points=1)
    assert People(account).edit(NOW + timedelta(hours=1)) is None


def test_webhooks_report_an_edit_as_that_of_its_user(account: Account) -> None:
    account.add_webhook(endpoint="http://127.0.0.1:1/", events=("*",))
    sender = WebhookSender(account)
    edit, at, _, _ = edit_until(account, "advance")
    items = [
        item
        for delivery in sender.outbox
        for item in json.loads(delivery.body)["history_items"]
        if json.loads(delivery.body).get("task_id") == edit.task_id
    ]
    sender.close()
    assert items
    assert {item["user"]["id"] for item in items[-2:]} == {edit.user_id}
    assert {item["date"] for item in items[-2:]} == {str(round(at.timestamp() * 1000))}
