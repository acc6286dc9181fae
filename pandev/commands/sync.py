"""The command `pandev sync`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from clickup_receiver.meltano_jobs import SWEEP_TAP
from clickup_receiver.meltano_project import TAP
from clickup_receiver.project_options import find_project
from pandev.console import format_option, print_json
from pandev.sync.outcome import sync_now
from pandev.sync.output import print_log_line, print_outcome, to_json

if TYPE_CHECKING:
    from pandev.console import OutputFormat
    from pandev.sync.log_lines import LogLine


@click.command("sync")
@click.option("--sweep", is_flag=True, help="Find deletions too, as every night; reads everything.")
@format_option
@click.pass_context
def sync(context: click.Context, *, sweep: bool, output_format: OutputFormat) -> None:
    """Load what has changed in ClickUp now, and show the progress.

    Runs the job of the Meltano project. Ctrl-C stops it; the next run continues where it stopped.
    JSON is printed at the end of the run.

    Exit codes: 0 loaded, 1 something failed, 4 another sync is running.
    """
    project = find_project(context)
    tap = SWEEP_TAP if sweep else TAP
    log: list[LogLine] = []
    is_json = output_format == "json"
    show = log.append if is_json else print_log_line
    outcome = sync_now(project, tap, started_by="pandev sync", show=show)
    if is_json:
        print_json(to_json(outcome, log))
    else:
        print_outcome(outcome)
    sys.exit(outcome.exit_code)
