"""Run a Meltano job to its end, and pass on what its log has for people."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clickup_receiver.meltano_jobs import TRIGGER_VARIABLE, find_job_command
from clickup_receiver.meltano_project import PROJECT_FILE, TARGET
from clickup_receiver.schedule.commands import OWNER_ONLY_UMASK, split_command
from pandev.sync.log_lines import parse_line
from plugin_settings.guides import GUIDES
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.sync.log_lines import LogLine

NO_FILE: Final = f"{os.devnull}/none"
"""A logging configuration that cannot exist, so that Meltano takes none and writes JSON."""
ALREADY_RUNNING: Final = "pipeline is already running which started at"
DISABLED: Final = "enabled is false"


@dataclass(frozen=True)
class SyncResult:
    """How a run ended. `is_refused` if another run is in progress."""

    exit_code: int
    is_refused: bool = False
    is_disabled: bool = False


def find_sync_command(project: MeltanoProject | None, tap: str) -> str:
    """Return the command of the job. Raises `ConfigurationError` if there is none."""
    if project is None:
        raise ConfigurationError(
            f"no {PROJECT_FILE} in this folder or above: change to the folder of the project; "
            f"{GUIDES}/without-meltano.md shows how to load without Meltano"
        )
    command = find_job_command(project, tap)
    if command is None:
        raise ConfigurationError(
            f"{project.folder / PROJECT_FILE}: no job loads {tap} into {TARGET}; add one, as the "
            f"{PROJECT_FILE} of this project has it"
        )
    return command


def run_sync(
    project: MeltanoProject, command: str, *, started_by: str, show: Callable[[LogLine], None]
) -> SyncResult:
    """Run the command of a job to its end. Raises `ConfigurationError`."""
    name, *arguments = split_command(command, setting="meltano")
    environment = {
        **os.environ,
        TRIGGER_VARIABLE: started_by,
        "MELTANO_CLI_LOG_CONFIG": NO_FILE,
    }
    is_refused = is_disabled = False
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator's own Meltano
            [name, "--log-format=json", *arguments],
            cwd=project.folder,
            env=environment,
            umask=OWNER_ONLY_UMASK,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise ConfigurationError(
            f"{name}: cannot be run ({error.strerror}): put Meltano on PATH"
        ) from error
    with process:
        try:
            for text in process.stdout or ():
                line = parse_line(text.rstrip())
                if line is None:
                    continue
                is_refused = is_refused or ALREADY_RUNNING in line.text
                is_disabled = is_disabled or line.text.startswith(DISABLED)
                if not is_refused and not is_disabled:
                    show(line)
        except BaseException:
            process.terminate()
            raise
    return SyncResult(process.returncode, is_refused, is_disabled)
