"""Make records of events: the time, the employee and the context, and nothing else. Pure.

A record is the same for the same event, however often and in whichever order events are read. Its
key therefore contains a hash of its context.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""An earlier time is that of a clock which was not set."""
MAX_CLOCK_LEAD = timedelta(days=1)
MAX_CHARACTERS = 255
"""Of a text: an index of PostgreSQL stores up to 2,700 bytes."""
SCP_LIKE = re.compile(r"(?:[^/]*@)?(?:\[[^\]]+\]|[^/:@]{2,}):(?!:)(?P<path>.+)")
"""`git@host:group/repository.git`; one letter is a drive."""
LOCAL_PATH = re.compile(r"(?:[/~\\]|[a-zA-Z]:|\.\.?[/\\])")
PANDEV = "pandev"
WAKATIME = "wakatime"


class Context(NamedTuple):
    """What an employee worked on."""

    activity_type: str | None = None
    project: str | None = None
    repository_path: str | None = None
    branch: str | None = None
    language: str | None = None
    editor: str | None = None


@dataclass(frozen=True)
class TimeRange:
    """The times that are plausible and wanted, in milliseconds since 1970."""

    first_ms: int
    start_ms: int
    last_ms: int

    @classmethod
    def until(cls, now: datetime, start_date: datetime | None) -> TimeRange:
        """Return the range from the start date until a day from now."""
        first_ms = to_milliseconds(FIRST_TIME)
        start_ms = to_milliseconds(start_date) if start_date else first_ms
        return cls(first_ms, start_ms, to_milliseconds(now + MAX_CLOCK_LEAD))


def to_milliseconds(time: datetime) -> int:
    """Return a time in milliseconds since 1970."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def parse_time(seconds: object, times: TimeRange) -> int | None:
    """Return Unix seconds as milliseconds, or None if they are no plausible time."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        milliseconds = math.floor(seconds * 1000 + 0.5)
    except (OverflowError, ValueError):  # infinite, or not a number
        return None
    return milliseconds if times.first_ms <= milliseconds <= times.last_ms else None


def build_record(
    email: str, source: str, time_ms: int, values: tuple[object, ...]
) -> dict[str, Any]:
    """Return the record of an event. The values are those of its context, as they were read."""
    context, event_hash = _hashed_context(*map(_text, values))
    occurred_at = EPOCH + timedelta(milliseconds=time_ms)
    return {
        "email": email,
        "occurred_at": occurred_at.isoformat(timespec="milliseconds"),
        "source": source,
        "event_hash": event_hash,
        **context,
    }


def pandev_context(event: Mapping[str, Any]) -> tuple[object, ...]:
    """Return the values of the context of an event in PanDev's format.

    https://docs.pandev.io/how-it-works/data-collection/ide
    """
    return (
        event.get("activityType"),
        event.get("project"),
        event.get("gitPath"),
        event.get("gitBranch"),
        event.get("language"),
        event.get("ide"),
    )


def shorten_repository_path(text: str) -> str | None:
    """Return `group/sub/repository`: without host, credentials and folders of the machine."""
    if "://" in text:
        try:
            path = urlsplit(text).path
        except ValueError:
            return None
    elif match := SCP_LIKE.fullmatch(text):
        path = match["path"]
    elif LOCAL_PATH.match(text):
        path = re.split(r"[/\\]", text.rstrip("/\\"))[-1].removeprefix("~")
    else:
        path = text
    parts = [part for part in path.split("/") if part]
    path = "/".join(parts).removesuffix(".git").rstrip("/")
    # no host allows @ in a name: it belongs to a password that contains a slash
    return None if not path or "@" in path else path


def _text(value: object) -> str | None:
    """Return a text, or None for anything else, so that the context can be cached."""
    return value if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _hashed_context(*texts: str | None) -> tuple[dict[str, str | None], str]:
    """Return a context as columns, and its hash. Thousands of events share a context."""
    raw = Context(*(_clean(text) for text in texts))
    path = raw.repository_path
    context = raw._replace(repository_path=shorten_repository_path(path) if path else None)
    joined = "\x1f".join("" if text is None else text for text in context)
    return context._asdict(), blake2b(joined.encode(), digest_size=12).hexdigest()


def _clean(text: str | None) -> str | None:
    """Return text that JSON and PostgreSQL can store: no surrogates, no control characters."""
    if text is None:
        return None
    if not text.isprintable():
        text = re.sub(r"[\x00-\x1f\x7f]", "", text.encode("utf-8", "replace").decode())
    return text.strip()[:MAX_CHARACTERS] or None
