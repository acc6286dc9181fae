"""Time entries with missing fields, of former members, and with ignored parameters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_clickup.client import NOW, Client, get_live_tasks

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace

HOUR = timedelta(hours=1)
MONTH = timedelta(days=40)


def get_entries(client: Client, **query: Any) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = client.get(
        f"/team/{client.workspace.id}/time_entries", **query
    )["data"]
    return entries


@pytest.mark.parametrize("task", [True, False])
def test_time_entries_of_the_mobile_app_lack_fields(
    client: Client, account: Account, workspace: Workspace, *, task: bool
) -> None:
    task_id = get_live_tasks(workspace)[0].id if task else None
    gaps = ("billable", "tags", "source", "task_location")
    whole = account.add_time_entry(task_id, start=NOW - HOUR, duration=HOUR)
    (complete,) = (entry for entry in get_entries(client) if entry["id"] == whole.id)
    account.update_time_entry(whole.id, mobile="null", at=NOW)
    (nulls,) = (entry for entry in get_entries(client) if entry["id"] == whole.id)
    account.update_time_entry(whole.id, mobile="absent", at=NOW)
    (without,) = (entry for entry in get_entries(client) if entry["id"] == whole.id)
    assert nulls == {**complete, **dict.fromkeys(gaps)}
    assert without == {key: value for key, value in complete.items() if key not in gaps}
    assert set(gaps) <= set(complete)


def test_time_entries_of_a_former_member_are_returned_by_user_id(
    client: Client, account: Account, workspace: Workspace
) -> None:
    leaver = next(user_id for user_id in workspace.members if user_id != account.user_id)
    entry = account.add_time_entry(
        get_live_tasks(workspace)[0].id, start=NOW - HOUR, duration=HOUR, user_id=leaver
    )
    account.remove_member(leaver)
    members = client.get("/team")["teams"][0]["members"]
    assert leaver not in {member["user"]["id"] for member in members}
    assert entry.id not in {body["id"] for body in get_entries(client)}
    assert get_entries(client, assignee=leaver)[-1]["id"] == entry.id
    assert get_entries(client, assignee=leaver)[-1]["user"]["id"] == leaver


def test_an_ignored_assignee_returns_the_own_time_entries(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    other = next(user_id for user_id in workspace.users if user_id != account.user_id)
    behaviour.ignored_parameters = {"assignee"}
    entries = get_entries(client, assignee=other, start_date=0)
    assert {entry["user"]["id"] for entry in entries} == {account.user_id}


@pytest.mark.parametrize(
    ("ignored", "query"),
    [
        ("start_date", {"start_date": round((NOW - 2 * MONTH).timestamp() * 1000)}),
        ("end_date", {"end_date": round((NOW - 2 * HOUR).timestamp() * 1000)}),
    ],
)
def test_an_ignored_date_bound_returns_the_default_range(
    client: Client, account: Account, behaviour: Behaviour, ignored: str, query: dict[str, int]
) -> None:
    for ago in (HOUR, 3 * HOUR, MONTH):
        account.add_time_entry(None, start=NOW - ago, duration=HOUR)
    default = get_entries(client)
    assert get_entries(client, **query) != default
    behaviour.ignored_parameters = {ignored}
    assert get_entries(client, **query) == default
