"""The command `pandev store upgrade`."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import ProjectCommand
from pandev.console import format_option, print_result
from pandev.store_options import embedded_store, store_options, store_settings
from tap_clickup.wording import format_count
from target_pandev.embedded.upgrade import upgrade

if TYPE_CHECKING:
    from pandev.console import OutputFormat
    from target_pandev.embedded.upgrade import Upgrade


@click.command("upgrade", cls=ProjectCommand)
@store_options
@click.option(
    "--old-bin",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Directory of the old version's programs; by default it is found.",
)
@format_option
def upgrade_store(old_bin: Path | None, output_format: OutputFormat, **store: str | None) -> None:
    """Move the embedded store to the installed PostgreSQL version.

    The store is copied, and rows are counted on both sides before the copy replaces it; a run that
    begins meanwhile waits. The old data stays in the store's directory until you delete it. If the
    upgrade fails or is killed, the store is as before. The old version's programs are those in the
    store's directory, or those of an installed package. The exit code is 1 if nothing was replaced.
    """
    embedded_store(store)
    report = partial(click.echo, err=output_format == "json")
    done = upgrade(store_settings(store).path, old_programs=old_bin, report=report)
    print_result(output_format, asdict(done), _describe(done))


def _describe(done: Upgrade) -> dict[str, str] | str:
    if done.kept is None:
        return f"the store is of PostgreSQL {done.new_version} already"
    tables = format_count(done.table_count, "table")
    return {
        "upgraded": f"PostgreSQL {done.old_version} to {done.new_version}",
        "compared": f"{tables}, {format_count(done.row_count, 'row')}",
        "old data": str(done.kept),
        "next": "delete the old data when the new store has proved itself",
    }
