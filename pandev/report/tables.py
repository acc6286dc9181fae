"""Sections as text of a given width. Only texts are cut, at an ellipsis; ids and numbers never are.

Rich lays the tables out: it knows the widths of Chinese characters and emoji.
"""

from __future__ import annotations

import io
import re
import unicodedata
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pandev.report.facts import describe_workspace
from pandev.report.section import Column, Layout
from pandev.report.values import RIGHT_ALIGNED, UNCUT, Kind, format_value
from pandev.report.work_log import LEGEND, choose_days, draw_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from pandev.report.reading import Result
    from pandev.report.section import Heading
    from pandev.report.work_log import Days

WIDE: Final = 100
"""Columns of a terminal from which the wide columns are shown."""
MIN_TEXT_WIDTH: Final = 12
"""Of a text that takes the width that is left; a narrower terminal breaks the lines."""
GAP: Final = 2
RIGHT_TO_LEFT: Final = {"R", "AL", "AN"}
LEFT_TO_RIGHT_MARK: Final = "\u200e"
INDENT: Final = "  "


def render(result: Result, *, width: int, zone: tzinfo, marks_direction: bool) -> str:
    """Return a section as text, without its title.

    `marks_direction` keeps the columns in order on terminals that reorder right-to-left scripts.
    """
    if not result.rows:
        lines = wrap(
            result.reason,
            max(width - len(INDENT), 1),
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(f"{INDENT}{line}" for line in lines)
    lines = [*_render_rows(result, width, zone), *_notes(result, width)]
    return "\n".join(_mark_direction(line) if marks_direction else line for line in lines)


def describe_title(result: Result) -> str:
    """Return the title of a section, with its period."""
    is_limited = result.since and result.section.is_of_period
    period = f", since {result.since}" if is_limited else ""
    return f"{result.section.title}{period} ({result.section.name})"


def _render_rows(result: Result, width: int, zone: tzinfo) -> list[str]:
    section = result.section
    if section.layout is Layout.FACTS:
        return _render_facts(result, width, zone)
    rows, columns = result.rows, section.columns
    if section.layout is Layout.DAYS and result.since:
        days = choose_days(rows, result.since, most=28 if width >= WIDE else 14)
        rows, columns = list(draw_lines(rows, days)), _day_columns(days)
    columns = [column for column in columns if width >= WIDE or not column.is_wide]
    return _render_table(columns, list(_format_rows(rows, columns, section.heading, zone)), width)


def _day_columns(days: Days) -> Sequence[Column]:
    return [
        Column("person", "person", max_width=16),
        Column("task_id", "task", Kind.ID),
        Column("task_name", "title"),
        Column("days", days.label, Kind.ID),
        Column("commits", "commits", Kind.NUMBER, is_wide=True),
        Column("duration_ms", "tracked", Kind.HOURS),
    ]


def _format_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    heading: Heading | None,
    zone: tzinfo,
) -> Iterator[list[str]]:
    """Yield the cells of each row, and those of a heading above each group of rows."""
    last_key: object = None
    for row in rows:
        cells = _format_row(row, columns, zone)
        if heading:
            key = tuple(row[name] for name in heading.key)
            if key != last_key:
                values = {name: row[source] for name, source in heading.values.items()}
                yield _format_row(values, columns, zone)
            last_key = key
            cells[0] = f"{INDENT}{cells[0]}"
        yield cells


def _format_row(row: Mapping[str, Any], columns: Sequence[Column], zone: tzinfo) -> list[str]:
    return [format_value(row.get(column.name), column.kind, zone) for column in columns]


def _render_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int
) -> list[str]:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    needed = 0
    for index, column in enumerate(columns):
        natural = max(cell_len(text) for text in (column.label, *(row[index] for row in rows)))
        is_uncut = column.kind in UNCUT
        if column.max_width and not is_uncut:
            natural = min(natural, max(column.max_width, cell_len(column.label)))
        is_fixed = is_uncut or column.max_width is not None
        table.add_column(
            column.label,
            justify="right" if column.kind in RIGHT_ALIGNED else "left",
            no_wrap=is_fixed,
            width=natural if is_fixed else None,
        )
        needed += (natural if is_fixed else min(natural, MIN_TEXT_WIDTH)) + GAP
    for row in rows:
        table.add_row(*(Text(text, no_wrap=True, overflow="ellipsis") for text in row))
    return _print_table(table, max(width, needed - GAP))


def _render_facts(result: Result, width: int, zone: tzinfo) -> list[str]:
    lines: list[str] = []
    for row in result.rows:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in describe_workspace(row, zone):
            table.add_row(label, Text(value))
        lines += [*([""] if lines else []), *_print_table(table, width)]
    return lines


def _print_table(table: Table, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]


def _notes(result: Result, width: int) -> list[str]:
    notes = []
    if result.section.layout is Layout.DAYS:
        notes.append(LEGEND)
    if result.section.note and result.since:
        notes.append(result.section.note(result.rows[0], result.since))
    if result.is_cut:
        notes.append("There is more: --limit.")
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        for note in notes:
            console.print(Text(note))
    return [line.rstrip() for line in capture.get().splitlines()]


def _mark_direction(line: str) -> str:
    """Return a line in which right-to-left texts do not change places with their neighbours."""
    if not any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in line):
        return line
    marked = re.sub(r" {2,}", f"{LEFT_TO_RIGHT_MARK}\\g<0>{LEFT_TO_RIGHT_MARK}", line)
    return f"{LEFT_TO_RIGHT_MARK}{marked}{LEFT_TO_RIGHT_MARK}"
