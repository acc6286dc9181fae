"""The commands `pandev store`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import filesize

from clickup_receiver.project_options import ProjectGroup
from pandev.commands.store_reader import save_reader_command
from pandev.commands.store_upgrade import upgrade_store
from pandev.console import format_option, print_result
from pandev.store_options import embedded_store, store_options, store_settings
from tap_clickup.wording import format_count
from target_pandev.backup import dump_store, restore_store
from target_pandev.database import search_path_option
from target_pandev.embedded.stay import keeper_hint, stay_running
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandev.console import OutputFormat
    from target_pandev.embedded import EmbeddedServer


@click.group("store", cls=ProjectGroup)
def store_commands() -> None:
    """Run, back up and upgrade the store; create logins."""


for command in (save_reader_command, upgrade_store):
    store_commands.add_command(command)


@store_commands.command()
@store_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="With --stay: a TCP port on 127.0.0.1 and ::1 that requires a password; 0 is a free one.",
)
@click.option("--stay", is_flag=True, help="Keep it running until Ctrl-C or SIGTERM.")
@format_option
def start(
    port: int | None, *, stay: bool, output_format: OutputFormat, **store: str | None
) -> None:
    """Start the embedded store and print its URL.

    It stops one minute after the last client disconnects. With --stay it runs as long as this
    command, for BI tools or as a service; then the URL has no password: "pandev store reader"
    creates a login. The exit code is 0 after Ctrl-C or SIGTERM, and 1 after an error.
    """
    if port is not None and not stay:
        raise click.UsageError("--port needs --stay: the port is open while the command runs")
    server = embedded_store(store)
    if stay:
        _stay(server, port, output_format)
        return
    with server:
        print_result(output_format, {"url": server.url}, server.url)


def _stay(server: EmbeddedServer, port: int | None, output_format: OutputFormat) -> None:
    def announce(number: int | None) -> None:
        url = server.address(number)
        print_result(output_format, {"url": url}, f"{url}\nrunning until Ctrl-C or SIGTERM")

    is_stopped = stay_running(server, port=port, announce=announce)
    text = "stopped" if is_stopped else "still in use: it stops after its last user"
    click.echo(text, err=output_format == "json")


@store_commands.command()
@store_options
@format_option
def stop(output_format: OutputFormat, **store: str | None) -> None:
    """Stop the embedded store, unless a run is using it."""
    server = embedded_store(store)
    if not server.stop():
        keeper = keeper_hint(server)
        raise StoreError(
            keeper or "the store is in use by another process; stop that process first"
        )
    print_result(output_format, {"is_running": False}, "stopped")


@store_commands.command()
@store_options
@format_option
def url(output_format: OutputFormat, **store: str | None) -> None:
    """Print the store's URL, which contains the password."""
    address = store["store_url"] or _embedded_url(store)
    print_result(output_format, {"url": address}, address)


def _embedded_url(store: Mapping[str, str | None]) -> str:
    server = embedded_store(store)
    if not server.exists():
        raise StoreError(
            f"store_dir {store_settings(store).path}: there is no store; pandev store start "
            "creates one"
        )
    return server.url


@store_commands.command(context_settings={"ignore_unknown_options": True})
@store_options
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...], **store: str | None) -> None:
    """Open a SQL session on the embedded store.

    ARGUMENTS are passed to psql.
    """
    with embedded_store(store) as server:
        environment = {
            **os.environ,
            **server.libpq_environment,
            "PGOPTIONS": search_path_option(str(store["store_schema"])),
        }
        session = subprocess.run([server.psql, *arguments], env=environment, check=False)  # noqa: S603 - the user's own arguments to the user's own psql
    sys.exit(session.returncode)


@store_commands.command()
@store_options
@format_option
@click.argument("file", type=click.Path(path_type=Path))
def dump(file: Path, output_format: OutputFormat, **store: str | None) -> None:
    """Back up the store's schema to FILE, in pg_dump's custom format.

    Loads may continue. FILE appears, or replaces an older one, once it is complete; only its owner
    can read it.
    """
    settings = store_settings(store)
    backup = dump_store(settings, file)
    size = filesize.decimal(backup.size_bytes)
    rows = format_count(backup.row_count, "row")
    print_result(
        output_format,
        {
            "file": str(file),
            "schema": settings.schema,
            "row_count": backup.row_count,
            "size_bytes": backup.size_bytes,
        },
        f"{file}: {rows} of schema {settings.schema} ({size})",
    )


@store_commands.command()
@store_options
@format_option
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path, output_format: OutputFormat, **store: str | None) -> None:
    """Restore FILE, written by pandev store dump, into an empty store.

    Everything is restored, or nothing. A schema that has tables is left as it is.
    """
    settings = store_settings(store)
    row_count = restore_store(settings, file)
    print_result(
        output_format,
        {"file": str(file), "schema": settings.schema, "row_count": row_count},
        f"{format_count(row_count, 'row')} restored to schema {settings.schema}",
    )
