"""The reaper: a small process that stops the server once it has been idle for a while.

It belongs to no user and imports little. There is one reaper per store; a user that opens the store
and finds none starts one, so a killed reaper is replaced by the next user.
"""

import os
import sys
import time
from pathlib import Path

from target_pandev.embedded import binaries, locks, postmaster
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import StoreFolder

CLIENTS = """\
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""


def ensure_running(folder: StoreFolder) -> None:
    """Start the reaper unless it is running. It inherits its lock, so there are never two."""
    lock = locks.try_take(folder.reaper_lock)
    if lock is None:
        return
    packages = str(Path(__file__).parents[2])
    command = [
        sys.executable,
        "-P",
        "-m",
        "target_pandev.embedded",
        "reap",
        str(folder.path),
        str(lock),
    ]
    environment = {**postmaster.ENVIRONMENT, "PYTHONPATH": packages}
    try:
        postmaster.spawn_detached(
            command, folder=folder, environment=environment, account=None, lock=lock
        )
    finally:
        os.close(lock)


def reap(folder: StoreFolder, *, lock: int) -> None:
    """Stop the server once it is idle, and return when it has ended; `lock` is the reaper's."""
    watch = _IdleWatch(folder)
    while folder.is_store():
        time.sleep(min(1.0, max(0.05, folder.idle_timeout_seconds / 4)))
        start = locks.try_take(folder.start_lock)
        if start is None:  # a process starts or stops the server
            watch.reset()
            continue
        try:
            if watch.stop_if_idle():
                os.close(lock)  # before start.lock: the next user must not find a reaper
                return
        finally:
            os.close(start)


class _IdleWatch:
    """How long the server has been idle."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._last_change = 0
        self.reset()

    def reset(self) -> None:
        """Start to measure the idle time again."""
        self._idle_since = time.monotonic()

    def stop_if_idle(self) -> bool:
        """Stop the server if it has been idle for long enough; return whether it has ended."""
        if locks.is_free(self._folder.server_lock):
            return True
        if self._detect_use():
            self.reset()
            return False  # also with an idle timeout of 0
        if time.monotonic() - self._idle_since < self._folder.idle_timeout_seconds:
            return False
        if self._has_clients():
            self.reset()
            return False
        postmaster.shut_down(self._folder)
        return True

    def _detect_use(self) -> bool:
        """Return whether there are users now, or have been since the last call."""
        change = self._folder.users_lock.stat().st_mtime_ns
        changed = change != self._last_change
        self._last_change = change
        return changed or not locks.is_free(self._folder.users_lock)

    def _has_clients(self) -> bool:
        """Return whether a client is connected: tools that use the URL hold no lock of ours."""
        try:
            programs = binaries.in_store(self._folder)
            return postmaster.query(CLIENTS, folder=self._folder, binaries=programs) != "0"
        except EmbeddedError:
            return False  # treat an unreachable server, or that of an upgrade, as unused
