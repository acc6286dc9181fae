"""The command `pandev doctor`."""

from __future__ import annotations

import sys
import textwrap
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from clickup_receiver.meltano_project import settings_folder
from clickup_receiver.project_options import find_project
from pandev.console import format_option, output_width, print_json
from pandev.diagnosis.check import Outcome, run_check
from pandev.diagnosis.checks import CHECKS
from pandev.diagnosis.examination import Examination
from pandev.project_settings import AllSettingsCommand, read_tap_settings
from pandev.receiver_options import data_dir_option, receiver_port_option
from pandev.store_options import store_options, store_settings
from tap_clickup.wording import format_count
from target_pandev.errors import TargetError
from target_pandev.open_store import open_existing_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pandev.console import OutputFormat
    from pandev.diagnosis.check import Finding, Result

OUTCOME_WIDTH: Final = 9
NAME_WIDTH: Final = 14
COLORS: Final = {Outcome.OK: "green", Outcome.WARNING: "yellow", Outcome.PROBLEM: "red"}
LISTED: Final = "\n".join(f"{check.name:{NAME_WIDTH}}{check.subject}" for check in CHECKS)
HELP: Final = f"""Find what keeps data from arriving, and how to correct it.

\b
{LISTED}

The store is only read, ClickUp is only asked, and the public address gets a HEAD request. One check
that fails does not keep the others from being made.

The exit code is 0 without problems, also with warnings; 1 with a problem, and 2 if an option is
wrong.
"""


@click.command("doctor", cls=AllSettingsCommand, help=HELP)
@store_options
@data_dir_option
@receiver_port_option
@click.option(
    "--webhook-url",
    envvar="CLICKUP_RECEIVER_WEBHOOK_URL",
    metavar="URL",
    show_envvar=True,
    help="Public URL of clickup-receiver; without it changes come by polling only.",
)
@format_option
@click.pass_context
def examine(
    context: click.Context,
    /,
    *,
    data_dir: Path,
    receiver_port: int,
    webhook_url: str | None,
    output_format: OutputFormat,
    **store: str | None,
) -> None:
    """Print the findings of all checks."""
    project = find_project(context)
    settings = store_settings(store)
    with ExitStack() as stack:
        reader, error = None, None
        try:
            reader = stack.enter_context(open_existing_store(settings))
        except TargetError as store_error:
            error = str(store_error)
        examination = Examination(
            settings=read_tap_settings(context),
            store_settings=settings,
            folder=settings_folder(project),
            data_dir=data_dir,
            receiver_port=receiver_port,
            webhook_url=webhook_url,
            reader=reader,
            store_error=error,
            has_project=project is not None,
        )
        results = list(_run_all(examination))
    exit_code = int(any(result.has_problem for result in results))
    if output_format == "json":
        print_json({"exit_code": exit_code, **_to_json(results)})
    else:
        _print(results)
    sys.exit(exit_code)


def _run_all(examination: Examination) -> Iterator[Result]:
    """Yield the results; on a terminal the current check is shown."""
    console = Console(stderr=True)
    with console.status("") as progress:
        for check in CHECKS:
            progress.update(f"checking {check.name}: {check.subject}")
            yield run_check(check, examination)


def _to_json(results: Sequence[Result]) -> dict[str, object]:
    return {
        "has_problem": any(result.has_problem for result in results),
        "checks": [
            {
                "name": result.check.name,
                "subject": result.check.subject,
                "findings": [
                    {
                        "outcome": str(finding.outcome),
                        "text": finding.text,
                        "remedy": finding.remedy or None,
                    }
                    for finding in result.findings
                ],
            }
            for result in results
        ],
    }


def _print(results: Sequence[Result]) -> None:
    counts = dict.fromkeys(Outcome, 0)
    for result in results:
        for finding in result.findings:
            counts[finding.outcome] += 1
            _print_finding(result.check.name, finding)
    problems = format_count(counts[Outcome.PROBLEM], "problem")
    click.echo(f"\n{problems}, {format_count(counts[Outcome.WARNING], 'warning')}")


def _print_finding(name: str, finding: Finding) -> None:
    width = max(output_width() - OUTCOME_WIDTH - NAME_WIDTH, 30)
    lines = textwrap.wrap(finding.text, width, break_on_hyphens=False)
    if finding.remedy:
        lines += textwrap.wrap(
            f"-> {finding.remedy}", width, subsequent_indent="   ", break_on_hyphens=False
        )
    outcome = f"{finding.outcome:{OUTCOME_WIDTH}}"
    click.echo(
        f"{click.style(outcome, fg=COLORS.get(finding.outcome))}{name:{NAME_WIDTH}}{lines[0]}"
    )
    for line in lines[1:]:
        click.echo(f"{'':{OUTCOME_WIDTH + NAME_WIDTH}}{line}")
