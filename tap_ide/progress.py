"""Which days of an account have been read, and which are due. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Any


class AccountProgress:
    """The days of an account that were read, from its part of the state.

    The last days are read again, because editors send heartbeats late. Of these the hash of the
    response is kept: what has not changed need not be loaded again.
    """

    def __init__(self, saved: object, *, first_day: date, today: date, window_days: int) -> None:
        state = saved if isinstance(saved, dict) else {}
        since = _parse_day(state.get("since"))
        day = _parse_day(state.get("day"))
        responses = state.get("responses")
        self._window = timedelta(days=window_days)
        self._today = today
        self._since = first_day
        self._day: date | None = None
        self._responses: dict[str, str] = {}
        if since and day and since <= first_day:
            self._since = since
            self._day = min(day, today)
            self._responses = {**responses} if isinstance(responses, dict) else {}

    def due_days(self) -> list[date]:
        """Return the days to read, the last one a day ahead.

        A server's day is that of the user's time zone. Wakapi even returns the day before, if
        that zone is west of UTC.
        """
        first = max(self._since, self._day - self._window) if self._day else self._since
        return [first + timedelta(days=n) for n in range((self._today - first).days + 2)]

    def has_changed(self, day: date, body: bytes) -> bool:
        """Return whether a day's response differs from the one before."""
        return self._responses.get(day.isoformat()) != _digest(body)

    def note(self, day: date, body: bytes) -> dict[str, Any]:
        """Note that a day was read, and return the new state."""
        self._responses[day.isoformat()] = _digest(body)
        self._day = min(day, self._today)
        oldest = (self._day - self._window).isoformat()
        return {
            "since": self._since.isoformat(),
            "day": self._day.isoformat(),
            "responses": {key: value for key, value in self._responses.items() if key >= oldest},
        }


def _parse_day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]
