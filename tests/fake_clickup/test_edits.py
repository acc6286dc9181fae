"""Edits move the dates that they move in ClickUp; time entries are visible as in ClickUp."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_clickup.client import ASCENDING, DAY_MS, NOW, Client, get_live_tasks, ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Workspace
    from tests.support.clocks import ManualClock


def test_an_edit_moves_date_updated_even_if_nothing_changes(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = get_live_tasks(workspace)[0]
    account.update_task(task.id, name=task.name)
    assert client.all_tasks(**ASCENDING)[-1]["id"] == task.id
    assert client.get(f"/task/{task.id}")["date_updated"] == str(round(NOW.timestamp() * 1000))


def test_renaming_comments_and_edited_time_do_not_move_date_updated(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = get_live_tasks(workspace)[0]
    entry = account.add_time_entry(task.id, start=NOW, duration=timedelta(hours=1))
    assert client.get(f"/task/{task.id}")["date_updated"] == str(entry.at_ms)
    account.rename(task.list_id, "Another name")
    account.add_comment(task.id, "A comment")
    account.update_time_entry(entry.id, at=NOW + timedelta(days=1), end_ms=entry.end_ms)
    account.add_texts(task.id, description="planted")
    body = client.get(f"/task/{task.id}")
    assert body["date_updated"] == str(entry.at_ms)
    assert (body["list"]["name"], body["description"]) == ("Another name", "planted")


def test_finishing_sets_dates_and_reopening_clears_them(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = next(
        task for task in get_live_tasks(workspace) if len(workspace.statuses_of(task.list_id)) == 6
    )
    dates = []
    for status in ("shipped", "closed", "backlog"):
        account.update_task(task.id, status=status, at=NOW)
        body = client.get(f"/task/{task.id}")
        dates.append((body["date_closed"], body["date_done"]))
    now = str(round(NOW.timestamp() * 1000))
    assert dates == [(None, now), (now, now), (None, None)]


def test_a_bulk_edit_shares_one_millisecond(account: Account, workspace: Workspace) -> None:
    task_ids = [task.id for task in get_live_tasks(workspace)[:150]]
    updated = account.bulk_update(task_ids, priority=2)
    assert len({task.updated_ms for task in updated}) == 1


def test_an_edit_while_paging_can_move_a_task_between_pages(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    first, border = get_live_tasks(workspace)[0], get_live_tasks(workspace)[100]

    def edit(request: Request, account: Account) -> None:
        if request.query.get("page") == ["1"]:
            account.update_task(first.id, priority=1)

    behaviour.on_request = edit
    paged_ids = ids(client.all_tasks(**ASCENDING))
    assert paged_ids.count(first.id) == 2
    assert border.id not in paged_ids


def test_the_search_index_lags_but_the_task_does_not(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour, clock: ManualClock
) -> None:
    behaviour.index_lag = 30
    task, deleted = get_live_tasks(workspace)[:2]
    account.update_task(task.id, name="Edited")
    account.delete_task(deleted.id)
    created = account.create_task(task.list_id, name="New")
    assert client.get(f"/task/{task.id}")["name"] == "Edited"
    before = ids(client.all_tasks(**ASCENDING))
    assert before[0] == task.id
    assert deleted.id in before
    assert created.id not in before
    clock.seconds += 30
    after = ids(client.all_tasks(**ASCENDING))
    assert set(after[-2:]) == {task.id, created.id}
    assert deleted.id not in after


def read_starts(entries: list[dict[str, Any]]) -> set[tuple[int, int]]:
    return {(entry["user"]["id"], int(entry["start"])) for entry in entries}


def find_expected_entries(
    workspace: Workspace, matches: Callable[[int, int], bool]
) -> set[tuple[int, int]]:
    return {
        (entry.user_id, entry.start_ms)
        for entry in workspace.time_entries.values()
        if matches(entry.user_id, entry.start_ms)
    }


def test_time_entries_default_to_30_days_of_the_own_user(
    client: Client, account: Account, workspace: Workspace
) -> None:
    since = round(NOW.timestamp() * 1000) - 30 * DAY_MS
    entries = client.get(f"/team/{workspace.id}/time_entries", page=3)["data"]
    own = find_expected_entries(
        workspace, lambda user, start: user == account.user_id and start >= since
    )
    assert read_starts(entries) == own
    assert own


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_a_member_only_gets_their_own_time_entries(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour, role: Any
) -> None:
    behaviour.role = role
    requested_users = list(workspace.users)[:3]
    query = {"assignee": ",".join(str(user_id) for user_id in requested_users), "start_date": 0}
    entries = client.get(f"/team/{workspace.id}/time_entries", **query)["data"]
    visible_users = {account.user_id} if role == "member" else set(requested_users)
    assert read_starts(entries) == find_expected_entries(
        workspace, lambda user, _: user in visible_users
    )
    me = client.get("/team")["teams"][0]["members"][0]["user"]
    assert me["role_key"] == role


def test_a_running_timer_has_no_end_and_a_negative_duration(
    client: Client, account: Account, workspace: Workspace
) -> None:
    start = NOW - timedelta(seconds=90)
    account.add_time_entry(get_live_tasks(workspace)[0].id, start=start, duration=None)
    last = client.get(f"/team/{workspace.id}/time_entries")["data"][-1]
    assert ("end" in last, last["duration"]) == (False, "-90000")


def test_time_entries_without_a_task_have_three_formats(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    account.add_time_entry(None, start=NOW, duration=timedelta(0))
    forms: dict[str, Any] = {}
    for behaviour.missing_task_format in ("zero", "null", "absent"):
        last = client.get(f"/team/{workspace.id}/time_entries")["data"][-1]
        forms[behaviour.missing_task_format] = last.get("task", "no such key")
    assert forms == {"zero": "0", "null": None, "absent": "no such key"}


def test_added_texts_are_in_the_responses_of_a_task(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = get_live_tasks(workspace)[-1]
    texts = {"description": "d1", "custom_field_value": "c1", "attachment_name": "a1.txt"}
    account.add_texts(task.id, **texts, comment="m1")
    body = client.all_tasks(**ASCENDING, include_markdown_description="true")[-1]
    keys = ("description", "text_content", "markdown_description")
    assert [body[key] for key in keys] == ["d1"] * 3
    assert body["custom_fields"][-1]["value"] == "c1"
    assert body["attachments"][-1]["title"] == "a1.txt"
    assert "m1" not in json.dumps(body)
    comments = client.get(f"/task/{task.id}/comment")["comments"]
    assert [comment["comment_text"] for comment in comments] == ["m1"]
