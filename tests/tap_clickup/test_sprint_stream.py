"""Which lists are sprints, and where their dates come from (R84, R85)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, generate
from fake_clickup.model import Folder, TaskList, Workspace
from tests.tap_clickup import accounts
from tests.tap_clickup.dates import ms_to_iso

if TYPE_CHECKING:
    from tests.tap_clickup.runner import TapRun, TapRunner

FOLDER = "90000000027"
SPRINTS_DISABLED = (
    "the Sprints ClickApp is off in spaces 90000000011, 90000000012; an owner or admin "
    "can switch it on in ClickUp under Workspace settings > ClickApps > Sprints"
)


@pytest.fixture
def account() -> Account:
    """Return the shop with one sprint that has date fields."""
    account = accounts.shop()
    add_folder(account.workspaces[0], FOLDER, "Team Sprints")
    date_fields = {"start_ms": 1772600000021, "due_ms": 1772600000022}
    add_list(account.workspaces[0], 1, "Sprint 1", **date_fields)
    return account


def add_folder(workspace: Workspace, folder_id: str, name: str) -> None:
    workspace.folders[folder_id] = Folder(folder_id, name, accounts.SPACE)


def add_list(workspace: Workspace, number: int, name: str, **fields: Any) -> None:
    list_id = f"9000000004{number}"
    folder_id = fields.pop("folder_id", FOLDER)
    sprint = TaskList(list_id, name, accounts.SPACE, folder_id, orderindex=number, **fields)
    workspace.lists[list_id] = sprint


def read_sprint_dates(run: TapRun) -> list[tuple[str, str | None, str | None, bool | None]]:
    return [
        (row["name"], row["start_date"], row["end_date"], row["dates_inferred"])
        for row in run.rows("sprints")
    ]


def test_every_sprint_column_is_mapped(run_tap: TapRunner) -> None:
    """R85: a sprint has an id, a name, a start date and an end date."""
    assert run_tap().rows("sprints") == [
        {
            "workspace_id": accounts.WORKSPACE,
            "id": "90000000041",
            "name": "Sprint 1",
            "space_id": accounts.SPACE,
            "folder_id": FOLDER,
            "start_date": "2026-03-04T04:53:20.021+00:00",
            "end_date": "2026-03-04T04:53:20.022+00:00",
            "dates_inferred": False,
            "archived": False,
        }
    ]


def test_date_fields_take_precedence_over_dates_in_the_name(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    """A name without a year takes the year that follows the previous sprint."""
    add_list(workspace, 2, "Sprint 2 (3/5 - 3/18)")
    add_list(workspace, 3, "Sprint 3 (2026-03-19 - 2026-04-01)", due_ms=1775700000023)
    add_list(workspace, 4, "Sprint 4")
    add_list(workspace, 5, "Sprint 5 (12/24 - 1/6)")
    add_list(workspace, 6, "Sprint 6 (2027-01-07 - 2027-01-20)", start_ms=1799200000024)
    assert read_sprint_dates(run_tap())[1:] == [
        (
            "Sprint 2 (3/5 - 3/18)",
            "2026-03-05T00:00:00.000+00:00",
            "2026-03-18T00:00:00.000+00:00",
            True,
        ),
        (
            "Sprint 3 (2026-03-19 - 2026-04-01)",
            "2026-03-19T00:00:00.000+00:00",
            "2026-04-09T02:00:00.023+00:00",
            True,
        ),
        ("Sprint 4", None, None, None),
        (
            "Sprint 5 (12/24 - 1/6)",
            "2026-12-24T00:00:00.000+00:00",
            "2027-01-06T00:00:00.000+00:00",
            True,
        ),
        (
            "Sprint 6 (2027-01-07 - 2027-01-20)",
            "2027-01-06T01:46:40.024+00:00",
            "2027-01-20T00:00:00.000+00:00",
            True,
        ),
    ]


@pytest.mark.parametrize(("day_first", "start"), [(False, "2026-04-05"), (True, "2026-05-04")])
def test_day_first_setting_is_applied(
    run_tap: TapRunner, workspace: Workspace, start: str, *, day_first: bool
) -> None:
    add_list(workspace, 2, "Sprint 2 (4/5/2026 - 6/7/2026)")
    (sprint,) = read_sprint_dates(run_tap(sprint_names_day_first=day_first))[1:]
    assert sprint[1] == f"{start}T00:00:00.000+00:00"


def test_archived_sprints_are_read(
    run_tap: TapRunner, account: Account, workspace: Workspace
) -> None:
    add_list(workspace, 2, "Sprint 2", archived=True)
    add_folder(workspace, "90000000028", "Old sprints")
    add_list(workspace, 3, "Sprint 0", folder_id="90000000028")
    account.archive("90000000028")
    rows = [(row["name"], row["archived"]) for row in run_tap().rows("sprints")]
    assert sorted(rows) == [("Sprint 0", False), ("Sprint 1", False), ("Sprint 2", True)]


def test_list_outside_a_sprint_folder_is_not_a_sprint(
    run_tap: TapRunner, workspace: Workspace
) -> None:
    add_list(workspace, 2, "Sprint 2 (3/5 - 3/18)", folder_id=accounts.FOLDER)
    assert run_tap().column("sprints", "name") == ["Sprint 1"]


def test_custom_pattern_selects_other_folders(run_tap: TapRunner, workspace: Workspace) -> None:
    add_folder(workspace, "90000000029", "ITERATIONS of the till")
    add_list(workspace, 2, "One", folder_id="90000000029")
    assert run_tap(sprint_folder_pattern="^iteration").column("sprints", "name") == ["One"]


def test_disabled_sprints_clickapp_is_noted_once(run_tap: TapRunner, workspace: Workspace) -> None:
    """R84: sprints are read only if the Sprints ClickApp is enabled."""
    for space in workspace.spaces.values():
        space.sprints = False
    run = run_tap()
    assert run.rows("sprints") == []
    assert run.error is None
    assert run.read_failures == []
    assert run.rows("sync_runs")[0]["notes"] == [SPRINTS_DISABLED]
    assert run.log.count(SPRINTS_DISABLED) == 1


def test_sprints_can_be_disabled(run_tap: TapRunner) -> None:
    """R116: lists are still read, and no note about the ClickApp is logged."""
    run = run_tap(sprints=False)
    assert run.rows("sprints") == []
    assert run.rows("sync_runs")[0]["notes"] == []
    assert [row for row in run.rows("completed_reads") if row["stream"] == "sprints"] == []
    assert "90000000041" in run.column("lists", "id")


def test_invalid_folder_pattern_is_rejected_before_any_request(
    run_tap: TapRunner,
) -> None:
    run = run_tap(sprint_folder_pattern="sprint(")
    assert run.error
    assert run.error.startswith(
        "sprint_folder_pattern: expected a regular expression such as sprint ("
    )
    assert "\n" not in run.error
    assert run.stdout == ""
    assert run_tap.clickup.requests == []


def test_sprints_completed_read_lists_every_sprint(run_tap: TapRunner) -> None:
    (row,) = (row for row in run_tap().rows("completed_reads") if row["stream"] == "sprints")
    assert row["scope"] == "all"
    assert row["keys"] == [["90000000041"]]
    assert row["conditions"] == {
        "workspace_id": {"in": [accounts.WORKSPACE]},
        "space_id": {"in": [accounts.SPACE, accounts.ARCHIVED_SPACE]},
    }


class TestGeneratedAccount:
    @pytest.fixture
    def account(self) -> Account:
        return generate(seed=3, tasks=20, named_sprints=4, time_entries=0)

    def test_sprints_without_a_year_precede_dated_ones(self, run_tap: TapRunner) -> None:
        workspace = run_tap.clickup.account.workspaces[0]
        first = next(task_list for task_list in workspace.lists.values() if task_list.start_ms)
        first_start = datetime.fromtimestamp((first.start_ms or 0) / 1000, tz=UTC).date()
        sprints = read_sprint_dates(run_tap())
        assert sprints[4][1:3] == (ms_to_iso(first.start_ms or 0), ms_to_iso(first.due_ms or 0))
        for number in range(4):
            start = first_start - timedelta(days=14 * (4 - number))
            end = start + timedelta(days=13)
            assert sprints[number][1:] == (
                f"{start}T00:00:00.000+00:00",
                f"{end}T00:00:00.000+00:00",
                True,
            )
