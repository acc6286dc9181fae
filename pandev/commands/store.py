"""The commands `pandev store`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
from rich import filesize

from clickup_receiver.project_options import ProjectGroup
from pandev.store_options import store_options, store_settings
from tap_clickup.wording import format_count
from target_pandev.backup import dump_store, restore_store
from target_pandev.database import search_path_option
from target_pandev.embedded import EmbeddedServer
from target_pandev.errors import StoreError


@click.group("store", cls=ProjectGroup)
def store_commands() -> None:
    """Start, stop and connect to the embedded store; dump and restore a store."""


@store_commands.command()
@store_options
def start(**store: str | None) -> None:
    """Start the embedded store and print its URL.

    It stops one minute after the last client disconnects.
    """
    with _embedded(store) as server:
        click.echo(server.url)


@store_commands.command()
@store_options
def stop(**store: str | None) -> None:
    """Stop the embedded store, unless a run is using it."""
    if not _embedded(store).stop():
        raise StoreError("the store is in use by another process; stop that process first")
    click.echo("stopped")


@store_commands.command()
@store_options
def url(**store: str | None) -> None:
    """Print the store's URL, which contains the password."""
    click.echo(store["store_url"] or _embedded(store).url)


@store_commands.command(context_settings={"ignore_unknown_options": True})
@store_options
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...], **store: str | None) -> None:
    """Open a SQL session on the embedded store; ARGUMENTS are passed to psql."""
    with _embedded(store) as server:
        environment = {
            **os.environ,
            **server.libpq_environment,
            "PGOPTIONS": search_path_option(str(store["store_schema"])),
        }
        session = subprocess.run([server.psql, *arguments], env=environment, check=False)  # noqa: S603 - the user's own arguments to the user's own psql
    sys.exit(session.returncode)


@store_commands.command()
@store_options
@click.argument("file", type=click.Path(path_type=Path))
def dump(file: Path, **store: str | None) -> None:
    """Back up the store's schema to FILE, in pg_dump's custom format.

    Loads may continue. FILE appears, or replaces an older one, once it is complete; only its owner
    can read it.
    """
    settings = store_settings(store)
    backup = dump_store(settings, file)
    size = filesize.decimal(backup.size_bytes)
    click.echo(
        f"{file}: {format_count(backup.row_count, 'row')} of schema {settings.schema} ({size})"
    )


@store_commands.command()
@store_options
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path, **store: str | None) -> None:
    """Restore FILE, written by pandev store dump, into an empty store.

    Everything is restored, or nothing. A schema that has tables is left as it is.
    """
    settings = store_settings(store)
    row_count = restore_store(settings, file)
    click.echo(f"{format_count(row_count, 'row')} restored to schema {settings.schema}")


def _embedded(store: dict[str, str | None]) -> EmbeddedServer:
    settings = store_settings(store)
    if settings.url:
        raise StoreError("store_url is set, so there is no embedded store; use that URL")
    return EmbeddedServer(settings.path)
