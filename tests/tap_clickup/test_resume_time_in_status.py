"""An interrupted first load with time in status resumes and in the end covers all tasks.

The runs write a state every few records, so that they can be interrupted between any two.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup.model import Folder, TaskList
from fake_clickup.storage import to_ms
from tap_clickup.streams.tasks import Tasks
from tap_clickup.streams.time_in_status import TimeInStatus
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import LISTS
from tests.tap_clickup.runner import TapRun, is_task_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from fake_clickup import Account, Behaviour, Request
    from tests.tap_clickup.runner import Row, TapRunner

FOLDER, LIST = "90000000026", "90000000036"
NOW = datetime.now(UTC)
SINCE = (NOW - timedelta(days=60)).isoformat(timespec="milliseconds")


@pytest.fixture(autouse=True)
def _many_states(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (Tasks, TimeInStatus):
        monkeypatch.setattr(stream, "STATE_MSG_FREQUENCY", 10)


@pytest.fixture
def account() -> Account:
    """Return the shop with 350 live tasks, hours apart, and 3 in each archived location."""
    account = accounts.shop()
    workspace = account.workspaces[0]
    workspace.tasks.clear()
    workspace.folders[FOLDER] = Folder(FOLDER, "Store room", accounts.SPACE)
    workspace.lists[LIST] = TaskList(LIST, "Shelf", accounts.SPACE, FOLDER)
    list_ids = [LIST] * 350 + [LISTS["archived"], LISTS["in_archived_folder"]] * 3
    for number, list_id in enumerate(list_ids):
        account.create_task(list_id, name="Task", at=NOW - timedelta(hours=number + 1))
    archived = account.create_task(LIST, name="Archived", at=NOW - timedelta(hours=4))
    account.archive_task(archived.id, at=NOW - timedelta(hours=4))
    return account


def interrupt_after(run: TapRun, number: int) -> TapRun:
    """Return a run as if it had been interrupted after some of its messages."""
    return TapRun("".join(run.stdout.splitlines(keepends=True)[:number]))


def interrupt_at_state(run: TapRun, stream: str, is_reached: Callable[[Row], bool]) -> TapRun:
    """Return a run as if interrupted after the first state of a stream that meets a condition."""
    records = 0
    for number, message in enumerate(run.messages, 1):
        records += message["type"] == "RECORD" and message["stream"] == stream
        if records and message["type"] == "STATE" and is_reached(message["value"]["bookmarks"]):
            return interrupt_after(run, number)
    raise AssertionError("nothing to cut")


def interrupt_in_time_in_status(run: TapRun) -> TapRun:
    """Return a run as if it had been interrupted after the time in status of some tasks."""
    streams = [message.get("stream") for message in run.messages]
    return interrupt_after(run, streams.index("time_in_status") + 150)


def get_cursors(bookmarks: Row) -> Row:
    """Return the cursors of the tasks."""
    cursors: Row = bookmarks["tasks"]["partitions"][0].get("cursors", {})
    return cursors


def get_pending_cursors(bookmarks: Row) -> Row:
    """Return the task cursors that the state of time in status contains."""
    (partition,) = bookmarks["time_in_status"]["partitions"]
    cursors: Row = partition.get("tasks", {}).get("cursors", {})
    return cursors


def list_live_bounds(run_tap: TapRunner) -> list[int]:
    """Return the lower bound of each request for live tasks."""
    workspace = run_tap.clickup.account.workspaces[0]
    requests = [
        request
        for request in run_tap.clickup.requests
        if is_task_page(request, workspace, archived=False)
    ]
    return [int(request.query["date_updated_gt"][0]) for request in requests]


def collect_ids(*runs: TapRun, stream: str = "time_in_status", column: str = "task_id") -> set[str]:
    return {task_id for run in runs for task_id in run.column(stream, column)}


def test_load_interrupted_in_tasks_resumes_with_every_time(
    run_tap: TapRunner, account: Account
) -> None:
    all_ids = set(account.workspaces[0].tasks)
    uninterrupted = run_tap(start_date=SINCE, time_in_status=True)
    first = interrupt_at_state(uninterrupted, "tasks", lambda state: "live" in get_cursors(state))
    reached = datetime.fromisoformat(get_cursors(first.state["bookmarks"])["live"])
    second = run_tap(start_date=SINCE, time_in_status=True, state=first.state)
    assert list_live_bounds(run_tap)[0] == to_ms(reached) - 600_001
    assert len(second.rows("tasks")) < len(all_ids) - 50
    assert collect_ids(first, second, stream="tasks", column="id") == all_ids
    assert second.error is None
    assert collect_ids(second) == all_ids
    assert get_cursors(second.state["bookmarks"]) == get_cursors(uninterrupted.state["bookmarks"])


def test_caught_up_tasks_are_not_read_again(run_tap: TapRunner) -> None:
    uninterrupted = run_tap(start_date=SINCE, time_in_status=True)
    first = interrupt_at_state(uninterrupted, "tasks", lambda state: "live" in get_cursors(state))
    second = run_tap(start_date=SINCE, time_in_status=True, state=first.state)
    assert get_pending_cursors(second.state["bookmarks"]) == {}
    third = run_tap(start_date=SINCE, time_in_status=True, state=second.state)
    assert len(third.column("tasks", "id")) == 2
    assert collect_ids(third) == collect_ids(third, stream="tasks", column="id")
    assert [request for request in run_tap.requests_to("/task") if "/list/" in request.path] == []


def test_load_interrupted_in_time_in_status_is_caught_up(
    run_tap: TapRunner, account: Account
) -> None:
    all_ids = set(account.workspaces[0].tasks)
    uninterrupted = run_tap(start_date=SINCE, time_in_status=True)
    first = interrupt_in_time_in_status(uninterrupted)
    assert 0 < len(collect_ids(first)) < len(all_ids)
    second = run_tap(start_date=SINCE, time_in_status=True, state=first.state)
    assert len(second.rows("tasks")) == 2
    assert second.error is None
    assert collect_ids(second) == all_ids


def test_interrupted_catch_up_resumes(run_tap: TapRunner, account: Account) -> None:
    all_ids = set(account.workspaces[0].tasks)
    uninterrupted = run_tap(start_date=SINCE, time_in_status=True)
    state = interrupt_in_time_in_status(uninterrupted).state
    catch_up = run_tap(start_date=SINCE, time_in_status=True, state=state)
    second = interrupt_at_state(
        catch_up, "time_in_status", lambda state: "live" in get_pending_cursors(state)
    )
    third = run_tap(start_date=SINCE, time_in_status=True, state=second.state)
    assert collect_ids(second, third) == all_ids
    assert len(collect_ids(third)) < len(all_ids) - 50
    assert get_pending_cursors(third.state["bookmarks"]) == {}


def test_load_with_failed_tasks_is_caught_up_later(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    all_ids, workspace = set(account.workspaces[0].tasks), account.workspaces[0]

    def reject_late_pages(request: Request, _: Account) -> None:
        first_rejected_ms = to_ms(NOW - timedelta(hours=200))
        is_live = is_task_page(request, workspace, archived=False)
        if is_live and int(request.query["date_updated_gt"][0]) > first_rejected_ms:
            request.path = "/api/v2/list/x"

    behaviour.on_request = reject_late_pages
    first = run_tap(start_date=SINCE, time_in_status=True)
    assert "stream tasks: GET" in (first.error or "")
    behaviour.on_request = None
    second = run_tap(start_date=SINCE, time_in_status=True, state=first.state)
    assert len(second.rows("tasks")) < len(all_ids) - 50
    assert second.error is None
    assert collect_ids(first, second) == all_ids
