"""How long to wait before a request. Pure: sending and sleeping are the client's work.

ClickUp allows a number of requests a minute and token and tells it in `X-RateLimit-Limit`; the
window it counts in starts with its first request and ends at a whole second, up to 61 seconds
later. `RateLimit` therefore keeps to a share of that number in *any* 61 seconds, which no position
of the window can exceed.
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
DEFAULT_REQUESTS_PER_MINUTE = 100
"""Requests a minute of the Free, Unlimited and Business plans, until a header tells more."""


class RateLimit:
    """A budget of requests in any 61 seconds. Times are seconds of one monotonic clock.

    `per_minute` fixes the budget; without it the budget is `share` of what ClickUp's header says.
    """

    def __init__(self, per_minute: int | None = None, *, share: float = 0.8) -> None:
        self._fixed = per_minute
        self._share = share
        self._budget = per_minute or int(DEFAULT_REQUESTS_PER_MINUTE * share)
        self._sent: deque[float] = deque()
        self._paused_until = 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take the limit from an answer's headers, which may change with the plan at any time."""
        limit = headers.get("X-RateLimit-Limit", "")
        if self._fixed is None and limit.isdecimal() and int(limit) > 0:
            self._budget = max(1, int(int(limit) * self._share))

    def reserve(self, now: float) -> float:
        """Take the next free place for a request and return the seconds until then."""
        while self._sent and self._sent[0] <= now - WINDOW_SECONDS:
            self._sent.popleft()
        at = max(now, self._paused_until)
        if len(self._sent) >= self._budget:
            at = max(at, self._sent[-self._budget] + WINDOW_SECONDS)
        insort(self._sent, at)
        return at - now

    def pause(self, until: float) -> None:
        """Give no place before a moment: ClickUp answered 429."""
        self._paused_until = max(self._paused_until, until)


def seconds_until_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait after a 429, at least 1 and at most 65; None where the headers do not tell.

    `X-RateLimit-Reset` is a Unix time in seconds. It is compared with the answer's own `Date`, so a
    wrong local clock does no harm.
    """
    reset, date = headers.get("X-RateLimit-Reset", ""), headers.get("Date", "")
    try:
        wait = int(reset) - parsedate_to_datetime(date).timestamp()
    except (OverflowError, ValueError):
        return None
    return min(max(wait, 1.0), 65.0)
