"""Time in status is read on demand for the tasks of a run, and no task is missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, Fault
from fake_clickup.model import Folder, TaskList
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import ms_to_iso

if TYPE_CHECKING:
    from fake_clickup import Behaviour, Request
    from fake_clickup.model import Task, Workspace
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

FOLDER, LIST = "90000000026", "90000000036"
BULK = "/task/bulk_time_in_status/task_ids"
NOTE = (
    "time in status: ClickUp returned none for {} "
    "(GET /task/{}/time_in_status: HTTP 400 FEATURE_001); if that is all of them, an owner or "
    "admin can switch it on under Workspace settings > ClickApps > Total time in Status"
)


@pytest.fixture
def account() -> Account:
    """Return the shop with a list whose tasks go from `backlog` to `shipped`."""
    account = accounts.shop()
    workspace = account.workspaces[0]
    workspace.folders[FOLDER] = Folder(FOLDER, "Store room", accounts.SPACE)
    workspace.lists[LIST] = TaskList(LIST, "Shelf", accounts.SPACE, FOLDER)
    return account


def shipped_task(run_tap: TapRunner) -> Task:
    """Return a task created 600.5 minutes ago and shipped 90 minutes later."""
    account = run_tap.clickup.account
    now = datetime.fromtimestamp(run_tap.clock.seconds, tz=UTC)
    task = account.create_task(LIST, name="Shipped", at=now - timedelta(minutes=600.5))
    return account.update_task(task.id, status="shipped", at=now - timedelta(minutes=510.5))


def tasks_per_request(run_tap: TapRunner) -> list[int]:
    """Return the number of tasks in each request."""
    bulk = [len(request.query["task_ids"]) for request in run_tap.requests_to(BULK)]
    return [*bulk, *(1 for _ in run_tap.requests_to("/time_in_status"))]


def test_time_in_status_is_disabled_by_default(run_tap: TapRunner, behaviour: Behaviour) -> None:
    behaviour.time_in_status = False
    shipped_task(run_tap)
    run = run_tap()
    assert run.rows("time_in_status") == []
    assert tasks_per_request(run_tap) == []
    assert [note for note in run.rows("sync_runs")[0]["notes"] if "status" in note] == []


def test_one_task_is_read_with_a_single_request(
    run_tap: TapRunner,
) -> None:
    """R76: time in status has a row per status; the current one, returned twice, has one, too."""
    task = shipped_task(run_tap)
    run = run_tap(time_in_status=True)
    key = {"workspace_id": accounts.WORKSPACE, "task_id": task.id}
    assert run.rows("time_in_status") == [
        {
            **key,
            "status": "backlog",
            "minutes": 90,
            "since": ms_to_iso(task.created_ms),
            "is_current": False,
            "orderindex": 51,
        },
        {
            **key,
            "status": "shipped",
            "minutes": 510,
            "since": ms_to_iso(task.updated_ms or 0),
            "is_current": True,
            "orderindex": 52,
        },
    ]
    assert [request.path for request in run_tap.requests_to("/time_in_status")] == [
        f"/api/v2/task/{task.id}/time_in_status"
    ]
    assert run_tap.requests_to(BULK) == []


def test_250_tasks_are_read_in_three_bulk_requests(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    ids = [account.create_task(LIST, name=f"Task {number}").id for number in range(250)]
    run = run_tap(time_in_status=True)
    assert [len(request.query["task_ids"]) for request in run_tap.requests_to(BULK)] == [
        100,
        100,
        50,
    ]
    named = [
        task_id for request in run_tap.requests_to(BULK) for task_id in request.query["task_ids"]
    ]
    assert sorted(named) == sorted(ids)
    assert sorted(run.column("time_in_status", "task_id")) == sorted(ids)
    assert run_tap.requests_to("/time_in_status") == []
    assert len(workspace.tasks) == 252


def test_101_tasks_are_read_with_a_bulk_and_a_single_request(
    run_tap: TapRunner, account: Account
) -> None:
    ids = [account.create_task(LIST, name=f"Task {number}").id for number in range(101)]
    run = run_tap(time_in_status=True)
    assert tasks_per_request(run_tap) == [100, 1]
    assert sorted(run.column("time_in_status", "task_id")) == sorted(ids)


@pytest.mark.parametrize("tasks", [1, 2, 250])
def test_disabled_clickapp_is_noted_once_and_the_run_succeeds(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, tasks: int
) -> None:
    behaviour.time_in_status = False
    ids = [account.create_task(LIST, name=f"Task {number}").id for number in range(tasks)]
    run = run_tap(time_in_status=True)
    single_requests = [
        request.path.split("/")[4] for request in run_tap.requests_to("/time_in_status")
    ]
    note = NOTE.format("1 task" if tasks == 1 else f"{tasks} tasks", single_requests[-1])
    assert len(run_tap.requests_to("task_ids") + single_requests) <= 2 + 9
    assert [note for note in run.rows("sync_runs")[0]["notes"] if "status" in note] == [note]
    assert run.log.count(note) == 1
    assert run.rows("time_in_status") == []
    assert sorted(run.column("tasks", "id")) == sorted(ids)
    assert run.error is None
    assert run.read_failures == []
    assert run.rows("sync_runs")[0]["complete"] is True


def test_denied_task_is_noted_and_the_others_are_kept(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    ids = [account.create_task(LIST, name=f"Task {number}").id for number in range(101)]
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_027"}, path="/time_in_status$")]
    run = run_tap(time_in_status=True)
    last = run_tap.requests_to("/time_in_status")[0].path.split("/")[4]
    assert sorted(run.column("time_in_status", "task_id")) == sorted({*ids} - {last})
    notes = run.rows("sync_runs")[0]["notes"]
    assert [
        note for note in notes if f"GET /task/{last}/time_in_status: HTTP 401 OAUTH_027" in note
    ]


def test_many_denied_tasks_do_not_hide_the_others(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    """So many would show that the ClickApp is off if ClickUp had accepted none of the others."""
    ids = sorted(account.create_task(LIST, name=f"Task {number}").id for number in range(200))
    denied = ids[100:104]

    def deny(request: Request, _: Account) -> None:
        requested = request.query.get("task_ids", request.path.split("/")[4:5])
        if "time_in_status" in request.path and {*requested} & {*denied}:
            behaviour.faults.append(Fault(status=401, body={"ECODE": "OAUTH_027"}))

    behaviour.on_request = deny
    run = run_tap(time_in_status=True)
    assert sorted(run.column("time_in_status", "task_id")) == [*ids[:100], *ids[104:]]
    (note,) = [note for note in run.rows("sync_runs")[0]["notes"] if "time in status" in note]
    assert note.startswith("time in status: ClickUp returned none for 4 tasks (GET /task/")


def test_only_tasks_read_by_the_run_are_requested(run_tap: TapRunner, account: Account) -> None:
    """The tasks of the ten minutes before the bookmark are read again."""
    now = datetime.now(UTC)
    edited = account.create_task(LIST, name="Edited", at=now - timedelta(hours=3))
    account.create_task(LIST, name="Quiet", at=now - timedelta(hours=2))
    newest = account.create_task(LIST, name="Newest", at=now - timedelta(hours=1))
    first = run_tap(time_in_status=True)
    account.update_task(edited.id, name="Edited again", at=now)
    second = run_tap(state=first.state, time_in_status=True)
    assert sorted(second.column("time_in_status", "task_id")) == sorted([newest.id, edited.id])


def before_time_in_status(run: TapRun) -> Row:
    """Return the last state before the first record of time in status."""
    streams = [message.get("stream") for message in run.messages]
    head = run.messages[: streams.index("time_in_status")]
    states: list[Row] = [message["value"] for message in head if message["type"] == "STATE"]
    return states[-1]


def test_interrupted_run_is_caught_up_by_the_next_run(run_tap: TapRunner, account: Account) -> None:
    now = datetime.now(UTC)
    hours = [timedelta(hours=number) for number in (3, 2, 1)]
    ids = [account.create_task(LIST, name="Task", at=now - age).id for age in hours]
    state = before_time_in_status(run_tap(time_in_status=True))
    second = run_tap(state=state, time_in_status=True)
    assert second.column("time_in_status", "task_id") == ids
    third = run_tap(state=second.state, time_in_status=True)
    assert third.column("time_in_status", "task_id") == ids[2:]


def test_failed_time_in_status_is_retried_by_the_next_run(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    now = datetime.now(UTC)
    hours = [timedelta(hours=number) for number in (3, 2, 1)]
    ids = [account.create_task(LIST, name="Task", at=now - age).id for age in hours]
    behaviour.faults = [Fault(status=500, path=f"{BULK}$")] * 6
    first = run_tap(time_in_status=True)
    assert first.error
    assert first.error.startswith(f"not everything was read: stream time_in_status: GET {BULK}")
    assert first.column("tasks", "id") == ids
    assert first.rows("time_in_status") == []
    second = run_tap(state=first.state, time_in_status=True)
    assert second.error is None
    assert second.column("time_in_status", "task_id") == ids


def test_pending_tasks_survive_several_interrupted_runs(
    run_tap: TapRunner, account: Account
) -> None:
    now = datetime.now(UTC)
    old = account.create_task(LIST, name="Old", at=now - timedelta(hours=3))
    state = before_time_in_status(run_tap(time_in_status=True))
    recent = account.create_task(LIST, name="Young", at=now - timedelta(hours=1))
    state = before_time_in_status(run_tap(state=state, time_in_status=True))
    run = run_tap(state=state, time_in_status=True)
    assert run.column("time_in_status", "task_id") == [old.id, recent.id]
