"""The command `pandev verify`."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import find_project
from pandev.console import (
    CommandError,
    Progress,
    format_option,
    print_facts,
    print_json,
    print_problem,
    print_table,
)
from pandev.project_settings import ClickUpCommand
from pandev.store_options import store_options, store_settings
from pandev.tap_config import make_tap, quiet_context
from pandev.verification import output
from pandev.verification.result import Extent, Verification
from pandev.verification.verifier import verify_store
from tap_clickup.errors import ClickUpError, ConfigurationError
from target_pandev.errors import TargetError
from target_pandev.open_store import open_existing_store

if TYPE_CHECKING:
    from pandev.console import OutputFormat
    from tap_clickup.tap import TapClickUp
    from target_pandev.open_store import StoreSettings

MAX_SEED = 2**31 - 1
HELP = """Compare stored tasks and time entries with ClickUp, field by field.

A random sample of each is read from ClickUp, as the tap would read it: tasks by a request for each,
time entries by a request for each month. With --ids all ids are compared too, a request for each
hundred tasks: only this finds what is missing in the store. Nothing is written, neither to ClickUp
nor to the store.

Each difference has a cause:

\b
ours            the store is wrong: a poll or a sweep should have
                read it, or has read it wrongly
not yet polled  the object has changed since; the next poll or sweep
                will find it
hidden          ClickUp does not show the object: it was deleted, is
                hidden from the token's user, or is in a space that
                is not selected

The exit code is 0 if nothing is wrong, 1 if a difference is ours, 2 if an option is wrong, 3 if not
everything could be compared, and 5 if nothing is stored.
"""


@click.command(
    "verify",
    cls=ClickUpCommand,
    help=HELP,
)
@click.option(
    "--sample",
    "size",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    metavar="NUMBER",
    help="Number of tasks and of time entries to compare.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    metavar="NUMBER",
    help="Number that repeats the sample of an earlier run.",
)
@click.option("--ids", "with_ids", is_flag=True, help="Also compare all ids.")
@format_option
@store_options
@click.pass_context
def verify(
    context: click.Context,
    /,
    *,
    size: int,
    seed: int | None,
    with_ids: bool,
    output_format: OutputFormat,
    **store: str | None,
) -> None:
    """Print the differences between the store and ClickUp."""
    if seed is None:
        seed = secrets.randbelow(MAX_SEED)
    try:
        tap = make_tap(find_project(context))
        result = _verify(tap, store_settings(store), Extent(size, seed, with_ids))
    except (ClickUpError, TargetError) as error:
        raise CommandError(str(error), output.INCOMPLETE) from error
    code = output.exit_code(result)
    if output_format == "json":
        print_json(output.as_json(result, code))
    elif code == output.NOTHING_LOADED:
        click.echo("nothing is stored yet: run pandev sync")
    else:
        _print(result)
    sys.exit(code)


def _verify(tap: TapClickUp, settings: StoreSettings, extent: Extent) -> Verification:
    """Return the result. Raises `ClickUpError` and `TargetError`."""
    if not tap.config["enabled"]:
        raise ConfigurationError("enabled is false: switch it on by pandev enable")
    with open_existing_store(settings) as reader:
        if reader is None:
            return Verification(extent.seed)
        sync_context = quiet_context(tap.config)
        sync_context.validate()
        return verify_store(reader, sync_context, tap, extent=extent, on_progress=Progress())


def _print(result: Verification) -> None:
    print_facts(output.describe(result))
    if rows := output.list_differences(result):
        click.echo()
        print_table(output.LABELS, rows)
    for problem in output.list_problems(result):
        print_problem(problem)
