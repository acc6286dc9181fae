"""The embedded store for its users: open it, connect, close it.

Users are counted by a shared lock that is released when they end; nothing has to be cleaned up
after a `kill -9`. Order of locks: `start.lock`, then `users.lock`, then `server.lock`.
"""

import contextlib
import os
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from target_pandev.embedded import binaries, locks, postmaster, reaper, replacement
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import (
    DEFAULT_IDLE_TIMEOUT_SECONDS,
    SOCKET,
    StoreFolder,
    touch_users_lock,
)
from target_pandev.embedded.log import PatientWait, log_tail
from target_pandev.embedded.postmaster import DATABASE, ROLE

LIBPQ_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
LAX_RULES = """\
SELECT pg_catalog.concat_ws(' ', 'line', line_number, error, auth_method)
FROM pg_catalog.pg_hba_file_rules
WHERE auth_method IS DISTINCT FROM 'scram-sha-256' AND auth_method IS DISTINCT FROM 'reject'
ORDER BY line_number"""
"""The lines of pg_hba.conf that a port would open to others."""
REAPER_STOP_TIMEOUT_SECONDS = 5.0
"""After this time it is the reaper of another user's server."""


class EmbeddedServer:
    """A PostgreSQL of our own in a folder, shared by all processes that open the same folder.

    `settings` are PostgreSQL's and apply when the server starts: a user that joins a running server
    gets its settings. The server keeps running for `idle_timeout_seconds` after its last user.
    """

    def __init__(
        self,
        store_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        idle_timeout_seconds: float = DEFAULT_IDLE_TIMEOUT_SECONDS,
        start_timeout_seconds: float = 600.0,
    ) -> None:
        if sys.platform == "win32":
            raise EmbeddedError("the embedded store needs Linux or macOS: set store_url")
        self._folder = StoreFolder(store_dir.expanduser().resolve())
        self._settings = dict(settings or {})
        self._idle_timeout_seconds = idle_timeout_seconds
        self._start_timeout_seconds = start_timeout_seconds
        self._users: int | None = None

    def __enter__(self) -> Self:
        """Open the store."""
        return self.open()

    def __exit__(self, *_: object) -> None:
        """Leave the store."""
        self.close()

    def open(self) -> Self:
        """Start the server or join it, and count as a user until `close()` or the process ends."""
        if self._users is not None:
            return self
        with self._translate_os_errors():
            if not self._folder.path.exists():
                self._folder.require_reachable()
            self._folder.prepare()
            try:
                with locks.held(self._folder.start_lock):
                    self._users = locks.take(self._folder.users_lock, shared=True)
                    touch_users_lock(self._users, idle_timeout_seconds=self._idle_timeout_seconds)
                    replacement.complete(self._folder)
                    self._start_or_join()
            except BaseException:
                self.close()
                raise
        return self

    def close(self) -> None:
        """Leave. The reaper stops the server later; with an idle timeout of 0 this user does."""
        if self._users is None:
            return
        touch_users_lock(self._users, idle_timeout_seconds=self._idle_timeout_seconds)
        self._leave()
        if self._idle_timeout_seconds <= 0:
            self.stop()

    def stop(self) -> bool:
        """Leave, and stop the server unless others use it; return whether it was stopped.

        If it returns True, no process of the store is left, so its folder may be removed.
        """
        self._leave()
        with self._translate_os_errors():
            if not self._folder.is_store():
                return True
            stopped = self._stop_unless_used()
            if stopped:
                self._wait_for_reaper()
            return stopped

    def _stop_unless_used(self) -> bool:
        with locks.held(self._folder.start_lock):
            users = locks.try_take(self._folder.users_lock)
            if users is None:
                return False
            try:
                postmaster.shut_down(self._folder)
            finally:
                os.close(users)
        return True

    def _wait_for_reaper(self) -> None:
        """Wait until the reaper, which checks once per second, sees that the server ended."""
        wait = PatientWait(
            "waiting for the reaper", folder=self._folder, limit_seconds=REAPER_STOP_TIMEOUT_SECONDS
        )
        while not locks.is_free(self._folder.reaper_lock) and wait.tick():
            pass

    @contextlib.contextmanager
    def kept_running(self) -> Iterator[None]:
        """Be the process that keeps the server running, inside a `with`. Raises if another is."""
        with self._translate_os_errors():
            self._folder.prepare()
            lock = locks.try_take(self._folder.stay_lock)
            if lock is None:
                raise EmbeddedError(
                    f"store_dir {self._folder.path}: process {self.keeper_pid} keeps this store "
                    "running already"
                )
            os.truncate(lock, 0)
            os.pwrite(lock, b"%d\n" % os.getpid(), 0)
        try:
            yield
        finally:
            os.close(lock)

    @property
    def keeper_pid(self) -> int | None:
        """The process that keeps the server running; None if there is none."""
        path = self._folder.stay_lock
        if not path.exists() or locks.is_free(path):
            return None
        with contextlib.suppress(OSError, ValueError):
            return int(path.read_text(encoding="ascii"))
        return None

    def restart_if_ended(self) -> None:
        """Start the server again if it has ended since this user opened the store."""
        with self._translate_os_errors(), locks.held(self._folder.start_lock):
            if locks.is_free(self._folder.server_lock):
                self._start_or_join()

    def require_passwords(self) -> None:
        """Raise unless the server asks everyone for a password, and never for its plain text."""
        programs = binaries.in_store(self._folder)
        lax = postmaster.query(LAX_RULES, folder=self._folder, binaries=programs)
        if lax:
            raise EmbeddedError(
                f"{self._folder.data / 'pg_hba.conf'}, {', '.join(lax.splitlines())}: a port needs "
                "the method scram-sha-256 in every line"
            )

    def exists(self) -> bool:
        """Return whether the folder has a store, running or not."""
        return self._folder.data.exists() or replacement.is_pending(self._folder)

    def is_running(self) -> bool:
        """Return whether the server runs; it may still be starting."""
        return postmaster.is_listening(self._folder)

    @property
    def socket(self) -> Path:
        """The server's socket."""
        return self._folder.socket_dir / SOCKET

    @property
    def conninfo(self) -> str:
        """The connection string for libpq and psycopg. It contains the password: not for logs."""
        return " ".join(f"{name}={_quoted(value)}" for name, value in self._connection.items())

    @property
    def url(self) -> str:
        """The same as `conninfo`, as a URL."""
        password = urllib.parse.quote(self._folder.password, safe="")
        host = urllib.parse.quote(str(self._folder.socket_dir), safe="")
        return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={host}&port=5432"

    def address(self, port: int | None) -> str:
        """Return the URL without user and password, by a TCP port of this machine if given."""
        if port is not None:
            return f"postgresql://127.0.0.1:{port}/{DATABASE}"
        host = urllib.parse.quote(str(self._folder.socket_dir), safe="")
        return f"postgresql:///{DATABASE}?host={host}&port=5432"

    @property
    def libpq_environment(self) -> dict[str, str]:
        """The same as `conninfo`, as environment variables for PostgreSQL's programs."""
        return {LIBPQ_VARIABLES[name]: value for name, value in self._connection.items()}

    @property
    def _connection(self) -> dict[str, str]:
        """The parameters of a connection, by the names that libpq gives them."""
        return {
            "host": str(self._folder.socket_dir),
            "port": "5432",
            "user": ROLE,
            "password": self._folder.password,
            "dbname": DATABASE,
        }

    @property
    def psql(self) -> Path:
        """The psql that belongs to the server."""
        return self.program_folder / "psql"

    @property
    def program_folder(self) -> Path:
        """The folder of the programs that belong to the server, such as psql and pg_dump."""
        return binaries.in_store(self._folder).folder

    @contextlib.contextmanager
    def _translate_os_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EmbeddedError(f"store_dir {self._folder.path}: {error}") from error

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _start_or_join(self) -> None:
        """Return once the server is ready and has the database; `start.lock` is held."""
        wait = PatientWait(
            "starting PostgreSQL", folder=self._folder, limit_seconds=self._start_timeout_seconds
        )
        log_begin: int | None = None
        while not self._is_ready():
            lock = locks.try_take(self._folder.server_lock)
            if lock is not None:
                try:
                    self._fail_if_retried(log_begin)
                    log_begin = self._launch(lock)
                finally:
                    os.close(lock)
            if not wait.tick():
                raise EmbeddedError(
                    f"PostgreSQL in {self._folder.path} did not answer within "
                    f"{self._start_timeout_seconds:.0f} s: {log_tail(self._folder)}; "
                    "it is still recovering, so try again"
                )
        postmaster.make_database(self._folder, binaries=binaries.in_store(self._folder))
        self._ensure_reaper()

    def _is_ready(self) -> bool:
        return (
            self._folder.data.exists()
            and postmaster.is_listening(self._folder)
            and (postmaster.is_ready(self._folder, binaries=binaries.in_store(self._folder)))
        )

    def _fail_if_retried(self, log_begin: int | None) -> None:
        if log_begin is not None:
            words = log_tail(self._folder, since=log_begin)
            raise EmbeddedError(f"PostgreSQL in {self._folder.path} ended while starting: {words}")

    def _launch(self, lock: int) -> int:
        """Create and start what is missing; return the size of the log before the start."""
        self._folder.require_reachable()
        programs = binaries.for_start(self._folder)
        self._folder.make_password()
        if not self._folder.data.exists():
            postmaster.initialise(self._folder, binaries=programs, lock=lock)
        begin = postmaster.launch(
            self._folder, binaries=programs, settings=self._settings, lock=lock
        )
        self._ensure_reaper()
        return begin

    def _ensure_reaper(self) -> None:
        if self._idle_timeout_seconds > 0:
            reaper.ensure_running(self._folder)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
