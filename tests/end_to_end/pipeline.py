"""A Meltano project of a test's own: the real `meltano.yml`, real commands, the local ClickUp."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[1]
COMMANDS = Path(sys.executable).parent
SETTINGS = ("MELTANO_", "TAP_", "TARGET_PANDEV_", "CLICKUP_RECEIVER_")
SYNC_NIGHTLY = ("meltano", "schedule", "run", "nightly")
WRITES = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del
FROM pg_stat_user_tables WHERE schemaname = 'pandev' ORDER BY relname
"""


@dataclass
class Pipeline:
    """A folder with `meltano.yml`, and the environment that its commands run in."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copy(PROJECT / "meltano.yml", self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """The environment without any setting but this pipeline's."""
        outside = {name: it for name, it in os.environ.items() if not name.startswith(SETTINGS)}
        path = f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"
        return {**outside, "PATH": path, "NO_COLOR": "1", "COLUMNS": "200", **self.settings}

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
        """Run a command of the project to its end."""
        with self.start(*command) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)
