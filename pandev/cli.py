"""The operator's command `pandev`: the store's report, its server, and ClickUp's webhooks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
from rich import filesize

from clickup_receiver.audit_log import AuditLog
from clickup_receiver.data_dir import default_receiver_dir
from clickup_receiver.meltano_project import TAP, MeltanoProject, settings_folder
from clickup_receiver.project_options import ProjectGroup, find_project
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.webhooks.registrar import WebhookRegistrar
from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME, FileSecretStore
from pandev import employees, reporting
from pandev.report.command import show_report
from pandev.store_options import store_options, store_settings
from plugin_settings.env_file import load_env_file
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.open_files import describe_open_files
from tap_clickup.tap import TapClickUp
from tap_clickup.wording import format_count
from target_pandev.backup import dump_store, restore_store
from target_pandev.database import ReportingChange, search_path_option
from target_pandev.embedded import EmbeddedServer
from target_pandev.errors import StoreError, TargetError
from target_pandev.open_store import open_store

POLLING_ONLY = 3
"""Exit code if the token's user may not create webhooks."""
UNMATCHED_PEOPLE = "SELECT * FROM unmatched_people"
NOT_REMOVED = (
    "no longer accepted, but not removed at ClickUp; the user who created it can delete it under "
    "Settings > Integrations > Webhooks, unless that was done already"
)


@click.group(cls=ProjectGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pandev-clickup")
def pandev() -> None:
    """Manage the PanDev store and ClickUp webhooks."""


pandev.add_command(show_report)


@pandev.command()
@click.option(
    "--webhook-url",
    envvar="CLICKUP_RECEIVER_WEBHOOK_URL",
    show_envvar=True,
    required=True,
    help="Public https URL at which ClickUp reaches clickup-receiver.",
)
@click.option(
    "--data-dir",
    envvar="CLICKUP_RECEIVER_DATA_DIR",
    show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path),
    default=default_receiver_dir,
    help="Directory of clickup-receiver, which contains the webhook secrets.",
)
@click.option(
    "--replace-user",
    is_flag=True,
    help="Replace the webhooks that another user's token registered.",
)
@click.option(
    "--off",
    is_flag=True,
    help="Remove all webhooks with our URL or a stored secret; loaded data stays.",
)
@click.pass_context
def connect(
    context: click.Context, webhook_url: str, data_dir: Path, *, replace_user: bool, off: bool
) -> None:
    """Register the webhooks of the selected workspaces and spaces, or repair them.

    Running it again does not register a webhook twice. The token and the selection are the settings
    of tap-clickup: TAP_CLICKUP_* in the environment or .env, or those in meltano.yml.

    The exit code is 3 if the token's user may not create webhooks: changes come by polling only.
    """
    project = find_project(context)
    settings = project.read_settings(TAP) if project else None
    config = TapClickUp(config=settings, parse_env_config=settings is None).config
    if not off and not config["enabled"]:
        raise ConfigurationError("enabled is false: switch it on, or use --off")
    sync_context = receiver_context(config)
    sync_context.validate()
    audit_log = AuditLog(data_dir)
    audit_log.prepare()
    registrar = WebhookRegistrar(
        sync_context,
        FileSecretStore(data_dir / SECRETS_FILE_NAME),
        partial(audit_log.write, "connect"),
        endpoint=webhook_url,
    )
    if replace_user:
        for webhook_id in registrar.forget_other_users():
            click.echo(f"pandev: webhook {webhook_id}: {NOT_REMOVED}", err=True)
    if off:
        click.echo(f"{format_count(len(registrar.remove_all()), 'webhook')} removed")
        return
    webhooks = registrar.reconcile()
    for webhook in webhooks:
        if webhook.error:
            click.echo(f"pandev: {webhook.scope}: {webhook.error}", err=True)
            continue
        state = ", ".join(webhook.changes) or webhook.health
        click.echo(f"{webhook.scope}: webhook {webhook.webhook_id} at {webhook_url} ({state})")
    failures = [webhook for webhook in webhooks if webhook.error]
    if failures:
        sys.exit(POLLING_ONLY if all(webhook.is_denied for webhook in failures) else 1)


@pandev.command("reporting")
@store_options
@click.option(
    "--timezone", metavar="NAME", help="Time zone of reports, for instance Europe/Berlin."
)
@click.option("--week-start", metavar="DAY", help="First day of the week, for instance monday.")
@click.option(
    "--working-days", metavar="DAYS", help="Working days, for instance mon-fri or sun-wed,fri."
)
@click.option(
    "--working-hours", metavar="HOURS", help="Working hours of each of them: 09:00-17:00."
)
@click.option(
    "--holidays",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File of all holidays, which replace the stored ones: YYYY-MM-DD and a name a line.",
)
@click.option(
    "--sprint-grace",
    metavar="HOURS",
    type=click.IntRange(min=0),
    help="Hours after the start of a sprint in which tasks still count as committed.",
)
def set_reporting(  # noqa: PLR0913 - an argument per option
    *,
    timezone: str | None,
    week_start: str | None,
    working_days: str | None,
    working_hours: str | None,
    holidays: Path | None,
    sprint_grace: int | None,
    **store: str | None,
) -> None:
    """Show time zone, week, working hours and holidays of reports, and change those that are given.

    The store keeps them. At first they are UTC, Monday, Monday to Friday from 09:00 to 17:00, and
    no holidays. Dates and working times in views follow a change at once.
    """
    opens_at, closes_at = (
        (None, None) if working_hours is None else reporting.parse_hours(working_hours)
    )
    change = ReportingChange(
        time_zone=timezone,
        week_start=None if week_start is None else reporting.parse_day(week_start),
        working_days=None if working_days is None else reporting.parse_days(working_days),
        opens_at=opens_at,
        closes_at=closes_at,
        holidays=None if holidays is None else reporting.read_holidays(holidays),
        sprint_grace_hours=sprint_grace,
    )
    with open_store(store_settings(store)) as opened_store:
        if change != ReportingChange():
            opened_store.change_reporting(change)
        for name, value in reporting.describe(*opened_store.reporting()).items():
            click.echo(f"{name}: {value}")


@pandev.group("employees")
def employee_commands() -> None:
    """Load the list of employees, who are matched with users of ClickUp and authors of commits."""


@employee_commands.command()
@store_options
@click.argument("file", type=click.Path(path_type=Path))
def load(file: Path, **store: str | None) -> None:
    """Replace the stored employees by those of FILE, a CSV file with a header.

    Columns: email, name, position, team, department, github_login, other_emails, is_archived. Only
    email is required. An employee who is not in FILE is removed: keep those who have left in it,
    with is_archived true.
    """
    settings = store_settings(store)
    records = employees.read_employees(file)
    employees.load_employees(records, settings)
    with open_store(settings) as opened_store:
        _, unmatched = opened_store.query(UNMATCHED_PEOPLE, {})
    click.echo(f"{format_count(len(records), 'employee')} stored from {file}")
    click.echo(f"unmatched: {len(unmatched)}, see pandev store psql -c '{UNMATCHED_PEOPLE}'")


@pandev.group("store")
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


def _exit_on_signal(signal_number: int, _: object) -> None:
    """End the command and its child process; an unfinished file is removed."""
    sys.exit(128 + signal_number)


def main() -> None:
    """Run the command line with the settings of `.env`; an error is one line, with exit code 1."""
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        folder = settings_folder(MeltanoProject.find())
        load_env_file(folder, error_type=ConfigurationError)
        for line in describe_open_files(folder):
            click.echo(f"pandev: warning: {line}", err=True)
        pandev()
    except (TargetError, ClickUpError) as error:
        click.echo(f"pandev: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
