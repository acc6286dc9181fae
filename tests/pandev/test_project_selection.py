"""The selection that a project's `meltano.yml` has is the one that every command goes by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, generate
from tests.pandev.command import run_pandev
from tests.pandev.fake_meltano import FakeMeltano
from tests.pandev.report_store import connect
from tests.pandev.status_store import UNUSED_PORT
from tests.pandev.verify_store import FAST, load_store

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace


@dataclass
class SelectingProject:
    """A project that selects one space of one of two workspaces."""

    folder: Path
    workspace: Workspace
    space_id: str

    def tasks_by_space(self) -> dict[str, list[str]]:
        """Return the ids of the workspace's tasks."""
        tasks: dict[str, list[str]] = {}
        for task in self.workspace.tasks.values():
            tasks.setdefault(self.workspace.lists[task.list_id].space_id, []).append(task.id)
        return tasks

    def run(self, *arguments: str) -> dict[str, Any]:
        """Return the JSON that a command prints."""
        done = run_pandev(self.folder, *arguments, "--format", "json")
        assert done.stderr == ""
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=12, workspaces=2, spaces=2)


@pytest.fixture
def project(
    clickup: FakeClickUp, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SelectingProject:
    workspace = clickup.account.workspaces[1]
    space_id = next(space.id for space in workspace.spaces.values() if not space.archived)
    meltano = FakeMeltano(tmp_path, monkeypatch)
    connection = {"api_token": clickup.token, "api_url": clickup.api_url}
    selection = {"workspace_ids": [workspace.id], "space_ids": [space_id], "time_tracking": False}
    meltano.answer("tap-clickup", requests_per_minute=FAST, **connection, **selection)
    meltano.answer("target-pandev", store_url=database)
    meltano.answer("clickup-receiver", data_dir=str(tmp_path / "data"), port=int(UNUSED_PORT))
    return SelectingProject(tmp_path, workspace, space_id)


@pytest.fixture
def loaded(project: SelectingProject, clickup: FakeClickUp, database: str) -> SelectingProject:
    """Return the project with a store that was loaded when everything was selected."""
    load_store(clickup, database, start_date="2000-01-01", time_tracking=False)
    return project


def test_check_counts_the_selected_space(project: SelectingProject) -> None:
    workspaces = project.run("check")["clickup"]["workspaces"]
    assert [(item["is_selected"], item["space_count"]) for item in workspaces] == [
        (False, None),
        (True, 1),
    ]


def test_scopes_marks_the_selected_space(project: SelectingProject) -> None:
    workspaces = project.run("scopes", "list")["workspaces"]
    selected = [
        space["id"] for item in workspaces for space in item["spaces"] if space["is_selected"]
    ]
    assert selected == [project.space_id]
    assert [item["is_selected"] for item in workspaces] == [False, True]


def test_status_is_that_of_the_selected_space(loaded: SelectingProject) -> None:
    shown = loaded.run("status")
    assert (shown["workspaces"], shown["spaces"]) == (1, 1)
    assert [item["workspace_id"] for item in shown["by_workspace"]] == [loaded.workspace.id]


def test_doctor_examines_the_selected_workspace(loaded: SelectingProject) -> None:
    checks = {check["name"]: check["findings"] for check in loaded.run("doctor")["checks"]}
    assert [finding["text"] for finding in checks["back-fill"]] == [
        f"workspace {loaded.workspace.id}: complete"
    ]


def test_verify_compares_the_selected_space(loaded: SelectingProject) -> None:
    """Tasks of other spaces that were loaded before are hidden, and no fault of ours."""
    result = loaded.run("verify", "--sample", "1000", "--ids")
    tasks = loaded.tasks_by_space()
    selected = tasks.pop(loaded.space_id)
    found = result["streams"]["tasks"]
    assert (found["equal"], found["ids"]["clickup"]) == (len(selected), len(selected))
    assert {item["id"]: item["reason"] for item in result["differences"]} == {
        task_id: f"in space {space_id}, which is not selected"
        for space_id, task_ids in tasks.items()
        for task_id in task_ids
    }
    assert selected
    assert tasks


def test_verify_compares_the_selected_streams_and_fields(
    loaded: SelectingProject, database: str
) -> None:
    """By the `select` of the tap Meltano lets it emit nothing else, so nothing else is stored."""
    settings = json.loads((loaded.folder / "tap-clickup.json").read_text())
    (loaded.folder / "tap-clickup.json").write_text(json.dumps({**settings, "time_tracking": True}))
    with connect(database) as connection:
        connection.execute("UPDATE tasks SET name = NULL")
    everything = loaded.run("verify", "--sample", "1000", "--ids")
    assert everything["causes"]["ours"] > 0
    assert [*everything["streams"]] == ["tasks", "time entries"]
    extractor = {"name": "tap-clickup", "select": ["*.*", "!tasks.name", "!time_entries.*"]}
    project = {"plugins": {"extractors": [extractor]}}
    (loaded.folder / "meltano.yml").write_text(json.dumps(project))
    selected = loaded.run("verify", "--sample", "1000", "--ids")
    assert selected["causes"]["ours"] == 0
    count = len(loaded.tasks_by_space()[loaded.space_id])
    assert selected["streams"]["tasks"]["equal"] == count
    assert [*selected["streams"]] == ["tasks"]
