"""Convert ClickUp's ids, numbers and timestamps to their form in records. Pure.

Ids are text. Timestamps are ISO 8601 in UTC with milliseconds, so that their order as text is their
order in time. A value of any other shape becomes None; `Fields` names the field.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_ID_LENGTH = 128
MAX_INTEGER = 2**63 - 1
"""The largest integer of JSON readers and of PostgreSQL's bigint."""
PLAUSIBLE_MS = (631_152_000_000, 4_102_444_800_000)
"""1990 up to 2100, when a task can have been edited: imported tasks are old, and seconds since 1970
look like 1970."""
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def to_iso_timestamp(milliseconds: Any) -> str | None:
    """Return milliseconds since 1970 as ISO 8601 UTC, or None outside the years 1 to 9999.

    https://developer.clickup.com/docs/general-time
    """
    number = parse_number(milliseconds)
    if number is None:
        return None
    try:
        at = EPOCH + timedelta(milliseconds=int(number))
    except OverflowError:
        return None
    return format_timestamp(at)


def plausible_ms(milliseconds: Any) -> int | None:
    """Return milliseconds since 1970 as a number, or None if they are not `PLAUSIBLE_MS`."""
    if isinstance(milliseconds, str):
        return _plausible_ms_in(milliseconds)
    return _plausible(parse_number(milliseconds))


@lru_cache(maxsize=1024)
def _plausible_ms_in(text: str) -> int | None:
    """Return the plausible milliseconds in a text. A task's dates are read up to six times."""
    return _plausible(parse_number(text))


def _plausible(number: float | None) -> int | None:
    if number is None:
        return None
    first, end = PLAUSIBLE_MS
    return int(number) if first <= number < end else None


def format_timestamp(at: datetime) -> str:
    """Return a datetime as ISO 8601 with milliseconds: the inverse of `parse_timestamp`."""
    return at.isoformat(timespec="milliseconds")


def parse_timestamp(value: str) -> datetime:
    """Return an ISO 8601 date or timestamp; without an offset it is UTC. Raises `ValueError`."""
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def to_epoch_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def id_to_str(value: Any) -> str | None:
    """Return an id as text, or None if it is not one.

    ClickUp sends the same id as a number or as text.
    """
    if not isinstance(value, str):
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        value = str(value)
    return value if 0 < len(value) <= MAX_ID_LENGTH and value.isprintable() else None


def parse_number(value: Any) -> float | None:
    """Return a finite number, also if ClickUp sends it as text, or None if it is not one."""
    if isinstance(value, str):
        value = _number_in(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -MAX_INTEGER <= value <= MAX_INTEGER else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _number_in(text: str) -> float | None:
    """Return the number in a text; an integer stays exact, as it would not as a float."""
    if "_" in text:  # Python reads 1_000 as a number, nothing else does
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def parse_boolean(value: Any) -> bool | None:
    """Return true or false, also if sent as a text or a number, or None if it is neither."""
    return BOOLEANS.get(str(value).lower()) if isinstance(value, str | int) else None
