"""The command `fake-clickup`: serve a generated account until SIGTERM or SIGINT."""

from __future__ import annotations

import itertools
import json
import signal
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal

import click

from . import Behaviour, FakeClickUp, Fault, People, WebhookSender, generate, generate_demo

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import Account, Request

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
PLANS = {
    "free": 100,
    "unlimited": 100,
    "business": 100,
    "business-plus": 1_000,
    "enterprise": 10_000,
}
"""Requests per minute of each plan: https://developer.clickup.com/docs/rate-limits."""
GROUPS = {
    "Server": ("--port", "--ready-file", "--help"),
    "Account": ("--seed", "--tasks", "--spaces", "--awkward"),
    "Plan and role": ("--plan", "--limit-per-minute", "--role", "--no-time-in-status"),
    "Storms": ("--edits-per-minute", "--index-lag"),
    "Faults": ("--fault-every", "--fault"),
}
"""Titles of the help text, and the options below each."""
number_option = partial(click.option, metavar="N", show_default=True)


class _GroupedCommand(click.Command):
    """A command whose help text has its options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS.items():
            options = [option for option in self.get_params(ctx) if option.opts[0] in names]
            records = (option.get_help_record(ctx) for option in options)
            with formatter.section(title):
                formatter.write_dl([record for record in records if record])


@click.command(cls=_GroupedCommand)
@number_option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the API's URL and the token as JSON, written once the server listens.",
)
@number_option(
    "--seed",
    type=int,
    default=1,
    help="Seed of the generated account; equal seeds give equal accounts.",
)
@number_option("--tasks", type=click.IntRange(0), default=300, help="Number of tasks.")
@number_option("--spaces", type=click.IntRange(0), default=3, help="Number of spaces.")
@click.option(
    "--awkward",
    is_flag=True,
    help="Every odd shape that is known, such as archived places, deep subtasks, members without a "
    "name and points of 0.5, instead of plausible names.",
)
@click.option(
    "--plan",
    type=click.Choice([*PLANS]),
    metavar="PLAN",
    default="free",
    show_default=True,
    help="Plan, which sets the rate limit: free, unlimited or business has 100 requests per "
    "minute, business-plus 1,000, enterprise 10,000.",
)
@click.option(
    "--limit-per-minute",
    type=click.IntRange(1),
    metavar="N",
    help="Requests per minute before responses are 429, instead of the plan's.",
)
@click.option(
    "--role",
    type=click.Choice(["owner", "admin", "member", "guest"]),
    metavar="ROLE",
    default="owner",
    show_default=True,
    help="Role of the token's user: owner, admin, member or guest. Members and guests cannot read "
    "the time of others, nor register webhooks.",
)
@click.option(
    "--no-time-in-status",
    "time_in_status",
    flag_value=False,
    default=True,
    help="Switch the ClickApp for the time in each status off.",
)
@number_option(
    "--edits-per-minute",
    type=click.FloatRange(0),
    default=0,
    help="Edits that people make per minute; each is delivered to the registered webhooks. "
    "Some thousands are a storm.",
)
@number_option(
    "--index-lag",
    type=click.FloatRange(0),
    default=0,
    help="Seconds for which the task search still shows a task as before an edit.",
)
@click.option(
    "--fault-every",
    type=click.IntRange(1),
    metavar="N",
    help="Send a fault instead of the response to every n-th request.",
)
@click.option(
    "--fault",
    type=click.Choice(["500", "429", "reset"]),
    default="500",
    show_default=True,
    help="Kind of fault: an error of the server, a rate limit that has been reached, or a cut "
    "connection.",
)
def main(  # noqa: PLR0913, PLR0917 - click passes one argument per option
    port: int,
    ready_file: Path | None,
    seed: int,
    tasks: int,
    spaces: int,
    awkward: bool,  # noqa: FBT001 - an option
    plan: str,
    limit_per_minute: int | None,
    role: Literal["owner", "admin", "member", "guest"],
    time_in_status: bool,  # noqa: FBT001 - an option
    edits_per_minute: float,
    index_lag: float,
    fault_every: int | None,
    fault: str,
) -> None:
    """Serve a generated ClickUp workspace on this machine.

    Prints the URL of the API and a token, one per line, and runs until it is interrupted. It
    answers the paths of ClickUp's API v2 that read users, places, tasks, time and webhooks, and
    those that write webhooks and time entries.

    Webhooks are delivered as ClickUp does: signed, up to five times, each within 7 seconds. After
    100 failures, or one response of 401 or 410, a webhook is suspended.

    \b
    A team of three spaces, with an edit per second:
      fake-clickup --edits-per-minute 60
    An account for the tests of a client, whose every tenth connection is cut:
      fake-clickup --awkward --fault-every 10 --fault reset
    """  # noqa: D301 - click keeps the lines of a paragraph that begins with this character
    if awkward and edits_per_minute:
        raise click.UsageError("people do not edit an account of --awkward")
    # Blocked before any thread starts, so that only `sigwait` receives the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    make_account = generate if awkward else generate_demo
    account = make_account(seed=seed, tasks=tasks, spaces=spaces)
    behaviour = Behaviour(
        limit_per_minute=limit_per_minute or PLANS[plan],
        role=role,
        time_in_status=time_in_status,
        index_lag=index_lag,
    )
    if fault_every:
        behaviour.on_request = _inject_faults(behaviour, fault_every, fault)
    with ExitStack() as stack:
        try:
            clickup = stack.enter_context(FakeClickUp(account, behaviour=behaviour, port=port))
            if ready_file:
                ready = json.dumps({"api_url": clickup.api_url, "token": clickup.token})
                ready_file.write_text(ready, encoding="utf-8")
        except OSError as error:
            subject = error.filename or f"port {port}"
            raise click.ClickException(f"{subject}: {error.strerror}") from error
        click.echo(clickup.api_url)
        click.echo(clickup.token)
        if edits_per_minute:
            seconds = 60 / edits_per_minute
            Thread(target=_work, args=(account, seconds), daemon=True).start()
        signal.sigwait(STOP_SIGNALS)


def _inject_faults(
    behaviour: Behaviour, every: int, kind: str
) -> Callable[[Request, Account], None]:
    """Return a hook that adds a fault for every n-th request."""
    numbers = itertools.count(1)

    def on_request(_: Request, __: Account) -> None:
        if next(numbers) % every == 0:
            behaviour.faults.append(_make_fault(kind, behaviour.limit_per_minute))

    return on_request


def _make_fault(kind: str, limit: int) -> Fault:
    if kind == "reset":
        return Fault(reset=True)
    if kind == "500":
        return Fault(500)
    headers = {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(time.time()) + 2),
    }
    return Fault(429, {"err": "Rate limit reached", "ECODE": "APP_002"}, headers)


def _work(account: Account, seconds: float) -> None:
    """Make an edit at intervals and deliver its webhooks, as long as the command runs."""
    people, sender = People(account), WebhookSender(account)
    while True:
        people.edit()
        sender.send_all()
        time.sleep(seconds)


if __name__ == "__main__":
    main()
