"""The commands `pandev worklogs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from clickup_receiver.meltano_project import PANDEV, TAP, TARGET
from clickup_receiver.project_options import ProjectGroup, find_project
from pandev.console import (
    Progress,
    format_option,
    print_facts,
    print_json,
    print_problem,
    print_table,
)
from pandev.project_settings import AllSettingsCommand
from pandev.store_options import open_loaded_store, store_options
from pandev.tap_config import read_tap_config
from pandev.worklog_options import RULE_OPTIONS, mode_option, rule_options
from pandev.worklogs import output
from pandev.worklogs.plan import build_plan
from pandev.worklogs.push import push_worklogs
from pandev.worklogs.reading import read_facts, read_period
from pandev.worklogs.rules import WorklogRules
from tap_clickup.errors import ConfigurationError
from tap_clickup.selection import Selection
from tap_clickup.sync import SyncContext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

SHARE = 0.1
"""The share of ClickUp's rate limit; the rest is left to the tap and the receiver."""


class WorklogCommand(AllSettingsCommand):
    """A command that also has settings of its own."""

    plugins = (TAP, TARGET, PANDEV)


@click.group("worklogs", cls=ProjectGroup)
def worklog_commands() -> None:
    """Write active time in editors to ClickUp as time entries."""


@worklog_commands.command(cls=WorklogCommand)
@rule_options
@format_option
@store_options
@click.pass_context
def plan(
    context: click.Context, /, last_day: date | None, output_format: str, **options: Any
) -> None:
    """Show what push would write; no request is sent to ClickUp.

    There is one time entry for each person, task and closed day with active time in editors, in the
    selected workspaces and spaces. The exit code is 0, 1 if the plan cannot be made, and 5 if
    nothing is loaded yet.
    """
    settings = _read_tap_settings(context)
    _show_plan(settings, last_day, output_format, options)


@worklog_commands.command(cls=WorklogCommand)
@click.option("--write", is_flag=True, help="Write now, also if the mode is read_only.")
@mode_option
@rule_options
@format_option
@store_options
@click.pass_context
def push(
    context: click.Context,
    /,
    *,
    write: bool,
    mode: str,
    last_day: date | None,
    output_format: str,
    **options: Any,
) -> None:
    """Create, update and delete time entries in ClickUp as planned.

    Without --write, and unless the mode is automatic, it only shows the plan. Nothing but time
    entries is written, and only those that carry our marker are changed or deleted. It may be
    interrupted at any time: an entry is never written twice.

    The exit code is 0 if everything is as planned afterwards, and 1 if anything was not written,
    or if it is not known whether it was; 5 if nothing is loaded yet.
    """
    settings = _read_tap_settings(context)
    if not write and mode != "automatic":
        _show_plan(settings, last_day, output_format, options)
        print_problem("nothing was written; add --write, or set PANDEV_WORKLOG_MODE=automatic")
        return
    sync_context = SyncContext(settings, rate_limit_share=SHARE)
    progress = Progress()
    with open_loaded_store(options) as store:
        report = push_worklogs(
            store,
            sync_context,
            _read_rules(options),
            last_day=last_day,
            on_progress=lambda done, total: progress(f"{done:,} of {total:,} entries sent"),
        )
    if output_format == "json":
        print_json(output.report_as_json(report))
    else:
        print_facts(output.describe_report(report))
    for problem in output.list_problems(report):
        print_problem(problem)
    if report.has_failed:
        sys.exit(1)


def _read_tap_settings(context: click.Context) -> Mapping[str, Any]:
    """Return the settings of tap-clickup. Raises `ConfigurationError` if it is switched off."""
    config = read_tap_config(find_project(context))
    for name in ("enabled", "time_tracking"):
        if not config[name]:
            raise ConfigurationError(f"{name} is false: switch it on to write worklogs")
    return config


def _show_plan(
    settings: Mapping[str, Any],
    last_day: date | None,
    output_format: str,
    options: Mapping[str, Any],
) -> None:
    rules = _read_rules(options)
    with open_loaded_store(options) as store:
        period = read_period(store, rules, last_day)
        planned = build_plan(read_facts(store, period), rules, Selection.from_config(settings))
    if output_format == "json":
        print_json(output.plan_as_json(planned, period, rules))
        return
    print_facts(output.describe_plan(planned, period, rules))
    for labels, rows in (
        (output.PLAN_LABELS, output.list_writes(planned)),
        (output.LEFT_OUT_LABELS, output.list_left_out(planned)),
    ):
        if rows:
            click.echo()
            print_table(labels, rows)


def _read_rules(options: Mapping[str, Any]) -> WorklogRules:
    names = (name.replace("-", "_") for name, *_ in RULE_OPTIONS)
    return WorklogRules(**{name: options[name] for name in names})
