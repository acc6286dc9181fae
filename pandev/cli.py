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
    "check": ("pandev.commands.check:check", "Check ClickUp, the token's rights and the store."),
    "connect": ("pandev.commands.connect:connect", "Check, register webhooks, and load."),
    "disable": ("pandev.commands.switch:disable", "Switch the integration with ClickUp off."),
    "doctor": (
        "pandev.commands.doctor:examine",
        "Find what keeps data from arriving, and how to correct it.",
    ),
    "enable": ("pandev.commands.switch:enable", "Switch the integration with ClickUp on."),
    "employees": (
        "pandev.commands.employees:employee_commands",
        "Load employees, to match ClickUp users and authors of commits.",
    ),
    "rejected": (
        "pandev.commands.rejected:rejected_commands",
        "List records that could not be loaded, and load them again.",
    ),
    "report": (
        "pandev.report.command:show_report",
        "Show what the store contains: the named sections, or all of them.",
    ),
    "reporting": (
        "pandev.commands.reporting:set_reporting",
        "Show or change the calendar of reports, and which commits count.",
    ),
    "scopes": (
        "pandev.commands.scopes:scope_commands",
        "List what the token sees, and select what is read.",
    ),
    "serve": (
        "pandev.commands.serve:serve",
        "Show the store as a page in the browser, until Ctrl-C.",
    ),
    "settings": (
        "pandev.commands.settings:show_settings",
        "Show every setting, and where it comes from.",
    ),
    "status": (
        "pandev.commands.status:show_status",
        "Show in five lines whether data is up to date.",
    ),
    "store": (
        "pandev.commands.store:store_commands",
        "Run, back up and upgrade the store; create logins.",
    ),
    "sync": (
        "pandev.commands.sync:sync",
        "Load what has changed in ClickUp now, and show the progress.",
    ),
    "token": ("pandev.commands.token:set_token", "Set or replace the token of ClickUp."),
    "verify": (
        "pandev.commands.verify:verify",
        "Compare what is stored with ClickUp, field by field.",
    ),
    "worklogs": (
        "pandev.commands.worklogs:worklog_commands",
        "Write active time in editors to ClickUp as time entries.",
    ),
}
"""Where each command is, and its purpose; only the module of the command that runs is imported."""


class LazyGroup(ProjectGroup):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands, in the order of the help text."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Add the commands to the help text; none of them is imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items()])

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
