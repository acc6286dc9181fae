"""Run the whole pipeline on this machine: two runs, a working day, a report and a page."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from examples.demo.day import play_day
from examples.demo.editors import write_events
from examples.demo.pipeline import COMMANDS, SCHEMA, Pipeline
from examples.demo.records import describe_pull_requests, write_employees
from examples.demo.repository import Repository
from examples.demo.works import find_works
from fake_clickup import Behaviour, FakeClickUp, People, WebhookSender, generate_demo
from target_pandev.embedded import EmbeddedServer, default_data_dir

if TYPE_CHECKING:
    from fake_clickup import Account

PROJECT = Path(__file__).parents[2]
TASKS = 1_400
"""Of one year; about a thousand of them were updated in the last 90 days."""
REQUESTS_PER_MINUTE = 1_000
"""The limit of ClickUp's plan Business Plus: 60 edits within seconds are the work of a day."""
DAY = timedelta(hours=9)
TAPS = ("tap-clickup", "tap-git", "tap-ide")
SECONDS_PER_EDIT = 10
NEXT_STEPS = """\
With your own ClickUp (docs/quickstart.md shows how to get a token):

    . .venv/bin/activate
    pandev token
    pandev connect
    pandev report

With your own repositories:

    umask 077
    export TAP_GIT_REPOSITORIES='["/path/to/repository"]'
    meltano run tap-git target-pandev
"""


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=PROJECT / ".demo",
    help="Folder of Meltano's files and the git repository; it is replaced.",
)
@click.option(
    "--store-dir", type=click.Path(path_type=Path), help="Directory of the store; it is replaced."
)
@click.option(
    "--serve",
    is_flag=True,
    envvar="DEMO_SERVE",
    help="Serve the page until Ctrl-C, while people go on editing.",
)
def main(folder: Path, store_dir: Path | None, *, serve: bool) -> None:
    """Load a fake ClickUp, commits and editor events into an embedded store, and report."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    console = Console(highlight=False)
    started = time.monotonic()
    now = datetime.now(UTC)
    store_dir = store_dir or default_data_dir("pandev-clickup-demo", os.environ)
    _clear(folder, store_dir)
    account = generate_demo(tasks=TASKS, spaces=4, now=now - DAY)
    behaviour = Behaviour(limit_per_minute=REQUESTS_PER_MINUTE)
    with FakeClickUp(account, behaviour=behaviour) as clickup:
        pipeline = Pipeline(folder, store_dir, clickup)
        repository = Repository(pipeline.repository)
        _work(pipeline, account, repository, until=now - DAY)
        console.print(f"Fake ClickUp with {TASKS:,} tasks created within a year; first run ...")
        _load_twice(pipeline, console)
        console.print("A working day: people edit, and webhooks report it ...")
        with pipeline.running("clickup-receiver") as receiver:
            pipeline.wait_for_receiver(receiver)
            day = play_day(pipeline, account, start=now - DAY, end=now)
            console.print(
                f"  {day.edits} edits, {day.webhooks} webhooks; the store had all of it "
                f"{day.seconds:.1f} s after the last one"
            )
            _load_day(pipeline, account, repository, now=now)
            console.print()
            pipeline.report()
            _print_next_steps(console, store_dir, time.monotonic() - started)
            if serve:
                _serve(pipeline, account)


def _clear(folder: Path, store_dir: Path) -> None:
    """Make an empty project and remove an earlier store."""
    EmbeddedServer(store_dir).stop()
    for path in (folder, store_dir):
        shutil.rmtree(path, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(PROJECT / "meltano.yml", folder)
    (folder / ".meltano").mkdir(mode=0o700)  # Meltano writes secrets into it


def _work(pipeline: Pipeline, account: Account, repository: Repository, *, until: datetime) -> None:
    """Make the commits and the editor events up to a time."""
    works = find_works(account, until=until)
    repository.grow(works, until=until)
    write_events(pipeline.editors, works, project=pipeline.repository.name)


def _load_twice(pipeline: Pipeline, console: Console) -> None:
    """Run all taps twice, and show that the second run writes nothing but rows about itself."""
    seconds, requests = pipeline.load(*TAPS)
    before = pipeline.count_written_rows()
    rows = sum(before.values())
    console.print(f"  {seconds:.1f} s, {requests} requests to ClickUp, {rows:,} rows written")
    console.print("Second run, without changes ...")
    seconds, requests = pipeline.load(*TAPS)
    console.print(f"  {seconds:.1f} s, {requests} requests to ClickUp")
    after = pipeline.count_written_rows()
    written = {name: after[name] - before[name] for name in after}
    changes = [f"{rows} in {name}" for name, rows in written.items() if rows]
    console.print(f"  rows written: {', '.join(changes)}")


def _load_day(
    pipeline: Pipeline, account: Account, repository: Repository, *, now: datetime
) -> None:
    """Load the day's commits and editor events, the employees and the pull requests."""
    _work(pipeline, account, repository, until=now)
    pipeline.load("tap-git", "tap-ide")
    employees = pipeline.folder / "employees.csv"
    write_employees(employees, account)
    pipeline.run("pandev", "employees", "load", str(employees))
    works = find_works(account, until=now)
    pull_requests = describe_pull_requests(works, repository)
    pipeline.run("target-pandev", "--config=ENV", text=pull_requests)


def _print_next_steps(console: Console, store_dir: Path, seconds: float) -> None:
    console.print(f"Done in {seconds:.0f} s. The store is in {store_dir}:\n")
    options = f"--store-dir {store_dir} --store-schema {SCHEMA}"
    for command in ("serve", "report", "store psql"):
        console.print(f"    .venv/bin/pandev {command} {options}", soft_wrap=True)
    console.print("\n`DEMO_SERVE=1 make demo` serves the page at once.")
    console.print(f"\n{NEXT_STEPS}", markup=False)


def _serve(pipeline: Pipeline, account: Account) -> None:
    """Serve the page until Ctrl-C; people make an edit every few seconds."""
    people, sender = People(account, seed=2), WebhookSender(account)
    page = subprocess.Popen(
        [COMMANDS / "pandev", "serve"], cwd=pipeline.folder, env=pipeline.environment
    )
    try:
        while page.poll() is None:
            people.edit()
            sender.send_all()
            time.sleep(SECONDS_PER_EDIT)
    except KeyboardInterrupt:
        click.echo("stopped")
    finally:
        sender.close()
        page.terminate()
        page.wait()


if __name__ == "__main__":
    main()
