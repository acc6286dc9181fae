"""The PostgreSQL that the load benchmark loads into: the store's embedded one, in a new folder.

Each loader has a database of its own in it. The settings are the store's, but for autovacuum: it
would do its work, and write its WAL, in the midst of another loader's run. Instead every database
is vacuumed and analysed before each run. All is asked through psql, so that the benchmark's own
process stays smaller than what it measures (see `processes`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import psutil

from benchmarks.processes import NOTHING, FailedRunError, environment
from benchmarks.task_table import COLUMNS, DEFINITIONS, PLAIN
from target_pandev.embedded import EmbeddedError, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

READ_LINES = "COPY lines FROM STDIN (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', NULL E'\\x03')"
"""Each line is one value: the control characters stand in no JSON."""


@dataclass(frozen=True)
class Address:
    """Where a loader finds its database."""

    host: str
    port: int
    user: str
    password: str
    database: str
    url: str


class LoadStore:
    """A running server, alive while the `with` block lasts."""

    def __enter__(self) -> Self:
        """Start the server."""
        with ExitStack() as starting:
            folder = starting.enter_context(tempfile.TemporaryDirectory(prefix="bench-load-store-"))
            self._folder = Path(folder)
            settings = {"autovacuum": "off"}
            try:
                self._server = EmbeddedServer(self._folder, settings=settings, linger=0).open()
            except EmbeddedError as error:
                raise FailedRunError(str(error)) from error
            starting.callback(self._server.close)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and remove its folder."""
        self._running.close()

    def address(self, database: str) -> Address:
        """Return where a database is."""
        parts = urlsplit(self._server.url)
        host, port = (parse_qs(parts.query)[name][0] for name in ("host", "port"))
        password, url = unquote(parts.password or ""), parts._replace(path=f"/{database}").geturl()
        return Address(host, int(port), parts.username or "", password, database, url)

    def ask(self, database: str, *statements: str, given: Path = NOTHING) -> str:
        """Return what psql prints for some statements, the first of which may read a file."""
        address = self.address(database)
        place = {"PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": address.user}
        secret = {"PGPASSWORD": address.password, "PGDATABASE": database}
        asked = [word for each in statements for word in ("-c", each)]
        with given.open("rb") as stdin:
            done = subprocess.run(  # noqa: S603 - our own psql
                [self._server.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", *asked],
                env={**environment(), **place, **secret, "PGCLIENTENCODING": "UTF8"},
                stdin=stdin,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise FailedRunError(f"psql in database {database}: {done.stderr.strip()}")
        return done.stdout.strip()

    def new_database(self, name: str) -> None:
        """Make a database anew."""
        self.ask(
            "postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"
        )

    def drop_database(self, name: str) -> None:
        """Give the place on disk back."""
        self.ask("postgres", f"DROP DATABASE {name}")

    def settle(self, database: str) -> None:
        """Do what autovacuum and the checkpointer would do some time later.

        What ANALYZE wrote is read once: its first reader notes that it is committed.
        """
        self.ask(database, "VACUUM (ANALYZE)", "SELECT count(*) FROM pg_statistic", "CHECKPOINT")

    def wal_position(self) -> int:
        """Return how many bytes of write-ahead log there ever were."""
        return int(self.ask("postgres", "SELECT pg_current_wal_insert_lsn() - '0/0'"))

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of the server's processes, also of ended ones; None where unknown."""
        if not sys.platform.startswith("linux"):  # others do not tell the time of ended ones
            return None
        noted = (self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8")
        postmaster = psutil.Process(int(noted.split("\n")[0]))
        live = [_cpu_seconds(each) for each in postmaster.children(recursive=True)]
        own = postmaster.cpu_times()
        ended = own.children_user + own.children_system
        return float(own.user + own.system + ended + sum(live))

    def contents(self, database: str, table: str, columns: Iterable[str] = PLAIN) -> str:
        """Return how many rows a table has, and a sum over their values of some columns."""
        row = f"hashtextextended(ROW({', '.join(columns)})::text, 0)"
        return self.ask(
            database,
            f"SELECT count(*) || ' rows, sum ' || coalesce(sum({row}), 0) FROM {table}",  # noqa: S608 - our own names
        )

    def types(self, database: str, table: str, columns: Collection[str] = COLUMNS) -> str:
        """Return the types of some columns of a table."""
        return self.ask(
            database,
            "SELECT string_agg(format('%s %s', attname, atttypid::regtype), ', ' ORDER BY attname) "  # noqa: S608 - our own names
            f"FROM pg_attribute WHERE attrelid = '{table}'::regclass "
            f"AND attname = ANY ('{{{','.join(columns)}}}')",
        )

    def read_input(self, database: str, table: str, messages: Path) -> None:
        """Make a table of an input's records, by PostgreSQL's own means and no loader's."""
        self.ask(database, "CREATE UNLOGGED TABLE lines (message jsonb)")
        self.ask(database, READ_LINES, given=messages)
        self.ask(
            database,
            f"CREATE TABLE {table} ({DEFINITIONS})",
            f"INSERT INTO {table} SELECT task.* FROM lines, "  # noqa: S608 - our own names
            f"jsonb_populate_record(NULL::{table}, message -> 'record') AS task "
            "WHERE message ->> 'type' = 'RECORD'",
            "DROP TABLE lines",
        )


def _cpu_seconds(process: Any) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it has ended since; the postmaster, asked later, has its time
        return 0.0
    return float(times.user + times.system)
