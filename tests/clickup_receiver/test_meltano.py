"""`meltano invoke clickup-receiver` runs the receiver and, by default, the project's poll."""

from __future__ import annotations

import os
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import requests

from clickup_receiver.inbox.inbox import Inbox
from clickup_receiver.meltano_project import DATABASE
from tests.clickup_receiver.payloads import history
from tests.clickup_receiver.receiver_process import ENDPOINT, ReceiverProcess, free_port
from tests.end_to_end.pipeline import Pipeline
from tests.support.processes import signal_processes
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from fake_clickup import FakeClickUp
    from fake_clickup.model import Workspace


def is_ready(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def is_loaded(folder: Path) -> bool:
    """Whether the target has acknowledged all that was delivered."""
    inbox = Inbox(folder / "inbox.sqlite")
    try:
        return inbox.depth()[0] == 0
    finally:
        inbox.close()


def triggers(folder: Path) -> list[tuple[str]]:
    """Return who started the runs that Meltano knows, as `pandev sync` reads it."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        query = "SELECT trigger FROM runs WHERE job_name LIKE '%:tap-clickup-to-%'"
        return database.execute(query).fetchall()


def test_the_receiver_runs_as_a_utility_of_meltano(
    clickup: FakeClickUp, workspace: Workspace, database: str, tmp_path: Path
) -> None:
    """R37: everything else comes by the job `sync`, which no setting names."""
    port = free_port()
    project = Pipeline(
        tmp_path,
        {
            "CLICKUP_RECEIVER_PORT": str(port),
            "CLICKUP_RECEIVER_METRICS_PORT": "0",
            "CLICKUP_RECEIVER_WEBHOOK_URL": ENDPOINT,
            "CLICKUP_RECEIVER_DATA_DIR": str(tmp_path / "data"),
        },
    )
    sender = ReceiverProcess(clickup, database, tmp_path)
    sender.write_settings()
    sender.url = f"http://127.0.0.1:{port}/v1/clickup/webhook"
    task_id = next(iter(workspace.tasks))
    with ThreadPoolExecutor() as executor:
        running = executor.submit(project.run, "meltano", "invoke", "clickup-receiver")
        try:
            wait_until(lambda: is_ready(f"http://127.0.0.1:{port}/readyz"))
            assert sender.post("taskUpdated", history("name"), task_id=task_id) == 200
            with psycopg.connect(database, autocommit=True) as connection:
                runs = "SELECT source, complete FROM pandev.sync_runs WHERE finished_at IS NOT NULL"
                polls = wait_until(lambda: connection.execute(runs).fetchall())
                wait_until(lambda: is_loaded(tmp_path / "data"))
                tasks = connection.execute("SELECT id FROM pandev.tasks").fetchall()
            assert set(polls) == {("tap-clickup", True)}
            assert triggers(tmp_path) == [("clickup-receiver",)]
            assert {task_id for (task_id,) in tasks} > {task_id}
        finally:
            signal_processes(os.getpid(), signal.SIGTERM, command="clickup-receiver")
            sender.session.close()
    assert running.result().returncode == 0
