"""What the store holds, for a person to read: `pandev report`."""

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
    "references": "Task ids in commits and branches",
    "runs": "Last runs",
}
"""The statements `report_<name>`, and what stands above their rows."""


def tables(store: Store, *, most: int) -> Iterator[Table]:
    """Yield a table for each section; the longer ones end after `most` rows or tasks."""
    for name, title in SECTIONS.items():
        columns, rows = store.query(read_statement(f"report_{name}", "pandev.sql"), {"most": most})
        yield _table(title, columns, rows)
    yield _table("Rows", ["table", "rows"], store.row_counts())


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, name in enumerate(columns):
        number = bool(rows) and isinstance(rows[0][place], int | float)
        table.add_column(
            name.replace("_", " "), justify="right" if number else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    return table
