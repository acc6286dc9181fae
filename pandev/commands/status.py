"""The command `pandev status`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from clickup_receiver.project_options import find_project
from clickup_receiver.receiver_context import receiver_context
from pandev.console import format_option, output_width, print_json
from pandev.project_settings import AllSettingsCommand, read_tap_settings
from pandev.receiver_options import (
    data_dir_option,
    poll_command_option,
    poll_minutes_option,
    receiver_port_option,
    webhook_url_option,
)
from pandev.status.evaluation import State, Status, evaluate, with_problem
from pandev.status.lines import COLORS, EXIT_CODES, LABEL_WIDTH, describe, fit, to_json
from pandev.status.rows import StoreRows, read_rows
from pandev.status.surroundings import find_surroundings, origin_of
from pandev.store_options import LOAD_FIRST, store_options, store_settings
from tap_clickup.errors import ClickUpError
from tap_clickup.selection import Selection
from target_pandev.open_store import open_existing_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pandev.console import OutputFormat
    from pandev.status.surroundings import Surroundings


HELP = """Show in five lines whether data is up to date.

The first word is the state of the worst of the selected workspaces:

\b
Connected  the back-fill is running, or the last sync ended
           at most 30 minutes ago
Stale      the last sync is older, or a workspace is not loaded yet
Error      the last run failed, or the back-fill was killed
Off        the setting enabled is false

It comes from the store, which is only read; ClickUp is not asked unless --live is given. If
something is wrong, pandev doctor says what to do.

The exit code is 0 for Connected, 1 for Error and if the store cannot be read, 2 if an option is
wrong, 3 for Stale, 4 for Off, and 5 if nothing is loaded yet.
"""


@click.command("status", cls=AllSettingsCommand, help=HELP)
@store_options
@data_dir_option
@receiver_port_option
@webhook_url_option
@poll_command_option
@poll_minutes_option
@click.option("--live", is_flag=True, help="Also ask ClickUp whether it accepts the token.")
@format_option
@click.pass_context
def show_status(  # noqa: PLR0913 - an argument per option
    context: click.Context,
    /,
    *,
    data_dir: Path,
    receiver_port: int,
    webhook_url: str | None,
    poll_command: str | None,
    poll_minutes: int,
    live: bool,
    output_format: OutputFormat,
    **store: str | None,
) -> None:
    """Print the state of the store."""
    settings = read_tap_settings(context)
    surroundings = find_surroundings(
        project=find_project(context),
        port=receiver_port,
        data_dir=data_dir,
        poll_command=poll_command,
        poll_minutes=poll_minutes,
    )
    with open_existing_store(store_settings(store)) as reader:
        rows = read_rows(reader) if reader else StoreRows(datetime.now(UTC))
    status = evaluate(
        rows,
        Selection.from_config(settings),
        is_enabled=settings["enabled"],
        origin=origin_of(webhook_url),
    )
    if live and settings["enabled"] and (problem := _find_live_problem(settings)):
        status = with_problem(status, problem)
    if output_format == "json":
        print_json(to_json(status, surroundings, rows.now))
    elif status.state is State.EMPTY:
        click.echo(LOAD_FIRST)
    else:
        _print(status, surroundings, rows.now)
    sys.exit(EXIT_CODES[status.state])


def _find_live_problem(settings: Mapping[str, Any]) -> str | None:
    """Return why ClickUp rejects the token or does not show what is selected."""
    try:
        receiver_context(settings).validate()
    except ClickUpError as error:
        return str(error)
    return None


def _print(status: Status, surroundings: Surroundings, now: datetime) -> None:
    width = output_width()
    lines = describe(status, surroundings, now, width=width)
    for number, (label, text) in enumerate(lines):
        line = fit(f"{label:{LABEL_WIDTH}}{text}", width)
        word = click.style(label, fg=COLORS.get(status.state), bold=True) if not number else label
        click.echo(word + line[len(label) :])
