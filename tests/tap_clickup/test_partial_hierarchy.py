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

PLACES = {"folders", "lists", "sprints", "statuses"}
TOLD = ("spaces", *sorted(PLACES), "users", "completed_reads", "sync_runs")
ARCHIVED = LISTS["archived"]


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def told(run: TapRun) -> set[str]:
    """Return the streams with a completed read."""
    return set(run.column("completed_reads", "stream"))


def asked_archives(run_tap: TapRunner) -> list[str]:
    """Return the requested paths of archived lists of folders and of tasks of lists."""
    paths = [request.path.removeprefix("/api/v2") for request in run_tap.clickup.requests]
    walk = [path for path in paths if path.startswith("/folder/")]
    return walk + [path for path in paths if path.startswith("/list/") and path.endswith("/task")]


# --- invalid objects


@pytest.mark.parametrize("streams", [(*TOLD, "tasks"), TOLD], ids=["all", "without tasks"])
def test_invalid_archived_list_fails_without_completing_lists(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, streams: tuple[str, ...]
) -> None:
    account.archive(LISTS["in_folder"])
    lists = [{"id": LISTS["in_folder"], "name": "Till", "archived": True, "task_count": "many"}]
    behaviour.faults = [Fault(status=200, body={"lists": lists}, path=f"/folder/{FOLDER}/list$")]
    run = run_tap(start_date=ALL_TIME, catalog=catalog_selecting(*streams))
    assert behaviour.faults == []
    assert run.error == (
        f"not everything was read: archived lists of folder {FOLDER}: "
        "ClickUp sent an object of an unexpected shape (ValueError)"
    )
    assert told(run) & PLACES == set()
    assert {"spaces", "users"} <= told(run)
    assert sorted(run.column("lists", "id")) == sorted({*LISTS.values()} - {LISTS["in_folder"]})
    assert ("tasks" in streams) is bool(run.rows("tasks"))


@pytest.mark.parametrize("streams", [(*TOLD, "tasks"), TOLD], ids=["all", "without tasks"])
def test_invalid_list_is_read_by_the_next_poll(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, streams: tuple[str, ...]
) -> None:
    account.archive(LISTS["in_folder"])
    lists = [{"id": LISTS["in_folder"], "task_count": "many"}]
    behaviour.faults = [Fault(status=200, body={"lists": lists}, path=f"/folder/{FOLDER}/list$")]
    first = run_tap(start_date=ALL_TIME, catalog=catalog_selecting(*streams))
    run = run_tap(start_date=ALL_TIME, catalog=catalog_selecting(*streams), state=first.state)
    assert run.error is None
    assert told(run) >= PLACES
    assert sorted(run.column("lists", "id")) == sorted(LISTS.values())
    assert ("86task001" in run.column("tasks", "id")) is ("tasks" in streams)


# --- members that ClickUp does not return


def team(*user_ids: int) -> Row:
    """Return a workspace with some of its members."""
    users = [{"id": user_id, "username": f"User {user_id}", "role": 3} for user_id in user_ids]
    return {"id": WORKSPACE, "name": "Shop", "members": [{"user": user} for user in users]}


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        ({"id": WORKSPACE, "name": "Shop"}, []),
        ({**team(), "members": None}, []),
        (team(), []),
        (team(accounts.MEMBER, accounts.INVITED), [str(accounts.MEMBER), str(accounts.INVITED)]),
    ],
    ids=["no key", "null", "nobody", "others only"],
)
def test_users_are_not_completed_without_the_token_user(
    run_tap: TapRunner, behaviour: Behaviour, answer: Row, came: list[str]
) -> None:
    behaviour.faults = [Fault(status=200, body={"teams": [answer]}, path="/team$")]
    run = run_tap(start_date=ALL_TIME)
    assert "users" not in told(run)
    members = [row["id"] for row in run.rows("users") if row["is_member"]]
    assert (run.error, members) == (None, came)
    assert told(run) >= PLACES


def test_users_are_completed_with_the_token_user(run_tap: TapRunner, behaviour: Behaviour) -> None:
    body = {"teams": [team(OWNER, accounts.MEMBER)]}
    behaviour.faults = [Fault(status=200, body=body, path="/team$")]
    rows = run_tap(start_date=ALL_TIME).rows("completed_reads")
    (row,) = (row for row in rows if row["stream"] == "users")
    assert row["keys"] == [[str(OWNER)], [str(accounts.MEMBER)]]


# --- denied requests


@pytest.mark.parametrize(
    "path", [f"/list/{ARCHIVED}/task", f"/folder/{FOLDER}/list"], ids=["list", "folder"]
)
def test_denied_archive_is_not_requested_again_by_polls(
    run_tap: TapRunner, behaviour: Behaviour, path: str
) -> None:
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"{path}$")] * 9
    first = run_tap(start_date=ALL_TIME)
    assert (first.error, len(first.read_failures) > 0, path in asked_archives(run_tap)) == (
        None,
        True,
        True,
    )
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert (second.error, second.read_failures, asked_archives(run_tap)) == (None, [], [])
    third = run_tap(start_date=ALL_TIME, state=second.state)
    assert (third.read_failures, asked_archives(run_tap)) == ([], [])


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
    assert path in asked_archives(run_tap)
    assert {hidden, "86task001", "86parent1"} == set(sweep.column("tasks", "id"))
    assert {*PLACES, "tasks"} <= told(sweep)
