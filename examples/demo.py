"""`make demo`: run the whole pipeline on this machine twice and print a report.

`meltano run` loads a fake ClickUp with about a thousand recent tasks, and a git repository that
names some of them, into an embedded store. The second run shows that unchanged rows are not
rewritten.
"""

from __future__ import annotations

import os
import re
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

from fake_clickup import FakeClickUp, generate_demo
from target_pandev.embedded import EmbeddedServer, default_data_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_clickup import Account

PROJECT = Path(__file__).parents[1]
COMMANDS = Path(sys.executable).parent
TASKS = 1_400
"""Of one year; about a thousand of them were updated in the last 90 days."""
COMMITS = 12
SCHEMA = "pandev_dev"
"""The schema of Meltano's environment `dev`, which the demo runs in."""
WRITTEN_ROWS = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_user_tables WHERE schemaname = %s ORDER BY relname
"""
NEXT_STEPS = """\
With your own ClickUp (see the README for the token):

    . .venv/bin/activate
    umask 077
    export TAP_CLICKUP_API_TOKEN=pk_...
    meltano run tap-clickup target-pandev

    export TAP_GIT_REPOSITORIES='["/path/to/repository"]'
    meltano run tap-git target-pandev
"""


@dataclass
class Demo:
    """The demo's folders, its fake ClickUp and its environment."""

    folder: Path
    store_dir: Path
    clickup: FakeClickUp
    repository: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment with the demo's settings only; the project's `.env` is not read."""
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
        """Run a command of the project; if it fails, exit with its output."""
        run = subprocess.run(
            [COMMANDS / command[0], *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")

    def run_pipeline(self) -> tuple[float, int]:
        """Run both taps into the store; return the seconds and the number of requests."""
        started = time.monotonic()
        requests_before = len(self.clickup.requests)
        for tap in ("tap-clickup", "tap-git"):
            self.run(["meltano", "run", tap, "target-pandev"])
        return time.monotonic() - started, len(self.clickup.requests) - requests_before

    def count_written_rows(self) -> dict[str, int]:
        """Return the number of rows written so far by table, from PostgreSQL's statistics."""
        with (
            EmbeddedServer(self.store_dir) as server,
            psycopg.connect(server.conninfo, autocommit=True) as connection,
        ):
            connection.execute("SELECT pg_stat_force_next_flush()")
            return dict(connection.execute(WRITTEN_ROWS, (SCHEMA,)).fetchall())


def _is_setting(name: str) -> bool:
    return name.startswith(("MELTANO_", "TAP_", "TARGET_PANDEV_"))


def make_repository(folder: Path, account: Account, *, now: datetime) -> None:
    """Create a repository whose branches and commits name the latest tasks that were worked on."""
    repository = pygit2.init_repository(str(folder), initial_head="main")
    workspace = account.workspaces[0]
    tasks = sorted(workspace.tasks.values(), key=lambda task: task.updated_ms or 0)
    active = [
        task
        for task in tasks
        if not task.archived and workspace.status_of(task).type in {"custom", "done"}
    ]
    empty_tree = repository.TreeBuilder().write()
    head: list[pygit2.Oid] = []
    for number, task in enumerate(active[-COMMITS:]):
        at = int((now - timedelta(hours=COMMITS - number)).timestamp())
        user = workspace.users[(*task.assignee_ids, task.creator_id)[0]]
        author = pygit2.Signature(user.username or user.email, user.email, at)
        title = _commit_title(task.name)
        id_last = number % 4 == 3
        message = f"{title} ({task.id})\n" if id_last else f"CU-{task.id} {title}\n"
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        branch = f"refs/heads/CU-{task.id}_{slug}" if number % 3 == 0 else "refs/heads/main"
        head = [repository.create_commit(None, author, author, message, empty_tree, head)]
        repository.references.create(branch, head[0], force=True)
        repository.references.create("refs/heads/main", head[0], force=True)


def _commit_title(task_name: str) -> str:
    """Return the name of a task without its topic, as the first line of a commit message."""
    title = " ".join(task_name.rpartition(": ")[2].split())
    return title[:1].upper() + title[1:50]


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
def main(folder: Path, store_dir: Path | None) -> None:
    """Load a fake ClickUp and a git repository into an embedded store, twice, and report."""
    console = Console()
    started = time.monotonic()
    now = datetime.now(UTC)
    store_dir = store_dir or default_data_dir("pandev-clickup-demo", os.environ)
    EmbeddedServer(store_dir).stop()
    for path in (folder, store_dir):
        shutil.rmtree(path, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(PROJECT / "meltano.yml", folder)
    (folder / ".meltano").mkdir(mode=0o700)  # Meltano writes secrets into it
    account = generate_demo(tasks=TASKS, spaces=4, now=now)
    make_repository(folder / "shop", account, now=now)
    with FakeClickUp(account) as clickup:
        demo = Demo(folder, store_dir, clickup, folder / "shop")
        console.print(f"Fake ClickUp with {TASKS:,} tasks created within a year; first run ...")
        seconds, requests = demo.run_pipeline()
        before = demo.count_written_rows()
        rows = sum(before.values())
        console.print(f"  {seconds:.1f} s, {requests} requests to ClickUp, {rows:,} rows written")
        console.print("Second run, without changes ...")
        seconds, requests = demo.run_pipeline()
        console.print(f"  {seconds:.1f} s, {requests} requests to ClickUp")
        after = demo.count_written_rows()
        written = {name: after[name] - before[name] for name in after}
        changes = [f"{rows} in {name}" for name, rows in written.items() if rows]
        console.print(f"  rows written: {', '.join(changes)}\n")
    subprocess.run([COMMANDS / "pandev", "report"], env=demo.environment, check=True)
    console.print(f"Done in {time.monotonic() - started:.0f} s. The store is in {store_dir}:\n")
    options = f"--store-dir {store_dir} --store-schema {SCHEMA}"
    for command in ("report", "store psql"):
        console.print(f"    .venv/bin/pandev {command} {options}", soft_wrap=True)
    console.print(f"\n{NEXT_STEPS}", markup=False)


if __name__ == "__main__":
    main()
