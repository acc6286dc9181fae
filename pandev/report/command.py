"""The command `pandev report`."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import ProjectCommand
from pandev.report.output import (
    FORMATS,
    Format,
    Request,
    SectionName,
    describe_sections,
    print_report,
)
from pandev.store_options import open_loaded_store, store_options

if TYPE_CHECKING:
    from pandev.report.selection import Scope

HELP = f"""Show what the store contains: the named sections, or all of them.

\b
{describe_sections()}

Sections with a period have one of two or eight weeks, unless --since is given. A section that
cannot be limited by --workspace, --space or --list is left out.

The exit code is 0 if the report was written, also without rows; 1 if the store cannot be read or
does not know a name, 2 if an option is wrong, and 5 if nothing is loaded yet.
"""


@click.command("report", cls=ProjectCommand, help=HELP)
@store_options
@click.argument("sections", nargs=-1, metavar="[SECTION]...", type=SectionName())
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="Tables for people, or data for programs; csv has one section.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    default=10,
    show_default=True,
    help="Maximum number of rows in a section.",
)
@click.option(
    "--since",
    metavar="DAY",
    help="First day of the period: a day such as 2026-03-01, or a number of days or weeks such as "
    "30d or 8w.",
)
@click.option("--workspace", metavar="NAME", help="Only this workspace, by name or id.")
@click.option("--space", metavar="NAME", help="Only this space, by name or id.")
@click.option("--list", "list_", metavar="NAME", help="Only this list, by name or id.")
def show_report(  # noqa: PLR0913 - an argument per option
    *,
    sections: tuple[str, ...],
    output_format: Format,
    limit: int,
    since: str | None,
    workspace: str | None,
    space: str | None,
    list_: str | None,
    **store: str | None,
) -> None:
    """Print sections of the store's views."""
    if output_format == "csv" and len(set(sections)) != 1:
        raise click.UsageError("--format csv: name one section, for instance: flow")
    names: dict[Scope, str | None] = {"workspace": workspace, "space": space, "list": list_}
    request = Request(sections, output_format, limit, since, names)
    try:
        with open_loaded_store(store) as opened_store:
            print_report(opened_store, request)
    except BrokenPipeError:  # what read it, head for example, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
