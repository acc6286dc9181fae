"""Show what the store contains as tables for a person: `pandev report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_pandev.database import Store

SECTIONS = {
    "groups": "Tasks by status group",
    "activity": "Recent tasks next to their commits and branches",
    "references": "Task references in commits and branches",
    "runs": "Last runs",
    "records": "Records of the last runs",
}
"""The titles of the tables, by the names of their statements `report_<name>`."""
MAX_WIDTHS = {
    "name": None,
    "status": 12,
    "activity": None,
    "author": 14,
    "statuses": None,
    "records": None,
}
"""Columns of texts that are wrapped to fit, with their largest widths; others stay on one line."""


def build_tables(store: Store, *, limit: int) -> Iterator[Table]:
    """Yield a table for each section; the longer ones have at most `limit` rows or tasks."""
    for name, title in SECTIONS.items():
        query = read_statement(f"report_{name}", "pandev.sql")
        columns, rows = store.query(query, {"limit": limit})
        yield _build_table(title, columns, rows)
    yield _build_table("Rows per table", ["table", "rows"], store.row_counts())


def _build_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, name in enumerate(columns):
        is_number = bool(rows) and type(rows[0][index]) in {int, float}
        table.add_column(
            name.replace("_", " "),
            justify="right" if is_number else "left",
            no_wrap=name not in MAX_WIDTHS,
            max_width=MAX_WIDTHS.get(name),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(escape(format_value(value)) for value in row))
    return table


def format_value(value: object) -> str:
    """Return a value of a row as text: for instance "tasks 1,000, lists 12" for counts by name.

    Counts are in descending order, since jsonb keeps none.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:,}"
        case dict():
            items = sorted(value.items(), key=_descending_count)
            return ", ".join(
                f"{printable(str(name)).replace('_', ' ')} {format_value(part)}"
                for name, part in items
            )
        case list():
            return ", ".join(format_value(part) for part in value)
        case _:
            return printable(str(value))


def printable(text: str) -> str:
    """Return a text that a terminal shows and does not obey: it may come from a commit message."""
    return "".join(
        char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text
    )


def _descending_count(item: tuple[object, object]) -> float:
    count = item[1]
    return -count if isinstance(count, int | float) else 0.0
