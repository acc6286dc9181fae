"""`make bench-page`: how long each tab of `pandev serve` takes, and what 10,000 requests cost.

- Tabs: on a store with 100,000 tasks, as `make bench-join` fills it, the time until the last byte
  of each tab has arrived, for the usual days of each figure before the data ends: the first time
  after a write, which may show the last figures, and again while nothing is written. Next to them
  are the time until the new figures show, and the time of the tab's own statements, sent by a
  client that draws nothing, with the CPU time that PostgreSQL takes for them: the bare SQL.
- Memory: on a small store, the resident memory of the page after 1,000 requests and after 10,000,
  for all tabs and the CSV and JSON of all their figures, by four clients.

`--scale 0.1` is a quick look at a tenth of the rows, without the goals of time. Exits with 1 if a
goal is missed.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

from benchmarks.command import positive, run_benchmark, share
from benchmarks.goals import at_most, format_goals, format_header, format_row
from benchmarks.join_clickup import READ_AT
from benchmarks.join_store import SCHEMA, JoinStore, connect
from benchmarks.join_views import fill_store
from benchmarks.processes import FailedRunError, clean_environment
from pandev.page.connections import ReaderSource
from pandev.page.figures import read_figure
from pandev.page.filters import Filters, read_choices
from pandev.page.integration import STATUS_FIGURES, Installation, read_standing
from pandev.page.tabs import TABS
from pandev.report.selection import read_calendar
from pandev.report.source import SharedReads
from pandev.status.surroundings import Surroundings
from target_pandev.database import StoreReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.goals import Figures, Goal
    from benchmarks.join_store import Connection
    from pandev.page.tabs import Tab

    Statement = tuple[str, Mapping[str, Any] | None]

COMMAND = Path(sys.executable).with_name("pandev")
REQUESTS = 10_000
CLIENTS = 4
SMALL_SCALE = 0.002
GOAL_MS = 200
GOAL_GROWTH_MB = 5.0
NOTE = b'class="note"'
INSTALLATION = Installation(lambda: {"enabled": True}, None, Surroundings)


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    text = "share of the rows; the goals of time apply to 1, the default"
    parser.add_argument("--scale", type=share, default=1.0, help=text)
    parser.add_argument("--rounds", type=positive, default=5, help="timed requests for each tab")
    parser.add_argument("--requests", type=positive, default=REQUESTS, help="for the memory")
    options = parser.parse_args()
    measure = partial(
        _measure, scale=options.scale, rounds=options.rounds, requests=options.requests
    )
    run_benchmark("page", measure, evaluate=evaluate, format_table=format_table)


def _measure(folder: Path, *, scale: float, rounds: int, requests: int) -> Figures:
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "scale": scale,
    }
    with JoinStore() as store:
        url, sizes = fill_store(store, folder, scale=scale)
        figures |= {**sizes, "tabs": measure_tabs(url, rounds=rounds)}
        small_url, _ = fill_store(store, folder, scale=SMALL_SCALE)
        figures["memory"] = measure_memory(small_url, requests=requests)
    return figures


@dataclass(frozen=True)
class RunningPage:
    """A process of `pandev serve`."""

    process: psutil.Process
    port: int

    @property
    def memory_mb(self) -> float:
        """Its resident memory, in millions of bytes."""
        return float(self.process.memory_info().rss / 1e6)

    def get(self, path: str) -> bytes:
        """Request a path and return the body of the response. Raises `FailedRunError`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise FailedRunError(f"{path}: HTTP {response.status}")
        return body

    def get_new(self, path: str) -> bytes:
        """Request a path until it shows new figures. Raises `FailedRunError`."""
        while NOTE in (body := self.get(path)):
            time.sleep(0.01)
        return body


@contextmanager
def serve(url: str) -> Iterator[RunningPage]:
    """Serve the page of a store while the block lasts. Raises `FailedRunError`."""
    command: list[str | Path] = [COMMAND, "serve", "--port", "0"]
    environment = {**clean_environment(), "TARGET_PANDEV_STORE_URL": url}
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            port = urlsplit(next((word for word in line.split() if "://" in word), "")).port
            if port is None:
                raise FailedRunError(f"pandev serve did not start: {line.strip()}")
            yield RunningPage(psutil.Process(process.pid), port)
        finally:
            process.terminate()


def measure_tabs(url: str, *, rounds: int) -> dict[str, Figures]:
    """Return the times of each tab and of its statements, and the bytes of its HTML."""
    tabs = {}
    until = READ_AT.date()
    with serve(url) as page, connect(url) as connection:
        for tab in TABS:
            path = f"/{tab.key}?until={until}"
            request = partial(page.get, path)
            size = len(request())
            after_write = [_time_after_write(connection, page, path) for _ in range(rounds)]
            first_ms, new_ms = (
                statistics.median(times) for times in zip(*after_write, strict=True)
            )
            again_ms = statistics.median(_time(request) for _ in range(rounds))
            statements = record_statements(url, tab, Filters(until=until))
            repeat = partial(_repeat, connection, statements)
            repeat()
            cpu_before = _cpu_ms(connection)
            bare_ms = statistics.median(_time(repeat) for _ in range(rounds))
            cpu_ms = (_cpu_ms(connection) - cpu_before) / rounds
            tabs[tab.key] = {
                "first_ms": round(first_ms, 1),
                "new_ms": round(new_ms, 1),
                "again_ms": round(again_ms, 1),
                "bare_ms": round(bare_ms, 1),
                "cpu_ms": round(cpu_ms, 1),
                "statements": len(statements),
                "kilobytes": round(size / 1e3, 1),
            }
            print(f"{tab.key}: {tabs[tab.key]}")
    return tabs


def _time(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1e3


def _time_after_write(connection: Connection, page: RunningPage, path: str) -> tuple[float, float]:
    """Return the time of the first response after a write, and that until new figures show.

    The write changes no row of a view.
    """
    connection.execute("UPDATE reporting SET time_zone = time_zone")
    started = time.perf_counter()
    body = page.get(path)
    first_ms = (time.perf_counter() - started) * 1e3
    if NOTE in body:
        page.get_new(path)
    return first_ms, (time.perf_counter() - started) * 1e3


def _cpu_ms(connection: Connection) -> float:
    """Return the CPU time of a connection's process of PostgreSQL, without parallel workers."""
    times = psutil.Process(connection.info.backend_pid).cpu_times()
    return float(times.user + times.system) * 1e3


def record_statements(url: str, tab: Tab, filters: Filters) -> list[Statement]:
    """Return the statements of a tab, in their order."""
    with Recorder(url, schema=SCHEMA) as reader:
        source = ReaderSource(reader, "")
        if tab.key == "integration":
            read_standing(reader, INSTALLATION, datetime.now(UTC))
        read_choices(source)
        reads = SharedReads(source)
        calendar = read_calendar(reads)
        for figure in tab.figures:
            if figure not in STATUS_FIGURES:
                read_figure(reads, figure, filters, calendar, figure.rows)
        return reader.statements


class Recorder(StoreReader):
    """A reader that keeps the statements that it sends."""

    def __init__(self, conninfo: str, *, schema: str) -> None:
        self.statements: list[Statement] = []
        super().__init__(conninfo, schema=schema)

    def query(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Keep and send a statement."""
        self.statements.append((statement, parameters))
        return super().query(statement, parameters)

    def query_table(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Keep and send a statement."""
        self.statements.append((statement, parameters))
        return super().query_table(statement, parameters)


def _repeat(connection: Connection, statements: Sequence[Statement]) -> None:
    for statement, parameters in statements:
        connection.execute(statement.encode(), parameters).fetchall()


def measure_memory(url: str, *, requests: int) -> Figures:
    """Return the memory of the page after some requests and after all of them."""
    paths = [f"/{tab.key}?since=2020-01-01" for tab in TABS] + [
        f"/{tab.key}/{figure.name}.{suffix}?since=2020-01-01"
        for tab in TABS
        for figure in tab.figures
        for suffix in ("csv", "json")
    ]
    warm = requests // 10
    with serve(url) as page:
        _request_all(page, paths, warm)
        before = page.memory_mb
        started = time.monotonic()
        _request_all(page, paths, requests - warm)
        seconds = time.monotonic() - started
        after = page.memory_mb
    return {
        "requests": requests,
        "requests_per_second": round((requests - warm) / seconds, 1),
        "warm_mb": round(before, 1),
        "end_mb": round(after, 1),
        "growth_mb": round(after - before, 1),
    }


def _request_all(page: RunningPage, paths: Sequence[str], count: int) -> None:
    """Request paths in turn, by several clients at once."""

    def request(first: int) -> None:
        for number in range(first, count, CLIENTS):
            page.get(paths[number % len(paths)])

    with ThreadPoolExecutor(CLIENTS) as executor:
        list(executor.map(request, range(CLIENTS)))


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals of what was measured; times have goals at full scale only."""
    goals = [at_most("growth of memory, MB", figures["memory"]["growth_mb"], GOAL_GROWTH_MB)]
    if figures["scale"] == 1:
        for name, tab in figures["tabs"].items():
            goals += [
                at_most(f"{name}, first, ms", tab["first_ms"], GOAL_MS),
                at_most(f"{name}, again, ms", tab["again_ms"], GOAL_MS),
            ]
    return goals


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of what was measured, then the goals, in lines of text."""
    memory = figures["memory"]
    columns = ("first, ms", "new, ms", "again, ms", "SQL, ms", "SQL CPU, ms", "statements", "KB")
    lines = [format_header("tab", *columns)]
    for name, tab in figures["tabs"].items():
        keys = ("first_ms", "new_ms", "again_ms", "bare_ms", "cpu_ms", "statements", "kilobytes")
        lines.append(format_row(name, *(tab[key] for key in keys)))
    lines += [
        "",
        format_header("memory", "value"),
        format_row("requests", memory["requests"]),
        format_row("requests per second", memory["requests_per_second"]),
        format_row("after a tenth of them, MB", memory["warm_mb"]),
        format_row("after all of them, MB", memory["end_mb"]),
        "",
    ]
    return "\n".join([*lines, *format_goals(goals)])


if __name__ == "__main__":
    main()
