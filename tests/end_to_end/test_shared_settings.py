"""A setting means the same for every process, wherever it was set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml

from clickup_receiver.webhooks.secret_store import FileSecretStore
from target_pandev.database import Store
from tests.clickup_receiver.payloads import history
from tests.clickup_receiver.receiver_process import ENDPOINT, ReceiverProcess
from tests.end_to_end.pipeline import Pipeline
from tests.pandev.command import run_pandev
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import Account, FakeClickUp
    from fake_clickup.model import Workspace

PLACES = ("meltano.yml", ".env", "both")


def set_in_meltano_yml(folder: Path, plugin: str, **settings: Any) -> None:
    """Set settings of a plugin as `meltano config set` does."""
    path = folder / "meltano.yml"
    project = yaml.safe_load(path.read_text())
    for plugins in project["plugins"].values():
        for declared in plugins:
            if declared["name"] == plugin:
                declared["config"] = settings
    path.write_text(yaml.safe_dump(project))


def set_in_env(folder: Path, **settings: str) -> None:
    (folder / ".env").touch(mode=0o600)
    with (folder / ".env").open("a") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in settings.items())


@pytest.fixture
def project(clickup: FakeClickUp, database: str, tmp_path: Path) -> Pipeline:
    """Return a project whose token and addresses are in `.env`."""
    project = Pipeline(tmp_path)
    set_in_env(
        tmp_path,
        TAP_CLICKUP_API_TOKEN=clickup.token,
        TAP_CLICKUP_API_URL=clickup.api_url,
        TARGET_PANDEV_STORE_URL=database,
        CLICKUP_RECEIVER_DATA_DIR=str(tmp_path / "data"),
    )
    return project


def place_selection(folder: Path, place: str, space_id: str, other_id: str) -> dict[str, str]:
    """Select a space in one place; if in both, `.env` takes precedence over `meltano.yml`.

    Returns the lines for `.env`.
    """
    if place != ".env":
        chosen = space_id if place == "meltano.yml" else other_id
        set_in_meltano_yml(folder, "tap-clickup", space_ids=[chosen])
    return {} if place == "meltano.yml" else {"TAP_CLICKUP_SPACE_IDS": f'["{space_id}"]'}


@pytest.mark.parametrize("place", PLACES)
def test_connect_obeys_the_selection(project: Pipeline, workspace: Workspace, place: str) -> None:
    """R12: no webhook is registered for a space that is not selected."""
    space_id, other_id = list(workspace.spaces)[:2]
    set_in_env(project.folder, **place_selection(project.folder, place, space_id, other_id))
    set_in_meltano_yml(project.folder, "clickup-receiver", webhook_url=ENDPOINT)
    run = project.run("pandev", "connect", "--no-sync")
    assert run.returncode == 0, run.stderr
    webhooks = list(workspace.webhooks.values())
    assert [(webhook.endpoint, webhook.space_id) for webhook in webhooks] == [(ENDPOINT, space_id)]
    assert list(FileSecretStore(project.folder / "data" / "webhooks.json").get_all()) == [
        webhooks[0].id
    ]


def test_connect_refuses_a_disabled_tap(project: Pipeline, clickup: FakeClickUp) -> None:
    set_in_meltano_yml(project.folder, "tap-clickup", enabled=False)
    run = project.run("pandev", "connect", "--webhook-url", ENDPOINT)
    assert (run.returncode, run.stderr) == (
        1,
        "pandev: enabled is false: switch it on, or use --off\n",
    )
    assert clickup.requests == []


@pytest.mark.parametrize("place", PLACES)
def test_the_receiver_and_its_target_obey_all_settings(
    clickup: FakeClickUp, workspace: Workspace, database: str, tmp_path: Path, place: str
) -> None:
    """R12, R62: no task of another space is stored; schema and prefix are the project's."""
    Pipeline(tmp_path)
    space_id, other_id = list(workspace.spaces)[:2]
    tasks = {workspace.lists[task.list_id].space_id: task.id for task in workspace.tasks.values()}
    receiver = ReceiverProcess(clickup, database, tmp_path, {"poll-command": ""})
    receiver.settings.update(place_selection(tmp_path, place, space_id, other_id))
    if place == ".env":
        receiver.settings["TARGET_PANDEV_STORE_SCHEMA"] = "acme"
        receiver.settings["TARGET_PANDEV_TASK_ID_PREFIX"] = "PD-"
    else:
        set_in_meltano_yml(tmp_path, "target-pandev", store_schema="acme", task_id_prefix="PD-")
    with receiver, psycopg.connect(database, autocommit=True) as connection:
        assert receiver.post("taskUpdated", history("name"), task_id=tasks[other_id]) == 200
        assert receiver.post("taskUpdated", history("name"), task_id=tasks[space_id]) == 200
        exists = "SELECT FROM pg_tables WHERE schemaname = 'acme' AND tablename = 'tasks'"
        wait_until(lambda: connection.execute(exists).fetchall())
        stored = wait_until(lambda: connection.execute("SELECT id FROM acme.tasks").fetchall())
        rules = connection.execute("SELECT task_id_prefix FROM acme.reference_rules").fetchall()
        others = connection.execute("SELECT id FROM pandev.tasks").fetchall()
    assert stored == [(tasks[space_id],)]
    assert rules == [("PD-",)]
    assert others == []


def test_a_running_receiver_takes_the_token_that_is_saved(
    clickup: FakeClickUp, account: Account, workspace: Workspace, database: str, tmp_path: Path
) -> None:
    """R129, R130: ClickUp does not accept the one with which it was started; the webhook stays."""
    Pipeline(tmp_path)
    task_id = next(iter(workspace.tasks))
    receiver = ReceiverProcess(clickup, database, tmp_path, {"poll-command": ""})
    with receiver, psycopg.connect(database, autocommit=True) as connection:
        webhook_id = receiver.webhook_id
        account.token = f"pk_{account.user_id}_REGENERATED00"
        options = ("--data-dir", str(tmp_path / "data"))
        saved = run_pandev(tmp_path, "token", *options, stdin=account.token)
        assert saved.returncode == 0, saved.stderr
        assert "a running clickup-receiver and later runs use it" in saved.stdout
        assert receiver.post("taskUpdated", history("name"), task_id=task_id) == 200
        query = "SELECT id FROM pandev.tasks"
        assert wait_until(lambda: connection.execute(query).fetchall()) == [(task_id,)]
    assert list(workspace.webhooks) == [webhook_id]


def test_report_and_store_read_the_schema_of_meltano_yml(project: Pipeline, database: str) -> None:
    set_in_meltano_yml(project.folder, "target-pandev", store_schema="acme")
    assert project.run("pandev", "report").returncode == 5, "there is no such schema yet"
    Store(database, schema="acme").close()
    run = project.run("pandev", "report")
    assert run.returncode == 0, run.stderr
    assert project.run("pandev", "store", "url").stdout == f"{database}\n"
