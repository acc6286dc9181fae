"""How long a first load takes at ClickUp's speed, on a simulated clock.

`python -m benchmarks.simulated TASKS` runs the tap and a local ClickUp in this process: 100
requests a minute, one second an answer. The messages go to standard output and one JSON object
with the figures is the last line on standard error.

Nobody waits: who would wait moves the clock. Requests that are sent beside each other share their
second, for which each of them gives the others some real milliseconds to arrive.
"""

from __future__ import annotations

import json
import sys
import time
from threading import Lock

from benchmarks.workshop import made_up
from tap_clickup.client import Client
from tap_clickup.ratelimit import RateLimit
from tap_clickup.tap import TapClickUp
from tests.clickup import Account, Knobs, LocalClickUp, Request

LIMIT_PER_MINUTE = 100
ANSWER_SECONDS = 1.0
ARRIVAL_SECONDS = 0.002
"""Real time in which requests count as sent beside each other."""


class SimulatedClock:
    """Moves when somebody waits; those who wait at the same time wait together."""

    def __init__(self) -> None:
        self._now = time.time()
        self._lock = Lock()

    def __call__(self) -> float:
        """Return the seconds since the epoch, for the local ClickUp."""
        return self._now

    def monotonic(self) -> float:
        """Return the same, for the client."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Move on, unless somebody else has moved as far meanwhile."""
        wakes = self._now + seconds
        time.sleep(ARRIVAL_SECONDS)
        with self._lock:
            self._now = max(self._now, wakes)


def main() -> None:
    """Run a first load of so many tasks and tell what it took."""
    clock = SimulatedClock()

    def take_a_second(_: Request, __: Account) -> None:
        clock.sleep(ANSWER_SECONDS)

    knobs = Knobs(limit_per_minute=LIMIT_PER_MINUTE, clock=clock, on_request=take_a_second)
    with LocalClickUp(made_up(int(sys.argv[1])), knobs=knobs) as clickup:
        settings = {
            "api_url": clickup.api_url,
            "api_token": clickup.token,
            "start_date": "2000-01-01",
        }
        began = clock.monotonic()
        tap = TapClickUp(config=settings)
        tap.client = Client(
            clickup.api_url, api_token=clickup.token, limit=RateLimit(), clock=clock
        )
        tap.sync_all()
        tap.client.close()
        figures = {
            "minutes": round((clock.monotonic() - began) / 60, 2),
            "requests": len(clickup.requests),
            "refused": sum(request.status != 200 for request in clickup.requests),  # noqa: PLR2004 - OK
            "tasks": sum(workspace.report.records["tasks"] for workspace in tap.workspaces),
        }
    sys.stderr.write(f"{json.dumps(figures)}\n")


if __name__ == "__main__":
    main()
