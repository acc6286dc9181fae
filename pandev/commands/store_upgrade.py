"""The command `pandev store upgrade`."""

from __future__ import annotations

from pathlib import Path

import click

from clickup_receiver.project_options import ProjectCommand
from pandev.console import print_facts
from pandev.store_options import embedded_store, store_options, store_settings
from tap_clickup.wording import format_count
from target_pandev.embedded.upgrade import upgrade


@click.command("upgrade", cls=ProjectCommand)
@store_options
@click.option(
    "--old-bin",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Directory of the old version's programs; by default it is found.",
)
def upgrade_store(old_bin: Path | None, **store: str | None) -> None:
    """Move the embedded store to the installed PostgreSQL version.

    The store is copied, and rows are counted on both sides before the copy replaces it; a run that
    begins meanwhile waits. The old data stays in the store's directory until you delete it. If the
    upgrade fails or is killed, the store is as before. The old version's programs are those in the
    store's directory, or those of an installed package. The exit code is 1 if nothing was replaced.
    """
    embedded_store(store)
    done = upgrade(store_settings(store).path, old_programs=old_bin, report=click.echo)
    if done.kept is None:
        click.echo(f"the store is of PostgreSQL {done.new_version} already")
        return
    tables = format_count(done.table_count, "table")
    print_facts(
        {
            "upgraded": f"PostgreSQL {done.old_version} to {done.new_version}",
            "compared": f"{tables}, {format_count(done.row_count, 'row')}",
            "old data": str(done.kept),
            "next": "delete the old data when the new store has proved itself",
        }
    )
