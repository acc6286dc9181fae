"""Task types and user groups: complete in every run, for one request each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, Fault
from tests.tap_clickup import accounts
from tests.tap_clickup.accounts import GROUP, INVITED, MEMBER, OWNER, TASK_ID, WORKSPACE
from tests.tap_clickup.runner import ALL_TIME

if TYPE_CHECKING:
    from fake_clickup import Behaviour
    from fake_clickup.model import Workspace
    from tests.tap_clickup.runner import Row, TapRun, TapRunner

NO_ID = "left out: the field id cannot be read"


@pytest.fixture
def account() -> Account:
    return accounts.shop()


def keys_of(run: TapRun, stream: str) -> list[list[str]] | None:
    """Return the keys of a stream's completed read, if there is one."""
    reads = [row for row in run.rows("completed_reads") if row["stream"] == stream]
    return reads[0]["keys"] if reads else None


def test_every_column_is_mapped(run_tap: TapRunner) -> None:
    run = run_tap()
    assert run.rows("task_types") == [{"workspace_id": WORKSPACE, "id": "1003", "name": "Coin"}]
    assert run.rows("groups") == [
        {
            "workspace_id": WORKSPACE,
            "id": GROUP,
            "name": "Cashiers",
            "member_ids": [str(OWNER), str(INVITED)],
        }
    ]


def test_a_task_joins_its_type_and_its_groups(run_tap: TapRunner) -> None:
    run = run_tap(start_date=ALL_TIME)
    columns = ("task_type_id", "group_assignee_ids")
    of_tasks = {row["id"]: tuple(row[name] for name in columns) for row in run.rows("tasks")}
    assert of_tasks == {"86parent1": ("0", []), TASK_ID: ("1003", [GROUP])}
    assert run.column("task_types", "id") == ["1003"]
    assert run.column("groups", "id") == [GROUP]


def test_a_poll_reads_them_with_one_request_each(run_tap: TapRunner) -> None:
    """No webhook reports their changes, so that each poll finds them."""
    first = run_tap(start_date=ALL_TIME)
    second = run_tap(start_date=ALL_TIME, state=first.state)
    assert len(run_tap.requests_to("/custom_item")) == 1
    (request,) = run_tap.requests_to("/group")
    assert request.query == {"team_id": [WORKSPACE]}
    assert second.rows("groups") == first.rows("groups")


@pytest.mark.parametrize("space_ids", [[], [accounts.SPACE]], ids=["all", "selected"])
def test_removed_ones_are_missing_from_the_completed_read(
    run_tap: TapRunner, workspace: Workspace, space_ids: list[str]
) -> None:
    """They belong to the workspace, whichever spaces are selected."""
    assert keys_of(run_tap(space_ids=space_ids), "task_types") == [["1003"]]
    workspace.task_types.clear()
    workspace.groups.clear()
    run = run_tap(space_ids=space_ids)
    assert keys_of(run, "task_types") == []
    assert keys_of(run, "groups") == []


def test_a_change_of_members_is_read(run_tap: TapRunner, workspace: Workspace) -> None:
    workspace.groups[GROUP].member_ids = (MEMBER,)
    assert run_tap().column("groups", "member_ids") == [[str(MEMBER)]]


def group(**fields: Any) -> Row:
    return {"id": "g1", "name": "Cashiers", "members": [{"id": OWNER}], **fields}


def test_groups_of_other_workspaces_are_left_out(run_tap: TapRunner, behaviour: Behaviour) -> None:
    """ClickUp's own example of a response has a group of another workspace than requested."""
    groups = [group(team_id=WORKSPACE), group(id="g2", team_id="901"), group(id="g3")]
    behaviour.faults = [Fault(200, {"groups": groups}, path="/group$")]
    run = run_tap()
    assert run.column("groups", "id") == ["g1", "g3"]
    assert keys_of(run, "groups") == [["g1"], ["g3"]]


def test_odd_groups_stop_no_other_and_no_row_is_deleted(
    run_tap: TapRunner, behaviour: Behaviour
) -> None:
    groups = [group(), group(id=None), "group", group(id="g2", members=[{"id": {}}, {"id": 7}])]
    behaviour.faults = [Fault(200, {"groups": groups}, path="/group$")]
    run = run_tap()
    assert run.error is None
    members = {row["id"]: row["member_ids"] for row in run.rows("groups")}
    assert members == {"g1": [str(OWNER)], "g2": ["7"]}
    assert ("groups without id in GET /group", NO_ID) in run.read_failures
    (note,) = [note for note in run.rows("sync_runs")[0]["notes"] if note.startswith("groups g2")]
    assert "the field members.id cannot be read" in note
    assert keys_of(run, "groups") is None


@pytest.mark.parametrize("path", ["/custom_item", "/group"])
def test_a_denied_one_is_named_and_the_rest_is_read(
    run_tap: TapRunner, behaviour: Behaviour, path: str
) -> None:
    """A guest may not see them, for instance: the run succeeds."""
    behaviour.faults = [Fault(status=403, body={"ECODE": "TEAM_1"}, path=f"{path}$")]
    run = run_tap(start_date=ALL_TIME)
    stream = {"/custom_item": "task_types", "/group": "groups"}[path]
    assert run.error is None
    assert [what for what, _ in run.read_failures] == [f"stream {stream}"]
    assert run.column("tasks", "id") == ["86parent1", TASK_ID]
