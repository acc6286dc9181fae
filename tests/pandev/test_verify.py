"""`pandev verify`: every planted difference is found with its cause, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fake_clickup import Account, Fault, generate
from tests.pandev.verify_store import VerifyRuns, load_store, plain_ids, stored_rows

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace

ALL = ("--sample", "1000", "--ids")
COPY = """
INSERT INTO tasks
SELECT (pg_catalog.jsonb_populate_record(t, '{"id": "86extra1"}')).* FROM tasks AS t WHERE id = %s
"""
REJECTED = """
INSERT INTO rejected_records (stream, record_hash, key, field, reason, record, rejected_at)
VALUES ('tasks', gen_random_uuid(), %s, 'points', 'expected a number', '{}', now())
"""


@pytest.fixture
def account() -> Account:
    return generate(seed=11, tasks=90, spaces=2, undated_tasks=2, subfolders=1)


@pytest.fixture
def runs(clickup: FakeClickUp, database: str, tmp_path: Path) -> VerifyRuns:
    """Return runs on a store after a sweep, which reads tasks of any age."""
    load_store(clickup, database, sweep=True, start_date="2000-01-01", time_tracking=False)
    clickup.requests.clear()
    runs = VerifyRuns(clickup, database, tmp_path)
    runs.settings["TAP_CLICKUP_START_DATE"] = "2000-01-01"
    runs.settings["TAP_CLICKUP_TIME_TRACKING"] = "false"
    return runs


def test_a_store_as_in_clickup_has_no_difference(
    runs: VerifyRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """R125: with archived, undated, old and nested tasks. Only GET is sent, each task once."""
    before = stored_rows(runs.database)
    done = runs.run(*ALL, "--seed", "7")
    assert done.stdout == (
        "result          no difference\n"
        "sample          --seed 7 repeats it\n"
        "tasks           90 of 90 stored, 90 equal\n"
        "task ids        90 in ClickUp, 90 in the store\n"
        "ours            0\n"
        "not yet polled  0\n"
        "hidden          0\n"
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert {request.method for request in clickup.requests} == {"GET"}
    single = [path for path in paths(clickup) if path.startswith("/task/")]
    assert sorted(single) == sorted(f"/task/{task_id}" for task_id in workspace.tasks)
    assert stored_rows(runs.database) == before
    assert len(before["tasks"]) == 90


def paths(clickup: FakeClickUp) -> list[str]:
    return [request.path.removeprefix("/api/v2") for request in clickup.requests]


def test_planted_differences_are_found_with_their_causes(
    runs: VerifyRuns, account: Account, workspace: Workspace
) -> None:
    ids = iter(plain_ids(workspace))
    expected: dict[str, list[tuple[str, list[str]]]] = {}

    def plant(statement: str, cause: str, *fields: str) -> str:
        task_id = next(ids)
        runs.execute(statement, task_id)
        expected[task_id] = [(cause, sorted(fields))]
        return task_id

    update = "UPDATE tasks SET {} WHERE id = %s".format
    plant(update("name = 'other'"), "ours", "name")
    plant(update("status = 'x', status_id = 'y'"), "ours", "status", "status_id")
    plant(update("points = 12345.5"), "ours", "points")
    plant(update("assignee_ids = '[\"1\"]'"), "ours", "assignee_ids")
    plant(update("due_date = '2020-01-01 00:00:00.001+00'"), "ours", "due_date")
    plant(update("archived = NULL"), "ours", "archived")
    plant(update("date_updated = date_updated - interval '1 ms'"), "ours", "date_updated")
    plant(update("date_updated = date_updated + interval '1 ms'"), "ours", "date_updated")
    plant(update("_sdc_deleted_at = now() - interval '1 day'"), "ours")
    plant("DELETE FROM tasks WHERE id = %s", "ours")
    plant(update("_sdc_deleted_at = now()"), "not yet polled")
    plant(update("secondary_list_ids = '[\"1\"]'"), "not yet polled", "secondary_list_ids")
    plant(update("status = 'an old name'"), "not yet polled", "status")
    edited = plant(COPY, "not yet polled", "date_updated", "name")
    account.update_task(edited, name="A new name")
    deleted = plant("SELECT FROM tasks WHERE id = %s", "hidden")
    account.delete_task(deleted)
    expected["86extra1"] = [("hidden", [])]
    created = account.create_task(workspace.tasks[edited].list_id, name="New")
    expected[created.id] = [("not yet polled", [])]
    assert runs.causes() == expected
    assert runs.run(*ALL).exit_code == 1


def test_ids_find_what_no_sample_finds(
    runs: VerifyRuns, account: Account, workspace: Workspace
) -> None:
    """A missing task, a new one, and one that the store has kept; all others are not requested."""
    missing, deleted, *_ = plain_ids(workspace)
    runs.execute("DELETE FROM tasks WHERE id = %s", missing)
    account.delete_task(deleted)
    created = account.create_task(workspace.tasks[missing].list_id, name="New")
    result = runs.verify("--sample", "0", "--ids")
    causes = {item["id"]: item["cause"] for item in result["differences"]}
    assert causes == {missing: "ours", created.id: "not yet polled", deleted: "hidden"}
    tasks = result["streams"]["tasks"]
    assert tasks["ids"] == {"clickup": 90, "store": 89, "too_old_to_load": 0}
    assert tasks["compared"] == 1
    assert result["causes"] == {"ours": 1, "not yet polled": 1, "hidden": 1}


def test_a_task_before_the_start_date_is_not_missing(
    clickup: FakeClickUp, database: str, tmp_path: Path, workspace: Workspace
) -> None:
    load_store(clickup, database, time_tracking=False)
    loaded = len(stored_rows(database)["tasks"])
    assert 40 < loaded < 90
    runs = VerifyRuns(clickup, database, tmp_path)
    runs.settings["TAP_CLICKUP_TIME_TRACKING"] = "false"
    result = runs.verify("--sample", "0", "--ids")
    assert result["differences"] == []
    assert result["streams"]["tasks"]["ids"] == {
        "clickup": len(workspace.tasks),
        "store": loaded,
        "too_old_to_load": len(workspace.tasks) - loaded,
    }


def test_a_rejected_version_is_ours(
    runs: VerifyRuns, account: Account, workspace: Workspace
) -> None:
    """Also before the next poll is due: polls do not help."""
    changed, missing, older, *_ = plain_ids(workspace)
    for task_id in (changed, missing):
        account.update_task(task_id, points=5)
        runs.execute(REJECTED, f'["{workspace.id}", "{task_id}"]')
    runs.execute("DELETE FROM tasks WHERE id = %s", missing)
    runs.execute(REJECTED, f'["{workspace.id}", "{older}"]')
    account.update_task(older, name="Changed after that")
    result = runs.verify(*ALL)
    reasons = {item["id"]: (item["cause"], item["reason"]) for item in result["differences"]}
    rejected = "rejected by target-pandev (points: expected a number)"
    assert reasons[changed] == ("ours", f"older version: {rejected}")
    assert reasons[missing] == ("ours", f"not stored: {rejected}")
    assert reasons[older][0] == "not yet polled"


def test_what_the_token_does_not_see_is_hidden(
    runs: VerifyRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """Also what is in a space that is not selected any longer."""
    by_space: dict[str, list[str]] = {}
    for task in workspace.tasks.values():
        by_space.setdefault(workspace.lists[task.list_id].space_id, []).append(task.id)
    first, second, *_ = [
        space_id for space_id, space in workspace.spaces.items() if not space.archived
    ]
    clickup.behaviour.hidden_spaces = {first}
    runs.settings["TAP_CLICKUP_SPACE_IDS"] = f'["{second}"]'
    result = runs.verify("--sample", "1000")
    reasons = {
        item["id"]: (item["cause"], item["reason"])
        for item in result["differences"]
        if item["fields"] == []
    }
    assert set(reasons) == set(workspace.tasks) - set(by_space[second])
    gone = ("hidden", "deleted in ClickUp, or hidden from the token's user")
    assert {reasons[task_id] for task_id in by_space[first]} == {gone}
    others = set(reasons) - set(by_space[first])
    assert {reasons[task_id][1] for task_id in others} == {
        f"in space {space_id}, which is not selected"
        for space_id in by_space
        if space_id not in {first, second}
    }
    assert result["exit_code"] == 0


def test_a_task_of_another_workspace_is_hidden(
    runs: VerifyRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    task_id = plain_ids(workspace)[0]
    body = {"id": task_id, "team_id": "901"}
    clickup.behaviour.faults = [Fault(status=200, body=body, path=f"/task/{task_id}")]
    (difference,) = runs.verify("--sample", "1000")["differences"]
    assert difference["id"] == task_id
    assert (difference["cause"], difference["reason"]) == ("hidden", "it belongs to workspace 901")


def test_a_sample_is_repeated_by_its_seed(runs: VerifyRuns, clickup: FakeClickUp) -> None:
    samples = []
    for seed in ("1", "1", "2"):
        clickup.requests.clear()
        runs.run("--sample", "6", "--seed", seed)
        samples.append([path for path in paths(clickup) if path.startswith("/task/")])
    assert samples[0] == samples[1]
    assert len(set(samples[0])) == len(set(samples[2])) == 6
    assert set(samples[0]) != set(samples[2])


def test_an_unreachable_clickup_is_not_a_difference(
    runs: VerifyRuns, clickup: FakeClickUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither from the start nor in the middle of a sample; what was compared is shown."""
    monkeypatch.setattr("tap_clickup.client.MAX_ATTEMPTS", 1)
    clickup.behaviour.faults = [Fault(status=503, path="/task/") for _ in range(3)]
    stopped = runs.run("--sample", "10", "--seed", "1")
    assert stopped.exit_code == 3
    assert "no difference; not everything was compared, see below" in stopped.stdout
    assert stopped.stderr.startswith("pandev: stopped: GET /task/")
    clickup.behaviour.faults = [Fault(status=503)]
    refused = runs.run()
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert refused.stderr.startswith("pandev: GET /team: HTTP 503 from 127.0.0.1 in 1 attempts")


def test_a_task_that_cannot_be_read_is_named(
    runs: VerifyRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """An odd response is not compared, and its content is not shown."""
    task_id = plain_ids(workspace)[0]
    clickup.behaviour.faults = [
        Fault(status=200, body={"id": {"secret": 1}}, path=f"/task/{task_id}")
    ]
    result = runs.verify("--sample", "1000")
    assert result["exit_code"] == 3
    (failure,) = result["failures"]
    assert failure.startswith(f"task {task_id} was not compared: ClickUp sent an object of an")
    assert "secret" not in failure
    tasks = result["streams"]["tasks"]
    assert (tasks["compared"], tasks["equal"]) == (89, 89)


def test_nothing_loaded_has_an_exit_code_of_its_own(
    clickup: FakeClickUp, database: str, empty_database: str, tmp_path: Path
) -> None:
    for conninfo in (database, empty_database):
        done = VerifyRuns(clickup, conninfo, tmp_path).run()
        assert done.exit_code == 5
        assert done.stdout == "nothing is stored yet: run pandev sync\n"


def test_stream_maps_are_applied_before_the_comparison(
    runs: VerifyRuns, workspace: Workspace
) -> None:
    """What the tap does not emit is not expected; a mapped value is."""
    task_id = plain_ids(workspace)[0]
    maps = '{"tasks": {"name": "__NULL__", "url": "id", "__filter__": "id != \'%s\'"}}'
    runs.settings["TAP_CLICKUP_STREAM_MAPS"] = maps % task_id
    runs.execute("UPDATE tasks SET url = id")
    assert runs.causes() == {task_id: [("hidden", [])]}
    runs.execute("UPDATE tasks SET name = 'kept'")
    assert runs.causes() == {task_id: [("hidden", [])]}
    runs.settings["TAP_CLICKUP_STREAM_MAPS"] = '{"tasks": {"id": "md5(id)"}}'
    refused = runs.run()
    assert (refused.exit_code, refused.stderr) == (
        3,
        "pandev: stored tasks cannot be found by their ids: stream_maps changes id\n",
    )
