"""`pandev rejected`: what could not be loaded, and another attempt against a fake ClickUp."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fake_clickup import Account, Fault, generate
from tests.pandev.command import assert_golden
from tests.pandev.fake_meltano import FakeMeltano
from tests.pandev.verify_store import CommandRuns, load_store, plain_ids, stored_rows

if TYPE_CHECKING:
    from click.testing import Result

    from fake_clickup import FakeClickUp, Request
    from fake_clickup.model import Workspace

MAX_POINTS = "ALTER TABLE tasks ADD CONSTRAINT few_points CHECK (points < 1000) NOT VALID"
"""Makes the store reject a task that can be loaded after a change in ClickUp."""
REJECT = """
INSERT INTO rejected_records (stream, record_hash, key, field, reason, record, rejected_at)
VALUES (%s, gen_random_uuid(), %s, %s, %s, '{"name": "a secret"}', now() - %s::interval)
"""
AGE = "UPDATE rejected_records SET rejected_at = rejected_at - interval '1 hour'"
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
Rows = list[tuple[Any, ...]]


@pytest.fixture
def account() -> Account:
    return generate(seed=11, tasks=30, spaces=1, folders=1)


@pytest.fixture
def runs(clickup: FakeClickUp, database: str, tmp_path: Path) -> CommandRuns:
    """Return runs on a store that rejects tasks of a thousand points."""
    load_store(clickup, database, start_date="2000-01-01", time_tracking=False)
    runs = CommandRuns(clickup, database, tmp_path)
    runs.execute(MAX_POINTS)
    return runs


def poll(runs: CommandRuns, **settings: Any) -> None:
    load_store(
        runs.clickup, runs.database, start_date="2000-01-01", time_tracking=False, **settings
    )


def reject(
    runs: CommandRuns, stream: str, *key: str | None, reason: str = "odd", age: str = "0 s"
) -> None:
    """Insert a rejected record."""
    text = json.dumps(key, separators=(",", ":"))
    runs.execute(REJECT, stream, text, None, reason, age)


def rejected_keys(runs: CommandRuns) -> Rows:
    return runs.rows("SELECT stream, key::jsonb ->> -1 FROM rejected_records ORDER BY 1, 2")


def retry(runs: CommandRuns) -> dict[str, tuple[str, str]]:
    """Return the result and its reason by the last id of each key."""
    done = runs.invoke("rejected", "retry", "--format", "json")
    outcomes = json.loads(done.stdout)["outcomes"]
    return {item["key"][-1]: (item["result"], item["result_reason"]) for item in outcomes}


def points_of(runs: CommandRuns, *task_ids: str) -> Rows:
    names = ", ".join(f"'{task_id}'" for task_id in task_ids)
    return runs.rows(f"SELECT id, points FROM tasks WHERE id IN ({names}) ORDER BY id")  # noqa: S608 - ids of a fake


def test_a_corrected_task_is_stored_and_a_bad_one_stays(
    runs: CommandRuns, clickup: FakeClickUp, account: Account, workspace: Workspace
) -> None:
    fixed, bad, *_ = sorted(plain_ids(workspace))
    ids = [fixed, bad]
    account.bulk_update(ids, points=2_000)
    poll(runs)
    assert rejected_keys(runs) == [("tasks", fixed), ("tasks", bad)]
    account.update_task(fixed, points=5)
    clickup.requests.clear()
    reason = "PostgreSQL rejected it: check violation, SQLSTATE 23514"
    assert retry(runs) == {
        fixed: ("stored", "read again and stored"),
        bad: ("rejected again", reason),
    }
    assert rejected_keys(runs) == [("tasks", bad)]
    assert (fixed, 5) in points_of(runs, *ids)
    assert {request.method for request in clickup.requests} == {"GET"}
    account.update_task(bad, points=3_000)
    assert retry(runs) == {bad: ("rejected again", reason)}
    assert rejected_keys(runs) == [("tasks", bad), ("tasks", bad)]
    account.update_task(bad, points=7)
    assert runs.invoke("rejected", "retry").exit_code == 0
    assert points_of(runs, *ids) == [(fixed, 5), (bad, 7)]
    assert rejected_keys(runs) == []


def test_a_version_as_before_the_rejected_one_is_stored(
    runs: CommandRuns, workspace: Workspace
) -> None:
    """The row is equal to what is read, so that a load leaves it untouched."""
    task_id = plain_ids(workspace)[0]
    reject(runs, "tasks", workspace.id, task_id, age="-1 day")
    assert retry(runs) == {task_id: ("stored", "read again and stored")}
    assert rejected_keys(runs) == []


def test_all_objects_are_read_each_by_one_request(
    runs: CommandRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """They are read in batches, so that none is searched for in pages of tasks."""
    ids = plain_ids(workspace)[:12]
    for task_id in ids:
        reject(runs, "tasks", workspace.id, task_id)
    clickup.requests.clear()
    assert retry(runs) == dict.fromkeys(ids, ("stored", "read again and stored"))
    paths = [request.path.removeprefix("/api/v2") for request in clickup.requests]
    assert sorted(paths) == ["/task/" + task_id for task_id in sorted(ids)] + ["/team"]


def test_the_reason_is_that_of_the_latest_rejection(
    runs: CommandRuns, account: Account, workspace: Workspace
) -> None:
    task_id = plain_ids(workspace)[0]
    reject(runs, "tasks", workspace.id, task_id, reason="another one")
    account.update_task(task_id, points=2_000)
    reason = "PostgreSQL rejected it: check violation, SQLSTATE 23514"
    assert retry(runs) == {task_id: ("rejected again", reason)}


def test_a_rejection_during_the_attempt_stays(
    runs: CommandRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    task_id = plain_ids(workspace)[0]
    reject(runs, "tasks", workspace.id, task_id, reason="before")

    def reject_meanwhile(request: Request, _: Account) -> None:
        if request.path.endswith(task_id):
            reject(runs, "tasks", workspace.id, task_id, reason="meanwhile", age="0 s")

    clickup.behaviour.on_request = reject_meanwhile
    assert retry(runs)[task_id][0] == "stored"
    assert runs.rows("SELECT reason FROM rejected_records") == [("meanwhile",)]


def test_a_deleted_task_is_gone_once_a_sweep_confirms_it(
    runs: CommandRuns, account: Account, workspace: Workspace
) -> None:
    """It may only be hidden; a task that was never stored leaves no mark.

    A sweep before the rejection confirms nothing.
    """
    poll(runs, sweep=True)
    stored, unknown = plain_ids(workspace)[0], "86unknown"
    account.delete_task(stored)
    for task_id in (stored, unknown):
        reject(runs, "tasks", workspace.id, task_id)
    why = "deleted in ClickUp, hidden from the token's user, or not selected"
    assert retry(runs) == {stored: ("not found", why), unknown: ("not found", why)}
    assert rejected_keys(runs) == [("tasks", stored), ("tasks", unknown)]
    poll(runs, sweep=True)
    assert retry(runs) == {
        stored: ("stored", "a later run has stored a newer version"),
        unknown: ("gone", "a sweep has not found it since"),
    }
    assert rejected_keys(runs) == []


def test_an_unreachable_clickup_leaves_all_as_it_was(
    runs: CommandRuns,
    clickup: FakeClickUp,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also if some objects were read, and for streams that are not read."""
    monkeypatch.setattr("tap_clickup.client.MAX_ATTEMPTS", 1)
    first, second, *_ = plain_ids(workspace)
    for task_id in (first, second):
        reject(runs, "tasks", workspace.id, task_id)
    reject(runs, "users", workspace.id, "44301653", age="1 day")
    before = stored_rows(runs.database)
    for fault in (Fault(status=503), Fault(status=503, path=f"/task/{second}")):
        clickup.behaviour.faults = [fault]
        done = runs.invoke("rejected", "retry")
        assert (done.exit_code, done.stdout) == (3, "")
        assert "HTTP 503 from 127.0.0.1 in 1 attempts" in done.stderr
        assert clickup.behaviour.faults == []
    assert stored_rows(runs.database) == before


def test_a_target_that_fails_leaves_all_as_it_was(
    runs: CommandRuns, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    reject(runs, "tasks", workspace.id, plain_ids(workspace)[0])
    monkeypatch.setenv("TARGET_PANDEV_MAX_DELETED_SHARE", "much")
    before = stored_rows(runs.database)
    done = runs.invoke("rejected", "retry")
    assert done.exit_code == 3
    assert done.stderr == ("pandev: target_command target-pandev: exit code 1; see its log above\n")
    assert stored_rows(runs.database) == before


def test_a_response_that_cannot_be_used_is_named(
    runs: CommandRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """The other objects are loaded."""
    odd, good, *_ = plain_ids(workspace)
    for task_id in (odd, good):
        reject(runs, "tasks", workspace.id, task_id)
    clickup.behaviour.faults = [Fault(status=200, body={"id": [1]}, path=f"/task/{odd}")]
    why = "ClickUp sent an object of an unexpected shape (id)"
    assert retry(runs) == {odd: ("not read", why), good: ("stored", "read again and stored")}
    assert rejected_keys(runs) == [("tasks", odd)]


def test_places_and_statuses_are_read_one_by_one(
    runs: CommandRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    space = next(space for space in workspace.spaces.values() if not space.archived)
    folder = next(
        folder
        for folder in workspace.folders.values()
        if folder.space_id == space.id and not folder.hidden and not folder.archived
    )
    list_id = next(item.id for item in workspace.lists.values() if item.folder_id == folder.id)
    status = space.statuses[0].name
    reject(runs, "spaces", workspace.id, space.id)
    reject(runs, "folders", workspace.id, folder.id)
    reject(runs, "lists", workspace.id, list_id)
    reject(runs, "statuses", workspace.id, "space", space.id, status)
    clickup.requests.clear()
    assert set(retry(runs).values()) == {("stored", "read again and stored")}
    requested = {request.path.removeprefix("/api/v2") for request in clickup.requests}
    assert requested == {"/team", f"/space/{space.id}", f"/folder/{folder.id}", f"/list/{list_id}"}
    assert rejected_keys(runs) == []


def test_streams_that_are_not_read_alone_are_left(
    runs: CommandRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """They are settled once a run has stored a newer version."""
    user_id = str(next(iter(workspace.members)))
    reject(runs, "users", workspace.id, user_id)
    reject(runs, "users", workspace.id, "1")
    reject(runs, "commits", "repository", "0123abc")
    reject(runs, "tasks", "901", "86other")
    runs.settings["TAP_CLICKUP_WORKSPACE_IDS"] = f'["{workspace.id}"]'
    clickup.requests.clear()
    left = retry(runs)
    assert left == {
        user_id: ("left", "the next sweep reads it"),
        "1": ("left", "the next sweep reads it"),
        "0123abc": ("left", "the next sync of its own tap reads it"),
        "86other": ("left", "its workspace is not selected"),
    }
    assert [request.path for request in clickup.requests] == ["/api/v2/team"]
    runs.execute("UPDATE users SET username = 'former' WHERE id = %s", user_id)
    runs.execute("UPDATE users SET _sdc_hash = gen_random_uuid()")
    poll(runs)
    again = retry(runs)
    assert again[user_id] == ("stored", "a later run has stored a newer version")
    assert {name: again[name] for name in left if name != user_id} == {
        name: outcome for name, outcome in left.items() if name != user_id
    }
    assert ("users", user_id) not in rejected_keys(runs)


def test_a_mapped_stream_is_retried_under_its_own_name(
    runs: CommandRuns, account: Account, workspace: Workspace
) -> None:
    maps = {"tasks": {"__alias__": "issues", "__else__": "__NULL__"}}
    maps["tasks"] |= {"workspace_id": "workspace_id", "id": "id", "points": "points"}
    poll(runs, stream_maps=maps)
    task_id = plain_ids(workspace)[0]
    reject(runs, "issues", workspace.id, task_id)
    reject(runs, "tasks", workspace.id, task_id)
    account.update_task(task_id, points=9)
    runs.settings["TAP_CLICKUP_STREAM_MAPS"] = json.dumps(maps)
    done = json.loads(runs.invoke("rejected", "retry", "--format", "json").stdout)
    results = [(item["stream"], item["result"]) for item in done["outcomes"]]
    assert results == [("tasks", "left"), ("issues", "stored")]
    assert runs.rows(f"SELECT points FROM issues WHERE id = '{task_id}'") == [(9,)]  # noqa: S608 - id of a fake


def test_a_stream_with_mapped_keys_is_left(
    runs: CommandRuns, clickup: FakeClickUp, workspace: Workspace
) -> None:
    """Its objects are not those of these ids, so a sweep that lacks them confirms nothing."""
    reject(runs, "tasks", workspace.id, "0cc175b9c0f1b6a831c399e269772661")
    poll(runs, sweep=True)
    runs.settings["TAP_CLICKUP_STREAM_MAPS"] = '{"tasks": {"id": "md5(id)"}}'
    clickup.requests.clear()
    assert [*retry(runs).values()] == [("left", "the next sync of its own tap reads it")]
    assert [request.path for request in clickup.requests] == ["/api/v2/team"]


def test_the_store_of_the_command_line_is_the_one_that_is_loaded(
    runs: CommandRuns, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the Meltano project has another one."""
    task_id = plain_ids(workspace)[0]
    reject(runs, "tasks", workspace.id, task_id)
    (runs.folder / "target-pandev").symlink_to(Path(sys.executable).with_name("target-pandev"))
    meltano = FakeMeltano(runs.folder, monkeypatch)
    meltano.answer("target-pandev", store_url="postgresql://127.0.0.1:1/elsewhere")
    clickup = {"api_token": runs.clickup.token, "api_url": runs.clickup.api_url}
    meltano.answer("tap-clickup", **clickup)
    assert retry(runs) == {task_id: ("stored", "read again and stored")}


def test_nothing_is_requested_if_nothing_was_rejected(
    runs: CommandRuns, clickup: FakeClickUp, empty_database: str
) -> None:
    clickup.requests.clear()
    for database in (runs.database, empty_database):
        runs.database = database
        for command in ("list", "retry"):
            done = runs.invoke("rejected", command)
            assert (done.exit_code, done.output) == (0, "no rejected records\n")
    assert clickup.requests == []


def fill(runs: CommandRuns, workspace_id: str) -> Result:
    """Reject records of several streams, and return the list."""
    points = "PostgreSQL rejected it: numeric value out of range, SQLSTATE 22003"
    for reason in ("expected number or null", points):
        runs.execute(REJECT, "tasks", f'["{workspace_id}","86a1b2c3d"]', "points", reason, "2 min")
        runs.execute(AGE)
    reject(runs, "ide_events", "mia@example.com", "2026-03-01 10:00", reason="expected an integer")
    reject(runs, "commits", None, reason="the key is missing")
    reject(runs, "completed_reads", workspace_id, "tasks", "all", reason="12 of 20 rows of tasks")
    return runs.invoke("rejected", "list")


def test_the_list_shows_no_value_but_ids(runs: CommandRuns, workspace: Workspace) -> None:
    """Neither the record nor an e-mail address of its key."""
    done = fill(runs, workspace.id)
    assert (done.exit_code, done.stderr) == (0, "")
    assert_golden("rejected_list", TIME.sub("2026-01-01 00:00", done.stdout))
    printed_json = runs.invoke("rejected", "list", "--format", "json").stdout
    for output in (done.stdout, printed_json):
        assert "secret" not in output
        assert "mia" not in output
    rejected = {item["stream"]: item for item in json.loads(printed_json)["rejected"]}
    assert rejected["tasks"]["key"] == [workspace.id, "86a1b2c3d"]
    assert (rejected["tasks"]["times"], rejected["commits"]["key"]) == (2, None)


def test_output_of_a_retry_at_80_columns(runs: CommandRuns, workspace: Workspace) -> None:
    fill(runs, workspace.id)
    reject(runs, "tasks", workspace.id, plain_ids(workspace)[0])
    done = runs.invoke("rejected", "retry")
    assert (done.exit_code, done.stderr) == (1, "")
    assert_golden("rejected_retry", done.stdout)
