"""The PostgreSQL into which the load benchmark loads: the store's embedded one, in a new folder.

Each loader has its own database in it. The settings are the store's, except for autovacuum: it
would work, and write WAL, during another loader's run. Instead every database is vacuumed and
analysed before each run. All statements run through psql, so that the benchmark's process stays
smaller than the processes it measures (see `processes`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

import psutil

from benchmarks.processes import DEV_NULL, FailedRunError, clean_environment
from benchmarks.task_table import COLUMNS, DEFINITIONS, UNCHANGED_COLUMNS
from target_pandev.embedded import EmbeddedError, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

READ_LINES = "COPY lines FROM STDIN (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', NULL E'\\x03')"
"""Each line is one value: JSON contains none of these control characters."""


@dataclass(frozen=True)
class Address:
    """The address of a loader's database."""

    host: str
    port: int
    user: str
    password: str
    database: str
    url: str


class LoadStore:
    """A running server, alive while the `with` block lasts."""

    settings: ClassVar[Mapping[str, str]] = {"autovacuum": "off"}

    def __enter__(self) -> Self:
        """Start the server."""
        with ExitStack() as starting:
            folder = starting.enter_context(tempfile.TemporaryDirectory(prefix="bench-load-store-"))
            self._folder = Path(folder)
            try:
                self._server = EmbeddedServer(
                    self._folder, settings=self.settings, idle_timeout_seconds=0
                ).open()
            except EmbeddedError as error:
                raise FailedRunError(str(error)) from error
            starting.callback(self._server.close)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and remove its folder."""
        self._running.close()

    def address(self, database: str) -> Address:
        """Return the address of a database."""
        parts = urlsplit(self._server.url)
        query = parse_qs(parts.query)
        return Address(
            host=query["host"][0],
            port=int(query["port"][0]),
            user=parts.username or "",
            password=unquote(parts.password or ""),
            database=database,
            url=parts._replace(path=f"/{database}").geturl(),
        )

    def run_sql(self, database: str, *statements: str, source: Path = DEV_NULL) -> str:
        """Return the output of psql for some statements; the first one may read `source`."""
        address = self.address(database)
        server = {"PGHOST": address.host, "PGPORT": str(address.port), "PGUSER": address.user}
        login = {"PGPASSWORD": address.password, "PGDATABASE": database}
        options = [word for statement in statements for word in ("-c", statement)]
        with source.open("rb") as stdin:
            run = subprocess.run(  # noqa: S603 - our own psql
                [self._server.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", *options],
                env={**clean_environment(), **server, **login, "PGCLIENTENCODING": "UTF8"},
                stdin=stdin,
                capture_output=True,
                text=True,
                check=False,
            )
        if run.returncode:
            raise FailedRunError(f"psql in database {database}: {run.stderr.strip()}")
        return run.stdout.strip()

    def recreate_database(self, name: str) -> None:
        """Drop a database if it exists, and create it."""
        self.run_sql(
            "postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"
        )

    def drop_database(self, name: str) -> None:
        """Drop a database to free its space on disk."""
        self.run_sql("postgres", f"DROP DATABASE {name}")

    def vacuum(self, database: str) -> None:
        """Do now what autovacuum and the checkpointer would do some time later.

        The output of ANALYZE is read once, because its first reader sets hint bits.
        """
        self.run_sql(
            database, "VACUUM (ANALYZE)", "SELECT count(*) FROM pg_statistic", "CHECKPOINT"
        )

    def wal_position(self) -> int:
        """Return the number of bytes of write-ahead log written so far."""
        return int(self.run_sql("postgres", "SELECT pg_current_wal_insert_lsn() - '0/0'"))

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of the server's processes, including ended ones; None if unknown."""
        if not sys.platform.startswith("linux"):  # others do not report the time of ended ones
            return None
        pid_file = (self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8")
        postmaster = psutil.Process(int(pid_file.split("\n")[0]))
        running = [_cpu_seconds(process) for process in postmaster.children(recursive=True)]
        own = postmaster.cpu_times()
        ended = own.children_user + own.children_system
        return float(own.user + own.system + ended + sum(running))

    def checksum(
        self, database: str, table: str, columns: Iterable[str] = UNCHANGED_COLUMNS
    ) -> str:
        """Return the number of rows of a table and a checksum of their values of some columns."""
        row = f"hashtextextended(ROW({', '.join(columns)})::text, 0)"
        return self.run_sql(
            database,
            f"SELECT count(*) || ' rows, sum ' || coalesce(sum({row}), 0) FROM {table}",  # noqa: S608 - our own names
        )

    def types(self, database: str, table: str, columns: Collection[str] = COLUMNS) -> str:
        """Return the types of some columns of a table."""
        return self.run_sql(
            database,
            "SELECT string_agg(format('%s %s', attname, atttypid::regtype), ', ' ORDER BY attname) "  # noqa: S608 - our own names
            f"FROM pg_attribute WHERE attrelid = '{table}'::regclass "
            f"AND attname = ANY ('{{{','.join(columns)}}}')",
        )

    def read_input(self, database: str, table: str, messages: Path) -> None:
        """Create a table of an input's records by PostgreSQL alone, without a loader."""
        self.run_sql(database, "CREATE UNLOGGED TABLE lines (message jsonb)")
        self.run_sql(database, READ_LINES, source=messages)
        self.run_sql(
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
    except psutil.NoSuchProcess:  # it has ended; the postmaster's times, read later, include it
        return 0.0
    return float(times.user + times.system)
