"""The command `pandev reporting`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import ProjectCommand
from pandev import reporting
from pandev.console import format_option, print_result
from pandev.store_options import store_options, store_settings
from target_pandev.database import ReportingChange
from target_pandev.open_store import open_store

if TYPE_CHECKING:
    from pandev.console import OutputFormat


@click.command("reporting", cls=ProjectCommand)
@store_options
@click.option(
    "--timezone", metavar="NAME", help="Time zone of reports, for instance Europe/Berlin."
)
@click.option("--week-start", metavar="DAY", help="First day of the week, for instance monday.")
@click.option(
    "--working-days", metavar="DAYS", help="Working days, for instance mon-fri or sun-wed,fri."
)
@click.option(
    "--working-hours", metavar="HOURS", help="Working hours of each of them: 09:00-17:00."
)
@click.option(
    "--holidays",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File of all holidays, which replace the stored ones: YYYY-MM-DD and a name in each line.",
)
@click.option(
    "--sprint-grace",
    metavar="HOURS",
    type=click.IntRange(min=0),
    help="Hours after the start of a sprint in which tasks still count as committed.",
)
@click.option(
    "--merges",
    metavar="count|skip",
    type=click.Choice(["count", "skip"]),
    help="Whether merge commits count as work and in the share of linked commits.",
)
@click.option(
    "--bots",
    metavar="NAMES",
    help="Authors whose commits do not count, with * for any text: '*[bot]*,ci@example.com'.",
)
@format_option
def set_reporting(  # noqa: PLR0913 - an argument per option
    *,
    timezone: str | None,
    week_start: str | None,
    working_days: str | None,
    working_hours: str | None,
    holidays: Path | None,
    sprint_grace: int | None,
    merges: str | None,
    bots: str | None,
    output_format: OutputFormat,
    **store: str | None,
) -> None:
    """Show or change the calendar of reports, and which commits count.

    The calendar is the time zone, the week, the working hours and the holidays. The store keeps
    it. At first the time zone is UTC, the week begins on Monday, working hours are Monday to Friday
    from 09:00 to 17:00, and there are no holidays. Merge commits and those of authors with [bot]
    in their name or address do not count. Views follow a change at once.
    """
    opens_at, closes_at = (
        (None, None) if working_hours is None else reporting.parse_hours(working_hours)
    )
    change = ReportingChange(
        time_zone=timezone,
        week_start=None if week_start is None else reporting.parse_day(week_start),
        working_days=None if working_days is None else reporting.parse_days(working_days),
        opens_at=opens_at,
        closes_at=closes_at,
        holidays=None if holidays is None else reporting.read_holidays(holidays),
        sprint_grace_hours=sprint_grace,
        counts_merges=None if merges is None else merges == "count",
        bots=None if bots is None else reporting.parse_names(bots),
    )
    with open_store(store_settings(store)) as opened_store:
        if change != ReportingChange():
            opened_store.change_reporting(change)
        rules, stored_holidays = opened_store.reporting()
    print_result(
        output_format,
        reporting.as_json(rules, stored_holidays),
        reporting.describe(rules, stored_holidays),
    )
