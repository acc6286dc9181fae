"""Convert ClickUp's ids, numbers and timestamps to their form in records. Pure.

Ids are text. Timestamps are ISO 8601 in UTC with milliseconds, so that their order as text is their
order in time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_iso_timestamp(milliseconds: str | float | None) -> str | None:
    """Return milliseconds since 1970 as ISO 8601 UTC, or None outside the years 1 to 9999.

    https://developer.clickup.com/docs/general-time
    """
    if milliseconds is None:
        return None
    try:
        at = EPOCH + timedelta(milliseconds=int(milliseconds))
    except (OverflowError, ValueError):
        return None
    return format_timestamp(at)


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


def id_to_str(value: str | int | None) -> str | None:
    """Return an id as text: ClickUp sends the same id as a number or as text."""
    return None if value is None else str(value)


def parse_number(value: str | float | None) -> float | None:
    """Return a number, also if ClickUp sends it as text; None if the text is not a number."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number
