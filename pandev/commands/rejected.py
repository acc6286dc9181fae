"""The commands `pandev rejected`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import click

from clickup_receiver.feed.target_process import TargetProcess
from clickup_receiver.meltano_project import TARGET, build_environment
from clickup_receiver.project_options import ProjectGroup, find_project
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
from pandev.rejected import output
from pandev.rejected.objects import read_rejected
from pandev.rejected.retry import Retry
from pandev.store_options import store_options, store_settings
from pandev.tap_config import make_tap, quiet_context
from tap_clickup.errors import ClickUpError, ConfigurationError
from target_pandev.errors import TargetError
from target_pandev.open_store import open_existing_store, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.console import OutputFormat
    from pandev.rejected.retry import Outcome
    from tap_clickup.streams.base import ClickUpStream
    from tap_clickup.tap import TapClickUp
    from target_pandev.open_store import StoreSettings

NONE_REJECTED = "no rejected records"
LIST_HELP = """List the records that could not be loaded.

There is a line for each object, with the reason of its latest rejection and how many versions of
it were rejected. Only ids are shown, no other value of a record.

The exit code is 0, or 1 if the store cannot be read.
"""
RETRY_HELP = """Read rejected objects from ClickUp again, and load them.

Tasks, lists, sprints, folders, spaces and their statuses are read one by one, as they are in
ClickUp now, and loaded by target-pandev. All other streams are left to the next sweep. The result
of each object is one of these:

\b
stored          a newer version is stored
gone            it is not in ClickUp, as a sweep has confirmed
rejected again  it could not be loaded again
not found       deleted in ClickUp, hidden, or not selected
not read        ClickUp's response cannot be used
left            the next sweep reads it

Rejected records of the first two are removed, all others stay.

The exit code is 0 if none is left, 1 if any is, 2 if an option is wrong, and 3 if ClickUp, the
target or the store is not available; then no rejected record is removed.
"""


@click.group("rejected", cls=ProjectGroup)
def rejected_commands() -> None:
    """List records that could not be loaded, and load them again."""


@rejected_commands.command(
    "list", help=LIST_HELP, short_help="List the records that could not be loaded."
)
@format_option
@store_options
def list_records(output_format: OutputFormat, **store: str | None) -> None:
    """Print the rejected records."""
    with open_existing_store(store_settings(store)) as reader:
        rejected = read_rejected(reader) if reader else []
    if output_format == "json":
        print_json(output.rejected_as_json(rejected))
    elif not rejected:
        click.echo(NONE_REJECTED)
    else:
        print_table(output.LABELS, output.list_rejected(rejected))
        _print_omitted(len(rejected))


@rejected_commands.command(
    "retry",
    cls=ClickUpCommand,
    help=RETRY_HELP,
    short_help="Read rejected objects from ClickUp again, and load them.",
)
@format_option
@store_options
@click.pass_context
def retry(context: click.Context, /, output_format: OutputFormat, **store: str | None) -> None:
    """Print what became of each rejected object."""
    project = find_project(context)
    try:
        outcomes = _retry(make_tap(project), project, store_settings(store))
    except (ClickUpError, TargetError) as error:
        raise CommandError(str(error), output.UNAVAILABLE) from error
    if output_format == "json":
        print_json(output.outcomes_as_json(outcomes))
    elif not outcomes:
        click.echo(NONE_REJECTED)
    else:
        print_facts(output.describe_retry(outcomes))
        click.echo()
        print_table(output.OUTCOME_LABELS, output.list_outcomes(outcomes))
        _print_omitted(len(outcomes))
    sys.exit(output.exit_code(outcomes))


def _retry(
    tap: TapClickUp, project: MeltanoProject | None, settings: StoreSettings
) -> list[Outcome]:
    """Retry, and delete what is settled. Raises `ClickUpError` and `TargetError`."""
    if not tap.config["enabled"]:
        raise ConfigurationError("enabled is false: switch it on by pandev enable")
    target = TargetProcess(
        "target-pandev --config=ENV", read_settings=lambda: _target_settings(project, settings)
    )
    with open_existing_store(settings) as reader:
        if reader is None or not read_rejected(reader):
            return []
        sync_context = quiet_context(tap.config)
        sync_context.validate()
        attempt = Retry(
            reader,
            sync_context,
            cast("Mapping[str, ClickUpStream]", tap.streams),
            load=target.load,
            on_progress=Progress(),
        )
        outcomes = attempt.run()
    _delete(settings, outcomes)
    return outcomes


def _target_settings(project: MeltanoProject | None, settings: StoreSettings) -> dict[str, str]:
    """Return the settings of the target, with which rejected records are no error."""
    given = (project.read_settings(TARGET) if project else None) or {}
    store: dict[str, Any] = {"store_schema": settings.schema}
    if settings.url:
        store["store_url"] = settings.url
    else:
        store["store_dir"] = str(settings.path)
    return build_environment(TARGET, {**given, **store, "fail_on_rejected_records": False})


def _delete(settings: StoreSettings, outcomes: Sequence[Outcome]) -> None:
    """Delete the records of settled objects that were rejected before the attempt."""
    settled = [outcome.rejected for outcome in outcomes if outcome.is_settled]
    if not settled:
        return
    with open_store(settings) as store:
        for rejected in settled:
            for record_hash in rejected.hashes:
                store.delete_rejection(rejected.stream, record_hash, None)


def _print_omitted(count: int) -> None:
    if text := output.describe_omitted(count):
        print_problem(text)
