"""The commands `pandev employees`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clickup_receiver.project_options import ProjectGroup
from pandev import employees
from pandev.console import format_option, print_result
from pandev.store_options import store_options, store_settings
from tap_clickup.wording import format_count
from target_pandev.open_store import open_store

if TYPE_CHECKING:
    from pandev.console import OutputFormat

UNMATCHED_PEOPLE = "SELECT * FROM unmatched_people"


@click.group("employees", cls=ProjectGroup)
def employee_commands() -> None:
    """Load employees, to match ClickUp users and authors of commits."""


@employee_commands.command()
@store_options
@format_option
@click.argument("file", type=click.Path(path_type=Path))
def load(file: Path, output_format: OutputFormat, **store: str | None) -> None:
    """Replace the stored employees with those of FILE.

    FILE is a CSV file with a header. Columns: email, name, position, team, department,
    github_login, other_emails, is_archived. Only email is required. An employee who is not in FILE
    is removed: keep those who have left in it, with is_archived true.
    """
    settings = store_settings(store)
    records = employees.read_employees(file)
    employees.load_employees(records, settings)
    with open_store(settings) as opened_store:
        _, unmatched = opened_store.query(UNMATCHED_PEOPLE, {})
    count = format_count(len(unmatched), "address", "addresses")
    print_result(
        output_format,
        {
            "file": str(file),
            "employee_count": len(records),
            "unmatched_count": len(unmatched),
        },
        {
            "stored": f"{format_count(len(records), 'employee')} from {file}",
            "unmatched": f"{count}, see pandev report people" if unmatched else "none",
        },
    )
