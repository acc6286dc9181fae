"""The options that locate clickup-receiver and what it keeps, and those of its schedule."""

from __future__ import annotations

from pathlib import Path

import click

from clickup_receiver.data_dir import default_receiver_dir

data_dir_option = click.option(
    "--data-dir",
    envvar="CLICKUP_RECEIVER_DATA_DIR",
    show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    default=default_receiver_dir,
    help="Directory of clickup-receiver, which contains its inbox and the webhook secrets.",
)
receiver_port_option = click.option(
    "--receiver-port",
    envvar="CLICKUP_RECEIVER_PORT",
    show_envvar=True,
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8710,
    show_default=True,
    help="Port of clickup-receiver on this machine.",
)
webhook_url_option = click.option(
    "--webhook-url",
    envvar="CLICKUP_RECEIVER_WEBHOOK_URL",
    metavar="URL",
    show_envvar=True,
    help="Public URL of clickup-receiver; only webhooks with it count.",
)
poll_command_option = click.option(
    "--poll-command",
    envvar="CLICKUP_RECEIVER_POLL_COMMAND",
    metavar="COMMAND",
    show_envvar=True,
    help="Command with which clickup-receiver polls; empty if it does not.",
)
poll_minutes_option = click.option(
    "--poll-minutes",
    envvar="CLICKUP_RECEIVER_POLL_MINUTES",
    show_envvar=True,
    type=click.IntRange(1),
    metavar="MINUTES",
    default=15,
    show_default=True,
    help="Minutes between polls of clickup-receiver.",
)
