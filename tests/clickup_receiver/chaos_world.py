"""A ClickUp that is edited, a receiver that is fed and killed, and the store that has to follow."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from psycopg import sql

from fake_clickup import Behaviour, FakeClickUp, generate
from fake_clickup.webhook_sender import Dispatcher, Parcel
from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.clickup_receiver.receiver_process import SETTINGS, ReceiverProcess
from tests.support.processes import kill_server, stop_store
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.sql import Composable

    from fake_clickup.model import Workspace

COMMANDS = Path(sys.executable).parent
STREAMS = ("spaces", "folders", "lists", "statuses", "tasks", "time_entries")
TRUTH = "truth"
"""The schema of a store that is filled once, by a sweep, at the end."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class World:
    """One ClickUp, one receiver with its target, one store, and what ClickUp has to send."""

    def __init__(self, folder: Path, store: Path, *, seed: int) -> None:
        self.folder = folder
        self.store = store
        self.account = generate(seed=seed, tasks=60, workspaces=1, time_entries=20)
        self.clickup = FakeClickUp(self.account, behaviour=Behaviour(rate_limited=False))
        self.clickup.__enter__()
        self.dispatcher = Dispatcher(self.account)
        self.made: set[str] = set()
        # While time of somebody else is shown, the tap knows that it sees everybody's.
        other = next(one for one in self.workspace.members if one != self.account.user_id)
        start, length = moment(3_600), timedelta(minutes=9)
        kept = self.account.add_time_entry(None, start=start, duration=length, user_id=other)
        self.kept_entry_id = kept.id
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
        self.read()
        self.read(sweep=True)

    @property
    def workspace(self) -> Workspace:
        return self.account.workspaces[0]

    def close(self) -> None:
        self.receiver.__exit__(None, None, None)
        self.dispatcher.close()
        self.clickup.__exit__(None, None, None)
        stop_store(StoreFolder(self.store))

    def deliver(self, parcels: Sequence[Parcel]) -> None:
        """Send parcels to a receiver that is up: each has to arrive, and none counts as failed."""
        for parcel in parcels:
            assert self.dispatcher.send(parcel), self.dispatcher.answers[-5:]
        assert {one.fail_count for one in self.workspace.webhooks.values()} == {0}

    def read(self, *, sweep: bool = False, schema: str = "pandev") -> None:
        """Run the tap into the target as a poll or a sweep does, with a state of its own."""
        state = self.folder / f"state-{sweep}-{schema}.json"
        environment = {
            **{name: it for name, it in os.environ.items() if not name.startswith(SETTINGS)},
            **self.receiver.settings,
            "TAP_CLICKUP_SWEEP": str(sweep).lower(),
            "TARGET_PANDEV_STORE_SCHEMA": schema,
        }
        given = ["--state", str(state)] if state.exists() else []
        messages = _run("tap-clickup", *given, environment=environment, folder=self.folder)
        states = _run("target-pandev", environment=environment, folder=self.folder, given=messages)
        state.write_bytes(states.splitlines()[-1])

    def _told_deleted(self) -> set[str]:
        bodies = (json.loads(parcel.body) for parcel in self.dispatcher.delivered)
        return {one["task_id"] for one in bodies if one["event"] == "taskDeleted"}

    def kill_target(self) -> None:
        """Kill what the receiver has started and runs now, if anything does."""
        assert self.receiver.process
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.receiver.process.pid).children():
                child.kill()

    def kill_store(self) -> None:
        with suppress(FileNotFoundError, psutil.NoSuchProcess, ValueError):
            kill_server(self.store)

    def drain(self) -> None:
        """Wait until nothing waits in the inbox."""
        inbox = self.receiver.folder / "data" / "inbox.sqlite"

        def empty() -> bool:
            with sqlite3.connect(f"file:{inbox}?mode=ro", uri=True) as connection:
                ((waiting,),) = connection.execute(
                    "SELECT count(*) FROM deliveries WHERE event IS NOT NULL"
                )
            connection.close()
            return not waiting

        wait_until(empty, timeout_seconds=120)

    def compare(self, *, sent: set[str], delivered: set[str]) -> None:
        """Raise `AssertionError` unless the store shows what ClickUp does, and every transition.

        A task that was made in the last ten minutes and deleted without a word is left to the next
        sweep, as ClickUp's search may not show it yet.
        """
        self.read(sweep=True, schema=TRUTH)
        young = {one for one in self.made if one not in self.workspace.tasks} - self._told_deleted()
        with (
            EmbeddedServer(self.store, linger=0) as server,
            psycopg.connect(server.conninfo) as one,
        ):
            for stream in STREAMS:
                ours, theirs = (_rows(one, schema, stream) for schema in ("pandev", TRUTH))
                missing = theirs - ours
                surplus = [
                    row
                    for row in ours
                    if row not in theirs and json.loads(row).get("id") not in young
                ]
                assert not missing, f"{stream} lacks {missing}"
                assert not surplus, f"{stream} still has {surplus}"
            tasks = one.execute(
                "SELECT id, name, status, list_id FROM pandev.tasks WHERE _sdc_deleted_at IS NULL"
            ).fetchall()
            found = {tuple(row) for row in tasks if row[0] not in young}
            there_are = {
                (task.id, task.name, task.status, task.list_id)
                for task in self.workspace.tasks.values()
            }
            assert found == there_are, f"differ: {found ^ there_are}"
            rows = one.execute("SELECT id FROM pandev.status_changes").fetchall()
            stored = [str(row[0]) for row in rows]
            assert len(stored) == len(set(stored))
            assert delivered <= set(stored), f"lost {delivered - set(stored)}"
            assert set(stored) <= sent, f"nobody sent {set(stored) - sent}"


def _run(
    name: str, *options: str, environment: dict[str, str], folder: Path, given: bytes = b""
) -> bytes:
    ended = subprocess.run(
        [str(COMMANDS / name), "--config=ENV", *options],
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    return ended.stdout


def _rows(connection: psycopg.Connection[Any], schema: str, stream: str) -> set[str]:
    """Return the rows that are not gone, without what the target notes of its own."""
    lives: Composable = sql.SQL("_sdc_deleted_at IS NULL")
    if stream == "statuses":  # those of a place that is gone hang below it and are left
        live = sql.SQL(" UNION ").join(
            sql.SQL("SELECT id FROM {} WHERE {}").format(sql.Identifier(schema, one), lives)
            for one in ("spaces", "folders", "lists")
        )
        lives = sql.SQL("{} AND scope_id IN ({})").format(lives, live)
    query = sql.SQL(
        "SELECT jsonb_agg(to_jsonb(t) - '_sdc_extracted_at' - '_sdc_hash' - '_sdc_deleted_at' "
        "- 'task_count') FROM {} AS t WHERE {}"
    ).format(sql.Identifier(schema, stream), lives)
    row = connection.execute(query).fetchone()
    found = row[0] if row and row[0] else []
    return {json.dumps(one, sort_keys=True) for one in found}


def moment(seconds: int) -> datetime:
    """Return a moment some seconds ago."""
    return datetime.now(UTC) - timedelta(seconds=seconds)
