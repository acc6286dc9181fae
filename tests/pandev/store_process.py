"""Runs `pandev store` on embedded stores, in real processes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from target_pandev.embedded import EmbeddedServer
from target_pandev.embedded.folder import StoreFolder
from tests.clickup_receiver.receiver_process import COMMAND, environment_without_settings
from tests.pandev.command import run_pandev
from tests.support.processes import stop_store

if TYPE_CHECKING:
    from collections.abc import Iterator

PANDEV = COMMAND.with_name("pandev")


def start_command(
    *arguments: str, folder: Path, location: tuple[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start `pandev store` for an embedded store, or for the location that an option gives."""
    options = location or ("--store-dir", str(folder))
    return subprocess.Popen(
        [PANDEV, "store", *arguments, *options],
        cwd=folder.parent,
        env={**environment_without_settings(), "COLUMNS": "80"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_command(
    *arguments: str, folder: Path, stdin: str = "", location: tuple[str, str] | None = None
) -> tuple[int, str, str]:
    """Return the exit code of `pandev store`, what it printed, and its errors."""
    with start_command(*arguments, folder=folder, location=location) as process:
        out, err = process.communicate(stdin, timeout=300)
    return process.returncode, out, err


def call_command(
    *arguments: str, folder: Path, stdin: str = "", location: tuple[str, str] | None = None
) -> tuple[int, str, str]:
    """Return the same as `run_command`, from a run in this process."""
    options = location or ("--store-dir", str(folder))
    done = run_pandev(folder.parent, "store", *arguments, *options, stdin=stdin)
    return done.returncode, done.stdout, done.stderr


@contextmanager
def staying(*arguments: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a running `pandev store start --stay` and the first line that it printed."""
    with start_command("start", "--stay", *arguments, folder=folder) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline()
            running = process.stdout.readline()
            assert running == "running until Ctrl-C or SIGTERM\n", process.communicate()
            yield process, address.rstrip("\n")
        finally:
            process.kill()


@contextmanager
def stopped_store() -> Iterator[Path]:
    """Yield the folder of a new embedded store whose server is stopped."""
    top = Path(tempfile.mkdtemp(prefix="pandev-test-"))
    top.chmod(0o711)  # for root the server runs as another user
    with EmbeddedServer(top / "store", idle_timeout_seconds=0):
        pass
    yield top / "store"
    stop_store(StoreFolder(top / "store"))
    shutil.rmtree(top)
