"""The page as a web application: it answers GET, asks the store only, and changes nothing."""

from __future__ import annotations

import json
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pandev.page.answers import PATIENCE_SECONDS, Answer, Answers
from pandev.page.content import UTC_CALENDAR, Address, ContentReader, show
from pandev.page.filters import NAMES
from pandev.page.rendering import render
from pandev.page.security import SecurityHeaders
from pandev.page.tabs import BY_KEY, TABS
from pandev.report.data import format_csv, format_json
from pandev.report.selection import SelectionError
from tap_clickup.errors import ConfigurationError
from target_pandev.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from pandev.page.connections import Connections
    from pandev.page.integration import Installation

START: Final = "/integration"
STYLE: Final = files("pandev.page").joinpath("static/style.css").read_bytes()


class Pages:
    """Answers the requests of one store."""

    def __init__(self, reader: ContentReader, answers: Answers[Address]) -> None:
        self._reader = reader
        self._answers = answers

    def show_tab(self, request: Request) -> Response:
        """Return a tab with all its figures."""
        return self._show(_find_address(request))

    def show_figure(self, request: Request) -> Response:
        """Return one figure with up to 1,000 rows, as a page, CSV or JSON by its suffix."""
        address = _find_address(request)
        suffix = request.path_params["figure"].partition(".")[2]
        if address.path == "/integration/status" and suffix == "json":
            return _answer_json(json.dumps(self._reader.read_standing().to_json(), indent=2))
        if address.tab.find(address.figure_name) is None or suffix not in {"", "csv", "json"}:
            raise HTTPException(404)
        if not suffix:
            return self._show(address)
        view = self._reader.read_rows(address)
        if suffix == "json":
            return _answer_json(format_json([view.result]))
        return _answer_csv(format_csv(view.result), address.figure_name)

    def warm_up(self) -> None:
        """Begin to read each tab, so that the first request does not wait for it."""
        for tab in TABS:
            if not tab.is_always_read:
                self._answers.start(Address(tab.key))

    def _show(self, address: Address) -> Response:
        if address.tab.is_always_read:
            answer = Answer(self._reader.read_page(address))
        else:
            answer = self._answers.get(address)
        return HTMLResponse(show(answer, address))


def build_pages(
    connections: Connections,
    installation: Installation,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Pages:
    """Return the pages of a store."""
    reader = ContentReader(connections, installation)
    answers = Answers(reader.read_page, connections.read_version, patience_seconds=patience_seconds)
    return Pages(reader, answers)


def build_app(pages: Pages, *, hosts: Sequence[str] = ("*",)) -> Starlette:
    """Return the application. `hosts` are the names that a request may use for this machine."""
    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse(START)),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
            Route("/static/style.css", lambda _: Response(STYLE, media_type="text/css")),
            Route("/{tab}", pages.show_tab),
            Route("/{tab}/{figure}", pages.show_figure),
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


def _find_address(request: Request) -> Address:
    """Return the address of a request: the fields of its query that are filters."""
    key = request.path_params["tab"]
    if key not in BY_KEY:
        raise HTTPException(404)
    figure = request.path_params.get("figure", "").partition(".")[0]
    values = request.query_params
    query = tuple(
        (name, values[name]) for names in NAMES.values() for name in names if values.get(name)
    )
    return Address(key, figure, query)


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
    if code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _explain(code, "Not allowed", "the page only answers GET", "choose a tab above")
    return _explain(code, "Not found", "there is nothing at this address", "choose a tab above")


async def _explain_selection(_: Request, error: Exception) -> Response:
    return _explain(400, "Unknown filter", str(error), "choose a tab above to begin again")


async def _explain_settings_error(_: Request, error: Exception) -> Response:
    return _explain(503, "The settings cannot be read", str(error), "run: pandev settings")


async def _explain_store_error(_: Request, error: Exception) -> Response:
    reason = str(error).partition("; ")[0]
    return _explain(503, "The store cannot be read", reason, "run: pandev doctor")
