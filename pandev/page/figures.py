"""What a figure is: rows of the store, a picture of them, their table, and words for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pandev.report.reading import read_section
from pandev.report.section import Section
from pandev.report.values import Kind, time_to_next_age

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import tzinfo

    from markupsafe import Markup

    from pandev.page.filters import Filters, Limit
    from pandev.report.reading import Result
    from pandev.report.section import Column
    from pandev.report.selection import Calendar
    from pandev.report.source import SharedReads

Lead = Callable[[Mapping[str, Any], "Filters"], str]
"""Returns the address of the rows that a number of a row counts."""
SHOWN_ROWS: Final = 12
"""Rows of a figure within its tab."""
MAX_ROWS: Final = 1000
"""Rows on the page of a figure, and in its CSV and JSON; its page says so if there are more."""


@dataclass(frozen=True)
class Drawing:
    """A picture of rows, as SVG or HTML, and the sentence that stands for it."""

    markup: Markup
    alternative: str
    lasts_ms: int | None = None
    """After how long it is another one though its rows are the same; None for never."""


@dataclass(frozen=True)
class Frame:
    """What a picture depends on, other than its rows."""

    zone: tzinfo
    filters: Filters


@dataclass(frozen=True)
class Figure:
    """A figure of a tab."""

    section: Section
    caption: str
    """What the figures mean: the definition."""
    draw: Callable[[Result, Frame], Drawing] | None = None
    """The picture of rows, of which there is at least one; None if the table is the picture."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Columns whose values are links, with the columns of the addresses."""
    leads: Mapping[str, Lead] = field(default_factory=dict)
    """Columns whose numbers lead to their rows, with the addresses of those."""
    limits: frozenset[Limit] = frozenset()
    """The filters that limit it, other than days: those follow from the section."""
    rows: int = SHOWN_ROWS
    template: str = "table.html"
    """How its rows are laid out if there is no picture."""

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self.section.name

    @property
    def limited_by(self) -> frozenset[Limit]:
        """The filters that limit it."""
        return self.limits | {"days"} if self.section.has_period else self.limits


@dataclass(frozen=True)
class FigureView:
    """A figure with its rows, as a template shows it."""

    figure: Figure
    result: Result
    drawing: Drawing | None
    unlimited_by: Sequence[Limit]
    """The filters that are chosen and do not limit it."""
    problem: str = ""
    """Why it could not be read."""
    lasts_ms: int | None = None
    """After how long it shows something else without a write to the store; None for never."""

    @property
    def rows(self) -> Any:
        """The rows of its table."""
        return self.result.rows


def page_section(
    name: str, title: str, columns: Sequence[Column], empty: str, **limits: Any
) -> Section:
    """Return a section that the report does not have; its statement is `page_<name>.sql`."""
    return Section(name, title, "", columns, empty, prefix="page", **limits)


def figure_of(
    section: Section, caption: str, *, also_by: AbstractSet[Limit] = frozenset(), **words: Any
) -> Figure:
    """Return a figure of a section of the report, which is limited as the report is."""
    limits: set[Limit] = {*section.scopes, *also_by}
    if "list" in section.scopes:
        limits.add("sprint")
    return Figure(section, caption, limits=frozenset(limits), **words)


def read_figure(
    reads: SharedReads, figure: Figure, filters: Filters, calendar: Calendar, limit: int
) -> FigureView:
    """Return a figure with its rows. Raises `StoreError`."""
    selection = filters.only(figure.limited_by).select(limit)
    result = read_section(reads, figure.section, selection, calendar)
    return view_figure(figure, result, filters, calendar.zone)


def view_figure(figure: Figure, result: Result, filters: Filters, zone: tzinfo) -> FigureView:
    """Return a figure with the rows of a result."""
    drawing = figure.draw(result, Frame(zone, filters)) if figure.draw and result.rows else None
    unlimited_by = [limit for limit in filters.chosen if limit not in figure.limited_by]
    times = [time_to_next_age(age) for age in _ages(result)]
    if drawing and drawing.lasts_ms is not None:
        times.append(drawing.lasts_ms)
    return FigureView(figure, result, drawing, unlimited_by, lasts_ms=min(times, default=None))


def _ages(result: Result) -> list[int]:
    """Return the ages in the table of a figure."""
    names = [column.name for column in result.section.columns if column.kind is Kind.AGE]
    return [row[name] for row in result.rows for name in names if row[name] is not None]


def time_to_exceed(limit_ms: int, ages: Iterable[int | None]) -> int | None:
    """Return the milliseconds after which one more of some ages exceeds a limit; None for never."""
    return min(
        (limit_ms - age + 1 for age in ages if age is not None and age <= limit_ms), default=None
    )
