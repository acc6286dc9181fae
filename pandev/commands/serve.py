"""The command `pandev serve`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import click

from clickup_receiver.project_options import find_project
from pandev.console import print_problem
from pandev.page.connections import Connections
from pandev.page.integration import Installation
from pandev.page.security import LOOPBACK_HOSTS
from pandev.page.server import serve_page
from pandev.project_settings import AllSettingsCommand, CurrentTapSettings
from pandev.receiver_options import (
    data_dir_option,
    poll_command_option,
    poll_minutes_option,
    receiver_port_option,
    webhook_url_option,
)
from pandev.status.surroundings import find_surroundings, origin_of
from pandev.store_options import store_options, store_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pandev.status.surroundings import Surroundings

LOOPBACK: Final = "127.0.0.1"
OPEN_TO_OTHERS: Final = (
    "the page has no passwords: everyone who reaches {host} sees tasks and people; put a reverse "
    "proxy with a login in front of it"
)


@click.command("serve", cls=AllSettingsCommand)
@store_options
@data_dir_option
@receiver_port_option
@webhook_url_option
@poll_command_option
@poll_minutes_option
@click.option(
    "--host",
    metavar="ADDRESS",
    default=LOOPBACK,
    show_default=True,
    help="Address to listen on.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8720,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.pass_context
def serve(  # noqa: PLR0913 - an argument per option
    context: click.Context,
    /,
    *,
    data_dir: Path,
    receiver_port: int,
    webhook_url: str | None,
    poll_command: str | None,
    poll_minutes: int,
    host: str,
    port: int,
    **store: str | None,
) -> None:
    """Show the store as a page in the browser, until Ctrl-C.

    The page is open to this machine only, reads the store, and changes nothing: it has no script
    and asks no other host. Every figure is a table too, as CSV and JSON.

    What is selected, and whether the integration is on, is as the settings are now; other settings
    are read when it starts.
    """
    settings = CurrentTapSettings(context)
    project = find_project(context)

    def look_around() -> Surroundings:
        return find_surroundings(
            project=project,
            port=receiver_port,
            data_dir=data_dir,
            poll_command=poll_command,
            poll_minutes=poll_minutes,
        )

    installation = Installation(settings.read, origin_of(webhook_url), look_around)
    is_loopback = host in LOOPBACK_HOSTS
    if not is_loopback:
        print_problem(OPEN_TO_OTHERS.format(host=host))
    with closing(Connections(store_settings(store))) as connections:
        serve_page(connections, installation, host=host, port=port, is_loopback=is_loopback)
