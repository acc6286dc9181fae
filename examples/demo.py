"""`make demo`: the whole pipeline on this machine, twice, and what it brought.

A local ClickUp of about a thousand tasks and a git repository that names some of them go through
`meltano run` into an embedded store. The second run shows that nothing changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg
import pygit2
from rich.console import Console

from fake_clickup import FakeClickUp, generate
from target_pandev.embedded import EmbeddedServer, default_store_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_clickup import Account

PROJECT = Path(__file__).parents[1]
COMMANDS = Path(sys.executable).parent
TASKS = 1_400
"""Of a year; about a thousand of them were touched in the last 90 days."""
WRITES = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_user_tables WHERE schemaname = 'pandev' ORDER BY relname
"""
REAL = """\
With your own ClickUp (README tells how to get a token):

    . .venv/bin/activate
    export TAP_CLICKUP_API_TOKEN=pk_...
    meltano run tap-clickup target-pandev

    export TAP_GIT_REPOSITORIES='["/path/to/repository"]'
    meltano run tap-git target-pandev
"""


@dataclass
class Demo:
    """The demo's places and its environment."""

    folder: Path
    store_dir: Path
    clickup: FakeClickUp
    repository: Path

    @property
    def environment(self) -> dict[str, str]:
        """Settings for Meltano and its plugins; the project's `.env` is not read."""
        return {
            **{name: value for name, value in os.environ.items() if not _is_setting(name)},
            "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_ENVIRONMENT": "dev",
            "MELTANO_CLI_LOG_LEVEL": "warning",
            "TAP_CLICKUP_API_TOKEN": self.clickup.token,
            "TAP_CLICKUP_API_URL": self.clickup.api_url,
            "TAP_GIT_REPOSITORIES": f'["{self.repository}"]',
            "TARGET_PANDEV_STORE_DIR": str(self.store_dir),
        }

    def run(self, command: Sequence[str]) -> None:
        """Run a command of the project, or end the demo with what it printed."""
        ended = subprocess.run(
            [COMMANDS / command[0], *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{ended.stdout}{ended.stderr}")

    def pipeline(self) -> tuple[float, int]:
        """Run both taps into the store; return seconds and requests."""
        begun, asked = time.monotonic(), len(self.clickup.requests)
        for tap in ("tap-clickup", "tap-git"):
            self.run(["meltano", "run", tap, "target-pandev"])
        return time.monotonic() - begun, len(self.clickup.requests) - asked

    def writes(self) -> dict[str, int]:
        """Return how many rows were written so far, by table, as PostgreSQL counts them."""
        with (
            EmbeddedServer(self.store_dir) as server,
            psycopg.connect(server.conninfo, autocommit=True) as connection,
        ):
            connection.execute("SELECT pg_stat_force_next_flush()")
            return dict(connection.execute(WRITES).fetchall())


def _is_setting(name: str) -> bool:
    return name.startswith(("MELTANO_", "TAP_", "TARGET_PANDEV_"))


def make_repository(folder: Path, account: Account, *, now: datetime) -> None:
    """Make a repository whose branches and commits name some of the account's newest tasks."""
    repository = pygit2.init_repository(str(folder), initial_head="main")
    tasks = sorted(account.workspaces[0].tasks.values(), key=lambda task: task.updated_ms or 0)
    newest = [task for task in tasks if not task.archived][-12:]
    empty_tree = repository.TreeBuilder().write()
    head: list[pygit2.Oid] = []
    for number, task in enumerate(newest):
        at = int((now - timedelta(hours=12 - number)).timestamp())
        author = pygit2.Signature(f"User {number % 3 + 1}", f"user{number % 3 + 1}@example.com", at)
        message = f"Work on it ({task.id})\n" if number % 4 == 3 else f"CU-{task.id} Work on it\n"
        branch = f"refs/heads/CU-{task.id}_work" if number % 3 == 0 else "refs/heads/main"
        head = [repository.create_commit(None, author, author, message, empty_tree, head)]
        repository.references.create(branch, head[0], force=True)
        repository.references.create("refs/heads/main", head[0], force=True)


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=PROJECT / ".demo",
    help="Where Meltano's files and the git repository go; made anew.",
)
@click.option(
    "--store-dir", type=click.Path(path_type=Path), help="Directory of the store; made anew."
)
def main(folder: Path, store_dir: Path | None) -> None:
    """Load a local ClickUp and a git repository into an embedded store, twice, and report."""
    console, begun, now = Console(), time.monotonic(), datetime.now(UTC)
    store_dir = store_dir or default_store_dir(os.environ).with_name("pandev-clickup-demo")
    EmbeddedServer(store_dir).stop()
    for place in (folder, store_dir):
        shutil.rmtree(place, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(PROJECT / "meltano.yml", folder)
    account = generate(seed=1, tasks=TASKS, spaces=4, now=now)
    make_repository(folder / "shop", account, now=now)
    with FakeClickUp(account) as clickup:
        demo = Demo(folder, store_dir, clickup, folder / "shop")
        console.print(f"Local ClickUp with {TASKS:,} tasks of a year; first run ...")
        seconds, requests = demo.pipeline()
        console.print(f"  {seconds:.1f} s, {requests} requests to ClickUp")
        before = demo.writes()
        console.print("Second run, nothing has changed ...")
        seconds, requests = demo.pipeline()
        console.print(f"  {seconds:.1f} s, {requests} requests to ClickUp")
        written = {name: n - before[name] for name, n in demo.writes().items() if n > before[name]}
        console.print(f"  rows written: {written or 'none'}\n")
    subprocess.run([COMMANDS / "pandev", "report"], env=demo.environment, check=True)
    console.print(f"Done in {time.monotonic() - begun:.0f} s. The store stays in {store_dir}:\n")
    console.print(f"    .venv/bin/pandev store psql --store-dir {store_dir}\n", soft_wrap=True)
    console.print(REAL, markup=False)


if __name__ == "__main__":
    main()
