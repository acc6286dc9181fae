"""What the requests of one run came to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tap_clickup.wording import format_count


@dataclass
class RequestStats:
    """Counts of requests and retries and the time spent waiting, for the run's summary."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0

    def __str__(self) -> str:
        """Return one line for the log."""
        return (
            f"{format_count(self.requests, 'request')}, "
            f"{format_count(self.retries, 'retry', 'retries')}, "
            f"{self.waited_seconds:,.0f} s waited"
        )
