"""The command `clickup-receiver`."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clickup_receiver.audit_log import AuditLog
from clickup_receiver.data_dir import NAME, default_receiver_dir
from clickup_receiver.meltano_project import MeltanoProject, settings_folder
from clickup_receiver.project_options import ProjectGroup, find_project
from plugin_settings.env_file import load_env_file
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.open_files import describe_open_files
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from clickup_receiver.inbox.inbox import DeadLetter
    from clickup_receiver.settings import Settings

PREFIX = "CLICKUP_RECEIVER"

logger = logging.getLogger(NAME)


def _time_of_day(_: click.Context, __: click.Parameter, value: datetime) -> time:
    return value.time()


@click.group(
    cls=ProjectGroup,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": PREFIX,
        "show_default": True,
    },
)
@click.version_option(package_name="pandev-clickup")
@click.option("--host", default="127.0.0.1", help="Address to listen on, for the reverse proxy.")
@click.option(
    "--port",
    default=8710,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free port.",
)
@click.option(
    "--metrics-port",
    default=8711,
    type=click.IntRange(0, 65535),
    help="Port of /metrics, on the loopback interface only; 0 picks a free port.",
)
@click.option("--webhook-url", help="Public https address that ClickUp calls.")
@click.option(
    "--target-command",
    default="target-pandev --config=ENV",
    help="Singer target command; one process per batch.",
)
@click.option(
    "--poll-command",
    show_default="the job of the Meltano project",
    help="Command to run every --poll-minutes, and after a delivery gap. If empty, neither poll "
    "nor sweep runs by default.",
)
@click.option(
    "--sweep-command",
    show_default="the job of the Meltano project",
    help="Command to run at --sweep-time, and after a delivery gap of more than a day.",
)
@click.option(
    "--sweep-time",
    default="02:17",
    type=click.DateTime(["%H:%M"]),
    callback=_time_of_day,
    metavar="HH:MM",
    help="Local time of the sweep.",
)
@click.option("--poll-minutes", default=15, type=click.IntRange(1), help="Minutes between polls.")
@click.option(
    "--watch-minutes",
    default=5,
    type=click.IntRange(1),
    help="Minutes between webhook health checks.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=default_receiver_dir,
    show_default="the user's data directory",
    help="Directory of the inbox and of the webhooks' secrets.",
)
@click.option(
    "--inbox-limit-mib",
    default=1024,
    type=click.IntRange(1),
    help="Maximum size of the inbox in MiB.",
)
@click.option(
    "--config",
    multiple=True,
    default=["ENV"],
    help="Settings of tap-clickup: a JSON file, or ENV for TAP_CLICKUP_*, .env and meltano.yml.",
)
@click.pass_context
def receiver(context: click.Context, /, **options: Any) -> None:
    """Receive ClickUp's webhooks and load them with a Singer target.

    Each option can be given as CLICKUP_RECEIVER_<OPTION>, in the environment or in .env, and as a
    setting of clickup-receiver in meltano.yml.
    CLICKUP_RECEIVER_WEBHOOKS gives the webhooks and their secrets instead of webhooks.json.
    """
    from clickup_receiver.settings import Settings  # noqa: PLC0415 - not for a help text

    context.obj = Settings(
        **options, webhooks=os.environ.get(f"{PREFIX}_WEBHOOKS"), project=find_project(context)
    )
    if context.invoked_subcommand is None:
        context.invoke(serve)


@receiver.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Receive and load until stopped. This is the default command."""
    from clickup_receiver.service import Service  # noqa: PLC0415 - only this command needs it

    for line in describe_open_files(settings_folder(settings.project)):
        logger.warning("%s", line)
    Service(settings).run()


@receiver.command("dead-letters")
@click.option("--drop", is_flag=True, help="Delete them instead of listing them.")
@click.option(
    "--older-than-days",
    type=click.IntRange(0),
    default=0,
    help="With --drop: only those that arrived more days ago.",
)
@click.pass_obj
def dead_letters(settings: Settings, *, drop: bool, older_than_days: int) -> None:
    """List events that could not be loaded, and why; or drop them."""
    if older_than_days and not drop:
        raise click.UsageError("--older-than-days needs --drop")
    inbox = settings.open_existing_inbox()
    try:
        if drop:
            before = datetime.now(UTC) - timedelta(days=older_than_days)
            count = AuditLog(settings.data_dir).count_changes(
                "drop dead letters", lambda: inbox.drop_dead_letters(before)
            )
            click.echo(f"{format_count(count, 'dead letter')} dropped")
            return
        letters = inbox.dead_letters()
    finally:
        inbox.close()
    for letter in letters:
        click.echo(_format_dead_letter(letter))
    if not letters:
        click.echo("no dead letters", err=True)


def _format_dead_letter(letter: DeadLetter) -> str:
    event = letter.event
    subject = "invalid event"
    if event:
        subject = f"{event.name} of {event.object_type} {event.object_id}"
    received_at = letter.received_at.isoformat(timespec="seconds")
    return f"{letter.id}  {received_at}  {subject}: {letter.reason}"


@receiver.command()
@click.pass_obj
def replay(settings: Settings) -> None:
    """Retry all dead letters, except those that are not a valid event."""
    inbox = settings.open_existing_inbox()
    try:
        count = AuditLog(settings.data_dir).count_changes("replay", inbox.replay)
        click.echo(f"{format_count(count, 'event')} will be retried")
    finally:
        inbox.close()


def main() -> None:
    """Run the command line; report an expected error in one line."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in ("uvicorn", "singer_sdk", "tap-clickup"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        folder = settings_folder(MeltanoProject.find())
        load_env_file(folder, error_type=ConfigurationError)
        receiver()
    except ClickUpError as error:
        click.echo(f"{NAME}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
