"""Time entries with missing fields, of former members, and with ignored parameters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_clickup.client import NOW, Client, live

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from fake_clickup.model import Workspace

HOUR = timedelta(hours=1)
MONTH = timedelta(days=40)


def entries(client: Client, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/team/{client.workspace.id}/time_entries", **query)[
        "data"
    ]
    return found


@pytest.mark.parametrize("task", [True, False])
def test_time_entries_of_the_mobile_app_lack_fields(
    client: Client, account: Account, workspace: Workspace, *, task: bool
) -> None:
    task_id = live(workspace)[0].id if task else None
    gaps = ("billable", "tags", "source", "task_location")
    whole = account.add_time_entry(task_id, start=NOW - HOUR, duration=HOUR)
    (shown,) = (one for one in entries(client) if one["id"] == whole.id)
    account.update_time_entry(whole.id, mobile="null", at=NOW)
    (nulls,) = (one for one in entries(client) if one["id"] == whole.id)
    account.update_time_entry(whole.id, mobile="absent", at=NOW)
    (without,) = (one for one in entries(client) if one["id"] == whole.id)
    assert nulls == {**shown, **dict.fromkeys(gaps)}
    assert without == {key: value for key, value in shown.items() if key not in gaps}
    assert set(gaps) <= set(shown)


def test_time_entries_of_a_former_member_are_returned_by_user_id(
    client: Client, account: Account, workspace: Workspace
) -> None:
    leaver = next(one for one in workspace.members if one != account.user_id)
    made = account.add_time_entry(
        live(workspace)[0].id, start=NOW - HOUR, duration=HOUR, user_id=leaver
    )
    account.remove_member(leaver)
    members = client.get("/team")["teams"][0]["members"]
    assert leaver not in {one["user"]["id"] for one in members}
    assert made.id not in {one["id"] for one in entries(client)}
    assert entries(client, assignee=leaver)[-1]["id"] == made.id
    assert entries(client, assignee=leaver)[-1]["user"]["id"] == leaver


def test_an_ignored_assignee_returns_the_own_time_entries(
    client: Client, account: Account, workspace: Workspace, behaviour: Behaviour
) -> None:
    other = next(one for one in workspace.users if one != account.user_id)
    behaviour.ignored_parameters = {"assignee"}
    found = entries(client, assignee=other, start_date=0)
    assert {one["user"]["id"] for one in found} == {account.user_id}


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
    default = entries(client)
    assert entries(client, **query) != default
    behaviour.ignored_parameters = {ignored}
    assert entries(client, **query) == default
