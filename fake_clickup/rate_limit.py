"""ClickUp's rate limit: a fixed window that begins with its first request.

The headers tell the limit, what remains, and the Unix time in whole seconds at which the window
ends: https://developer.clickup.com/docs/rate-limits.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .behaviour import Behaviour


class RateLimit:
    """Counts the requests of one token; the knobs are read at each request."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._knobs = behaviour
        self._lock = Lock()
        self._ends = 0
        self._used = 0

    def count(self) -> tuple[bool, dict[str, str]]:
        """Return whether one more request may pass, and the headers of its answer."""
        if not self._knobs.rate_limited:
            return True, {}
        limit = self._knobs.limit_per_minute
        with self._lock:
            now = self._knobs.clock()
            if now >= self._ends:
                self._ends = math.ceil(now + self._knobs.window_seconds)
                self._used = 0
            passes = self._used < limit
            self._used += passes
            headers = {
                "x-ratelimit-limit": str(limit),
                "x-ratelimit-remaining": str(max(0, limit - self._used)),
                "x-ratelimit-reset": str(self._ends),
            }
        return passes, headers
