"""The commands of the quickstart and of other pages, run as they are written there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fake_clickup import Behaviour, FakeClickUp, generate
from target_pandev.embedded import EmbeddedServer
from tests.clickup_receiver.receiver_process import free_port
from tests.end_to_end.pipeline import COMMANDS, Pipeline
from tests.pandev.worklog_store import EXPECTED, fill, written
from tests.support.commands import forked_commands
from tests.support.connections import WatchedConnections, address_of
from tests.support.documents import blocks, read_page, section
from tests.support.task_repository import make_repository
from tests.support.waiting import TIMEOUT_SECONDS, wait_until
from tests.tap_clickup import accounts
from tests.test_repository import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
RESTORE = "Back up and restore the store"
SETUP = ("make setup", ". .venv/bin/activate")
"""Commands that this environment is the result of."""


def commands(page: str, heading: str) -> list[str]:
    """Return the lines of the shell blocks and crontabs in a section of a page."""
    found = blocks(section(read_page(page), heading), "sh", "crontab")
    lines = [line.strip() for block in found for line in block.splitlines()]
    return [line for line in lines if not line.startswith(SETUP)]


@dataclass
class ReaderProject(Pipeline):
    """The project of a person who follows the page, and that person's ClickUp."""

    clickup: FakeClickUp = field(kw_only=True)


@pytest.fixture
def project(tmp_path: Path, store_dir: Path) -> Iterator[ReaderProject]:
    """Yield a project with an embedded store, and stop the store at the end."""
    store_dir.chmod(0o711)
    account = generate(seed=7, now=NOW, tasks=40, time_entries=0)
    make_repository(tmp_path / "shop", account, now=NOW)
    shutil.copytree(tmp_path / "shop", tmp_path / "app")
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        settings = {
            "TAP_CLICKUP_API_TOKEN": clickup.token,
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TAP_CLICKUP_REQUESTS_PER_MINUTE": "9999",
            "TARGET_PANDEV_STORE_DIR": str(store_dir / "first"),
            "CLICKUP_RECEIVER_DATA_DIR": str(tmp_path / "data"),
            "CLICKUP_RECEIVER_PORT": str(free_port()),
            "CLICKUP_RECEIVER_METRICS_PORT": "0",
        }
        project = ReaderProject(tmp_path, settings, clickup=clickup)
        (tmp_path / ".meltano").rmdir()  # the commands create it
        yield project
        for name in ("first", "second"):
            assert EmbeddedServer(store_dir / name).stop()


def run_literally(
    project: Pipeline, lines: list[str], *, pasted: str = "", exit_code: int = 0
) -> str:
    """Run lines in bash, each with the repositories of this test; return what they print."""
    script = "\n".join(lines).replace("/srv/git/", f"{project.folder}/")
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run(
        [bash, "-e", "-o", "pipefail", "-c", script],
        cwd=project.folder,
        env=project.forked_environment,
        input=pasted,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code, f"{script}\n{done.stderr[-600:]}"
    return done.stdout


@contextmanager
def running(project: Pipeline, line: str, log: Path) -> Iterator[None]:
    """Run a line in bash as long as the block does, and end it as Ctrl-C does."""
    bash = shutil.which("bash")
    assert bash
    with log.open("wb") as file:
        process = subprocess.Popen(
            [bash, "-c", f"exec {line}"],
            cwd=project.folder,
            env=project.forked_environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        exit_code = process.wait(TIMEOUT_SECONDS)
    assert exit_code == 0, log.read_text()


def is_private(folder: Path) -> bool:
    """Whether only its owner has access to a folder and to everything in it."""
    paths = [folder, *folder.rglob("*")]
    return not any(path.stat().st_mode & 0o077 for path in paths if not path.is_symlink())


def stays_until_a_signal(project: Pipeline, line: str) -> bool:
    """Whether a command accepts connections to a port until it gets SIGTERM, and then ends well."""
    bash = shutil.which("bash")
    assert bash
    with subprocess.Popen(
        [bash, "-c", f"exec {line}"],
        cwd=project.folder,
        env=project.forked_environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = re.search(r":(\d+)/pandev$", process.stdout.readline().rstrip())
        if port:
            socket.create_connection(("127.0.0.1", int(port[1])), timeout=60).close()
            process.stdout.readline()  # since then a signal stops it
        process.terminate()
        process.communicate(timeout=120)
    return process.returncode == 0 and port is not None


def started_task(account: Account) -> tuple[str, str]:
    """Return a task that is in progress, and its space."""
    workspace = account.workspaces[0]
    return next(
        (task.id, space_id)
        for task in workspace.tasks.values()
        for space_id in [workspace.lists[task.list_id].space_id]
        if workspace.status_of(task).type == "custom"
        and not (task.archived or workspace.spaces[space_id].archived)
    )


def follow_the_store(project: Pipeline, second_dir: Path) -> None:
    """Run the lines about the store; what is restored into a second one equals the first."""
    lines = commands("guides/store", "The store") + commands("guides/backup", RESTORE)
    restore = next(line for line in lines if line.startswith("pandev store restore"))
    stay = next(line for line in lines if line.startswith("pandev store start --stay"))
    printed = run_literally(project, [line for line in lines if line not in {restore, stay}])
    assert "(5 rows)" in printed
    assert "stopped" in printed
    assert "(shown only now)" in printed
    assert stays_until_a_signal(project, stay.replace("5433", "0"))
    count = "pandev store psql -At -c 'SELECT count(*) FROM task_activity'"
    before = run_literally(project, [count])
    project.settings["TARGET_PANDEV_STORE_DIR"] = str(second_dir)
    run_literally(project, [restore])
    assert run_literally(project, [count]) == before
    assert int(before) > 5


def test_the_ten_minutes_and_the_store_work_as_written(
    project: ReaderProject, store_dir: Path, tmp_path: Path
) -> None:
    """R1, R2, R8: nothing but ClickUp's API and our own receiver is connected to meanwhile."""
    clickup = project.clickup
    token = project.settings.pop("TAP_CLICKUP_API_TOKEN")
    task_id, space_id = started_task(clickup.account)
    watched = WatchedConnections(tmp_path, forked_commands())
    project.settings |= watched.settings
    *first, select, connect, status, umask, repositories, git, receiver, report = commands(
        "quickstart", "Run it with your ClickUp"
    )
    assert [line.split("  ")[0] for line in (*first, select, connect)] == [
        "pandev token",
        "pandev check",
        "pandev scopes",
        "pandev scopes select Shop",
        "pandev connect",
    ]
    printed = [run_literally(project, [line], pasted=token) for line in first]
    assert printed[0].endswith("next      pandev check, pandev scopes, then pandev connect\n")
    assert printed[1].startswith("result      all is well\n")
    assert space_id in printed[2]
    run_literally(project, [select.replace("Shop", space_id)])
    assert "target-pandev  stored " in run_literally(project, [connect], exit_code=3)
    assert run_literally(project, [status]).startswith("Connected  1 workspace, 1 space\n")
    run_literally(project, [umask, repositories, git])
    edited_at = datetime.now(UTC)
    clickup.account.update_task(task_id, name="Changed by a person", at=edited_at)
    log = tmp_path / "receiver.log"
    with running(project, receiver, log):
        wait_until(lambda: "poll_command: finished" in log.read_text())
    synced = json.loads(run_literally(project, ["pandev status --format json"]))
    assert synced["state"] == "connected"
    assert datetime.fromisoformat(synced["last_sync_at"]) > edited_at
    assert "Changed by a person" in run_literally(project, [report])
    assert is_private(tmp_path / ".meltano")
    port = project.settings["CLICKUP_RECEIVER_PORT"]
    hosts = {address_of(clickup.api_url), ("127.0.0.1", int(port))}
    assert watched.addresses == hosts
    expected = {"pandev connect", "meltano run", "tap-clickup", "target-pandev", "clickup-receiver"}
    assert expected - watched.commands == set()
    assert {request.method for request in clickup.requests} == {"GET"}
    (tmp_path / "meltano.yml").unlink()  # each command would ask Meltano for settings
    follow_the_store(project, store_dir / "second")


def test_the_crontab_works_as_written(project: Pipeline) -> None:
    """Each line in the clone, whose environment is active already."""
    lines = commands("guides/orchestrators", "cron")
    jobs = [line.split(" && ") for line in lines]
    assert [job[1:3] for job in jobs] == [["cd /srv/pandev-clickup", ". .venv/bin/activate"]] * 3
    assert [re.split(r"(?<=\*)  +", job[0])[1] for job in jobs] == ["umask 077"] * 3
    project.settings["TAP_GIT_REPOSITORIES"] = f'["{project.folder / "shop"}"]'
    run_literally(project, ["umask 077", *(job[3] for job in jobs)])
    assert is_private(project.folder / ".meltano")
    counts = "SELECT count(*) > 5 FROM tasks UNION ALL SELECT count(*) > 5 FROM commits"
    assert run_literally(project, [f"pandev store psql -At -c '{counts}'"]) == "t\nt\n"


def test_the_schedule_of_worklogs_works_as_written(tmp_path: Path, database: str) -> None:
    """R8, R124: by the setting worklog_mode alone, on closed days of the last two weeks."""
    *_, line = commands("guides/worklogs", "Worklogs written to ClickUp")
    begin, *surroundings, command = line.split(" && ")
    assert begin.endswith(" umask 077")
    assert surroundings == ["cd /srv/pandev-clickup", ". .venv/bin/activate"]
    shift = datetime.now(UTC).date() - timedelta(days=4) - date(2026, 3, 2)
    fill(database, shift=shift)
    with FakeClickUp(accounts.shop()) as clickup:
        settings = {
            "TAP_CLICKUP_API_TOKEN": clickup.token,
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TARGET_PANDEV_STORE_URL": database,
            "PANDEV_WORKLOG_MODE": "automatic",
        }
        watched = WatchedConnections(tmp_path, forked_commands())
        project = Pipeline(tmp_path, settings | watched.settings)
        printed = run_literally(project, ["umask 077", command])
        assert watched.connections == {("pandev worklogs", address_of(clickup.api_url))}
        assert "created            3 entries, 1 h\n" in printed
        assert written(clickup.account) == {
            (user_id, task_id, (date(2026, 3, day) + shift).day, minutes): 1
            for user_id, task_id, day, minutes in EXPECTED
        }


def test_every_command_of_the_distribution_is_installed() -> None:
    assert len(SCRIPTS) > 6
    for name in SCRIPTS:
        assert os.access(COMMANDS / name, os.X_OK), name
