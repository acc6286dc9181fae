"""The operator's command `pandev`; the one module that may use both packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from dotenv import find_dotenv, load_dotenv
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console

from clickup_receiver.cli import default_data_dir
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.webhooks.registrar import WebhookRegistrar
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from pandev import report
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.tap import TapClickUp
from target_pandev.database import StoreError
from target_pandev.embedded import EmbeddedError, EmbeddedServer
from target_pandev.open_store import StoreSettings, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

LIBPQ = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}

Command = TypeVar("Command", bound="Callable[..., object]")


def _located(command: Command) -> Command:
    """Add the options that say where the store is."""
    for name, variable, about in (
        ("--store-schema", "SCHEMA", "The schema that holds everything."),
        ("--store-dir", "DIR", "Directory of the embedded store."),
        ("--store-url", "URL", "PostgreSQL 15 or newer; the embedded store if not set."),
    ):
        command = click.option(
            name,
            envvar=f"TARGET_PANDEV_STORE_{variable}",
            show_envvar=True,
            default="pandev" if variable == "SCHEMA" else None,
            help=about,
        )(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pandev-clickup")
def pandev() -> None:
    """Look after PanDev's store of ClickUp tasks and git activity."""


@pandev.command("report")
@_located
@click.option("--most", default=10, show_default=True, help="Rows of the longer tables.")
def show_report(most: int, **where: str | None) -> None:
    """Show tasks by status group, tasks next to commits, the last runs and rows per table."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    with open_store(_settings(where)) as store:
        for table in report.tables(store, most=most):
            console.print(table)
            console.print()


@pandev.command()
@click.option(
    "--webhook-url",
    envvar="CLICKUP_RECEIVER_WEBHOOK_URL",
    show_envvar=True,
    required=True,
    help="The public https address under which ClickUp reaches clickup-receiver.",
)
@click.option(
    "--data-dir",
    envvar="CLICKUP_RECEIVER_DATA_DIR",
    show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path),
    default=default_data_dir,
    help="The folder of clickup-receiver, where the webhooks' secrets are kept.",
)
@click.option("--off", is_flag=True, help="Remove our webhooks instead; what was loaded stays.")
def connect(webhook_url: str, data_dir: Path, *, off: bool) -> None:
    """Register ClickUp's webhooks for what is selected, or repair them; never twice.

    What is selected, and the token, are the settings of tap-clickup: TAP_CLICKUP_*, also in .env.
    """
    config = TapClickUp(parse_env_config=True).config
    if not off and not config["enabled"]:
        raise ConfigurationError("enabled is false: switch it on, or use --off")
    sync_context = receiver_context(config)
    sync_context.validate()
    registration = WebhookRegistrar(
        sync_context, FileSecretStore(data_dir / SECRETS_FILE_NAME), endpoint=webhook_url
    )
    if off:
        click.echo(f"{len(registration.remove_all())} webhooks removed")
        return
    for one in registration.reconcile():
        state = ", ".join(one.changes) or one.health
        registered = f"webhook {one.webhook_id} at {webhook_url} ({state})"
        click.echo(f"{one.scope}: {one.error or registered}")


@pandev.group("store")
def store_commands() -> None:
    """Start, stop and reach the embedded store."""


@store_commands.command()
@_located
def start(**where: str | None) -> None:
    """Start the embedded store and print its address. It stops a minute after its last user."""
    with _embedded(where) as server:
        click.echo(server.url)


@store_commands.command()
@_located
def stop(**where: str | None) -> None:
    """Stop the embedded store, unless a run is using it."""
    if not _embedded(where).stop():
        raise StoreError("the store is in use by another process; stop that one first")
    click.echo("stopped")


@store_commands.command()
@_located
def url(**where: str | None) -> None:
    """Print the store's address, password included, for other tools."""
    click.echo(where["store_url"] or _embedded(where).url)


@store_commands.command(context_settings={"ignore_unknown_options": True})
@_located
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...], **where: str | None) -> None:
    """Open a SQL session on the embedded store; ARGUMENTS go to psql."""
    with _embedded(where) as server:
        address = conninfo_to_dict(server.conninfo)
        environment = {
            **os.environ,
            **{variable: str(address[name]) for name, variable in LIBPQ.items()},
            "PGDATABASE": str(address["dbname"]),
            "PGOPTIONS": f"-c search_path={_option(sql.Identifier(str(where['store_schema'])))}",
        }
        ended = subprocess.run([server.psql, *arguments], env=environment, check=False)  # noqa: S603 - the user's own arguments to the user's own psql
    sys.exit(ended.returncode)


def _option(name: sql.Identifier) -> str:
    """Return a name as a value in PGOPTIONS, where a blank ends a value."""
    return name.as_string().replace("\\", "\\\\").replace(" ", "\\ ")


def _settings(where: dict[str, str | None]) -> StoreSettings:
    return StoreSettings(where["store_url"], where["store_dir"], where["store_schema"] or "pandev")


def _embedded(where: dict[str, str | None]) -> EmbeddedServer:
    settings = _settings(where)
    if settings.url:
        raise StoreError("store_url is set, so there is no embedded store; use that address")
    return EmbeddedServer(settings.path)


def main() -> None:
    """Run the command line with the settings of `.env`; what stops it is told in one line."""
    load_dotenv(find_dotenv(usecwd=True))
    try:
        pandev()
    except (StoreError, EmbeddedError, ClickUpError) as error:
        click.echo(f"pandev: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
