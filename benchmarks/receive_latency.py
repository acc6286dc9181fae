"""How long a change takes from its webhook to its row, in stores of several sizes.

The status of one task after the other changes in a fake ClickUp, while the command clickup-receiver
runs with target-pandev and a PostgreSQL of its own. ClickUp reports such a change twice, by two
events in succession. The time begins when the first one is sent. Its parts end when the receiver
has answered, when it asks ClickUp for the task, when the target has connected to the server, and
when the row has its new status.
"""

from __future__ import annotations

import random
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from benchmarks.join_store import TARGET, JoinStore, vacuum
from benchmarks.load_input import NOW_MS, MessageFile, TaskGenerator
from benchmarks.processes import FailedRunError, clean_environment
from clickup_receiver.http.app import WEBHOOK_PATH
from fake_clickup import Behaviour, FakeClickUp, WebhookSender, generate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.goals import Figures
    from benchmarks.join_store import Connection
    from fake_clickup import Request

COMMAND = Path(sys.executable).with_name("clickup-receiver")
STORE_TASKS = (1_000, 10_000, 100_000)
CLICKUP_TASKS = 100
"""Tasks that change; they are in the store in addition."""
PARTS = ("answered", "asked", "connected", "loaded")
"""The ends of the parts of the time."""
FIND_ROW = """
    SELECT (SELECT status FROM pandev.tasks WHERE id = %(id)s) = %(status)s,
        extract(epoch FROM min(backend_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND backend_start > to_timestamp(%(sent)s)
"""
LOOK_SECONDS = 0.004
LIMIT_SECONDS = 60.0
IDLE_LOOKS = 5
PAUSE_SECONDS = 0.5
"""The next change is made at most this long after the receiver has become idle."""


@dataclass
class ReceiverRun:
    """A running receiver, the fake ClickUp that it reads, and a connection to its store."""

    process: psutil.Process
    clickup: FakeClickUp
    sender: WebhookSender
    connection: Connection
    requested: list[float] = field(default_factory=list)
    """When tasks were requested."""

    def change(self, task_id: str, status: str) -> dict[str, float]:
        """Change a status, deliver the events; return after how many seconds each part ended."""
        self.clickup.account.update_task(task_id, status=status)
        first = len(self.requested)
        sent = time.time()
        ends = {"connected": sent}
        for delivery in self.sender.outbox:
            if not self.sender.send(delivery):
                raise FailedRunError(f"delivery not accepted: {self.sender.statuses[-1]}")
            ends.setdefault("answered", time.time())
        self.sender.outbox.clear()
        parameters = {"id": task_id, "status": status, "sent": sent}
        while time.time() < sent + LIMIT_SECONDS:
            ((is_loaded, connected),) = self.connection.execute(FIND_ROW, parameters).fetchall()
            ends["connected"] = float(connected or ends["connected"])
            if is_loaded:
                ends |= {"asked": self.requested[first], "loaded": time.time()}
                return {part: ends[part] - sent for part in PARTS}
            time.sleep(LOOK_SECONDS)
        raise FailedRunError(f"a change was not loaded within {LIMIT_SECONDS:.0f} s")

    def wait_until_idle(self) -> None:
        """Return once the target of the last change has ended, and that of the next one waits."""
        looks = 0
        while looks < IDLE_LOOKS:
            time.sleep(0.05)
            looks = looks + 1 if self._is_idle() else 0

    def _is_idle(self) -> bool:
        try:
            statuses = {target.status() for target in self.process.children()}
        except psutil.NoSuchProcess:
            return False
        return statuses <= {psutil.STATUS_SLEEPING}


def measure_latency(
    folder: Path, *, changes: int, store_tasks: Sequence[int] = STORE_TASKS
) -> list[Figures]:
    """Return the times of the changes for each size of the store, in milliseconds."""
    with JoinStore() as store:
        return [
            _measure_size(store.create("latency"), folder, tasks=tasks, changes=changes)
            for tasks in store_tasks
        ]


def _measure_size(url: str, folder: Path, *, tasks: int, changes: int) -> Figures:
    subfolder = folder / f"latency-{tasks}"
    subfolder.mkdir()
    _fill(url, subfolder, tasks)
    chooser = random.Random(tasks)  # noqa: S311 - reproducible
    with _run_receiver(url, subfolder) as run:
        _change_any(run, chooser)  # also creates tables
        first = len(run.requested)
        times = [_change_any(run, chooser) for _ in range(changes)]
        requests = (len(run.requested) - first) / changes
    figures = {"store_tasks": tasks, **summarize(times), "requests_per_change": round(requests, 2)}
    print(f"webhook to row: {figures}")
    return figures


def _change_any(run: ReceiverRun, chooser: random.Random) -> dict[str, float]:
    (workspace,) = run.clickup.account.workspaces
    task = workspace.tasks[chooser.choice(sorted(workspace.tasks))]
    statuses = [status.name for status in workspace.statuses_of(task.list_id)]
    times = run.change(task.id, chooser.choice([name for name in statuses if name != task.status]))
    run.wait_until_idle()
    time.sleep(chooser.uniform(0, PAUSE_SECONDS))
    return times


def _fill(url: str, folder: Path, tasks: int) -> None:
    """Load tasks of a workspace other than that of the tasks that change."""
    generator = TaskGenerator(records=tasks)
    messages = MessageFile(folder / "tasks.singer", read_at_ms=NOW_MS)
    messages.write_schema()
    for number in range(tasks):
        messages.write_record(generator.generate(number), number, last=number == tasks - 1)
    messages.close()
    with (folder / "tasks.singer").open("rb") as stdin, (folder / "load.log").open("wb") as log:
        command: list[str | Path] = [TARGET, "--config=ENV"]
        environment = {**clean_environment(), "TARGET_PANDEV_STORE_URL": url}
        run = subprocess.run(  # noqa: S603 - our own command
            command, stdin=stdin, stdout=log, stderr=log, env=environment, cwd=folder, check=False
        )
    if run.returncode:
        raise FailedRunError(f"{TARGET}:\n{(folder / 'load.log').read_text()}")
    with psycopg.connect(url, autocommit=True) as connection:
        vacuum(connection)


@contextmanager
def _run_receiver(url: str, folder: Path) -> Iterator[ReceiverRun]:
    """Run the command for a fake ClickUp without a rate limit, in which it has a webhook."""
    requested: list[float] = []

    def note(request: Request, _: Any) -> None:
        if "/task/" in request.path:
            requested.append(time.time())

    account = generate(seed=7, tasks=CLICKUP_TASKS, workspaces=1)
    with (
        FakeClickUp(account, behaviour=Behaviour(rate_limited=False, on_request=note)) as clickup,
        psycopg.connect(url, autocommit=True) as connection,
        (folder / "log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own command
            [COMMAND, *(f"--{name}={value}" for name, value in _options(folder).items())],
            cwd=folder,
            env={
                **clean_environment(),
                "TAP_CLICKUP_API_TOKEN": clickup.token,
                "TAP_CLICKUP_API_URL": clickup.api_url,
                "TAP_CLICKUP_REQUESTS_PER_MINUTE": "400000",
                "TARGET_PANDEV_STORE_URL": url,
            },
            stderr=log,
        ) as process,
    ):
        sender = WebhookSender(account)
        try:
            _wait_for_webhook(clickup, folder)
            receiver = psutil.Process(process.pid)
            yield ReceiverRun(receiver, clickup, sender, connection, requested)
        finally:
            sender.close()
            process.terminate()


def _options(folder: Path) -> dict[str, object]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return {
        "port": port,
        "metrics-port": 0,
        "data-dir": folder / "data",
        "webhook-url": f"http://127.0.0.1:{port}{WEBHOOK_PATH}",
    }


def _wait_for_webhook(clickup: FakeClickUp, folder: Path) -> None:
    """Return once the webhook is registered and its secret stored. Raises `FailedRunError`."""
    secrets = folder / "data" / "webhooks.json"
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (webhooks := clickup.account.workspaces[0].webhooks) or not (
        secrets.exists() and all(id_ in secrets.read_text() for id_ in list(webhooks))
    ):
        if time.monotonic() > deadline:
            raise FailedRunError(f"no webhook was registered:\n{(folder / 'log').read_text()}")
        time.sleep(0.1)


def summarize(times: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """Return the median of each part, and median and p95 of the whole, in milliseconds."""
    parts = {PARTS[0]: [time[PARTS[0]] for time in times]}
    for before, name in pairwise(PARTS):
        parts[name] = [time[name] - time[before] for time in times]
    wholes = sorted(time[PARTS[-1]] for time in times)
    seconds = {name: statistics.median(values) for name, values in parts.items()}
    seconds |= {"median": statistics.median(wholes), "p95": wholes[(len(wholes) * 95 - 1) // 100]}
    return {f"{name}_ms": round(value * 1e3) for name, value in seconds.items()}
