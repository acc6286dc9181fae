"""What a section of the report is: its columns, its limits and its words."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pandev.report.values import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from pandev.report.selection import Scope


class Layout(enum.Enum):
    """How the rows of a section are laid out for people."""

    TABLE = enum.auto()
    FACTS = enum.auto()
    """A list of facts for each row."""
    DAYS = enum.auto()
    """A line for each person and task, with a column for each day."""


@dataclass(frozen=True)
class Column:
    """A column of a table: the name of a value, and its label."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    max_width: int | None = None
    """Texts are cut there; None for a column that takes the width that is left."""
    is_wide: bool = False
    """Whether it is left out on a narrow terminal."""


@dataclass(frozen=True)
class Heading:
    """A line above the rows of a group: its values, by the columns under which they stand."""

    key: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True)
class Need:
    """Tables of which one must have rows, and what to do if none has."""

    tables: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class Section:
    """A section of the report."""

    name: str
    title: str
    summary: str
    """For the help text."""
    columns: Sequence[Column]
    empty: str
    """Why there is nothing, though there are rows in the tables that it needs."""
    needs: Sequence[Need] = ()
    scopes: frozenset[Scope] = frozenset()
    """What it can be limited to."""
    has_period: bool = False
    default_days: int = 0
    """The days of the period, unless --since is given; 0 for all."""
    layout: Layout = Layout.TABLE
    heading: Heading | None = None
    grouped_by: tuple[str, ...] = ()
    """Columns of which the limit counts the values; none if it counts rows."""
    is_limited: bool = True
    is_count_of_rows: bool = False
    reads_closed_tasks: bool = False
    """Whether its statement has the row of report_closed_tasks as parameters."""
    note: Callable[[Mapping[str, Any], date], str] | None = None
    """A sentence below the table that says what the period is of, if it is not of its rows."""
    prefix: str = "report"
    """The begin of the name of its statement, which is `<prefix>_<name>.sql`."""

    @property
    def is_of_period(self) -> bool:
        """Whether its rows are those of the period, and not compared with those of it."""
        return self.has_period and self.note is None
