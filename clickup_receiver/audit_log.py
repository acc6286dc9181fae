"""Who changed what, when: one JSON object per line in `audit.log` of the receiver's data directory.

Operators' commands and changes of webhooks are recorded; both are rare, so the file needs no limit.
It has ids and counts only: no secret, no token and no text of a person.
"""

from __future__ import annotations

import errno
import json
import os
import pwd
import stat
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AUDIT_FILE_NAME = "audit.log"
"""The name of the file in the receiver's directory."""
GROUP_AND_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
ROOT = 0
OPEN_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class AuditLog:
    """Appends lines to the audit log of a directory; several threads and processes may do so."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / AUDIT_FILE_NAME
        self._lock = Lock()
        self._last_entry: dict[str, str | int] = {}

    def prepare(self) -> None:
        """Create the file, so that a change which cannot be recorded is not made.

        Raises `ConfigurationError`.
        """
        self._append(b"")

    def write(self, action: str, outcome: str, **facts: str | int | None) -> None:
        """Append a line with those facts that are known; durable on return.

        An outcome that stays the same, such as the refusal of a token, is written once.
        Raises `ConfigurationError`.
        """
        entry: dict[str, str | int] = {"action": action, "outcome": outcome}
        entry |= {name: value for name, value in facts.items() if value is not None}
        with self._lock:
            if entry == self._last_entry:
                return
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"time": time, "user": _user_name(), **entry})
            self._append(f"{line}\n".encode())
            self._last_entry = entry

    def count_changes(self, action: str, change: Callable[[], int]) -> int:
        """Make a change of a number of events, and record it; return the number.

        Raises `ConfigurationError`, and what `change` raises.
        """
        self.prepare()
        try:
            count = change()
        except BaseException:
            self.write(action, "failed")
            raise
        self.write(action, "done", events=count)
        return count

    def _append(self, line: bytes) -> None:
        folder = self._path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, OPEN_FLAGS, 0o600)
            try:
                self._validate(os.fstat(handle))
                if os.geteuid() == ROOT:  # the receiver's user has to be able to write to it
                    owner = folder.stat()
                    os.fchown(handle, owner.st_uid, owner.st_gid)
                if os.write(handle, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            is_link = error.errno == errno.ELOOP
            raise self._error("is a symbolic link" if is_link else error.strerror) from error

    def _validate(self, status: os.stat_result) -> None:
        """Raise `ConfigurationError` for a file that another user may have prepared."""
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise self._error("expected a regular file with one name")
        if status.st_mode & GROUP_AND_OTHERS_WRITE:
            raise self._error("others can write to it; run chmod 600 on it")

    def _error(self, reason: str | None) -> ConfigurationError:
        return ConfigurationError(f"audit log {self._path}: {reason}")


def _user_name() -> str:
    """Return the name of the user of this process, or the id of one without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
