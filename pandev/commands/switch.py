"""The commands `pandev enable` and `pandev disable`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clickup_receiver.meltano_project import settings_folder
from clickup_receiver.project_options import ProjectCommand, find_project
from pandev.console import format_option, print_result
from pandev.env_settings import save_settings
from pandev.tap_config import read_tap_config

if TYPE_CHECKING:
    from pandev.console import OutputFormat

VARIABLE = "TAP_CLICKUP_ENABLED"
ENABLED = """enabled: the next run continues where the last one stopped
a running clickup-receiver loads the deliveries that wait in its inbox"""
DISABLED = """disabled: runs send no request to ClickUp and write nothing
a running clickup-receiver keeps deliveries in its inbox and loads none"""


@click.command("enable", cls=ProjectCommand)
@format_option
@click.pass_context
def enable(context: click.Context, output_format: OutputFormat) -> None:
    """Switch the integration with ClickUp on.

    Runs read ClickUp again, from where they stopped. A running clickup-receiver loads the
    deliveries that have waited in its inbox, and all new ones.

    Exit codes: 0 enabled, 1 refused, nothing is saved.
    """
    is_changed = _switch(context, enabled=True)
    result = {"enabled": True, "is_changed": is_changed}
    print_result(output_format, result, ENABLED if is_changed else "enabled already")


@click.command("disable", cls=ProjectCommand)
@format_option
@click.pass_context
def disable(context: click.Context, output_format: OutputFormat) -> None:
    """Switch the integration with ClickUp off.

    Runs send no request and write nothing. A running clickup-receiver keeps deliveries in its
    inbox and loads none of them. Webhooks and loaded data stay; pandev connect --off removes the
    webhooks.

    Exit codes: 0 disabled, 1 refused, nothing is saved.
    """
    is_changed = _switch(context, enabled=False)
    result = {"enabled": False, "is_changed": is_changed}
    print_result(output_format, result, DISABLED if is_changed else "disabled already")


def _switch(context: click.Context, *, enabled: bool) -> bool:
    """Save the setting, and return whether that changes it."""
    project = find_project(context)
    if read_tap_config(project)["enabled"] == enabled:
        return False
    save_settings(settings_folder(project), {VARIABLE: "true" if enabled else "false"})
    return True
