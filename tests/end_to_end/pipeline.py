"""A Meltano project for one test: the real `meltano.yml`, real commands, the fake ClickUp."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.commands import forked_variables, run_command

PROJECT = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
SETTING_PREFIXES = ("MELTANO_", "TAP_", "TARGET_PANDEV_", "CLICKUP_RECEIVER_")
SYNC_NIGHTLY = ("meltano", "schedule", "run", "nightly")
WRITES = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del
FROM pg_stat_user_tables WHERE schemaname = 'pandev' ORDER BY relname
"""


@dataclass
class Pipeline:
    """A folder with `meltano.yml`, and the environment of its commands."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copy(PROJECT / "meltano.yml", self.folder)
        (self.folder / ".meltano").mkdir(mode=0o700, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """The environment with the settings of this pipeline only."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(SETTING_PREFIXES)
        }
        path = f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"
        return {**inherited, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200", **self.settings}

    @property
    def forked_environment(self) -> dict[str, str]:
        """The environment in which the commands that a command starts are forked as well."""
        return {**self.environment, **forked_variables(), **self.settings}

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command of the project."""
        return subprocess.Popen(
            [COMMANDS / command[0], *command[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the project to its end; what it starts is forked too."""
        return run_command(*command, cwd=self.folder, env=self.forked_environment)
