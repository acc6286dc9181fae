"""`python -m fake_clickup`: a local ClickUp in the foreground, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from . import Behaviour, FakeClickUp, generate

STOPS = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Serve a generated account; prints the API's address, then the token."""
    options = _options()
    # Blocked before any thread starts, so that the signal waits for `sigwait` and nothing else.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    account = generate(seed=options.seed, tasks=options.tasks, spaces=options.spaces)
    behaviour = Behaviour(limit_per_minute=options.limit_per_minute)
    with FakeClickUp(account, behaviour=behaviour, port=options.port) as clickup:
        sys.stdout.write(f"{clickup.api_url}\n{clickup.token}\n")
        sys.stdout.flush()
        if options.ready_file:
            ready = json.dumps({"api_url": clickup.api_url, "token": clickup.token})
            options.ready_file.write_text(ready, encoding="utf-8")
        signal.sigwait(STOPS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fake_clickup", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--tasks", type=int, default=300, help="how many tasks to make up")
    parser.add_argument("--spaces", type=int, default=3, help="how many live spaces to make up")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same account")
    parser.add_argument(
        "--limit-per-minute", type=int, default=100, help="requests a minute before answers are 429"
    )
    parser.add_argument(
        "--ready-file", type=Path, help="gets api_url and token as JSON once the server listens"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
