"""An edited fake ClickUp, a receiver that is killed, and the store that must end up equal."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from psycopg import sql

from fake_clickup import Behaviour, FakeClickUp, generate
from fake_clickup.webhook_sender import PendingDelivery, WebhookSender
from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.clickup_receiver.receiver_process import (
    ReceiverProcess,
    environment_without_settings,
    free_port,
)
from tests.support.processes import kill_server, stop_store
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.sql import Composable

    from fake_clickup.model import Workspace

COMMANDS = Path(sys.executable).parent
STREAMS = ("spaces", "folders", "lists", "statuses", "tasks", "time_entries")
SCHEMA = "pandev"
EXPECTED_SCHEMA = "expected"
"""A schema that is filled once at the end, by a sweep."""


class ChaosWorld:
    """One fake ClickUp, one receiver with its target, one store, and the deliveries in between."""

    def __init__(self, folder: Path, store: Path, *, seed: int) -> None:
        self.folder = folder
        self.store = store
        self.account = generate(seed=seed, tasks=60, workspaces=1, time_entries=20)
        self.clickup = FakeClickUp(self.account, behaviour=Behaviour(rate_limited=False))
        self.clickup.__enter__()
        self.webhook_sender = WebhookSender(self.account)
        self.created_task_ids: set[str] = set()
        self.kept_entry_id = self._add_entry_of_another_user()
        port = str(free_port())
        self.receiver = ReceiverProcess(
            self.clickup,
            "",
            folder,
            {"port": port, "webhook-url": f"http://127.0.0.1:{port}/v1/clickup/webhook"},
            {
                "TAP_CLICKUP_START_DATE": "2020-01-01",
                "TARGET_PANDEV_STORE_DIR": str(store),
                "TARGET_PANDEV_MAX_DELETED_SHARE": "1",
            },
        )
        del self.receiver.settings["TARGET_PANDEV_STORE_URL"]
        self.receiver.start()
        assert self.receiver.webhook_id
        self.poll()
        self.sweep()

    def _add_entry_of_another_user(self) -> str:
        """Add an entry that stays: as long as ClickUp shows it, others' time counts as visible."""
        other = next(
            user_id for user_id in self.workspace.members if user_id != self.account.user_id
        )
        entry = self.account.add_time_entry(
            None, start=seconds_ago(3_600), duration=timedelta(minutes=9), user_id=other
        )
        return entry.id

    @property
    def workspace(self) -> Workspace:
        return self.account.workspaces[0]

    def close(self) -> None:
        self.receiver.__exit__(None, None, None)
        self.webhook_sender.close()
        self.clickup.__exit__(None, None, None)
        stop_store(StoreFolder(self.store))

    def deliver(self, deliveries: Sequence[PendingDelivery]) -> None:
        """Send to a running receiver: each delivery must arrive, and none may count as failed."""
        for delivery in deliveries:
            assert self.webhook_sender.send(delivery), self.webhook_sender.statuses[-5:]
        fail_counts = [webhook.fail_count for webhook in self.workspace.webhooks.values()]
        assert fail_counts == [0] * len(fail_counts)
        assert fail_counts

    def poll(self) -> None:
        """Run the tap into the target, with the state of earlier polls."""
        self._sync(sweep=False, schema=SCHEMA)

    def sweep(self, *, schema: str = SCHEMA) -> None:
        """Run a sweep of the tap into the target, with the state of earlier sweeps."""
        self._sync(sweep=True, schema=schema)

    def _sync(self, *, sweep: bool, schema: str) -> None:
        state = self.folder / f"state-{sweep}-{schema}.json"
        environment = {
            **environment_without_settings(),
            **self.receiver.settings,
            "TAP_CLICKUP_SWEEP": str(sweep).lower(),
            "TARGET_PANDEV_STORE_SCHEMA": schema,
        }
        options = ["--state", str(state)] if state.exists() else []
        messages = _run("tap-clickup", *options, environment=environment, folder=self.folder)
        states = _run("target-pandev", environment=environment, folder=self.folder, data=messages)
        state.write_bytes(states.splitlines()[-1])

    def _reported_deletions(self) -> set[str]:
        """Return the tasks whose deletion was delivered."""
        bodies = [json.loads(delivery.body) for delivery in self.webhook_sender.delivered]
        return {body["task_id"] for body in bodies if body["event"] == "taskDeleted"}

    def kill_target(self) -> None:
        """Kill the child processes of the receiver, if there are any."""
        assert self.receiver.process
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.receiver.process.pid).children():
                child.kill()

    def kill_store(self) -> None:
        """Kill the server of the store, if it is running."""
        with suppress(FileNotFoundError, psutil.NoSuchProcess, ValueError):
            kill_server(self.store)

    def drain(self) -> None:
        """Wait until no events are pending in the inbox."""
        inbox = self.receiver.folder / "data" / "inbox.sqlite"

        def is_empty() -> bool:
            with closing(sqlite3.connect(f"file:{inbox}?mode=ro", uri=True)) as connection:
                ((pending,),) = connection.execute(
                    "SELECT count(*) FROM deliveries WHERE event IS NOT NULL"
                )
            return not pending

        wait_until(is_empty, timeout_seconds=120, description="no events are pending")

    def compare(self, *, sent: set[str], delivered: set[str]) -> None:
        """Raise `AssertionError` unless the store equals ClickUp and has every status change.

        A task that was created in the last ten minutes and whose deletion was not delivered is left
        to the next sweep, since ClickUp's search may not return it yet.
        """
        self.sweep(schema=EXPECTED_SCHEMA)
        deleted = self.created_task_ids - self.workspace.tasks.keys()
        ignored = deleted - self._reported_deletions()
        with (
            EmbeddedServer(self.store, idle_timeout_seconds=0) as server,
            psycopg.connect(server.conninfo) as connection,
        ):
            for stream in STREAMS:
                _compare_rows(connection, stream, ignored)
            self._compare_tasks(connection, ignored)
            _compare_status_changes(connection, sent=sent, delivered=delivered)

    def _compare_tasks(self, connection: psycopg.Connection[Any], ignored: set[str]) -> None:
        """Compare with ClickUp itself, not only with what a sweep has read of it."""
        rows = connection.execute(
            "SELECT id, name, status, list_id FROM pandev.tasks WHERE _sdc_deleted_at IS NULL"
        ).fetchall()
        stored = {tuple(row) for row in rows if row[0] not in ignored}
        expected = {
            (task.id, task.name, task.status, task.list_id)
            for task in self.workspace.tasks.values()
        }
        assert stored == expected, f"differ: {stored ^ expected}"


def _compare_rows(connection: psycopg.Connection[Any], stream: str, ignored: set[str]) -> None:
    stored = _live_rows(connection, SCHEMA, stream)
    expected = _live_rows(connection, EXPECTED_SCHEMA, stream)
    missing = expected - stored
    surplus = [row for row in stored - expected if json.loads(row).get("id") not in ignored]
    assert not missing, f"{stream} lacks {missing}"
    assert not surplus, f"{stream} still contains {surplus}"


def _compare_status_changes(
    connection: psycopg.Connection[Any], *, sent: set[str], delivered: set[str]
) -> None:
    rows = connection.execute(
        "SELECT id FROM pandev.task_changes WHERE field = 'status'"
    ).fetchall()
    stored = [str(row[0]) for row in rows]
    assert len(stored) == len(set(stored))
    assert delivered <= set(stored), f"lost {delivered - set(stored)}"
    assert set(stored) <= sent, f"never sent: {set(stored) - sent}"


def _live_rows(connection: psycopg.Connection[Any], schema: str, stream: str) -> set[str]:
    """Return the rows that are not deleted, without the columns that differ between two loads."""
    is_live: Composable = sql.SQL("_sdc_deleted_at IS NULL")
    if stream == "statuses":  # those of a deleted space, folder or list are not deleted with it
        live_scopes = sql.SQL(" UNION ").join(
            sql.SQL("SELECT id FROM {} WHERE {}").format(sql.Identifier(schema, table), is_live)
            for table in ("spaces", "folders", "lists")
        )
        is_live = sql.SQL("{} AND scope_id IN ({})").format(is_live, live_scopes)
    query = sql.SQL(
        "SELECT jsonb_agg(to_jsonb(t) - '_sdc_extracted_at' - '_sdc_hash' - '_sdc_deleted_at' "
        "- 'task_count') FROM {} AS t WHERE {}"
    ).format(sql.Identifier(schema, stream), is_live)
    result = connection.execute(query).fetchone()
    rows = result[0] if result and result[0] else []
    return {json.dumps(row, sort_keys=True) for row in rows}


def _run(
    command: str, *options: str, environment: dict[str, str], folder: Path, data: bytes = b""
) -> bytes:
    """Run one of our commands with data as its input; return its output."""
    process = subprocess.run(
        [str(COMMANDS / command), "--config=ENV", *options],
        cwd=folder,
        env=environment,
        input=data,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr.decode()[-2000:]
    return process.stdout


def seconds_ago(seconds: int) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)
