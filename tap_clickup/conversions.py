"""ClickUp's ids, numbers and moments as records show them. Pure.

Ids are text. Moments are ISO 8601 in UTC with milliseconds, so that their order as text is their
order in time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_iso_timestamp(milliseconds: str | float | None) -> str | None:
    """Return milliseconds since 1970 as ISO 8601 UTC, or None outside the years 1 to 9999."""
    if milliseconds is None:
        return None
    try:
        value = EPOCH + timedelta(milliseconds=int(milliseconds))
    except (OverflowError, ValueError):
        return None
    return value.isoformat(timespec="milliseconds")


def parse_timestamp(value: str) -> datetime:
    """Return an ISO 8601 moment; UTC where it has no offset. Raises `ValueError`."""
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def to_epoch_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def id_to_str(value: str | int | None) -> str | None:
    """Return an id as text: ClickUp sends the same id as a number here and as text there."""
    return None if value is None else str(value)


def parse_number(value: str | float | None) -> float | None:
    """Return a number, also where ClickUp sends it as text; None where the text is none."""
    if not isinstance(value, str):
        return value
    try:
        found = float(value)
    except ValueError:
        return None
    return int(found) if found.is_integer() else found
