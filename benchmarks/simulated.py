"""Measure the duration of a first load at ClickUp's rate limit, on a simulated clock.

`python -m benchmarks.simulated TASKS` runs the tap and a fake ClickUp in this process: 100
requests per minute, one second per response. The messages are written to standard output, and the
last line of standard error is one JSON object with the figures.

The clock advances when no thread has used it for some real milliseconds: then all threads are
asleep. On a slow machine this can be wrong, which makes the figure worse, never better.
"""

from __future__ import annotations

import json
import sys

from benchmarks.clickup_process import (
    a_year_ago,
    count_contents,
    count_fewest_requests,
    generated_account,
)
from fake_clickup import Account, Behaviour, FakeClickUp, Request
from tap_clickup.client import Client
from tap_clickup.rate_limit import RateLimit
from tap_clickup.tap import TapClickUp
from tests.support.clocks import AutojumpClock

LIMIT_PER_MINUTE = 100
RESPONSE_SECONDS = 1.0
IDLE_SECONDS = 0.03
"""Real time within which a running thread sleeps again."""


def main() -> None:
    """Run a first load and print its figures."""
    clock = AutojumpClock(idle_seconds=IDLE_SECONDS)

    def respond_slowly(_: Request, __: Account) -> None:
        clock.sleep(RESPONSE_SECONDS)

    behaviour = Behaviour(limit_per_minute=LIMIT_PER_MINUTE, clock=clock, on_request=respond_slowly)
    account = generated_account(int(sys.argv[1]))
    with FakeClickUp(account, behaviour=behaviour) as clickup:
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
            "fewest_requests": count_fewest_requests(count_contents(account)),
            "refused": sum(request.status != 200 for request in clickup.requests),  # noqa: PLR2004 - OK
            "tasks": sum(
                workspace.report.records["tasks"] for workspace in tap.sync_context.workspaces
            ),
        }
    sys.stderr.write(f"{json.dumps(figures)}\n")


if __name__ == "__main__":
    main()
