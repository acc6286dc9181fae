"""Events of editors through target-pandev: speed, memory, and the cost of one late event.

The command runs as a user runs it, on a file as tap-ide writes it. Its peak memory at all events is
compared with that at a quarter of them, its time with what PostgreSQL alone takes to write the same
rows into a table with the same key.

A late event belongs into the middle of a stored day. Its time is that of the whole transaction, in
a store that is open: from the start of the batch to the end of the commit, with the intervals of
the day derived again. One event is loaded before, which creates the staging table.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.join_store import SCHEMA, connect, load, read_value, run_module, vacuum
from benchmarks.processes import FailedRunError
from target_pandev.database import Store, StreamSchema
from target_pandev.rows import RowEncoder, digest

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.goals import Figures
    from benchmarks.join_store import JoinStore
    from benchmarks.processes import Usage
    from target_pandev.database import RowError

ALL, QUARTER = "all", "quarter"
STREAM = "ide_events"
BARE_TABLE = "CREATE TABLE bare_events (LIKE ide_events INCLUDING INDEXES)"
BARE_ROWS = "INSERT INTO bare_events SELECT * FROM ide_events"
BARE_ROW = "INSERT INTO bare_events SELECT * FROM ide_events LIMIT 1"


def measure_ide(store: JoinStore, folder: Path, *, events: int, people: int) -> Figures:
    """Return times and memory. Raises `FailedRunError` if the intervals are not as expected."""
    usages: dict[str, Usage] = {}
    summaries: dict[str, dict[str, Any]] = {}
    for name, count in ((QUARTER, events // 4), (ALL, events)):
        subfolder = folder / f"ide-{name}"
        subfolder.mkdir()
        summary = run_module("join_ide_input", subfolder, str(count), str(people))
        url = store.create(f"ide_{name}")
        cpu_before = store.cpu_seconds()
        usage = load(url, subfolder / "ide.singer")
        cpu_after = store.cpu_seconds()
        _check(url, summary)
        print(
            f"IDE: {summary['events']:,} events of {people} people in {usage.wall_seconds:.1f} s, "
            f"{usage.peak_mb:.0f} MB"
        )
        usages[name], summaries[name] = usage, summary
    bare_seconds, bare_row_seconds = _write_bare(url)
    late = _load_late_events(url, summaries[ALL])
    wall_seconds = usages[ALL].wall_seconds
    server = None if cpu_before is None or cpu_after is None else cpu_after - cpu_before
    return {
        "people": people,
        "events": summaries[ALL]["events"],
        "events_of_a_quarter": summaries[QUARTER]["events"],
        "wall_seconds": round(wall_seconds, 2),
        "cpu_seconds": round(usages[ALL].cpu_seconds, 2),
        "server_cpu_seconds": None if server is None else round(server, 2),
        "bare_seconds": round(bare_seconds, 2),
        "times_bare": round(wall_seconds / bare_seconds, 1),
        "peak_mb": round(usages[ALL].peak_mb, 1),
        "peak_mb_of_a_quarter": round(usages[QUARTER].peak_mb, 1),
        "memory_growth": round(usages[ALL].peak_mb / usages[QUARTER].peak_mb, 3),
        "late_event_ms": round(statistics.median(late) * 1e3, 1),
        "late_event_worst_ms": round(max(late) * 1e3, 1),
        "bare_row_ms": round(bare_row_seconds * 1e3, 1),
    }


def _check(url: str, summary: dict[str, Any]) -> None:
    """Raise `FailedRunError` unless events and active time are those of the input."""
    with connect(url) as connection:
        events = read_value(connection, "SELECT count(*) FROM ide_events")
        active_ms = read_value(connection, "SELECT sum(active_ms)::bigint FROM ide_intervals")
    if (events, active_ms) != (summary["events"], summary["active_ms"]):
        raise FailedRunError(
            f"stored {events} events with {active_ms} ms of active time, expected "
            f"{summary['events']} with {summary['active_ms']} ms"
        )


def _write_bare(url: str) -> tuple[float, float]:
    """Return the times that PostgreSQL alone takes to write all events, and one of them."""
    with connect(url) as connection:
        vacuum(connection)
        connection.execute(BARE_TABLE)
        started = time.perf_counter()
        connection.execute(BARE_ROWS)
        ended = time.perf_counter()
        connection.execute("TRUNCATE bare_events")
        row_started = time.perf_counter()
        connection.execute(BARE_ROW)
        row_ended = time.perf_counter()
        connection.execute("DROP TABLE bare_events")
    return ended - started, row_ended - row_started


def _load_late_events(url: str, summary: dict[str, Any]) -> list[float]:
    """Return the time of each transaction that loads a late event, without the first one."""
    rejected: list[RowError] = []
    seconds = []
    with Store(url, schema=SCHEMA) as store:
        stream = StreamSchema(STREAM, summary["properties"], tuple(summary["key"]), None)
        table = store.table(stream)
        encoder = RowEncoder(table.columns)
        for record in summary["late"]:
            values = encoder.encode(record)
            metadata = f"{store.now().isoformat()}\t{digest(values)}\t0\n"
            line = b"%s\t%s" % (values, metadata.encode())
            started = time.perf_counter()
            store.load(table, [line], on_loaded=rejected.extend)
            store.wait()
            seconds.append(time.perf_counter() - started)
    if rejected:
        raise FailedRunError(f"a late event was rejected: {rejected[0].reason}")
    with connect(url) as connection:
        events = read_value(connection, "SELECT count(*) FROM ide_events")
    if events != summary["events"] + len(summary["late"]):
        raise FailedRunError(f"{events} events are stored after those that came late")
    return seconds[1:]
