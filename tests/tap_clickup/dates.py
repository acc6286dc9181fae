"""Timestamps in the forms that tests need: datetimes, ISO text and milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """Return the current time in whole milliseconds, as ClickUp stores it.

    A run that starts at this time reads one slice of time entries: the slice of today.
    """
    current = datetime.now(UTC)
    return current.replace(microsecond=current.microsecond // 1000 * 1000)


def now_ms() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)


def days_ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def to_iso(timestamp: datetime) -> str:
    """Return a datetime as text, as records and settings contain it."""
    return timestamp.isoformat(timespec="milliseconds")


def ms_to_iso(milliseconds: int) -> str:
    """Return milliseconds since 1970 as text, as records contain them."""
    return to_iso(EPOCH + timedelta(milliseconds=milliseconds))
