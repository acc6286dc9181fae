"""A changed selection of spaces: added spaces are read completely, the others not again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup.model import TaskList
from fake_clickup.storage import to_ms
from tap_clickup.streams.time_entries import SLICE_WORKERS
from tests.tap_clickup import accounts, time_tracking
from tests.tap_clickup.accounts import (
    LISTS,
    SECOND_FOLDER,
    SECOND_LIST,
    SECOND_SPACE,
    SPACE,
    WORKSPACE,
)
from tests.tap_clickup.dates import days_ago, to_iso
from tests.tap_clickup.runner import is_task_page
from tests.tap_clickup.time_tracking import track

if TYPE_CHECKING:
    from fake_clickup import Account, Behaviour, Request
    from tests.tap_clickup.runner import TapRun, TapRunner

SINCE = days_ago(100)
WIDER = [pytest.param([SPACE, SECOND_SPACE], id="one more"), pytest.param([], id="all")]
LONG_AGO = [days_ago(90) + timedelta(hours=number) for number in range(250)]


@pytest.fixture
def account() -> Account:
    """Return the shop with a second space; in both, time was tracked on an old task."""
    account = accounts.shop()
    accounts.add_second_space(account)
    for number, list_id in enumerate((LISTS["in_folder"], SECOND_LIST)):
        task = account.create_task(list_id, name=f"Old {list_id}", at=days_ago(90))
        account.create_task(list_id, name=f"New {list_id}", at=days_ago(1 + number))
        track(account, days_ago(80), task_id=task.id)
        track(account, days_ago(2), task_id=task.id)
    return account


def record_count(run: TapRun, stream: str, space_id: str) -> int:
    """Return the number of records of a space."""
    return run.column(stream, "space_id").count(space_id)


def first_bound_ms(run_tap: TapRunner, *, archived: bool = False) -> int:
    """Return the lower bound of the first request for tasks, in milliseconds."""
    workspace = run_tap.clickup.account.workspaces[0]
    requests = [
        request
        for request in run_tap.clickup.requests
        if is_task_page(request, workspace, archived=archived)
    ]
    return int(requests[0].query["date_updated_gt"][0]) + 1


@pytest.mark.parametrize("wider", WIDER)
def test_newly_selected_space_is_read_from_the_start_date(
    run_tap: TapRunner, wider: list[str]
) -> None:
    """R133: by default, the last 90 days."""
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE])
    assert record_count(first, "tasks", SECOND_SPACE) == 0
    assert record_count(first, "time_entries", SECOND_SPACE) == 0
    second = run_tap(start_date=to_iso(SINCE), space_ids=wider, state=first.state)
    assert record_count(second, "tasks", SECOND_SPACE) == 2
    assert record_count(second, "time_entries", SECOND_SPACE) == 2
    assert [first_bound_ms(run_tap, archived=archived) for archived in (False, True)] == [
        to_ms(SINCE)
    ] * 2
    assert time_tracking.requested_starts(run_tap)[0] == to_ms(SINCE)


def test_newly_selected_space_includes_archived_tasks(run_tap: TapRunner, account: Account) -> None:
    old = next(
        task.id
        for task in account.workspaces[0].tasks.values()
        if task.name == f"Old {SECOND_LIST}"
    )
    account.archive_task(old, at=days_ago(70))
    account.workspaces[0].lists["90000000037"] = TaskList(
        "90000000037", "Old box", SECOND_SPACE, SECOND_FOLDER, archived=True
    )
    older = account.create_task("90000000037", name="Older", at=days_ago(60)).id
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE])
    second = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=first.state)
    assert {old, older} <= set(second.column("tasks", "id"))


@pytest.mark.parametrize("wider", WIDER)
def test_wider_selection_is_read_from_the_start_date_once(
    run_tap: TapRunner, wider: list[str]
) -> None:
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE])
    second = run_tap(start_date=to_iso(SINCE), space_ids=wider, state=first.state)
    third = run_tap(start_date=to_iso(SINCE), space_ids=wider, state=second.state)
    assert first_bound_ms(run_tap) > to_ms(days_ago(1.1))
    assert time_tracking.requested_starts(run_tap)[0] > to_ms(days_ago(31))
    assert record_count(third, "tasks", SECOND_SPACE) == 0


@pytest.mark.parametrize("wider", WIDER)
def test_narrower_selection_reads_nothing_again(run_tap: TapRunner, wider: list[str]) -> None:
    first = run_tap(start_date=to_iso(SINCE), space_ids=wider)
    second = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE], state=first.state)
    assert first_bound_ms(run_tap) > to_ms(days_ago(1.1))
    assert time_tracking.requested_starts(run_tap)[0] > to_ms(days_ago(31))
    assert second.column("tasks", "name") == [f"New {LISTS['in_folder']}"]
    assert record_count(second, "time_entries", SPACE) == 1
    assert record_count(second, "time_entries", SECOND_SPACE) == 0


def test_reselected_space_is_read_from_the_start_date(
    run_tap: TapRunner,
) -> None:
    """Edits from the time when it was not selected may be old by now."""
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE])
    second = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE], state=first.state)
    third = run_tap(start_date=to_iso(SINCE), space_ids=[SECOND_SPACE], state=second.state)
    assert record_count(third, "tasks", SECOND_SPACE) == 2
    assert record_count(third, "time_entries", SECOND_SPACE) == 2


def test_interrupted_tasks_of_a_wider_selection_resume(
    run_tap: TapRunner, account: Account, behaviour: Behaviour
) -> None:
    created_ids = {account.create_task(SECOND_LIST, name="Many", at=at).id for at in LONG_AGO}
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE])

    def reject_late_pages(request: Request, _: Account) -> None:
        is_late = int(request.query.get("date_updated_gt", ["0"])[0]) > to_ms(LONG_AGO[150])
        if is_late and is_task_page(request, account.workspaces[0], archived=False):
            request.path = "/api/v2/list/x"

    behaviour.on_request = reject_late_pages
    second = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=first.state)
    assert f"stream tasks: GET /team/{WORKSPACE}/task: HTTP 400" in (second.error or "")
    behaviour.on_request = None
    third = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=second.state)
    assert first_bound_ms(run_tap) >= to_ms(LONG_AGO[90])
    read_ids = [set(run.column("tasks", "id")) & created_ids for run in (second, third)]
    assert read_ids[0] | read_ids[1] == created_ids
    assert 0 < len(read_ids[0]) < len(created_ids)
    assert 0 < len(read_ids[1]) < len(created_ids)


def test_interrupted_time_entries_of_a_wider_selection_resume(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE])
    later = time_tracking.slice_start(SINCE) + SLICE_WORKERS * time_tracking.SLICE_LENGTH
    third_start = to_ms(later)  # the slice after the first one, in the same worker
    time_tracking.reject_time_entries(
        behaviour, lambda query: query["start_date"] == str(third_start), status=400
    )
    second = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=first.state)
    assert "stream time_entries: GET" in (second.error or "")
    behaviour.on_request = None
    third = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=second.state)
    assert third.error is None
    assert to_ms(SINCE) < time_tracking.requested_starts(run_tap)[0] <= third_start
    ids = {*second.column("time_entries", "id"), *third.column("time_entries", "id")}
    assert {
        entry.id for entry in run_tap.clickup.account.workspaces[0].time_entries.values()
    } == ids


def test_inaccessible_selected_space_is_reported(
    run_tap: TapRunner,
) -> None:
    run = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, "7"])
    why = (
        "space_ids: 7 not visible to the token in the selected workspaces; "
        "make its user a member of the space, or correct the setting"
    )
    assert run.error is None
    assert run.read_failures == [("selected spaces", why)]
    assert run.log.count(why) == 1
    assert run.rows("sync_runs")[0]["complete"] is False
    assert run.column("spaces", "id") == [SPACE]
    assert set(run.column("tasks", "space_id")) == {SPACE}
    assert run.column("time_entries", "space_id") == [SPACE, SPACE]


def test_space_that_becomes_visible_again_is_read(run_tap: TapRunner, behaviour: Behaviour) -> None:
    first = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE])
    behaviour.hidden_spaces = {SECOND_SPACE}
    second = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=first.state)
    assert second.error is None
    assert [what for what, _ in second.read_failures] == ["selected spaces"]
    behaviour.hidden_spaces = set()
    third = run_tap(start_date=to_iso(SINCE), space_ids=[SPACE, SECOND_SPACE], state=second.state)
    assert third.error is None
    assert third.read_failures == []
    assert third.column("spaces", "id") == [SPACE, SECOND_SPACE]


def test_run_stops_if_no_selected_space_is_visible(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    behaviour.hidden_spaces = {SPACE, SECOND_SPACE}
    run = run_tap(space_ids=[SPACE, SECOND_SPACE])
    assert (run.error or "").startswith(
        f"space_ids: {SPACE}, {SECOND_SPACE} not visible to the token"
    )
    assert run.stdout == ""


def test_time_entries_of_selected_spaces_name_their_space(
    run_tap: TapRunner,
) -> None:
    """Otherwise the target could delete time entries of another space."""
    run = run_tap(start_date=to_iso(SINCE), space_ids=[SECOND_SPACE])
    assert run.column("time_entries", "space_id") == [SECOND_SPACE, SECOND_SPACE]
    conditions = [
        row["conditions"]["space_id"] for row in time_tracking.completed_slices(run).values()
    ]
    assert len(conditions) >= 4
    assert [condition for condition in conditions if condition != {"in": [SECOND_SPACE]}] == []
    entry_ids = sorted(
        key for keys in time_tracking.entry_ids_by_slice(run).values() for key in keys
    )
    assert entry_ids == sorted(run.column("time_entries", "id"))
    all_slices = time_tracking.completed_slices(run_tap(start_date=to_iso(SINCE)))
    assert len(all_slices) == len(conditions)
    assert [name for name, row in all_slices.items() if "space_id" in row["conditions"]] == []
