"""Processes that tests stop and kill, always by their id: the store's server and process trees."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from target_pandev.embedded import EmbeddedServer, locks
from tests.support import command_client
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from target_pandev.embedded.folder import StoreFolder


def signal_processes(root_pid: int, signum: signal.Signals, *, command: str) -> None:
    """Send a signal to a process and its descendants, where they run a command of this name."""
    root = psutil.Process(root_pid)
    for process in [root, *root.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            if command in _names(process.cmdline()):
                process.send_signal(signum)


def _names(words: list[str]) -> list[str]:
    """Return the words of a command line that may be the name of its command."""
    if command_client.__file__ in words:
        return words[4:5]  # after the address of the server that forks it
    # The name of a script is the second word, after its interpreter.
    return [Path(word).name for word in words[:2]]


def stop_store(folder: StoreFolder) -> None:
    """Stop the server of an embedded store and wait until its supervisor has ended."""
    EmbeddedServer(folder.path).stop()
    wait_until(partial(locks.is_free, folder.reaper_lock), description="the supervisor has ended")
    if not folder.socket_dir.is_relative_to(folder.path):
        shutil.rmtree(folder.socket_dir, ignore_errors=True)


def postmaster_pid(store: Path) -> int:
    """Return the process id of the server of an embedded store."""
    return int((store / "data" / "postmaster.pid").read_text().split("\n")[0])


def kill_postmaster(store: Path) -> None:
    """Kill the postmaster only; its children notice and end."""
    os.kill(postmaster_pid(store), signal.SIGKILL)
    wait_until(
        partial(locks.is_free, store / "server.lock"), description="the server's lock is free"
    )


def kill_server(store: Path) -> None:
    """Kill all processes of the server of an embedded store."""
    children = psutil.Process(postmaster_pid(store)).children(recursive=True)
    with suppress(psutil.NoSuchProcess):
        for child in children:
            child.kill()  # before the postmaster could end them in its own way
    kill_postmaster(store)
