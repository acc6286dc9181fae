"""The operator's command `pandev`."""

from __future__ import annotations

import signal
import sys

import click

from clickup_receiver.meltano_project import MeltanoProject, settings_folder
from clickup_receiver.project_options import ProjectGroup
from pandev.commands.connect import connect
from pandev.commands.employees import employee_commands
from pandev.commands.reporting import set_reporting
from pandev.commands.store import store_commands
from pandev.report.command import show_report
from plugin_settings.env_file import load_env_file
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.open_files import describe_open_files
from target_pandev.errors import TargetError


@click.group(cls=ProjectGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pandev-clickup")
def pandev() -> None:
    """Manage the PanDev store and ClickUp webhooks."""


for command in (connect, employee_commands, set_reporting, show_report, store_commands):
    pandev.add_command(command)


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
