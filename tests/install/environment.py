"""Environments outside the repository that a release is installed in."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
PREFIXES = ("MELTANO_", "TAP_", "TARGET_PANDEV_", "CLICKUP_RECEIVER_", "PYTHON", "VIRTUAL_ENV")
"""Variables that would change what the commands of an environment do."""

IMPORT_MODULES = """
import sys
from importlib import import_module
from pkgutil import walk_packages
for package in map(import_module, sys.argv[1:]):
    for module in walk_packages(package.__path__, package.__name__ + "."):
        import_module(module.name)
        print(module.name)
"""


def clean_variables(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return these and this process's variables, without those of the project's own environment."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(PREFIXES)}
    path = os.environ["PATH"].replace(f"{COMMANDS}{os.pathsep}", "")
    return {**inherited, "PATH": path, "NO_COLOR": "1", "COLUMNS": "80", **(variables or {})}


def run(
    *command: str | Path,
    folder: Path,
    check: bool = True,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; with `check`, a failure raises with what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean_variables(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if check and done.returncode:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and an empty folder to run its commands in."""

    commands: Path
    folder: Path

    def run(
        self,
        command: str,
        *arguments: str | Path,
        check: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        path = self.commands / command
        return run(path, *arguments, folder=self.folder, check=check, variables=variables)


def find_uv() -> str:
    """Return uv, which Meltano brings along."""
    uv = which("uv", path=str(COMMANDS))
    assert uv, "run make setup, which installs uv"
    return uv


def create_environment(
    folder: Path, *requirements: str, pinned: bool = True, interpreter: Path | None = None
) -> Environment:
    """Create an environment with these requirements by uv, in seconds if its cache is warm."""
    environment = folder / "venv"
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(parents=True)
    create = (find_uv(), "venv", "--quiet", "--python", interpreter or sys.executable)
    run(*create, environment, folder=folder)
    python = environment / "bin" / "python"
    pins = ("--constraint", PROJECT / "constraints.txt") if pinned else ()
    install = (find_uv(), "pip", "install", "--quiet", "--python", python)
    run(*install, *pins, *requirements, folder=folder)
    return Environment(environment / "bin", elsewhere)


def import_modules(environment: Environment, packages: list[str]) -> list[str]:
    """Import every module of these packages, and return their names."""
    return environment.run("python", "-c", IMPORT_MODULES, *packages).stdout.split()
