"""The process `clickup-receiver` of our chain: start it, kill it, wait until it has loaded all."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.processes import FailedRunError, build_usage, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMAND = Path(sys.executable).with_name("clickup-receiver")
DEADLINE_SECONDS = 300.0
CHECK_SECONDS = 0.05
PENDING = "SELECT count(*) FROM deliveries WHERE event IS NOT NULL"


@dataclass
class ReceiverProcess:
    """A receiver with its own folder and port, which can be started repeatedly.

    It is stopped at the end of the `with` block. `peak_mb` is the largest of all its processes.
    """

    settings: Mapping[str, str]
    folder: Path
    peak_mb: float = 0.0

    def __enter__(self) -> Self:
        """Start it for the first time."""
        self._port = _free_port()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it as a service manager does."""
        if self._process.returncode is None:
            self._process.terminate()
            self._note_end()

    def start(self) -> None:
        """Start it, and return once it is listening."""
        address = f"127.0.0.1:{self._port}"
        command = [
            str(COMMAND),
            f"--port={self._port}",
            "--metrics-port=0",
            f"--data-dir={self.folder / 'receiver'}",
            f"--webhook-url=http://{address}/v1/clickup/webhook",
        ]
        self._log = self.folder / "receiver.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**clean_environment(), "PATH": _path(), **self.settings},
            )
        self.wait_until(lambda: "listening on" in self._log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """Kill it, without any warning."""
        self._process.kill()
        self._note_end()

    def wait_until_loaded(self) -> None:
        """Wait until no event is pending in its inbox."""
        self.wait_until(lambda: not self._pending())

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait for a condition. Raises `FailedRunError` if the receiver ends, or after minutes."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not is_true():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self._log.read_text(encoding="utf-8", errors="replace")
                raise FailedRunError(f"clickup-receiver:\n{log[-2_000:]}")
            time.sleep(CHECK_SECONDS)

    def _pending(self) -> int:
        inbox = self.folder / "receiver" / "inbox.sqlite"
        with closing(sqlite3.connect(f"file:{inbox}?mode=ro", uri=True)) as connection:
            ((pending,),) = connection.execute(PENDING)
        return int(pending)

    def _note_end(self) -> None:
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.peak_mb = max(self.peak_mb, build_usage(used, wall_seconds=0).peak_mb)


def _path() -> str:
    """Return the search path with our commands: the receiver starts target-pandev."""
    return f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
