"""How long a first load takes at ClickUp's speed, on a simulated clock.

`python -m benchmarks.simulated TASKS` runs the tap and a local ClickUp in this process: 100
requests a minute, one second an answer. The messages go to standard output and one JSON object
with the figures is the last line on standard error.

The clock moves when nobody has begun to wait for some real milliseconds: then all who could work
are waiting. On a slow machine that can be wrong, which makes the figure worse, never better.
"""

from __future__ import annotations

import json
import sys
import time
from heapq import heappop, heappush
from threading import Condition, Thread

from benchmarks.workshop import a_year_ago, made_up
from fake_clickup import Account, Behaviour, FakeClickUp, Request
from tap_clickup.client import Client
from tap_clickup.rate_limit import RateLimit
from tap_clickup.tap import TapClickUp

LIMIT_PER_MINUTE = 100
ANSWER_SECONDS = 1.0
QUIET_SECONDS = 0.03
"""Real time in which whoever works begins to wait again."""


class SimulatedClock:
    """Stands still while anybody works; moves to the next waking moment when all wait."""

    def __init__(self) -> None:
        self._now = time.time()
        self._wakings: list[float] = []
        self._changed = Condition()
        self._last_change = time.monotonic()
        Thread(target=self._move, daemon=True).start()

    def __call__(self) -> float:
        """Return the seconds since the epoch, for the local ClickUp."""
        return self._now

    def monotonic(self) -> float:
        """Return the same, for the client."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Wait until the clock has moved so far."""
        with self._changed:
            waking = self._now + seconds
            heappush(self._wakings, waking)
            self._last_change = time.monotonic()
            self._changed.wait_for(lambda: self._now >= waking)

    def _move(self) -> None:
        while True:
            time.sleep(QUIET_SECONDS / 2)
            with self._changed:
                quiet = time.monotonic() - self._last_change >= QUIET_SECONDS
                if quiet and self._wakings:
                    self._now = heappop(self._wakings)
                    self._last_change = time.monotonic()
                    self._changed.notify_all()


def main() -> None:
    """Run a first load of so many tasks and tell what it took."""
    clock = SimulatedClock()

    def take_a_second(_: Request, __: Account) -> None:
        clock.sleep(ANSWER_SECONDS)

    behaviour = Behaviour(limit_per_minute=LIMIT_PER_MINUTE, clock=clock, on_request=take_a_second)
    with FakeClickUp(made_up(int(sys.argv[1])), behaviour=behaviour) as clickup:
        settings = {
            "api_url": clickup.api_url,
            "api_token": clickup.token,
            "start_date": a_year_ago(),
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
