"""What a report is limited to: a number of rows, a period, workspaces, spaces and lists."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from pandev.report.values import printable
from target_pandev.errors import TargetError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from pandev.report.source import SharedReads, Source

Scope = Literal["workspace", "space", "list"]
SCOPES: Final[tuple[Scope, ...]] = ("workspace", "space", "list")
PERIOD: Final = re.compile(r"(\d{1,4})([dw])")
FIRST_YEAR: Final = 1970
SHOWN_NAMES: Final = 5


class SelectionError(TargetError):
    """A period or a name that cannot be understood."""


@dataclass(frozen=True)
class Calendar:
    """The time zone of reports, and the day of today in it."""

    zone: tzinfo
    zone_name: str
    today: date


@dataclass(frozen=True)
class Selection:
    """What a report is limited to; None does not limit it."""

    limit: int
    since: date | None
    ids: Mapping[Scope, Sequence[str] | None]
    """A list has the tasks whose home list it is, and those that were added to it."""
    all_lists: Sequence[str] = ()
    """Lists that a task must be in all at once; `ids` has no list then."""
    until: date | None = None
    team: str | None = None
    """A team of employees. Only the page limits anything to it, and to what follows."""
    day: date | None = None
    """A single day."""
    others: Mapping[str, str | None] = field(default_factory=dict)
    """Parameters of statements that only the page has, such as the id of a task."""

    @property
    def scopes(self) -> set[Scope]:
        """The kinds of objects that the report is limited to."""
        return {scope for scope, ids in self.ids.items() if ids is not None}


def read_calendar(store: SharedReads) -> Calendar:
    """Return the calendar of reports, in UTC if this machine does not know their time zone."""
    row = store.read_row("report_period", {"day": None})
    name, today = row["time_zone"], row["today"]
    try:
        return Calendar(ZoneInfo(name), name, today)
    except (ValueError, OSError, LookupError):
        return Calendar(UTC, "UTC", today)


def begin_of(store: SharedReads, day: date) -> datetime:
    """Return the time at which a day begins in the time zone of reports."""
    begins_at: datetime = store.read_row("report_period", {"day": day})["begins_at"]
    return begins_at


def parse_since(text: str, today: date) -> date:
    """Return the day of a text: 2026-03-01, or 30d or 8w before today. Raises `SelectionError`."""
    if match := PERIOD.fullmatch(text.strip().lower()):
        days = int(match[1]) * (7 if match[2] == "w" else 1)
        return today - timedelta(days=days)
    with suppress(ValueError):
        day = date.fromisoformat(text.strip())
        if day.year >= FIRST_YEAR:
            return day
    raise SelectionError(
        f"--since: {text!r} is not a period; expected a day such as 2026-03-01, or a number of "
        "days or weeks such as 30d or 8w"
    )


def find_ids(store: Source, names: Mapping[Scope, str | None]) -> dict[Scope, list[str] | None]:
    """Return the ids of objects that are given by id or name. Raises `SelectionError`."""
    if not any(names.values()):
        return dict.fromkeys(names)
    _, rows = store.query(read_statement("report_scopes", "pandev.sql"), {})
    return {
        scope: None if name is None else _find_ids(scope, name, rows)
        for scope, name in names.items()
    }


def _find_ids(scope: Scope, name: str, rows: Sequence[tuple[Any, ...]]) -> list[str]:
    objects = [(str(key), str(title or "")) for kind, key, title in rows if kind == scope]
    by_id = [key for key, _ in objects if key == name]
    ids = by_id or [key for key, title in objects if title.casefold() == name.casefold()]
    if ids:
        return ids
    titles = sorted({printable(title) for _, title in objects if title})
    known = ", ".join(titles[:SHOWN_NAMES]) + (", ..." if len(titles) > SHOWN_NAMES else "")
    raise SelectionError(
        f"--{scope}: the store has no {scope} with the name or id {printable(name)!r}; "
        f"it has {known or 'none yet'}"
    )
