"""A poll walks only the spaces in which folders and lists may have changed unreported."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, Fault, generate
from fake_clickup.model import TaskList
from tap_clickup.webhook_coverage import HIERARCHY_EVENTS
from tests.tap_clickup.runner import ALL_TIME, bookmark_of, catalog_selecting

if TYPE_CHECKING:
    from fake_clickup import Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

SPACES = 8
ENDPOINT = "https://receiver.example.com/hook"


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Account:
    """Return an account whose spaces a webhook of the workspace covers."""
    account = generate(
        seed=3,
        tasks=100,
        spaces=getattr(request, "param", SPACES),
        folders=1,
        lists=1,
        folderless_lists=1,
        archived_lists=0,
        archived_folders=0,
        archived_spaces=0,
        sprints=0,
        time_entries=0,
    )
    account.add_webhook(endpoint=ENDPOINT, events=sorted(HIERARCHY_EVENTS))
    return account


@pytest.fixture
def first(run_tap: TapRunner) -> TapRun:
    return run_tap(start_date=ALL_TIME, requests_per_minute=100_000)


def poll(run_tap: TapRunner, state: Row, **config: Any) -> TapRun:
    return run_tap(start_date=ALL_TIME, requests_per_minute=100_000, state=state, **config)


def walked_spaces(run_tap: TapRunner) -> set[str]:
    """Return the spaces whose folders the last run has requested."""
    paths = [path.split("/") for path in run_tap.requested_paths]
    return {parts[-2] for parts in paths if parts[-3] == "space" and parts[-1] == "folder"}


def aged(state: Row, age: timedelta) -> Row:
    """Return a state whose walks were made earlier."""
    state = copy.deepcopy(state)
    for walk in bookmark_of(state, "tasks")["walks"].values():
        walk["at"] = (datetime.now(UTC) - age).isoformat()
    return state


def add_list(workspace: Workspace, space_id: str) -> str:
    """Add a list to the folder of a space and return its id."""
    neighbour = next(item for item in workspace.lists.values() if item.space_id == space_id)
    workspace.lists["31"] = TaskList("31", "New list", space_id, neighbour.folder_id)
    return "31"


def space_of(workspace: Workspace, number: int) -> str:
    return list(workspace.spaces)[number]


@pytest.mark.parametrize("account", [50], indirect=True)
def test_a_poll_of_50_covered_spaces_takes_few_requests(run_tap: TapRunner, first: TapRun) -> None:
    assert len(walked_spaces(run_tap)) == 50
    run = poll(run_tap, first.state)
    assert walked_spaces(run_tap) == set()
    assert len(run_tap.clickup.requests) <= 20
    assert run.read_failures == []
    assert len(run.rows("spaces")) == 50
    assert {row["scope_type"] for row in run.rows("statuses")} == {"space"}
    third = poll(run_tap, run.state)
    assert walked_spaces(run_tap) == set()
    assert bookmark_of(third.state, "tasks")["walks"] == bookmark_of(first.state, "tasks")["walks"]


def test_statuses_of_spaces_are_read_by_every_poll(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun
) -> None:
    """R108: a changed mapping reaches tasks that are not edited."""
    space_id = space_of(workspace, 3)
    name = workspace.spaces[space_id].statuses[0].name
    account.rename_status(space_id, name, "ideas")
    run = poll(run_tap, first.state)
    assert ("space", space_id, "ideas") in [
        (row["scope_type"], row["scope_id"], row["status"]) for row in run.rows("statuses")
    ]
    (read,) = (row for row in run.rows("completed_reads") if row["stream"] == "statuses")
    assert sorted(read["conditions"]["scope_id"]["in"]) == sorted(workspace.spaces)
    assert ["space", space_id, name] not in read["keys"]


@pytest.mark.parametrize(
    "changes",
    [
        {"health": "failing"},
        {"health": "suspended", "fail_count": 100},
        {"fail_count": 1},
        {"events": ("taskUpdated", "listCreated")},
        {"list_id": "31"},
        {"view_id": "view"},
        {"user_id": 1},
    ],
    ids=str,
)
def test_spaces_without_a_healthy_webhook_are_walked_by_every_poll(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun, changes: Row
) -> None:
    (webhook,) = workspace.webhooks.values()
    account.update_webhook(webhook.id, **changes)
    run = poll(run_tap, first.state)
    assert len(walked_spaces(run_tap)) == SPACES
    poll(run_tap, run.state)
    assert len(walked_spaces(run_tap)) == SPACES


def test_a_webhook_of_one_space_covers_that_space_only(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    space_id = space_of(workspace, 3)
    (webhook,) = workspace.webhooks.values()
    account.update_webhook(webhook.id, space_id=space_id, events=("*",))
    first = poll(run_tap, {})
    poll(run_tap, first.state)
    assert walked_spaces(run_tap) == set(workspace.spaces) - {space_id}


def test_a_new_webhook_covers_a_space_from_its_next_walk_on(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun
) -> None:
    """Changes before it existed were not reported."""
    workspace.webhooks.clear()
    account.add_webhook(endpoint=ENDPOINT, events=["*"])
    second = poll(run_tap, first.state)
    assert len(walked_spaces(run_tap)) == SPACES
    poll(run_tap, second.state)
    assert walked_spaces(run_tap) == set()


@pytest.mark.parametrize("account", [50], indirect=True)
def test_covered_spaces_are_walked_in_turn_within_the_hour(
    run_tap: TapRunner, first: TapRun
) -> None:
    poll(run_tap, aged(first.state, timedelta(minutes=30)))
    assert 0 < len(walked_spaces(run_tap)) < 50
    poll(run_tap, aged(first.state, timedelta(minutes=65)))
    assert len(walked_spaces(run_tap)) == 50


@pytest.mark.parametrize("config", [{"sweep": True}, {"walk_all": True}], ids=str)
def test_a_sweep_and_walk_all_walk_all_spaces(
    run_tap: TapRunner, first: TapRun, config: Row
) -> None:
    poll(run_tap, first.state, **config)
    assert len(walked_spaces(run_tap)) == SPACES


def test_denied_webhooks_cover_nothing(
    run_tap: TapRunner, behaviour: Behaviour, first: TapRun
) -> None:
    behaviour.faults = [Fault(status=401, body={"ECODE": "OAUTH_027"}, path="/webhook$")]
    run = poll(run_tap, first.state)
    assert len(walked_spaces(run_tap)) == SPACES
    assert [what for what, _ in run.read_failures] == ["stream webhooks"]
    assert len(run_tap.requests_to("/webhook")) == 1


def test_an_unknown_list_makes_a_poll_walk_its_space(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun
) -> None:
    """The delivery of its creation was lost."""
    space_id = space_of(workspace, 3)
    created = add_list(workspace, space_id)
    account.create_task(created, name="First task of the list")
    run = poll(run_tap, first.state)
    assert walked_spaces(run_tap) == {space_id}
    assert created in run.column("lists", "id")
    assert "First task of the list" in run.column("tasks", "name")
    poll(run_tap, run.state)
    assert walked_spaces(run_tap) == set()


def test_an_unknown_list_shows_that_another_one_was_archived(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun
) -> None:
    """Its tasks are in no search any longer, so they are read list by list."""
    space_id = space_of(workspace, 3)
    archived = next(item for item in workspace.lists.values() if item.space_id == space_id)
    edited = account.create_task(archived.id, name="Edited before its list was archived")
    account.archive(archived.id)
    created = add_list(workspace, space_id)
    account.create_task(created, name="New task")
    run = poll(run_tap, first.state)
    assert edited.id in run.column("tasks", "id")
    assert {row["id"]: row["archived"] for row in run.rows("lists")}[archived.id] is True


def test_a_new_or_archived_space_is_walked(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun
) -> None:
    archived = space_of(workspace, 3)
    account.archive(archived)
    run = poll(run_tap, first.state)
    assert walked_spaces(run_tap) == {archived}
    below = {item.id for item in workspace.lists.values() if item.space_id == archived}
    assert below
    tasks = {task.id for task in workspace.tasks.values() if task.list_id in below}
    assert tasks <= set(run.column("tasks", "id"))
    state = copy.deepcopy(run.state)
    del bookmark_of(state, "tasks")["walks"][space_of(workspace, 4)]
    poll(run_tap, state)
    assert walked_spaces(run_tap) == {space_of(workspace, 4)}


def test_nothing_is_derived_from_a_walk_over_some_spaces(
    run_tap: TapRunner, account: Account, workspace: Workspace, first: TapRun
) -> None:
    """An object that is missing in a space may have moved to one that was not walked."""
    deleted = next(item.id for item in workspace.lists.values())
    account.delete(deleted)
    state = copy.deepcopy(first.state)
    del bookmark_of(state, "tasks")["walks"][space_of(workspace, 4)]
    run = poll(run_tap, state)
    assert walked_spaces(run_tap) == {space_of(workspace, 4)}
    streams = {row["stream"] for row in run.rows("completed_reads")}
    assert {"spaces", "statuses"} <= streams
    assert not streams & {"folders", "lists", "sprints"}
    assert run.rows("sync_runs")[0]["approximate_task_count"] is None
    sweep = poll(run_tap, run.state, sweep=True)
    (read,) = (row for row in sweep.rows("completed_reads") if row["stream"] == "lists")
    assert [deleted] not in read["keys"]
    assert len(read["keys"]) == len(workspace.lists)


def test_a_space_with_a_denied_part_is_walked_by_every_poll(
    run_tap: TapRunner, behaviour: Behaviour, workspace: Workspace
) -> None:
    space_id = space_of(workspace, 3)
    denied = Fault(status=401, body={"ECODE": "OAUTH_018"}, path=f"/space/{space_id}/list$")
    behaviour.faults = [denied]
    first = poll(run_tap, {})
    assert first.read_failures != []
    second = poll(run_tap, first.state)
    assert walked_spaces(run_tap) == {space_id}
    assert second.read_failures == []
    poll(run_tap, second.state)
    assert walked_spaces(run_tap) == set()


def test_without_tasks_no_walk_is_saved(run_tap: TapRunner, workspace: Workspace) -> None:
    catalog = catalog_selecting("lists", "completed_reads", "sync_runs")
    first = poll(run_tap, {}, catalog=catalog)
    poll(run_tap, first.state, catalog=catalog)
    assert walked_spaces(run_tap) == set(workspace.spaces)
