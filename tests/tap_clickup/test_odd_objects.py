"""An odd object is named and protected from deletion; it stops neither others nor the bookmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, Fault
from tests.tap_clickup.accounts import OWNER, TASK_ID, WORKSPACE, shop
from tests.tap_clickup.dates import MINUTE, days_ago, ms_to_iso, now, now_ms, to_iso
from tests.tap_clickup.runner import ALL_TIME, LiveTaskFaults

if TYPE_CHECKING:
    from fake_clickup import Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

UPDATED_MS = 1772600000100
ODD = "cannot be read, or is implausible, and is left out"
NO_ID = "left out: the field id cannot be read"


@pytest.fixture
def account() -> Account:
    return shop()


def live_tasks(behaviour: Behaviour, workspace: Workspace, *tasks: Any) -> None:
    """Let the live tasks be these."""
    page = {"tasks": list(tasks), "last_page": True}
    LiveTaskFaults(behaviour, workspace, [Fault(200, page, path=f"/team/{WORKSPACE}/task$")])


def task(number: int, **fields: Any) -> Row:
    return {"id": f"86t{number}", "date_updated": str(UPDATED_MS + number), **fields}


def completed(run: TapRun, stream: str) -> list[Row]:
    return [row for row in run.rows("completed_reads") if row["stream"] == stream]


def test_task_without_id_is_named_and_the_bookmark_passes_it(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    odd = [task(2, id=None), task(3, id={}), None]
    live_tasks(behaviour, workspace, task(1), *odd, task(4))
    run = run_tap(start_date=ALL_TIME)
    assert run.error is None
    assert {"86t1", "86t4"} <= set(run.column("tasks", "id"))
    assert "None" not in run.column("tasks", "id")
    assert (f"tasks without id in GET /team/{WORKSPACE}/task", NO_ID) in run.read_failures
    assert f"tasks without id in GET /team/{WORKSPACE}/task {NO_ID}" in run.log
    assert run.rows("sync_runs")[0]["complete"] is False
    assert run.task_cursors == {WORKSPACE: ms_to_iso(UPDATED_MS + 4)}


def test_sweep_with_a_task_without_id_marks_no_task_as_deleted(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    page = {"tasks": [task(1, date_created="1"), {"name": "secret"}], "last_page": True}
    behaviour.faults = [Fault(200, page, path=f"/team/{WORKSPACE}/task$")]
    run = run_tap(start_date=ALL_TIME, sweep=True)
    assert run.error is None
    assert completed(run, "tasks") == []
    assert completed(run, "users")
    assert "secret" not in run.log
    assert "secret" not in str(run.rows("sync_runs"))


def test_task_whose_space_is_unknown_is_left_out_and_protected(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    """Under a selection of spaces it might be in another one."""
    odd = {"id": "86odd", "date_created": "1", "space": [7]}
    page = {"tasks": [odd], "last_page": False}
    behaviour.faults = [Fault(200, page, path=f"/team/{WORKSPACE}/task$")]
    run = run_tap(start_date=ALL_TIME, sweep=True, space_ids=list(workspace.spaces))
    assert "86odd" not in run.column("tasks", "id")
    assert ("tasks 86odd", "left out: the field space.id cannot be read") in run.read_failures
    (read,) = completed(run, "tasks")
    assert ["86odd"] in read["keys"]
    assert [TASK_ID] in read["keys"]


def test_page_of_odd_tasks_is_a_changed_format(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    live_tasks(behaviour, workspace, *({"uuid": number} for number in range(100)))
    run = run_tap(start_date=ALL_TIME)
    assert run.error
    assert "none of 100 tasks has a readable id" in run.error
    assert run.task_cursors == {WORKSPACE: None}


@pytest.mark.parametrize("tasks", [{}, None, "x", 5])
def test_tasks_that_are_not_an_array_fail_the_stream(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace, tasks: Any
) -> None:
    page = {"tasks": tasks, "last_page": True}
    LiveTaskFaults(behaviour, workspace, [Fault(200, page, path=f"/team/{WORKSPACE}/task$")])
    run = run_tap(start_date=ALL_TIME)
    assert "the response has no 'tasks'" in (run.error or "")


def test_last_page_as_text_ends_no_read_early(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    page = {"tasks": [task(1)], "last_page": "false"}
    faults = [Fault(200, page, path=f"/team/{WORKSPACE}/task$")]
    LiveTaskFaults(behaviour, workspace, faults)
    run = run_tap(start_date="2026-03-01")
    assert run.error is None
    requests = run_tap.requests_to("/task")
    assert len([request for request in requests if request.query["archived"] == ["false"]]) > 1


def entry(number: int, **fields: Any) -> Row:
    """Return an entry in the only slice of a run that starts to read now."""
    start = str(now_ms() + 1000 + number)
    return {"id": f"{number}", "start": start, "duration": "1", "user": {"id": OWNER}, **fields}


def test_odd_time_entries_stop_no_other(run_tap: TapRunner, behaviour: Behaviour) -> None:
    entries = [
        entry(1, duration="Infinity"),
        entry(2, duration="1e999", end="soon"),
        entry(3, user={"id": None}),
        entry(4, start=1772600000),
        entry(5),
        entry(6, id=None),
        "entry",
        entry(7, end="1772600000", duration="-1772598227400000"),
        entry(8, start="1772600000", end=str(now_ms()), duration=str(now_ms() - 1772600000)),
    ]
    behaviour.faults = [Fault(200, {"data": entries}, path="/time_entries$")]
    run = run_tap(start_date=to_iso(now()), workspace_ids=[WORKSPACE])
    assert run.error is None
    by_id = {row["id"]: row for row in run.rows("time_entries")}
    assert sorted(by_id) == ["1", "2", "3", "4", "5", "7", "8"]
    assert by_id["1"]["duration_ms"] is None
    assert by_id["1"]["is_running"] is None
    assert by_id["3"]["user_id"] is None
    assert by_id["4"]["started_at"] is None
    assert by_id["5"]["duration_ms"] == 1
    assert by_id["7"]["ended_at"] is None
    assert [by_id[name]["duration_ms"] for name in "78"] == [None, None]
    notes = run.rows("sync_runs")[0]["notes"]
    assert f"time_entries 1, 2, 7, 8: the field duration {ODD}" in notes
    assert f"time_entries 2, 7: the field end {ODD}" in notes
    assert f"time_entries 4, 8: the field start {ODD}" in notes
    place = f"GET /team/{WORKSPACE}/time_entries"
    assert (f"time_entries without id in {place}", NO_ID) in run.read_failures
    assert completed(run, "time_entries") == []


def test_entry_in_an_unknown_space_is_left_out_and_protected(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    odd = entry(1, task={"id": "86unknown"}, task_location=[7])
    behaviour.faults = [Fault(200, {"data": [odd, entry(2)]}, path="/time_entries$")]
    run = run_tap(start_date=to_iso(now()), space_ids=list(workspace.spaces))
    assert run.error is None
    assert run.rows("time_entries") == []
    (read,) = completed(run, "time_entries")
    assert read["keys"] == [["1"]]
    assert "1 time entry was left out for lack of a location" in str(run.rows("sync_runs"))


def test_workspace_and_member_without_id_are_named(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    members = [{"user": {"id": OWNER, "role": 1}}, {"user": {"id": None}}, {"user": "Olga"}, None]
    teams = [{"id": None, "name": "A secret"}, None, {"id": WORKSPACE, "members": members}]
    behaviour.faults = [Fault(200, {"teams": teams}, path="/team$")]
    run = run_tap(start_date=ALL_TIME)
    assert run.error is None
    assert ("workspaces without id in GET /team", NO_ID) in run.read_failures
    assert "users without id in GET /team" in {what for what, _ in run.read_failures}
    assert str(OWNER) in run.column("users", "id")
    assert "None" not in run.column("users", "id")
    assert completed(run, "users") == []
    assert "secret" not in run.log


def test_no_readable_workspace_fails_the_run(run_tap: TapRunner, behaviour: Behaviour) -> None:
    behaviour.faults = [Fault(200, {"teams": [{"name": "A"}, 5]}, path="/team$")]
    assert run_tap(start_date=ALL_TIME).error == "GET /team: no workspace has a readable id"


def test_many_odd_objects_are_counted_and_some_named(
    run_tap: TapRunner, account: Account, behaviour: Behaviour, workspace: Workspace
) -> None:
    account.add_time_entry(TASK_ID, start=days_ago(1), duration=MINUTE, at=days_ago(1))
    live_tasks(behaviour, workspace, *(task(number, priority="odd") for number in range(30)))
    run = run_tap(start_date=ALL_TIME)
    (note,) = [note for note in run.rows("sync_runs")[0]["notes"] if "priority" in note]
    assert note.startswith("tasks 86t0, 86t1, ")
    assert note.endswith(", 86t19 and 10 more: the field priority " + ODD)
