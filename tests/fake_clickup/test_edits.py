"""Edits move the dates that they move in ClickUp; time entries are visible as in ClickUp."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_clickup.client import ASCENDING, DAY_MS, NOW, Client, ids, live

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_clickup import Account, Behaviour, Request
    from fake_clickup.model import Workspace
    from tests.support.clocks import ManualClock


def test_an_edit_moves_date_updated_even_if_nothing_changes(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = live(workspace)[0]
    account.update_task(task.id, name=task.name)
    assert client.all_tasks(**ASCENDING)[-1]["id"] == task.id
    assert client.get(f"/task/{task.id}")["date_updated"] == str(round(NOW.timestamp() * 1000))


def test_renaming_comments_and_edited_time_do_not_move_date_updated(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = live(workspace)[0]
    entry = account.add_time_entry(task.id, start=NOW, duration=timedelta(hours=1))
    assert client.get(f"/task/{task.id}")["date_updated"] == str(entry.at_ms)
    account.rename(task.list_id, "Another name")
    account.add_comment(task.id, "A comment")
    account.update_time_entry(entry.id, at=NOW + timedelta(days=1), end_ms=entry.end_ms)
    account.add_texts(task.id, description="planted")
    shown = client.get(f"/task/{task.id}")
    assert shown["date_updated"] == str(entry.at_ms)
    assert (shown["list"]["name"], shown["description"]) == ("Another name", "planted")


def test_finishing_sets_dates_and_reopening_clears_them(
    client: Client, account: Account, workspace: Workspace
) -> None:
    task = next(t for t in live(workspace) if len(workspace.statuses_of(t.list_id)) == 6)
    dates = []
    for status in ("shipped", "closed", "backlog"):
        account.update_task(task.id, status=status, at=NOW)
        shown = client.get(f"/task/{task.id}")
        dates.append((shown["date_closed"], shown["date_done"]))
    now = str(round(NOW.timestamp() * 1000))
    assert dates == [(None, now), (now, now), (None, None)]


def test_a_bulk_edit_shares_one_millisecond(account: Account, workspace: Workspace) -> None:
    some = [task.id for task in live(workspace)[:150]]
    updated = account.bulk_update(some, priority=2)
    assert len({task.updated_ms for task in updated}) == 1


def test_an_edit_while_paging_can_move_a_task_between_pages(
    client: Client, workspace: Workspace, behaviour: Behaviour
) -> None:
    first, border = live(workspace)[0], live(workspace)[100]

    def edit(request: Request, account: Account) -> None:
        if request.query.get("page") == ["1"]:
            account.update_task(first.id, priority=1)

    behaviour.on_request = edit
    found = ids(client.all_tasks(**ASCENDING))
    assert found.count(first.id) == 2
    assert border.id not in found


def test_the_search_index_lags_but_the_task_does_not(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour, clock: ManualClock
) -> None:
    behaviour.index_lag = 30
    task, deleted = live(workspace)[:2]
    account.update_task(task.id, name="Edited")
    account.delete_task(deleted.id)
    made = account.create_task(task.list_id, name="New")
    assert client.get(f"/task/{task.id}")["name"] == "Edited"
    before = ids(client.all_tasks(**ASCENDING))
    assert before[0] == task.id
    assert deleted.id in before
    assert made.id not in before
    clock.seconds += 30
    after = ids(client.all_tasks(**ASCENDING))
    assert set(after[-2:]) == {task.id, made.id}
    assert deleted.id not in after


def starts(entries: list[dict[str, Any]]) -> set[tuple[int, int]]:
    return {(entry["user"]["id"], int(entry["start"])) for entry in entries}


def expected_entries(
    workspace: Workspace, wanted: Callable[[int, int], bool]
) -> set[tuple[int, int]]:
    return {
        (one.user_id, one.start_ms)
        for one in workspace.time_entries.values()
        if wanted(one.user_id, one.start_ms)
    }


def test_time_entries_default_to_30_days_of_the_own_user(
    client: Client, account: Account, workspace: Workspace
) -> None:
    since = round(NOW.timestamp() * 1000) - 30 * DAY_MS
    found = client.get(f"/team/{workspace.id}/time_entries", page=3)["data"]
    own = expected_entries(
        workspace, lambda user, start: user == account.user_id and start >= since
    )
    assert starts(found) == own
    assert own


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_a_member_only_gets_their_own_time_entries(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour, role: Any
) -> None:
    behaviour.role = role
    asked = list(workspace.users)[:3]
    query = {"assignee": ",".join(str(one) for one in asked), "start_date": 0}
    found = client.get(f"/team/{workspace.id}/time_entries", **query)["data"]
    seen = {account.user_id} if role == "member" else set(asked)
    assert starts(found) == expected_entries(workspace, lambda user, _: user in seen)
    me = client.get("/team")["teams"][0]["members"][0]["user"]
    assert me["role_key"] == role


def test_a_running_timer_has_no_end_and_a_negative_duration(
    client: Client, account: Account, workspace: Workspace
) -> None:
    start = NOW - timedelta(seconds=90)
    account.add_time_entry(live(workspace)[0].id, start=start, duration=None)
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
    task = live(workspace)[-1]
    texts = {"description": "d1", "custom_field_value": "c1", "attachment_name": "a1.txt"}
    account.add_texts(task.id, **texts, comment="m1")
    shown = client.all_tasks(**ASCENDING, include_markdown_description="true")[-1]
    places = ("description", "text_content", "markdown_description")
    assert [shown[place] for place in places] == ["d1"] * 3
    assert shown["custom_fields"][-1]["value"] == "c1"
    assert shown["attachments"][-1]["title"] == "a1.txt"
    assert "m1" not in json.dumps(shown)
    comments = client.get(f"/task/{task.id}/comment")["comments"]
    assert [one["comment_text"] for one in comments] == ["m1"]
