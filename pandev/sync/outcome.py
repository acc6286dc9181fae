"""How a run of the job ended, for the commands that run it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pandev.sync.run import find_sync_command, run_sync
from pandev.sync.running import find_running_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.sync.log_lines import LogLine
    from pandev.sync.running import RunningJob

FAILED: Final = 1
ALREADY_RUNNING: Final = 4


@dataclass(frozen=True)
class SyncOutcome:
    """How a run ended. `problem` is None if everything was loaded.

    `running` is the run that kept it from beginning, if that is known.
    """

    exit_code: int
    command: str
    seconds: float
    problem: str | None = None
    running: RunningJob | None = None


def sync_now(
    project: MeltanoProject | None, tap: str, *, started_by: str, show: Callable[[LogLine], None]
) -> SyncOutcome:
    """Run the job of a tap to its end; `show` gets the lines of its log that are for people.

    Raises `ConfigurationError`.
    """
    command = find_sync_command(project, tap)
    assert project  # noqa: S101 - there is a command
    began = time.monotonic()
    result = run_sync(project, command, started_by=started_by, show=show)
    exit_code, problem, running = 0, None, None
    if result.is_refused:
        exit_code = ALREADY_RUNNING
        running = find_running_job(project.folder, tap)
        problem = "a sync is running; pandev status shows how far it is"
        if running:
            problem = running.describe(datetime.now(UTC))
    elif result.is_disabled:
        exit_code = FAILED
        problem = "enabled is false, so nothing was loaded; run pandev enable"
    elif result.exit_code:
        exit_code = FAILED
        problem = f"{command}: exit code {result.exit_code}; its log says why"
    return SyncOutcome(exit_code, command, time.monotonic() - began, problem, running)
