"""The store of the join benchmark: databases of the embedded server, loaded by target-pandev.

Statements are timed as a client that receives all rows sees them, from the statement, which is
planned, to the last row. The rows are read as text in COPY's form, and discarded.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import psutil
import psycopg

from benchmarks.load_store import LoadStore
from benchmarks.peer import PROJECT
from benchmarks.processes import FailedRunError, Usage, run_measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TARGET = Path(sys.executable).with_name("target-pandev")
SCHEMA = "pandev"
FILES = ("employees", "clickup", "git", "pull_requests", "ide")
"""What fills a store, by the name of its source, in the order in which it is loaded."""
LIMIT_SECONDS = 30
"""A statement that takes longer is cancelled, and not run again."""

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


class Timing(NamedTuple):
    """How long a statement takes, and how many rows it returns; `rows` is None beyond the limit."""

    seconds: float
    cpu_seconds: float | None
    rows: int | None


class JoinStore(LoadStore):
    """A running server with the settings of the embedded store, autovacuum included."""

    settings: ClassVar[Mapping[str, str]] = {}

    def create(self, name: str) -> str:
        """Create an empty database and return its address."""
        self.recreate_database(name)
        return self.address(name).url


def load(url: str, messages: Path) -> Usage:
    """Load a file of messages by the command target-pandev, in a process of its own."""
    config = messages.with_suffix(".config.json")
    config.write_text(json.dumps({"store_url": url}))
    output = messages.with_suffix(".states.jsonl")
    command: list[str | Path] = [TARGET, "--config", config]
    return run_measured(command, stdin=messages, stdout=output, folder=PROJECT)


def run_module(name: str, *arguments: str | Path) -> dict[str, Any]:
    """Run a module of the benchmarks, so that this process stays small, and return its JSON."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)  # noqa: S603 - our own command
    if run.returncode:
        raise FailedRunError(f"{name}: {run.stderr.decode(errors='replace').strip()}")
    result: dict[str, Any] = json.loads(run.stdout)
    return result


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Yield a connection that reads the store as a report does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET search_path = {SCHEMA}".encode())
        yield connection


def vacuum(connection: Connection) -> None:
    """Do now what autovacuum does some time after a load."""
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")


@contextmanager
def limited(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL cancel statements of the block that take longer than the limit."""
    connection.execute(f"SET statement_timeout = '{LIMIT_SECONDS}s'".encode())
    try:
        yield
    finally:
        connection.execute("SET statement_timeout = 0")


def time_statement(connection: Connection, statement: str, *, rounds: int) -> Timing:
    """Return the median of some runs after one that is not counted."""
    with limited(connection):
        try:
            first = _run(connection, statement)
            timings = [_run(connection, statement) for _ in range(rounds)]
        except psycopg.errors.QueryCanceled:
            return Timing(LIMIT_SECONDS, None, None)
    cpu_seconds = [timing.cpu_seconds for timing in timings if timing.cpu_seconds is not None]
    return Timing(
        statistics.median(timing.seconds for timing in timings),
        statistics.median(cpu_seconds) if cpu_seconds else None,
        first.rows,
    )


def _run(connection: Connection, statement: str) -> Timing:
    server = _server_process(connection)
    cpu_before = _cpu_seconds(server)
    started = time.perf_counter()
    rows = 0
    with connection.cursor().copy(f"COPY ({statement}) TO STDOUT".encode()) as copy:
        for _ in copy:
            rows += 1
    seconds = time.perf_counter() - started
    cpu_after = _cpu_seconds(server)
    used = None if cpu_before is None or cpu_after is None else cpu_after - cpu_before
    return Timing(seconds, used, rows)


def _server_process(connection: Connection) -> psutil.Process | None:
    """Return the process that serves a connection, or None if it is on another machine."""
    try:
        return psutil.Process(connection.info.backend_pid)
    except psutil.NoSuchProcess:
        return None


def _cpu_seconds(process: psutil.Process | None) -> float | None:
    if process is None:
        return None
    times = process.cpu_times()
    return float(times.user + times.system)


def read_value(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> Any:
    """Return the only value that a statement returns."""
    ((value,),) = connection.execute(statement.encode(), parameters).fetchall()
    return value
