"""The command `pandev settings`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import ProjectCommand, find_project
from pandev.console import format_option, print_json, print_problem, print_table
from pandev.effective_settings import find_unknown_variables, read_all_settings

if TYPE_CHECKING:
    from pandev.effective_settings import Setting

LABELS = ("setting", "value", "source")


@click.command("settings", cls=ProjectCommand)
@format_option
@click.pass_context
def show_settings(context: click.Context, output_format: str) -> None:
    """Show every setting of the plugins and of pandev worklogs.

    The source of a value is the environment, .env, meltano.yml or the default; the first of these
    that sets it decides, except that an env: in meltano.yml precedes all of them. The value of a
    secret is never shown.

    Variables that look like a setting but have no effect, such as a misspelt one, are named on
    stderr.

    Exit codes: 0 shown, 1 the settings cannot be read.
    """
    project = find_project(context)
    settings = read_all_settings(project)
    if output_format == "json":
        print_json([_as_json(setting) for setting in settings])
    else:
        _print_tables(settings)
    for variable in find_unknown_variables(project):
        print_problem(f"{variable}: there is no setting of this name, so it has no effect")


def _print_tables(settings: list[Setting]) -> None:
    plugins = dict.fromkeys(setting.plugin for setting in settings)
    for number, plugin in enumerate(plugins):
        if number:
            click.echo()
        click.echo(plugin)
        rows = [
            (setting.name, _describe_value(setting), setting.source if setting.is_set else "")
            for setting in settings
            if setting.plugin == plugin
        ]
        print_table(LABELS, rows)


def _describe_value(setting: Setting) -> str:
    if not setting.is_set:
        return "not set"
    if setting.is_secret:
        return "set, not shown"
    if isinstance(setting.value, str):
        return setting.value
    return json.dumps(setting.value, ensure_ascii=False)


def _as_json(setting: Setting) -> dict[str, object]:
    return {
        "plugin": setting.plugin,
        "setting": setting.name,
        "variable": setting.variable,
        "value": setting.value,
        "is_set": setting.is_set,
        "is_secret": setting.is_secret,
        "source": setting.source if setting.is_set else None,
    }
