"""Write a report: read its sections one after the other, and print each at once."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import click

from pandev.console import output_width
from pandev.report.data import format_csv, format_json
from pandev.report.reading import read_section
from pandev.report.sections import BY_NAME, SECTIONS
from pandev.report.selection import (
    SCOPES,
    Selection,
    SelectionError,
    find_ids,
    parse_since,
    read_calendar,
)
from pandev.report.source import SharedReads
from pandev.report.tables import describe_title, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandev.report.section import Section
    from pandev.report.selection import Calendar, Scope
    from target_pandev.database import Store

Format = Literal["table", "json", "csv"]
FORMATS: Final = ("table", "json", "csv")


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    sections: Sequence[str]
    """Their names; none for all."""
    output_format: Format
    limit: int
    since: str | None
    names: Mapping[Scope, str | None]
    """Names or ids of what the report is limited to."""


class SectionName(click.ParamType):  # type: ignore[type-arg] # not generic before click 8.2
    """The name of a section; a hyphen is as good as an underscore."""

    name = "section"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as it is declared, or fail with the names that exist."""
        name = value.strip().lower().replace("-", "_")
        if name not in BY_NAME:
            self.fail(f"{value!r} is not one of {', '.join(BY_NAME)}", param, ctx)
        return name


def describe_sections() -> str:
    """Return the names of all sections with what they show, for the help text."""
    width = max(map(len, BY_NAME))
    return "\n".join(f"  {section.name:{width}}  {section.summary}" for section in SECTIONS)


def print_report(opened_store: Store, request: Request) -> None:
    """Print a report. Raises `SelectionError` and `StoreError`."""
    store = SharedReads(opened_store)
    calendar = read_calendar(store)
    selection = Selection(
        request.limit,
        parse_since(request.since, calendar.today) if request.since else None,
        find_ids(store, request.names),
    )
    sections = _choose_sections(request.sections, selection)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may not know all characters
    if request.output_format == "table":
        _print_tables(store, sections, selection, calendar)
        return
    results = [read_section(store, section, selection, calendar) for section in sections]
    for result in results:
        if not result.rows:
            click.echo(f"pandev: {result.section.name}: {result.reason}", err=True)
    click.echo(format_json(results) if request.output_format == "json" else format_csv(results[0]))


def _choose_sections(names: Sequence[str], selection: Selection) -> list[Section]:
    """Return the sections that can be limited as it was asked for.

    A section that cannot is left out, or is an error if it was named: its rows would be those of
    everything.
    """
    chosen = [BY_NAME[name] for name in dict.fromkeys(names or BY_NAME)]
    left_out = [section for section in chosen if selection.scopes - section.scopes]
    if not left_out:
        return chosen
    listed = ", ".join(section.name for section in left_out)
    options = ", ".join(f"--{scope}" for scope in SCOPES if scope in selection.scopes)
    if names:
        raise SelectionError(f"{listed}: cannot be limited by {options}")
    click.echo(f"pandev: left out, as not limited by {options}: {listed}", err=True)
    return [section for section in chosen if section not in left_out]


def _print_tables(
    store: SharedReads, sections: Sequence[Section], selection: Selection, calendar: Calendar
) -> None:
    width = output_width()
    click.echo(f"Times are in {calendar.zone_name}.")
    for section in sections:
        result = read_section(store, section, selection, calendar)
        text = render(result, width=width, zone=calendar.zone, marks_direction=sys.stdout.isatty())
        click.echo(f"\n{click.style(describe_title(result), bold=True)}\n{text}")
