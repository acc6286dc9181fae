"""An incomplete hierarchy deletes nothing, and a denied request costs later polls nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Fault
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import FOLDER, LISTS, OWNER, WORKSPACE
from tests.tap_clickup.runner import ALL_TIME, catalog_selecting

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

HIERARCHY_STREAMS = {"folders", "lists", "sprints", "statuses"}
STREAMS = ("spaces", *sorted(HIERARCHY_STREAMS), "users", "completed_reads", "sync_runs")
ARCHIVED = LISTS["archived"]


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def completed_streams(run: TapRun) -> set[str]:
    """Return the streams with a completed read."""
    return set(run.column("completed_reads", "stream"))


def archive_requests(run_tap: TapRunner) -> list[str]:
    """Return the requested paths of archived lists of folders and of tasks of lists."""
    paths = [request.path.removeprefix("/api/v2") for request in run_tap.clickup.requests]
    folder_requests = [path for path in paths if path.startswith("/folder/")]
    return folder_requests + [
        path for path in paths if path.startswith("/list/") and path.endswith("/task")
    ]


@pytest.mark.parametrize("streams", [(*STREAMS, "tasks"), STREAMS], ids=["all", "without tasks"])
def test_list_without_id_leaves_the_lists_incomplete(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, streams: tuple[str, ...]
) -> None:
    account.archive(LISTS["in_folder"])
    lists = [{"id": None, "name": "Till", "archived": True, "task_count": 2}]
    behaviour.faults = [Fault(status=200, body={"lists": lists}, path=f"/folder/{FOLDER}/list$")]
    run = run_tap(start_date=ALL_TIME, catalog=catalog_selecting(*streams))
    assert behaviour.faults == []
    assert run.error is None
    assert run.read_failures == [
        (f"lists without id in GET /folder/{FOLDER}/list", "left out: the field id cannot be read")
    ]
    assert run.rows("sync_runs")[0]["complete"] is False
    assert completed_streams(run) & HIERARCHY_STREAMS == set()
    assert {"spaces", "users"} <= completed_streams(run)
    assert sorted(run.column("lists", "id")) == sorted({*LISTS.values()} - {LISTS["in_folder"]})
    assert ("tasks" in streams) is bool(run.rows("tasks"))


@pytest.mark.parametrize("streams", [(*STREAMS, "tasks"), STREAMS], ids=["all", "without tasks"])
def test_list_without_id_is_read_by_the_next_sweep(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, streams: tuple[str, ...]
) -> None:
    account.archive(LISTS["in_folder"])
    lists = [{"task_count": 2}]
    behaviour.faults = [Fault(status=200, body={"lists": lists}, path=f"/folder/{FOLDER}/list$")]
    first = run_tap(start_date=ALL_TIME, catalog=catalog_selecting(*streams))
    assert LISTS["in_folder"] not in first.column("lists", "id")
    catalog = catalog_selecting(*streams)
    run = run_tap(start_date=ALL_TIME, catalog=catalog, state=first.state, sweep=True)
    assert run.error is None
    assert completed_streams(run) >= HIERARCHY_STREAMS
    assert sorted(run.column("lists", "id")) == sorted(LISTS.values())
    assert ("86task001" in run.column("tasks", "id")) is ("tasks" in streams)


def team(*user_ids: int) -> Row:
    """Return a workspace with some of its members."""
    users = [{"id": user_id, "username": f"User {user_id}", "role": 3} for user_id in user_ids]
    return {"id": WORKSPACE, "name": "Shop", "members": [{"user": user} for user in users]}


@pytest.mark.parametrize(
    ("team_payload", "member_ids"),
    [
        ({"id": WORKSPACE, "name": "Shop"}, []),
        ({**team(), "members": None}, []),
        (team(), []),
        (team(accounts.MEMBER, accounts.INVITED), [str(accounts.MEMBER), str(accounts.INVITED)]),
    ],
    ids=["no key", "null", "no members", "others only"],
)
def test_users_are_not_completed_without_the_token_user(
    run_tap: TapRunner, behaviour: Behaviour, team_payload: Row, member_ids: list[str]
) -> None:
    behaviour.faults = [Fault(status=200, body={"teams": [team_payload]}, path="/team$")]
    run = run_tap(start_date=ALL_TIME)
    assert "users" not in completed_streams(run)
    members = [row["id"] for row in run.rows("users") if row["is_member"]]
    assert run.error is None
    assert members == member_ids
    assert completed_streams(run) >= HIERARCHY_STREAMS


def test_users_are_completed_with_the_token_user(run_tap: TapRunner, behaviour: Behaviour) -> None:
    body = {"teams": [team(OWNER, accounts.MEMBER)]}
    behaviour.faults = [Fault(status=200, body=body, path="/team$")]
    rows = run_tap(start_date=ALL_TIME).rows("completed_reads")
    (row,) = (row for row in rows if row["stream"] == "users")
    assert row["keys"] == [[str(OWNER)], [str(accounts.MEMBER)]]


@pytest.mark.parametrize(
    "path", [f"/list/{ARCHIVED}/task", f"/folder/{FOLDER}/list"], ids=["list", "folder"]
)
def test_denied_archive_is_not_requested_again_by_polls(
    run_tap: TapRunner, behaviour: Behaviour, path: str
) -> None:
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"{path}$")] * 9
    first = run_tap(start_date=ALL_TIME)
    assert first.error is None
    assert len(first.read_failures) > 0
    assert path in archive_requests(run_tap)
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert second.error is None
    assert second.read_failures == []
    assert archive_requests(run_tap) == []
    third = run_tap(start_date=ALL_TIME, state=second.state)
    assert third.read_failures == []
    assert archive_requests(run_tap) == []


@pytest.mark.parametrize(
    "path", [f"/list/{ARCHIVED}/task", f"/folder/{FOLDER}/list"], ids=["list", "folder"]
)
def test_denied_archive_is_requested_again_by_the_sweep(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, path: str
) -> None:
    account.archive(LISTS["in_folder"])
    hidden = account.create_task(ARCHIVED, name="Hidden").id
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"{path}$")] * 2
    poll = run_tap(start_date=ALL_TIME)
    behaviour.faults = []
    sweep = run_tap(start_date=ALL_TIME, sweep=True, state=poll.state)
    assert path in archive_requests(run_tap)
    assert {hidden, "86task001", "86parent1"} == set(sweep.column("tasks", "id"))
    assert {*HIERARCHY_STREAMS, "tasks"} <= completed_streams(sweep)
