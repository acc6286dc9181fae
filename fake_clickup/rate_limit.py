"""ClickUp's rate limit: a fixed window that starts with its first request.

The headers contain the limit, the remaining requests, and the Unix time in whole seconds at which
the window ends: https://developer.clickup.com/docs/rate-limits.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .behaviour import Behaviour


class RateLimit:
    """Counts the requests of one token; the behaviour is read at each request."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._lock = Lock()
        self._window_end = 0
        self._used = 0

    def count_request(self) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is allowed, and the headers of its response."""
        if not self._behaviour.rate_limited:
            return True, {}
        limit = self._behaviour.limit_per_minute
        with self._lock:
            now = self._behaviour.clock()
            if now >= self._window_end:
                self._window_end = math.ceil(now + self._behaviour.window_seconds)
                self._used = 0
            is_allowed = self._used < limit
            self._used += is_allowed
            headers = {
                "x-ratelimit-limit": str(limit),
                "x-ratelimit-remaining": str(max(0, limit - self._used)),
                "x-ratelimit-reset": str(self._window_end),
            }
        return is_allowed, headers
