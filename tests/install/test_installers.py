"""The main job from a folder outside the repository, installed by pip, uv and pipx."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.install.environment import (
    PROJECT,
    Environment,
    clean_variables,
    create_environment,
    find_uv,
    run,
)
from tests.support.processes import stop_store
from tests.support.waiting import wait_until
from tests.test_repository import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.install.conftest import Release

PIPX = "pipx==1.18.4"
TASKS = 30
"""Fewer than a page of the API has."""


def install_by_pip(folder: Path, release: Release) -> Path:
    """Create a virtual environment as the standard library does, and install by its pip."""
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    commands = folder / "venv" / "bin"
    pins = ("--constraint", PROJECT / "constraints.txt")
    run(commands / "pip", "install", "--quiet", *pins, release.requirement("all"), folder=folder)
    return commands


def install_by_uv(folder: Path, release: Release) -> Path:
    """Install as a tool of uv, with the newest versions that the requirements allow."""
    folders = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    install = [find_uv(), "tool", "install", "--quiet", "--python", sys.executable]
    run(*install, release.requirement("all"), folder=folder, variables=folders)
    return folder / "bin"


def install_by_pipx(folder: Path, release: Release) -> Path:
    """Install by pipx, with the newest versions that the requirements allow."""
    pipx = create_environment(folder / "pipx", PIPX, pinned=False)
    folders = {"PIPX_HOME": str(folder / "home"), "PIPX_BIN_DIR": str(folder / "bin")}
    pipx.run("pipx", "install", "--quiet", release.requirement("all"), variables=folders)
    return folder / "bin"


INSTALLERS = {"pip": install_by_pip, "uv": install_by_uv, "pipx": install_by_pipx}


@contextmanager
def served_clickup(environment: Environment) -> Iterator[dict[str, str]]:
    """Yield the settings of a tap that reads a running `fake-clickup`."""
    ready = environment.folder / "clickup.json"
    command = (environment.commands / "fake-clickup", "--port", "0", "--tasks", str(TASKS))
    with subprocess.Popen(
        [*command, "--limit-per-minute", "10000", "--ready-file", ready],
        cwd=environment.folder,
        env=clean_variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as clickup:
        try:
            wait_until(ready.exists, description="fake-clickup listens")
            address = json.loads(ready.read_text(encoding="utf-8"))
            yield {
                "TAP_CLICKUP_API_URL": address["api_url"],
                "TAP_CLICKUP_API_TOKEN": address["token"],
                "TAP_CLICKUP_START_DATE": "2020-01-01",
            }
        finally:
            os.kill(clickup.pid, signal.SIGTERM)


def request_tasks(settings: dict[str, str]) -> dict[str, str]:
    """Return the names of all tasks that the API returns, by their ids."""
    url = settings["TAP_CLICKUP_API_URL"]
    headers = {"Authorization": settings["TAP_CLICKUP_API_TOKEN"]}
    get = partial(requests.get, headers=headers, timeout=30)
    (team,) = get(f"{url}/team").json()["teams"]
    everything = {"include_closed": "true", "subtasks": "true"}
    answer: dict[str, Any] = get(f"{url}/team/{team['id']}/task", params=everything).json()
    return {task["id"]: task["name"] for task in answer["tasks"]}


def load(environment: Environment, clickup: dict[str, str], store_dir: Path) -> None:
    """Run the tap and the target, one after the other."""
    messages = environment.run("tap-clickup", "--config=ENV", variables=clickup).stdout
    file = environment.folder / "messages.jsonl"
    file.write_text(messages, encoding="utf-8")
    store = {"TARGET_PANDEV_STORE_DIR": str(store_dir)}
    environment.run("target-pandev", "--config=ENV", "--input", file, variables=store)


@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_main_job_runs_where_it_was_installed(
    installer: str, release: Release, tmp_path: Path, store_dir: Path
) -> None:
    """D7: on the embedded store, whose programs and SQL come with the packages."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = Environment(INSTALLERS[installer](tmp_path, release), elsewhere)
    for command in SCRIPTS:
        assert (environment.commands / command).is_file()
    with served_clickup(environment) as clickup:
        tasks = request_tasks(clickup)
        assert len(tasks) == TASKS
        try:
            load(environment, clickup, store_dir)
            store = {"TARGET_PANDEV_STORE_DIR": str(store_dir)}
            report = environment.run("pandev", "report", variables=store).stdout
            with (
                EmbeddedServer(store_dir) as server,
                psycopg.connect(server.conninfo) as connection,
            ):
                query = "SELECT task_id, name FROM pandev.task_overview"
                assert dict(connection.execute(query).fetchall()) == tasks
        finally:
            stop_store(StoreFolder(store_dir))
    assert "Rows per table (tables)" in report.splitlines()
