"""`make bench-receive`: compare the receiver with itself without inbox and with a commit per event.

Signed deliveries of 2 KB, each with its own history, are sent over 64 connections; a delivery
counts as accepted when its 200 has arrived, and the whole receiver has stored it durably by then.
The variants take turns in the same run, each for several rounds; the rate is that of the fastest
round, everything else that of the worst. CPU time is that of the server. Then the whole receiver,
with a target that accepts everything, receives 300,000 events in ten parts, and its memory is read
after each. Storms of events on many tasks are loaded (`receive_storm`). Last, single changes are
followed from their webhook to their row, with the real target (`receive_latency`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.command import positive, run_benchmark
from benchmarks.goals import at_least, at_most, format_goals, format_header, format_row
from benchmarks.processes import FailedRunError
from benchmarks.receive_latency import measure_latency
from benchmarks.receive_load import build_requests, send
from benchmarks.receive_storm import measure_storms
from benchmarks.receiver_server import COMMIT_EACH, FED, NO_INBOX, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.goals import Figures, Goal

CONNECTIONS = 64
VARIANTS = (WHOLE, NO_INBOX, COMMIT_EACH)
PARTS = 10
ROWS = (
    ("events per second", "events_per_second"),
    ("p50, ms", "p50_ms"),
    ("p99, ms", "p99_ms"),
    ("CPU per event, microseconds", "cpu_us"),
)
STORM_COLUMNS = {
    "tasks": "tasks",
    "pages_needed": "pages needed",
    "requests": "requests",
    "requests_alone": "alone",
}
LATENCY_ROWS = {
    "answered_ms": "delivery answered, ms",
    "asked_ms": "until ClickUp is asked, ms",
    "connected_ms": "until the target has connected, ms",
    "loaded_ms": "until the row is committed, ms",
    "median_ms": "webhook to row, median, ms",
    "p95_ms": "webhook to row, p95, ms",
    "requests_per_change": "requests for a change",
}


def main() -> None:
    """Run the benchmark with the options of the command line."""
    options = _parse_options()
    measure = partial(
        _measure,
        events=options.events,
        rounds=options.rounds,
        soak_events=options.soak_events,
        changes=options.changes,
    )
    run_benchmark("receive", measure, evaluate=evaluate, format_table=format_table)


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receive", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=3, help="rounds per variant")
    parser.add_argument("--events", type=positive, default=10_000, help="events per round")
    soak_events = "events over which memory must not grow"
    parser.add_argument("--soak-events", type=positive, default=300_000, help=soak_events)
    changes = "changes followed to their row, for each size of the store"
    parser.add_argument("--changes", type=positive, default=20, help=changes)
    return parser.parse_args()


@contextmanager
def _serve(variant: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Run a variant; yield its port and its process."""
    command = [sys.executable, "-m", "benchmarks.receiver_server", variant, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            assert process.stdout  # noqa: S101 - stdout is a pipe
            yield int(process.stdout.readline()), psutil.Process(process.pid)
        finally:
            process.terminate()


def _measure(folder: Path, *, events: int, rounds: int, soak_events: int, changes: int) -> Figures:
    load_before = round(os.getloadavg()[0], 2)
    runs: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    for number in range(rounds):
        for variant in VARIANTS:
            round_folder = folder / f"{variant}-{number}"
            round_folder.mkdir()
            with _serve(variant, round_folder) as (port, process):
                runs[variant].append(_run_round(port, process, events))
            if variant != NO_INBOX:
                _check_inbox(round_folder / f"{variant}.sqlite", events)
            print(f"{variant}, round {number + 1}: {runs[variant][-1]}")
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": load_before,
        "events": events,
        "rounds": rounds,
        "connections": CONNECTIONS,
        **{variant: _summarize(runs[variant]) for variant in VARIANTS},
        "memory": _soak(folder, soak_events),
        "storms": measure_storms(folder),
        "latency": measure_latency(folder, changes=changes),
    }
    ours = figures[WHOLE]["events_per_second"]
    figures["ratios"] = {
        variant: round(ours / figures[variant]["events_per_second"], 2)
        for variant in (NO_INBOX, COMMIT_EACH)
    }
    return figures


def _run_round(port: int, process: psutil.Process, events: int) -> dict[str, float]:
    asyncio.run(send(port, build_requests(events // 10, first=0), connections=CONNECTIONS))
    before = _cpu_seconds(process)
    requests = build_requests(events, first=events)
    sent = asyncio.run(send(port, requests, connections=CONNECTIONS))
    if sent.rejected:
        raise FailedRunError(f"{len(sent.rejected)} deliveries rejected: {set(sent.rejected)}")
    seconds = sorted(sent.seconds)
    return {
        "events_per_second": round(events / sent.wall_seconds),
        "p50_ms": round(seconds[len(seconds) // 2] * 1e3, 1),
        "p99_ms": round(seconds[len(seconds) * 99 // 100] * 1e3, 1),
        "cpu_us": round((_cpu_seconds(process) - before) / events * 1e6),
    }


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _check_inbox(inbox: Path, events: int) -> None:
    """Raise `FailedRunError` unless the inbox contains every acknowledged event."""
    with closing(sqlite3.connect(inbox)) as connection:
        ((stored,),) = connection.execute("SELECT count(*) FROM deliveries")
    if stored != events + events // 10:
        raise FailedRunError(f"{inbox.name}: {stored} of {events + events // 10} events stored")


def _summarize(runs: list[dict[str, float]]) -> dict[str, float]:
    rate = "events_per_second"
    worst = {name: max(run[name] for run in runs) for name in runs[0] if name != rate}
    return {rate: max(run[rate] for run in runs), **worst}


def _soak(folder: Path, events: int) -> dict[str, Any]:
    """Return the memory of a receiver, in MB, after each tenth of the events."""
    rss_mb: list[float] = []
    with _serve(FED, folder) as (port, process):
        for number in range(PARTS):
            part = events // PARTS
            requests = build_requests(part, first=number * part)
            sent = asyncio.run(send(port, requests, connections=CONNECTIONS))
            if sent.rejected:
                raise FailedRunError(f"{len(sent.rejected)} rejected: {set(sent.rejected)}")
            rss_mb.append(round(process.memory_info().rss / 1e6, 1))
            print(f"memory after {(number + 1) * part:,} events: {rss_mb[-1]} MB")
    return {"events": events, "rss_mb": rss_mb, "growth": round(rss_mb[-1] / rss_mb[0], 3)}


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures."""
    ours = figures[WHOLE]
    latency = figures["latency"]
    medians = [size["median_ms"] for size in latency]
    return [
        at_least("times the rate with a commit per event", figures["ratios"][COMMIT_EACH], 2),
        at_most("p99, ms", ours["p99_ms"], 100),
        at_most("CPU per event, microseconds", ours["cpu_us"], 200),
        at_most(
            "CPU per event, times that without an inbox",
            round(ours["cpu_us"] / figures[NO_INBOX]["cpu_us"], 2),
            1.8,
        ),
        at_most("memory at the end, times after a tenth", figures["memory"]["growth"], 1.1),
        at_most(
            "storms, times the pages needed",
            max(storm["times_needed"] for storm in figures["storms"]),
            1.3,
        ),
        at_most("storms, tasks lost", sum(storm["lost"] for storm in figures["storms"]), 0),
        at_most("webhook to row, median, ms", max(medians), 300),
        at_most("webhook to row, p95, ms", max(size["p95_ms"] for size in latency), 600),
        at_most(
            f"at {latency[-1]['store_tasks']:,} tasks, times at {latency[0]['store_tasks']:,}",
            round(medians[-1] / medians[0], 2),
            1.5,
        ),
        at_most("requests for a change", max(size["requests_per_change"] for size in latency), 1.1),
    ]


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of all variants, then the goals, in lines of text."""
    rows = [
        format_row(title, *(figures[variant][name] for variant in VARIANTS)) for title, name in ROWS
    ]
    storms = [
        format_row(f"storm of {storm['events']:,} events", *(storm[name] for name in STORM_COLUMNS))
        for storm in figures["storms"]
    ]
    latency = [
        format_row(title, *(size[name] for size in figures["latency"]))
        for name, title in LATENCY_ROWS.items()
    ]
    sizes = (f"{size['store_tasks']:,}" for size in figures["latency"])
    lines = [format_header("", *VARIANTS), *rows, ""]
    lines += [format_header("", *STORM_COLUMNS.values()), *storms, ""]
    lines += [format_header("tasks in the store", *sizes), *latency, ""]
    return "\n".join([*lines, *format_goals(goals)])


if __name__ == "__main__":
    main()
