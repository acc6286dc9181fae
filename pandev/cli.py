"""The operator's command `pandev`."""

from __future__ import annotations

import signal
import sys
from importlib import import_module

import click

from clickup_receiver.meltano_project import MeltanoProject, settings_folder
from clickup_receiver.project_options import ProjectGroup
from pandev.console import print_json_error, print_problem
from plugin_settings.env_file import load_env_file
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.open_files import describe_open_files
from target_pandev.errors import TargetError

COMMANDS = {
    "check": "pandev.commands.check:check",
    "connect": "pandev.commands.connect:connect",
    "disable": "pandev.commands.switch:disable",
    "doctor": "pandev.commands.doctor:examine",
    "enable": "pandev.commands.switch:enable",
    "employees": "pandev.commands.employees:employee_commands",
    "rejected": "pandev.commands.rejected:rejected_commands",
    "report": "pandev.report.command:show_report",
    "reporting": "pandev.commands.reporting:set_reporting",
    "scopes": "pandev.commands.scopes:scope_commands",
    "serve": "pandev.commands.serve:serve",
    "settings": "pandev.commands.settings:show_settings",
    "status": "pandev.commands.status:show_status",
    "store": "pandev.commands.store:store_commands",
    "sync": "pandev.commands.sync:sync",
    "token": "pandev.commands.token:set_token",
    "verify": "pandev.commands.verify:verify",
    "worklogs": "pandev.commands.worklogs:worklog_commands",
}
"""Where each command is; only the module of the command that runs is imported."""


class LazyGroup(ProjectGroup):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands, in the order of the help text."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error is JSON on stdout too if that was asked for."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            print_json_error(error.format_message(), error.exit_code)
            raise


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pandev-clickup")
def pandev() -> None:
    """Manage the PanDev store, ClickUp webhooks and worklogs."""


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
            print_problem(f"warning: {line}")
        pandev()
    except (TargetError, ClickUpError) as error:
        print_json_error(str(error), 1)
        print_problem(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
