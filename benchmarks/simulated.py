"""Measure the duration of a first load at ClickUp's rate limit, on a simulated clock.

`python -m benchmarks.simulated TASKS` runs the tap and a fake ClickUp in this process: 100
requests per minute, one second per response. The messages are written to standard output, and the
last line of standard error is one JSON object with the figures.

The clock advances when no thread has started to sleep for some real milliseconds: then all threads
are asleep. On a slow machine this can be wrong, which makes the figure worse, never better.
"""

from __future__ import annotations

import json
import sys
import time
from heapq import heappop, heappush
from threading import Condition, Thread

from benchmarks.clickup_process import a_year_ago, generated_account
from fake_clickup import Account, Behaviour, FakeClickUp, Request
from tap_clickup.client import Client
from tap_clickup.rate_limit import RateLimit
from tap_clickup.tap import TapClickUp

LIMIT_PER_MINUTE = 100
RESPONSE_SECONDS = 1.0
QUIET_SECONDS = 0.03
"""Real time within which a running thread sleeps again."""


class JumpingClock:
    """Stands still while a thread runs; jumps to the next wake-up time when all threads sleep."""

    def __init__(self) -> None:
        self._now = time.time()
        self._wake_times: list[float] = []
        self._condition = Condition()
        self._last_sleep = time.monotonic()
        Thread(target=self._advance, daemon=True).start()

    def __call__(self) -> float:
        """Return the seconds since the epoch, for the fake ClickUp."""
        return self._now

    def monotonic(self) -> float:
        """Return the same, for the client."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Wait until the clock has advanced so far."""
        with self._condition:
            wake_time = self._now + seconds
            heappush(self._wake_times, wake_time)
            self._last_sleep = time.monotonic()
            self._condition.wait_for(lambda: self._now >= wake_time)

    def _advance(self) -> None:
        while True:
            time.sleep(QUIET_SECONDS / 2)
            with self._condition:
                quiet = time.monotonic() - self._last_sleep >= QUIET_SECONDS
                if quiet and self._wake_times:
                    self._now = heappop(self._wake_times)
                    self._last_sleep = time.monotonic()
                    self._condition.notify_all()


def main() -> None:
    """Run a first load and print its figures."""
    clock = JumpingClock()

    def respond_slowly(_: Request, __: Account) -> None:
        clock.sleep(RESPONSE_SECONDS)

    behaviour = Behaviour(limit_per_minute=LIMIT_PER_MINUTE, clock=clock, on_request=respond_slowly)
    with FakeClickUp(generated_account(int(sys.argv[1])), behaviour=behaviour) as clickup:
        settings = {
            "api_url": clickup.api_url,
            "api_token": clickup.token,
            "start_date": a_year_ago(),
        }
        started = clock.monotonic()
        tap = TapClickUp(config=settings)
        tap.sync_context.client = Client(
            clickup.api_url, api_token=clickup.token, limit=RateLimit(), clock=clock
        )
        tap.sync_all()
        tap.sync_context.client.close()
        figures = {
            "minutes": round((clock.monotonic() - started) / 60, 2),
            "requests": len(clickup.requests),
            "refused": sum(request.status != 200 for request in clickup.requests),  # noqa: PLR2004 - OK
            "tasks": sum(
                workspace.report.records["tasks"] for workspace in tap.sync_context.workspaces
            ),
        }
    sys.stderr.write(f"{json.dumps(figures)}\n")


if __name__ == "__main__":
    main()
