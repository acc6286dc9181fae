"""The page as a web application: it answers GET, asks the store only, and changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pandev.page.figures import ALL_ROWS, read_figure, view_figure
from pandev.page.filters import Filters, describe, offer, parse_filters, read_choices
from pandev.page.integration import COMMANDS, STATUS_FIGURES, list_rows, read_standing
from pandev.page.rendering import render
from pandev.page.security import SecurityHeaders
from pandev.page.tabs import BY_KEY
from pandev.report.data import format_csv, format_json
from pandev.report.reading import Result
from pandev.report.selection import Calendar, SelectionError, read_calendar
from tap_clickup.errors import ConfigurationError
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from starlette.requests import Request

    from pandev.page.connections import Connections, ReaderSource
    from pandev.page.figures import Figure, FigureView
    from pandev.page.filters import Choice, Field, Limit
    from pandev.page.integration import Installation, Standing
    from pandev.page.tabs import Tab

START: Final = "/integration"
STYLE: Final = files("pandev.page").joinpath("static/style.css").read_bytes()
FEWER: Final = "limit it by a filter, or to fewer days"
NO_STORE: Final = "there is no store yet; run: pandev sync"
UTC_CALENDAR: Final = Calendar(UTC, "UTC", date.min)


class Page:
    """Answers the requests of one store."""

    def __init__(self, connections: Connections, installation: Installation) -> None:
        self._connections = connections
        self._installation = installation

    def show_tab(self, request: Request) -> Response:
        """Return a tab with all its figures."""
        tab = _find_tab(request)
        with self._connections.source() as source:
            return self._show(request, source, tab, tab.figures)

    def show_figure(self, request: Request) -> Response:
        """Return one figure with all its rows, as a page, CSV or JSON by its suffix."""
        tab = _find_tab(request)
        name, _, suffix = request.path_params["figure"].partition(".")
        if tab.key == "integration" and name == "status" and suffix == "json":
            with self._connections.source() as source:
                standing = self._read_standing(source)
            return _answer_json(json.dumps(standing.to_json(), indent=2))
        figure = tab.find(name)
        if figure is None or suffix not in {"", "csv", "json"}:
            raise HTTPException(404)
        with self._connections.source() as source:
            if not suffix:
                return self._show(request, source, tab, [figure])
            view = self._read_one(request, source, figure)
        if suffix == "json":
            return _answer_json(format_json([view.result]))
        return _answer_csv(format_csv(view.result), figure.name)

    def _read_standing(self, source: ReaderSource | None) -> Standing:
        reader = source.reader if source else None
        return read_standing(reader, self._installation, datetime.now(UTC))

    def _read_one(
        self, request: Request, source: ReaderSource | None, figure: Figure
    ) -> FigureView:
        if source is None:
            return view_figure(figure, _without_rows(figure, NO_STORE), Filters(), UTC)
        filters = parse_filters(request.query_params, read_choices(source))
        calendar = read_calendar(source)
        if figure in STATUS_FIGURES:
            status = self._read_standing(source).status
            return view_figure(figure, list_rows(figure, status, filters), filters, calendar.zone)
        return read_figure(source, figure, filters, calendar, ALL_ROWS)

    def _show(
        self,
        request: Request,
        source: ReaderSource | None,
        tab: Tab,
        figures: Sequence[Figure],
    ) -> Response:
        is_tab = figures is tab.figures
        standing = None
        if tab.key == "integration":
            standing = self._read_standing(source)
        if source is None:
            content = Content(
                views=[
                    view_figure(figure, _without_rows(figure, NO_STORE), Filters(), UTC)
                    for figure in figures
                ]
            )
        else:
            content = _read_content(source, request, standing, tab, figures)
        html = render(
            tab.template if is_tab else "tab.html",
            content.calendar,
            tab=tab,
            views=content.views,
            filters=content.filters,
            limits=content.limits,
            offered=content.offered,
            applied=content.applied,
            path=request.url.path,
            is_tab=is_tab,
            standing=standing,
            commands=COMMANDS,
        )
        return HTMLResponse(html)


@dataclass(frozen=True)
class Content:
    """What a tab shows, and what it is limited to."""

    calendar: Calendar = UTC_CALENDAR
    filters: Filters = field(default_factory=Filters)
    limits: Collection[Limit] = ()
    """The filters that are offered."""
    offered: Mapping[Field, Sequence[Choice]] = field(default_factory=dict)
    applied: Sequence[str] = ()
    """What is filtered, in words."""
    views: Sequence[FigureView] = ()


def _read_content(
    source: ReaderSource,
    request: Request,
    standing: Standing | None,
    tab: Tab,
    figures: Sequence[Figure],
) -> Content:
    choices = read_choices(source)
    filters = parse_filters(request.query_params, choices)
    calendar = read_calendar(source)
    is_tab = figures is tab.figures
    limits = tab.limits if is_tab else figures[0].limited_by
    views = [
        view_figure(figure, list_rows(figure, standing.status, filters), filters, calendar.zone)
        if standing and figure in STATUS_FIGURES
        else _read_or_explain(
            source, figure, filters, calendar, figure.rows if is_tab else ALL_ROWS
        )
        for figure in figures
    ]
    return Content(
        calendar,
        filters,
        limits,
        offer(choices, filters, limits),
        describe(choices, filters, limits),
        views,
    )


def build_app(
    connections: Connections, installation: Installation, *, hosts: Sequence[str] = ("*",)
) -> Starlette:
    """Return the application. `hosts` are the names that a request may use for this machine."""
    page = Page(connections, installation)
    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse(START)),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
            Route("/static/style.css", lambda _: Response(STYLE, media_type="text/css")),
            Route("/{tab}", page.show_tab),
            Route("/{tab}/{figure}", page.show_figure),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers={
            HTTPException: _explain_http_error,
            SelectionError: _explain_selection,
            StoreError: _explain_store_error,
            ConfigurationError: _explain_settings_error,
        },
    )


def _find_tab(request: Request) -> Tab:
    tab = BY_KEY.get(request.path_params["tab"])
    if tab is None:
        raise HTTPException(404)
    return tab


def _read_or_explain(
    source: ReaderSource, figure: Figure, filters: Filters, calendar: Calendar, limit: int
) -> FigureView:
    """Return a figure; one that cannot be read says so, and the others of its tab show."""
    try:
        return read_figure(source, figure, filters, calendar, limit)
    except StoreError as error:
        source.reader.query("SELECT 1")  # raises if the connection is lost
        reason = f"this figure cannot be read: {str(error).partition('; ')[0]}; {FEWER}"
        return view_figure(figure, _without_rows(figure, reason), filters, calendar.zone)


def _without_rows(figure: Figure, reason: str) -> Result:
    columns = [column.name for column in figure.section.columns]
    return Result(figure.section, columns, [], reason=reason)


def _answer_json(text: str) -> Response:
    return Response(f"{text}\n", media_type="application/json")


def _answer_csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(f"{text}\n", media_type="text/csv", headers=headers)


def _explain(status_code: int, title: str, text: str, remedy: str) -> Response:
    html = render("error.html", UTC_CALENDAR, title=title, text=text, remedy=remedy, tab=None)
    return HTMLResponse(html, status_code)


async def _explain_http_error(_: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    return _explain(code, "Not found", "there is nothing at this address", "choose a tab above")


async def _explain_selection(_: Request, error: Exception) -> Response:
    return _explain(400, "Unknown filter", str(error), "choose a tab above to begin again")


async def _explain_settings_error(_: Request, error: Exception) -> Response:
    return _explain(503, "The settings cannot be read", str(error), "run: pandev settings")


async def _explain_store_error(_: Request, error: Exception) -> Response:
    reason = str(error).partition("; ")[0]
    return _explain(503, "The store cannot be read", reason, "run: pandev doctor")
