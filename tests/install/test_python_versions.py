"""Every Python that the metadata names and that this machine has runs the main job."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.install.environment import create_environment, import_modules
from tests.install.main_job import TASKS, load, request_tasks, served_clickup
from tests.test_repository import PACKAGES, PYPROJECT

if TYPE_CHECKING:
    from tests.install.conftest import Release

VERSIONS = [
    line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if ":: 3." in line
]


def find_interpreter(version: str) -> Path | None:
    """Return an interpreter of this version, on PATH or among those of pyenv."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = which(f"python{version}")
    for path in [*pyenv, *([Path(found)] if found else [])]:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        if shown.stdout.startswith(f"Python {version}."):  # pyenv's shim may lead nowhere
            return path
    return None


@pytest.mark.parametrize("version", VERSIONS)
def test_the_main_job_runs_on_each_python(
    version: str, release: Release, tmp_path: Path, database: str
) -> None:
    interpreter = find_interpreter(version)
    if interpreter is None:
        pytest.skip(f"Python {version} is not installed")
    environment = create_environment(tmp_path, release.requirement("all"), interpreter=interpreter)
    assert environment.run("python", "--version").stdout.startswith(f"Python {version}.")
    assert import_modules(environment, sorted(PACKAGES))
    with served_clickup(environment) as clickup:
        tasks = request_tasks(clickup)
        load(environment, clickup, {"TARGET_PANDEV_STORE_URL": database})
    with psycopg.connect(database) as connection:
        loaded = connection.execute("SELECT id, name FROM pandev.tasks").fetchall()
    assert dict(loaded) == tasks
    assert len(tasks) == TASKS
