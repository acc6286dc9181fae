"""Turn figures into HTML. Everything that is not markup of our own is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pandev.page.cells import is_number, safe_url, visible, write_cell
from pandev.page.filters import TEXTS
from pandev.page.tabs import TABS
from pandev.page.work import GROUP_NAMES
from pandev.report.values import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from pandev.report.selection import Calendar

ENVIRONMENT: Final = Environment(
    loader=PackageLoader("pandev.page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, calendar: Calendar, **context: Any) -> str:
    """Return a template as HTML."""

    def write_time(value: datetime | str | None) -> str:
        return write_cell(value, Kind.TIME, calendar.zone)

    return ENVIRONMENT.get_template(template).render(
        **context,
        tabs=TABS,
        texts=TEXTS,
        zone=calendar.zone,
        zone_name=calendar.zone_name,
        write_time=write_time,
    )


def as_sentence(text: str) -> str:
    """Return a text with a capital at its begin and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}."


ENVIRONMENT.filters.update(sentence=as_sentence, visible=visible)
ENVIRONMENT.globals.update(
    write_cell=write_cell,
    is_number=is_number,
    safe_url=safe_url,
    group_names=GROUP_NAMES,
    ID=Kind.ID,
)
