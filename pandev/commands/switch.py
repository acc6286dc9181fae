"""The commands `pandev enable` and `pandev disable`."""

from __future__ import annotations

import click

from clickup_receiver.meltano_project import settings_folder
from clickup_receiver.project_options import ProjectCommand, find_project
from pandev.env_settings import save_settings
from pandev.tap_config import read_tap_config

VARIABLE = "TAP_CLICKUP_ENABLED"


@click.command("enable", cls=ProjectCommand)
@click.pass_context
def enable(context: click.Context) -> None:
    """Switch the integration with ClickUp on.

    Runs read ClickUp again, from where they stopped. A running clickup-receiver loads the
    deliveries that have waited in its inbox, and all new ones.

    Exit codes: 0 enabled, 1 refused, nothing is saved.
    """
    if _switch(context, enabled=True):
        click.echo("enabled: the next run continues where the last one stopped")
        click.echo("a running clickup-receiver loads the deliveries that wait in its inbox")


@click.command("disable", cls=ProjectCommand)
@click.pass_context
def disable(context: click.Context) -> None:
    """Switch the integration with ClickUp off.

    Runs send no request and write nothing. A running clickup-receiver keeps deliveries in its
    inbox and loads none of them. Webhooks and loaded data stay; pandev connect --off removes the
    webhooks.

    Exit codes: 0 disabled, 1 refused, nothing is saved.
    """
    if _switch(context, enabled=False):
        click.echo("disabled: runs send no request to ClickUp and write nothing")
        click.echo("a running clickup-receiver keeps deliveries in its inbox and loads none")


def _switch(context: click.Context, *, enabled: bool) -> bool:
    """Save the setting; return False, with a line that says so, if nothing changes."""
    project = find_project(context)
    if read_tap_config(project)["enabled"] == enabled:
        click.echo("enabled already" if enabled else "disabled already")
        return False
    save_settings(settings_folder(project), {VARIABLE: "true" if enabled else "false"})
    return True
