"""The command `clickup-receiver`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from dotenv import find_dotenv, load_dotenv

from clickup_receiver.service import Service, Settings
from tap_clickup.errors import ClickUpError

if TYPE_CHECKING:
    from clickup_receiver.inbox.inbox import DeadLetter

NAME = "clickup-receiver"
PREFIX = "CLICKUP_RECEIVER"


def default_data_dir() -> Path:
    """Return where the inbox lies when no setting says so."""
    if os.geteuid() == 0:
        return Path("/var/lib", NAME)
    return Path.home() / ".local" / "share" / NAME


@click.group(
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": PREFIX,
        "show_default": True,
    },
)
@click.version_option(package_name="pandev-clickup")
@click.option("--host", default="127.0.0.1", help="Address to listen on, for the proxy in front.")
@click.option("--port", default=8710, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--metrics-port",
    default=8711,
    type=click.IntRange(0, 65535),
    help="Where /metrics is, on the loopback device only.",
)
@click.option("--webhook-url", help="The public https address that ClickUp calls.")
@click.option(
    "--target-command",
    default="target-pandev --config=ENV",
    help="The Singer target to feed, one process a burst.",
)
@click.option("--poll-command", help="Runs every --poll-minutes and after a gap.")
@click.option("--sweep-command", help="Runs at 02:17 UTC, and after a gap of more than a day.")
@click.option("--poll-minutes", default=15, type=click.IntRange(1), help="From poll to poll.")
@click.option(
    "--watch-minutes", default=5, type=click.IntRange(1), help="From look to look at webhooks."
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=default_data_dir,
    help="Where the inbox and the webhooks' secrets are.",
)
@click.option(
    "--inbox-limit-mib", default=1024, type=click.IntRange(1), help="Most MiB that may wait."
)
@click.option(
    "--config",
    multiple=True,
    default=["ENV"],
    help="Settings of tap-clickup: a JSON file, or ENV for TAP_CLICKUP_* and .env.",
)
@click.pass_context
def receiver(context: click.Context, /, **options: Any) -> None:
    """Receive ClickUp's webhooks and feed them to the target of the tap.

    Each option can be given as CLICKUP_RECEIVER_<OPTION>, in the environment or in .env.
    CLICKUP_RECEIVER_WEBHOOKS gives the webhooks and their secrets, in place of webhooks.json.
    """
    context.obj = Settings(**options, webhooks=os.environ.get(f"{PREFIX}_WEBHOOKS"))
    if context.invoked_subcommand is None:
        context.invoke(serve)


@receiver.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Receive and feed until stopped (also without a subcommand)."""
    Service(settings).run()


@receiver.command("dead-letters")
@click.pass_obj
def dead_letters(settings: Settings) -> None:
    """List what was given up, and why."""
    inbox = settings.open_inbox()
    try:
        letters = inbox.dead_letters()
    finally:
        inbox.close()
    for letter in letters:
        click.echo(_line(letter))
    if not letters:
        click.echo("none", err=True)


def _line(letter: DeadLetter) -> str:
    event = letter.event
    what = f"{event.name} of {event.object_type} {event.object_id}" if event else "no event"
    at = letter.received_at.isoformat(timespec="seconds")
    return f"{letter.id}  {at}  {what}: {letter.reason}"


@receiver.command()
@click.pass_obj
def replay(settings: Settings) -> None:
    """Let all that was given up wait again; what was no event has nothing to replay."""
    inbox = settings.open_inbox()
    try:
        click.echo(f"{inbox.replay()} events wait again")
    finally:
        inbox.close()


def main() -> None:
    """Run the command line; what stops it is told in one line."""
    load_dotenv(find_dotenv(usecwd=True))
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("uvicorn", "singer_sdk", "tap-clickup"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        receiver()
    except ClickUpError as error:
        click.echo(f"{NAME}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
