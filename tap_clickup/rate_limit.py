"""Calculate how long to wait before each request. Pure: the client sends and sleeps.

ClickUp allows a number of requests per minute and token and reports it in `X-RateLimit-Limit`. Its
window starts with the first request and ends at a whole second, up to 61 seconds later. Therefore
`RateLimit` keeps to a share of that number in *any* 61 seconds, wherever the window starts.
https://developer.clickup.com/docs/rate-limits
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW_SECONDS = 61.0
MAX_DIGITS = 9
DEFAULT_REQUESTS_PER_MINUTE = 100
"""The limit of the Free, Unlimited and Business plans, assumed until a response reports another."""


class RateLimit:
    """A budget of requests in any 61 seconds. Times are seconds of one monotonic clock.

    `per_minute` sets a fixed budget; without it the budget is `share` of `reported`, the limit that
    ClickUp's last response has reported.
    """

    def __init__(self, per_minute: int | None = None, *, share: float = 0.8) -> None:
        self.reported: int | None = None
        self._fixed = per_minute
        self._share = share
        self._budget = per_minute or int(DEFAULT_REQUESTS_PER_MINUTE * share)
        self._sent: deque[float] = deque()
        self._paused_until = 0.0

    def update_from_headers(self, headers: Mapping[str, str]) -> None:
        """Adopt the limit in a response's headers: it changes with the workspace's plan."""
        limit = headers.get("X-RateLimit-Limit", "")
        if not limit.isdecimal() or len(limit) > MAX_DIGITS or int(limit) == 0:
            return
        self.reported = int(limit)
        if self._fixed is None:
            self._budget = max(1, int(self.reported * self._share))

    def __str__(self) -> str:
        """Return the budget for the log."""
        limit = "" if self._fixed else f" of {self.reported or DEFAULT_REQUESTS_PER_MINUTE:,}"
        noun = "request" if self._budget == 1 and self._fixed else "requests"
        return f"{self._budget:,}{limit} {noun} per minute"

    def reserve(self, now: float) -> float:
        """Reserve the next free slot for a request and return the seconds until then."""
        while self._sent and self._sent[0] <= now - WINDOW_SECONDS:
            self._sent.popleft()
        slot = max(now, self._paused_until)
        if len(self._sent) >= self._budget:
            slot = max(slot, self._sent[-self._budget] + WINDOW_SECONDS)
        insort(self._sent, slot)
        return slot - now

    def pause(self, until: float) -> None:
        """Reserve no slot before `until`, because ClickUp responded with 429."""
        self._paused_until = max(self._paused_until, until)


def seconds_until_reset(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait after a 429, between 1 and 65; None if no header says it.

    `X-RateLimit-Reset` is a Unix time in seconds. It is compared with the `Date` of the same
    response, so a wrong local clock has no effect. A gateway in front of ClickUp sends
    `Retry-After` instead; as a date it is ignored.
    https://developer.clickup.com/docs/rate-limits
    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    reset = headers.get("X-RateLimit-Reset", "")
    date = headers.get("Date", "")
    retry_after = headers.get("Retry-After", "")
    try:
        seconds = int(reset) - parsedate_to_datetime(date).timestamp()
    except (OverflowError, ValueError):
        if not retry_after.isdecimal() or len(retry_after) > MAX_DIGITS:
            return None
        seconds = float(retry_after)
    return min(max(seconds, 1.0), 65.0)
