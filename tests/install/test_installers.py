"""The main job from a folder outside the repository, installed by pip, uv and pipx."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.install.environment import (
    PROJECT,
    Environment,
    create_environment,
    find_uv,
    run,
)
from tests.install.main_job import TASKS, load, request_tasks, served_clickup
from tests.support.processes import stop_store
from tests.test_repository import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.install.conftest import Release

PIPX = "pipx==1.18.4"
NO_COMPILE = "--no-compile"
"""Most modules are never imported; to compile them all takes seconds."""


def install_by_pip(folder: Path, release: Release) -> Path:
    """Create a virtual environment as the standard library does, and install by its pip."""
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    commands = folder / "venv" / "bin"
    pins = ("--constraint", PROJECT / "constraints.txt")
    install = (commands / "pip", "install", "--quiet", NO_COMPILE, *pins)
    run(*install, release.requirement("all"), folder=folder)
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
    install = ("install", "--quiet", f"--pip-args={NO_COMPILE}")
    pipx.run("pipx", *install, release.requirement("all"), variables=folders)
    return folder / "bin"


INSTALLERS = {"pip": install_by_pip, "uv": install_by_uv, "pipx": install_by_pipx}


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
            load(environment, clickup, {"TARGET_PANDEV_STORE_DIR": str(store_dir)})
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
