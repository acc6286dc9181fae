"""Events of editors, and the intervals that they make: a model to compare the store with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.target_pandev.loading import READ_AT, TIMESTAMP, record, schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

USER1 = "user1@example.com"
USER2 = "user2@example.com"
PATH = "shop/orders"
KEY = ["email", "occurred_at", "source", "event_hash"]
IDE_EVENTS = schema(
    "ide_events",
    {
        "email": {"type": "string"},
        "occurred_at": {"type": "string", "format": "date-time"},
        "source": {"type": "string"},
        "event_hash": {"type": "string"},
        "project": "string",
        "repository_path": "string",
        "branch": "string",
    },
    KEY,
)
COMMITS = schema(
    "commits",
    {
        "repository_id": "string",
        "sha": "string",
        "author_name": "string",
        "author_email": "string",
        "authored_at": TIMESTAMP,
        "message": "string",
        "parents": {"type": "array"},
    },
    ["repository_id", "sha"],
)
REPOSITORIES = schema(
    "repositories",
    {
        **dict.fromkeys(("id", "path", "name", "default_branch"), "string"),
        "mailmap": {"type": ["array", "null"]},
    },
    ["id"],
)
INTERVALS = """
SELECT email, work_date::text, to_char(started_at, 'DD HH24:MI:SS'),
    to_char(ended_at, 'DD HH24:MI:SS'), repository_path, branch, project, active_ms
FROM ide_intervals ORDER BY email, started_at
"""


@dataclass(frozen=True, order=True)
class Event:
    """An event of a person, at a time, in a context."""

    email: str
    at: datetime
    source: str = "pandev"
    branch: str | None = None
    path: str | None = PATH
    project: str | None = None

    @property
    def hash(self) -> str:
        return f"{self.branch}|{self.path}|{self.project}"

    def record(self, *, read_at: str = READ_AT, **more: Any) -> dict[str, Any]:
        """Return its RECORD message."""
        values = {
            "email": self.email,
            "occurred_at": self.at.isoformat(),
            "source": self.source,
            "event_hash": self.hash,
            "project": self.project,
            "repository_path": self.path,
            "branch": self.branch,
        }
        return record("ide_events", values | more, at=read_at)


class Interval(NamedTuple):
    """A row of `ide_intervals`, without the time that follows from the others."""

    email: str
    work_date: date
    started_at: datetime
    ended_at: datetime
    path: str | None
    branch: str | None
    project: str | None


def day_time(text: str) -> datetime:
    """Return a time of March 2026, given as `day hour:minute:second`."""
    return datetime.strptime(f"2026-03-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def events(email: str, *times: str, branch: str | None = "b", **context: Any) -> list[Event]:
    """Return events of a person on a branch at times of March 2026."""
    return [Event(email, day_time(text), branch=branch, **context) for text in times]


def records(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the RECORD messages of events."""
    return [event.record() for event in events]


def model_intervals(events: Iterable[Event], zone: ZoneInfo) -> list[Interval]:
    """Return the intervals of events by the rule, in the plainest way."""
    intervals: list[Interval] = []
    for email in sorted({event.email for event in events}):
        ordered = sorted(
            {event for event in events if event.email == email},
            key=lambda event: (event.at, event.branch is not None, event.source, event.hash),
        )
        for event, following in pairwise(ordered):
            if timedelta() < following.at - event.at <= timedelta(seconds=900):
                intervals += _cut(event, following.at, zone)
    return _merge(intervals)


def _cut(event: Event, end: datetime, zone: ZoneInfo) -> Iterable[Interval]:
    """Yield the time from an event to its end, cut at midnight."""
    start = event.at
    while start < end:
        day = start.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        stop = min(end, midnight)
        yield Interval(event.email, day, start, stop, event.path, event.branch, event.project)
        start = stop


def _merge(intervals: list[Interval]) -> list[Interval]:
    """Merge adjacent intervals of one day and context."""
    merged: list[Interval] = []
    for interval in intervals:
        last = merged[-1] if merged else None
        if (
            last
            and (last.email, last.work_date, *last[4:])
            == (interval.email, interval.work_date, *interval[4:])
            and last.ended_at == interval.started_at
        ):
            merged[-1] = last._replace(ended_at=interval.ended_at)
        else:
            merged.append(interval)
    return merged
