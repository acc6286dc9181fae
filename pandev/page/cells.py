"""Values of rows as the page writes them. Texts of people are text: nothing in them is markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pandev.report.values import RIGHT_ALIGNED, Kind, format_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from pandev.report.section import Column

KEPT: Final = "\u200c\u200d\ufe0e\ufe0f\u200b"
"""Joiners and selectors of emoji, which a browser shows."""


def visible(text: str) -> str:
    """Return a text as a single line without control characters and marks of direction."""
    shown = "".join(
        char if char.isprintable() or char in KEPT else " " if char.isspace() else "\ufffd"
        for char in text
    )
    return " ".join(shown.split())


def write_cell(value: object, kind: Kind, zone: tzinfo) -> str:
    """Return a value as people read it; nothing for None."""
    if isinstance(value, str):
        text = visible(value)
        return text.replace("_", " ") if kind is Kind.WORD else text
    return format_value(value, kind, zone)


def is_number(column: Column) -> bool:
    """Whether the values of a column are aligned on the right."""
    return column.kind in RIGHT_ALIGNED


def safe_url(row: Mapping[str, Any], name: str | None) -> str | None:
    """Return the address in a column if a browser may open it; it may come from anyone."""
    url = row.get(name) if name else None
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None
