"""Sections as data for programs: JSON and CSV with the names of the views' columns.

Times are ISO 8601 in UTC, durations milliseconds, shares fractions of 1.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from pandev.report.values import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandev.report.reading import Result

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet takes a cell that begins with one of them as a formula, which may send data away:
https://owasp.org/www-community/attacks/CSV_Injection"""


def format_json(results: Iterable[Result]) -> str:
    """Return an object with a key for each section: the list of its rows.

    Characters outside ASCII are escaped, so that no text can control a terminal.
    """
    sections = {
        result.section.name: [
            {name: _to_data(value) for name, value in row.items()} for row in result.rows
        ]
        for result in results
    }
    return json.dumps(sections, indent=2)


def format_csv(result: Result) -> str:
    """Return the header and the rows of a section; lists and objects are JSON."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(result.columns)
    for row in result.rows:
        writer.writerow([_to_cell(row[name]) for name in result.columns])
    return output.getvalue().removesuffix("\n")


def _to_data(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case _:
            return value


def _to_cell(value: object) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return escape_formula(printable(value))
        case list() | dict():
            return escape_formula(json.dumps(value))
        case _:
            return _to_data(value)


def escape_formula(text: str) -> str:
    """Return a text with an apostrophe in front if a spreadsheet would take it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
