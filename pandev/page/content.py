"""What a tab or a figure shows for an address, and its HTML."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from pandev.page.answers import Page
from pandev.page.figures import MAX_ROWS, read_figure, view_figure
from pandev.page.filters import Filters, describe, offer, parse_filters, read_choices
from pandev.page.integration import COMMANDS, STATUS_FIGURES, list_rows, read_standing
from pandev.page.rendering import render
from pandev.page.tabs import BY_KEY
from pandev.report.reading import Result
from pandev.report.selection import Calendar, read_calendar
from pandev.report.source import SharedReads
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pandev.page.answers import Answer
    from pandev.page.connections import Connections, ReaderSource
    from pandev.page.figures import Figure, FigureView
    from pandev.page.filters import Choice, Field, Limit
    from pandev.page.integration import Installation, Standing
    from pandev.page.tabs import Tab

FEWER: Final = "limit it by a filter, or to fewer days"
NO_STORE: Final = "there is no store yet; run: pandev sync"
UTC_CALENDAR: Final = Calendar(UTC, "UTC", date.min)


NOTE_PLACE: Final = b"<!-- note -->"
"""Where a note about the age of the figures goes. Texts of people have no markup."""


@dataclass(frozen=True)
class Address:
    """A tab, or one figure of it, and the filters of its query."""

    tab_key: str
    figure_name: str = ""
    query: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """The path without the query."""
        return f"/{self.tab_key}/{self.figure_name}".rstrip("/")

    @property
    def full_path(self) -> str:
        """The path with the query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def tab(self) -> Tab:
        """The tab."""
        return BY_KEY[self.tab_key]

    @property
    def figures(self) -> Sequence[Figure]:
        """The figures that it shows."""
        figure = self.tab.find(self.figure_name)
        return [figure] if figure else self.tab.figures


@dataclass(frozen=True)
class Content:
    """What a tab shows, and what it is limited to."""

    views: Sequence[FigureView]
    calendar: Calendar = UTC_CALENDAR
    filters: Filters = field(default_factory=Filters)
    limits: Collection[Limit] = ()
    """The filters that are offered."""
    offered: Mapping[Field, Sequence[Choice]] = field(default_factory=dict)
    applied: Sequence[str] = ()
    """What is filtered, in words."""
    lasts_seconds: float = math.inf
    """After how long it is another one without a write to the store."""


class ContentReader:
    """Reads what is shown for an address."""

    def __init__(self, connections: Connections, installation: Installation) -> None:
        self._connections = connections
        self._installation = installation

    def read_page(self, address: Address) -> Page:
        """Return the page of an address. Raises `StoreError`, and `FilterError` for its filters."""
        read_at = datetime.now(UTC)
        with self._connections.source() as source:
            standing = self._read_standing(source) if address.tab_key == "integration" else None
            content = (
                _read_content(source, address, standing) if source else _without_store(address)
            )
            version = source.version if source else None
        html = _render(address, content, standing)
        problem = next((view.problem for view in content.views if view.problem), "")
        return Page(
            html.encode(), content.calendar, read_at, version, problem, content.lasts_seconds
        )

    def read_rows(self, address: Address) -> FigureView:
        """Return the rows of a figure, at most `MAX_ROWS`. Raises as `read_page`."""
        (figure,) = address.figures
        with self._connections.source() as source:
            if source is None:
                return _without_rows(figure, NO_STORE)
            filters = parse_filters(dict(address.query), read_choices(source))
            reads = SharedReads(source)
            calendar = read_calendar(reads)
            if figure in STATUS_FIGURES:
                status = self._read_standing(source).status
                rows = list_rows(figure, status, filters)
                return view_figure(figure, rows, filters, calendar.zone)
            return read_figure(reads, figure, filters, calendar, MAX_ROWS)

    def read_standing(self) -> Standing:
        """Return the state of the integration. Raises `StoreError` and `ConfigurationError`."""
        with self._connections.source() as source:
            return self._read_standing(source)

    def _read_standing(self, source: ReaderSource | None) -> Standing:
        reader = source.reader if source else None
        return read_standing(reader, self._installation, datetime.now(UTC))


def _without_store(address: Address) -> Content:
    return Content([_without_rows(figure, NO_STORE) for figure in address.figures])


def _read_content(source: ReaderSource, address: Address, standing: Standing | None) -> Content:
    choices = read_choices(source)
    filters = parse_filters(dict(address.query), choices)
    reads = SharedReads(source)
    # First of all: what changes while the figures are being read must count as a change.
    next_change = float(reads.read_row("page_next_change", {})["seconds"])
    calendar = read_calendar(reads)
    limits = {limit for figure in address.figures for limit in figure.limited_by}
    views = [
        view_figure(figure, list_rows(figure, standing.status, filters), filters, calendar.zone)
        if standing and figure in STATUS_FIGURES
        else _read_or_explain(
            reads, figure, filters, calendar, MAX_ROWS if address.figure_name else figure.rows
        )
        for figure in address.figures
    ]
    ages = [view.lasts_ms / 1000 for view in views if view.lasts_ms is not None]
    return Content(
        views,
        calendar,
        filters,
        limits,
        offer(choices, filters, limits),
        describe(choices, filters, limits),
        min([next_change, *ages]),
    )


def _read_or_explain(
    reads: SharedReads, figure: Figure, filters: Filters, calendar: Calendar, limit: int
) -> FigureView:
    """Return a figure; one that cannot be read says so, and the others of its tab show."""
    try:
        return read_figure(reads, figure, filters, calendar, limit)
    except StoreError as error:
        reads.query("SELECT 1", {})  # raises if the connection is lost
        problem = str(error).partition("; ")[0]
        reason = f"this figure cannot be read: {problem}; {FEWER}"
        return replace(_without_rows(figure, reason, filters), problem=problem)


def _without_rows(figure: Figure, reason: str, filters: Filters | None = None) -> FigureView:
    columns = [column.name for column in figure.section.columns]
    result = Result(figure.section, columns, [], reason=reason)
    return view_figure(figure, result, filters or Filters(), UTC)


def _render(address: Address, content: Content, standing: Standing | None) -> str:
    tab = address.tab
    is_tab = not address.figure_name
    return render(
        tab.template if is_tab else "tab.html",
        content.calendar,
        tab=tab,
        views=content.views,
        filters=content.filters,
        limits=content.limits,
        offered=content.offered,
        applied=content.applied,
        path=address.path,
        is_tab=is_tab,
        standing=standing,
        commands=COMMANDS,
    )


def show(answer: Answer, address: Address) -> bytes:
    """Return the HTML of an answer, with a note if it is an old one."""
    note = b""
    if answer.is_old:
        page = answer.page
        note = render(
            "note.html",
            page.calendar,
            read_at=page.read_at.astimezone(page.calendar.zone),
            error=answer.error.partition("; ")[0],
            full_path=address.full_path,
        ).encode()
    return answer.page.html.replace(NOTE_PLACE, note, 1)
