"""The commands of the project, run in the demo's folder with the demo's settings only."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from clickup_receiver.webhooks.secret_store import SECRETS_FILE_NAME
from target_pandev.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fake_clickup import FakeClickUp

COMMANDS = Path(sys.executable).parent
SCHEMA = "pandev_dev"
"""The schema of Meltano's environment `dev`, which the demo runs in."""
SETTING_PREFIXES = ("MELTANO_", "TAP_", "TARGET_PANDEV_", "CLICKUP_RECEIVER_")
START_SECONDS = 60
STOP_SECONDS = 30
WRITTEN_ROWS = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_user_tables WHERE schemaname = %s ORDER BY relname
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Pipeline:
    """The demo's folder, its store, its fake ClickUp, and the environment of its commands."""

    folder: Path
    store_dir: Path
    clickup: FakeClickUp
    port: int = field(default_factory=_free_port)

    @property
    def repository(self) -> Path:
        """The git repository."""
        return self.folder / "shop"

    @property
    def editors(self) -> Path:
        """The folder with the event files of editors."""
        return self.folder / "editors"

    @property
    def receiver(self) -> Path:
        """The folder of the receiver."""
        return self.folder / "receiver"

    @property
    def environment(self) -> dict[str, str]:
        """The environment with the demo's settings only; the project's `.env` is not read."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(SETTING_PREFIXES)
        }
        return {
            **inherited,
            "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_ENVIRONMENT": "dev",
            "MELTANO_CLI_LOG_LEVEL": "warning",
            "TAP_CLICKUP_API_TOKEN": self.clickup.token,
            "TAP_CLICKUP_API_URL": self.clickup.api_url,
            "TAP_CLICKUP_TIME_IN_STATUS": "true",
            "TAP_GIT_REPOSITORIES": json.dumps([str(self.repository)]),
            "TAP_IDE_EVENT_FILES": json.dumps([{"path": str(self.editors)}]),
            "TARGET_PANDEV_STORE_DIR": str(self.store_dir),
            "TARGET_PANDEV_STORE_SCHEMA": SCHEMA,
            "CLICKUP_RECEIVER_DATA_DIR": str(self.receiver),
            "CLICKUP_RECEIVER_PORT": str(self.port),
            "CLICKUP_RECEIVER_METRICS_PORT": "0",
            "CLICKUP_RECEIVER_WEBHOOK_URL": self.webhook_url,
        }

    @property
    def webhook_url(self) -> str:
        """The address of the receiver, which the fake ClickUp reaches without a proxy."""
        return f"http://127.0.0.1:{self.port}/v1/clickup/webhook"

    def run(self, *command: str, text: str | None = None) -> str:
        """Run a command and return what it prints; if it fails, exit with its output.

        Only Meltano runs in its project. The environment has all settings of the others, which
        would ask Meltano for them there, and that takes seconds.
        """
        run = subprocess.run(
            [COMMANDS / command[0], *command[1:]],
            cwd=self.folder if command[0] == "meltano" else self.store_dir,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")
        return run.stdout

    def report(self) -> None:
        """Print the report as a person sees it."""
        subprocess.run(
            [COMMANDS / "pandev", "report"], cwd=self.store_dir, env=self.environment, check=True
        )

    def load(self, *taps: str) -> tuple[float, int]:
        """Run taps into the store; return the seconds and the number of requests to ClickUp.

        One Meltano runs them in order, since its start takes a second.
        """
        started = time.monotonic()
        before = len(self.clickup.requests)
        pairs = [plugin for tap in taps for plugin in (tap, "target-pandev")]
        self.run("meltano", "run", *pairs)
        return time.monotonic() - started, len(self.clickup.requests) - before

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command as long as the block does; its output is in a file named after it."""
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                [COMMANDS / command[0], *command[1:]],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)

    def wait_for_receiver(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the receiver has registered its webhook. Exits with its log if it does not."""
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._is_receiving():
                return
            time.sleep(0.1)
        log = (self.folder / "clickup-receiver.log").read_text(encoding="utf-8")
        raise SystemExit(f"clickup-receiver did not start:\n{log}")

    def _is_receiving(self) -> bool:
        with socket.socket() as probe:
            accepts = probe.connect_ex(("127.0.0.1", self.port)) == 0
        return accepts and (self.receiver / SECRETS_FILE_NAME).exists()

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Yield a connection to the store, which is started if need be."""
        with (
            EmbeddedServer(self.store_dir) as server,
            psycopg.connect(server.conninfo, autocommit=True) as connection,
        ):
            yield connection

    def count_written_rows(self) -> Mapping[str, int]:
        """Return the number of rows written so far by table, from PostgreSQL's statistics."""
        with self.connect() as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            return dict(connection.execute(WRITTEN_ROWS, (SCHEMA,)).fetchall())
