"""The keeper: a small process that stops the server once nobody has used it for a while.

It belongs to no user and imports little. There is one keeper a store; whoever opens the store and
finds none starts one, so a killed keeper is replaced by the next user.
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


def ensure(folder: StoreFolder) -> None:
    """Start a keeper unless there is one. It inherits its lock, so there are never two."""
    lock = locks.try_take(folder.keeper_lock)
    if lock is None:
        return
    packages = str(Path(__file__).parents[2])
    command = [
        sys.executable,
        "-P",
        "-m",
        "target_pandev.embedded",
        "keep",
        str(folder.path),
        str(lock),
    ]
    environment = {**postmaster.ENVIRONMENT, "PYTHONPATH": packages}
    try:
        postmaster.detach(command, folder=folder, environment=environment, account=None, lock=lock)
    finally:
        os.close(lock)


def keep(folder: StoreFolder, *, lock: int) -> None:
    """Return when the server is gone, be it that we stopped it; `lock` is the keeper's."""
    watch = _Watch(folder)
    while folder.is_store():
        time.sleep(min(1.0, max(0.05, folder.linger / 4)))
        start = locks.try_take(folder.start_lock)
        if start is None:  # somebody starts or stops: look again
            watch.used()
            continue
        try:
            if watch.is_over():
                os.close(lock)  # before start.lock: who comes next must find no keeper
                return
        finally:
            os.close(start)


class _Watch:
    """What the keeper knows from look to look."""

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._last_change = 0
        self.used()

    def used(self) -> None:
        """Begin to count anew."""
        self._idle_since = time.monotonic()

    def is_over(self) -> bool:
        """Return whether the server is gone, after stopping it if it has been idle enough."""
        if locks.is_free(self._folder.server_lock):
            return True
        if self._is_used():
            self.used()
        if time.monotonic() - self._idle_since < self._folder.linger:
            return False
        if self._has_clients():
            self.used()
            return False
        postmaster.shut_down(self._folder)
        return True

    def _is_used(self) -> bool:
        """Return whether there are users now, or somebody came and left since the last look."""
        change = self._folder.users_lock.stat().st_mtime_ns
        changed, self._last_change = change != self._last_change, change
        return changed or not locks.is_free(self._folder.users_lock)

    def _has_clients(self) -> bool:
        """Return whether anybody is connected: tools that got the URL hold no lock of ours."""
        programs = binaries.in_store(self._folder)
        try:
            return postmaster.query(CLIENTS, folder=self._folder, binaries=programs) != "0"
        except EmbeddedError:
            return False  # who cannot ask cannot tell; a server that refuses us helps nobody
