"""The embedded store as its users see it: open it, connect, close it.

Users are counted by a shared lock that dies with them; nothing has to be cleaned up after a
`kill -9`. Order of locks: `start.lock`, then `users.lock`, then `server.lock`.
"""

import contextlib
import os
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from target_pandev.embedded import binaries, locks, postmaster, reaper
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import (
    DEFAULT_LINGER,
    StoreFolder,
    note_use,
    server_account,
)
from target_pandev.embedded.log import Wait, last_words
from target_pandev.embedded.postmaster import DATABASE, ROLE

LIBPQ_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
KEEPER_SECONDS = 5.0
"""Longest wait for the keeper to end; after that it is the keeper of another user's server."""


class EmbeddedServer:
    """A PostgreSQL of our own in a folder, shared by all processes that open the same folder.

    `settings` are PostgreSQL's and hold from the start of the server on: whoever joins a running
    one gets its settings. `linger` is for how many seconds the server stays after its last user.
    """

    def __init__(
        self,
        store_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        linger: float = DEFAULT_LINGER,
        start_timeout: float = 600.0,
    ) -> None:
        if sys.platform == "win32":
            raise EmbeddedError("the embedded store needs Linux or macOS: set store_url")
        self._folder = StoreFolder(store_dir.expanduser().resolve())
        self._settings = dict(settings or {})
        self._linger = linger
        self._start_timeout = start_timeout
        self._users: int | None = None

    def __enter__(self) -> Self:
        """Open the store."""
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the store."""
        self.close()

    def open(self) -> Self:
        """Start the server or join it, and count as a user until `close()` or the process ends."""
        if self._users is not None:
            return self
        with self._system_errors_told():
            if not self._folder.path.exists():
                self._folder.require_reachable(server_account())
            self._folder.prepare()
            try:
                with locks.held(self._folder.start_lock):
                    self._users = locks.take(self._folder.users_lock, shared=True)
                    note_use(self._users, linger=self._linger)
                    self._start_or_join()
            except BaseException:
                self.close()
                raise
        return self

    def close(self) -> None:
        """Leave. The keeper stops the server later; with `linger=0` the last user does it now."""
        if self._users is None:
            return
        note_use(self._users, linger=self._linger)
        self._leave()
        if self._linger <= 0:
            self.stop()

    def stop(self) -> bool:
        """Leave, and stop the server; return False if others use it, which are left in peace.

        When it returns True no process of the store is left, so its folder may be removed.
        """
        self._leave()
        with self._system_errors_told():
            if not self._folder.is_store():
                return True
            stopped = self._stop_unless_used()
            if stopped:
                self._await_keeper()
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

    def _await_keeper(self) -> None:
        """Wait for the keeper, which looks once a second, to see that the server is gone."""
        wait = Wait("waiting for the keeper", folder=self._folder, limit=KEEPER_SECONDS)
        while not locks.is_free(self._folder.keeper_lock) and wait.step():
            pass

    def running(self) -> bool:
        """Return whether the server runs; it may still be on its way up."""
        return postmaster.accepts(self._folder)

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
        return binaries.in_store(self._folder).program("psql")

    @contextlib.contextmanager
    def _system_errors_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise EmbeddedError(f"store_dir {self._folder.path}: {error}") from error

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _start_or_join(self) -> None:
        """Return when the server answers and has the database; `start.lock` is held."""
        wait = Wait("starting PostgreSQL", folder=self._folder, limit=self._start_timeout)
        log_begin: int | None = None
        while not self._answers():
            lock = locks.try_take(self._folder.server_lock)
            if lock is not None:
                try:
                    self._require_first_try(log_begin)
                    log_begin = self._launch(lock)
                finally:
                    os.close(lock)
            if not wait.step():
                raise EmbeddedError(
                    f"PostgreSQL in {self._folder.path} did not answer within "
                    f"{self._start_timeout:.0f} s: {last_words(self._folder)}; "
                    "it goes on recovering, so try again"
                )
        postmaster.make_database(self._folder, binaries=binaries.in_store(self._folder))
        self._ensure_keeper()

    def _answers(self) -> bool:
        return (
            self._folder.data.exists()
            and postmaster.accepts(self._folder)
            and (postmaster.answers(self._folder, binaries=binaries.in_store(self._folder)))
        )

    def _require_first_try(self, log_begin: int | None) -> None:
        if log_begin is not None:
            words = last_words(self._folder, since=log_begin)
            raise EmbeddedError(f"PostgreSQL in {self._folder.path} ended in starting: {words}")

    def _launch(self, lock: int) -> int:
        """Start what is not there yet; return the size of the log before the server began."""
        self._folder.require_reachable(server_account())
        programs = binaries.for_start(self._folder)
        self._folder.make_password()
        if not self._folder.data.exists():
            postmaster.initialise(self._folder, binaries=programs, lock=lock)
        begin = postmaster.launch(
            self._folder, binaries=programs, settings=self._settings, lock=lock
        )
        self._ensure_keeper()
        return begin

    def _ensure_keeper(self) -> None:
        if self._linger > 0:
            reaper.ensure(self._folder)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
