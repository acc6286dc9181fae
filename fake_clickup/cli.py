"""The command `fake-clickup`: serve a generated account until SIGTERM or SIGINT."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from . import Behaviour, FakeClickUp, People, WebhookSender, generate_demo

if TYPE_CHECKING:
    from . import Account

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default=True,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
@click.option(
    "--tasks", type=click.IntRange(0), default=300, show_default=True, help="Number of tasks."
)
@click.option(
    "--spaces",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Number of spaces.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Seed of the generated account; equal seeds give equal accounts.",
)
@click.option(
    "--limit-per-minute",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Requests per minute before responses are 429.",
)
@click.option(
    "--edits-per-minute",
    type=click.FloatRange(0),
    default=0,
    show_default=True,
    help="Edits that people make per minute; each is delivered to the registered webhooks.",
)
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the API's URL and the token as JSON, written once the server listens.",
)
def main(  # noqa: PLR0913, PLR0917 - click passes one argument per option
    port: int,
    tasks: int,
    spaces: int,
    seed: int,
    limit_per_minute: int,
    edits_per_minute: float,
    ready_file: Path | None,
) -> None:
    """Serve a generated ClickUp workspace on this machine.

    Prints the URL of the API and a token, one per line, and runs until it is interrupted.
    """
    # Blocked before any thread starts, so that only `sigwait` receives the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    account = generate_demo(seed=seed, tasks=tasks, spaces=spaces)
    behaviour = Behaviour(limit_per_minute=limit_per_minute)
    with FakeClickUp(account, behaviour=behaviour, port=port) as clickup:
        click.echo(clickup.api_url)
        click.echo(clickup.token)
        if ready_file:
            ready = json.dumps({"api_url": clickup.api_url, "token": clickup.token})
            ready_file.write_text(ready, encoding="utf-8")
        if edits_per_minute:
            seconds = 60 / edits_per_minute
            Thread(target=_work, args=(account, seconds), daemon=True).start()
        signal.sigwait(STOP_SIGNALS)


def _work(account: Account, seconds: float) -> None:
    """Make an edit at intervals and deliver its webhooks, as long as the command runs."""
    people, sender = People(account), WebhookSender(account)
    while True:
        people.edit()
        sender.send_all()
        time.sleep(seconds)


if __name__ == "__main__":
    main()
