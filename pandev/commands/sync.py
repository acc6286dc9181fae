"""The command `pandev sync`."""

from __future__ import annotations

import sys
import textwrap
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from clickup_receiver.meltano_jobs import SWEEP_TAP
from clickup_receiver.meltano_project import TAP
from clickup_receiver.project_options import find_project
from pandev.console import output_width, print_problem
from pandev.report.values import printable
from pandev.sync.run import find_sync_command, run_sync
from pandev.sync.running import find_running_job

if TYPE_CHECKING:
    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.sync.log_lines import LogLine

FAILED: Final = 1
ALREADY_RUNNING: Final = 4
LABEL_WIDTH: Final = 15


@click.command("sync")
@click.option("--sweep", is_flag=True, help="Find deletions too, as every night; reads everything.")
@click.pass_context
def sync(context: click.Context, *, sweep: bool) -> None:
    """Load what has changed in ClickUp now, and show the progress.

    Runs the job of the Meltano project. Ctrl-C stops it; the next run continues where it stopped.

    Exit codes: 0 loaded, 1 something failed, 4 another sync is running.
    """
    exit_code = sync_now(find_project(context), SWEEP_TAP if sweep else TAP, "pandev sync")
    sys.exit(exit_code)


def sync_now(project: MeltanoProject | None, tap: str, started_by: str) -> int:
    """Run the job of a tap, print its progress, and return the exit code.

    Raises `ConfigurationError`.
    """
    command = find_sync_command(project, tap)
    assert project  # noqa: S101 - there is a command
    began = time.monotonic()
    result = run_sync(project, command, started_by=started_by, show=_show)
    if result.is_refused:
        running = find_running_job(project.folder, tap)
        text = "a sync is running; pandev status shows how far it is"
        print_problem(running.describe(datetime.now(UTC)) if running else text)
        return ALREADY_RUNNING
    if result.is_disabled:
        print_problem("enabled is false, so nothing was loaded; run pandev enable")
        return FAILED
    if result.exit_code:
        print_problem(f"{command}: exit code {result.exit_code}, the reason is above")
        return FAILED
    click.echo(f"synced in {time.monotonic() - began:.0f} s; next: pandev status")
    return 0


def _show(line: LogLine) -> None:
    """Print a line of the log, folded at the width of the terminal; a problem on stderr."""
    text = printable(line.text)
    if line.is_problem:
        print_problem(f"{line.source}: {text}")
        return
    lines = textwrap.wrap(text, max(output_width() - LABEL_WIDTH, LABEL_WIDTH))
    for number, part in enumerate(lines):
        label = line.source if number == 0 else ""
        click.echo(f"{label:{LABEL_WIDTH}}{part}")
