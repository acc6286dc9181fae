"""`make bench-receive`: the receiver beside itself without its inbox, and with one commit an event.

Signed deliveries of 2 KB over 64 connections, each with a history of its own; a delivery counts as
taken when its 200 is there, and ours is durable by then. The variants take turns in the same run,
each for several rounds; the rate is that of the quickest round, all else that of the worst. CPU is
the server's own. Then the whole receiver, with a target that takes all, is given a million events
in ten parts, and its memory is read after each.
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

from benchmarks.command import positive, tell
from benchmarks.goals import at_least, at_most, heading, judgement, row
from benchmarks.processes import FailedRunError
from benchmarks.receive_load import deliveries, send
from benchmarks.receiver_server import COMMIT_EACH, FED, NO_INBOX, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.goals import Figures, Goal

CONNECTIONS = 64
VARIANTS = (WHOLE, NO_INBOX, COMMIT_EACH)
PARTS = 10
SHOWN = (
    ("events per second", "events_per_second"),
    ("p50, ms", "p50_ms"),
    ("p99, ms", "p99_ms"),
    ("CPU per event, microseconds", "cpu_us"),
)


def main() -> None:
    """Measure, show a table, and tell everything in one JSON object."""
    options = _options()
    measure = partial(
        _measured, events=options.events, rounds=options.rounds, soaked=options.soaked
    )
    tell("receive", measure, goals=goals, table=table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receive", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=3, help="rounds of each variant")
    parser.add_argument("--events", type=positive, default=10_000, help="events of a round")
    soaked = "events after which memory has to be what it was"
    parser.add_argument("--soaked", type=positive, default=1_000_000, help=soaked)
    return parser.parse_args()


@contextmanager
def _served(variant: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Run a variant; yield its port and its process."""
    command = [sys.executable, "-m", "benchmarks.receiver_server", variant, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            assert process.stdout  # noqa: S101 - a pipe was asked for
            yield int(process.stdout.readline()), psutil.Process(process.pid)
        finally:
            process.terminate()


def _measured(folder: Path, *, events: int, rounds: int, soaked: int) -> Figures:
    load_before = round(os.getloadavg()[0], 2)
    runs: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    for number in range(rounds):
        for variant in VARIANTS:
            inside = folder / f"{variant}-{number}"
            inside.mkdir()
            with _served(variant, inside) as (port, process):
                runs[variant].append(_round(port, process, events))
            if variant != NO_INBOX:
                _check(inside / f"{variant}.sqlite", events)
            print(f"{variant}, round {number + 1}: {runs[variant][-1]}")
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": load_before,
        "events": events,
        "rounds": rounds,
        "connections": CONNECTIONS,
        **{variant: _summary(runs[variant]) for variant in VARIANTS},
        "memory": _soaked(folder, soaked),
    }
    ours = figures[WHOLE]["events_per_second"]
    figures["ratios"] = {
        one: round(ours / figures[one]["events_per_second"], 2) for one in (NO_INBOX, COMMIT_EACH)
    }
    return figures


def _round(port: int, process: psutil.Process, events: int) -> dict[str, float]:
    asyncio.run(send(port, deliveries(events // 10, first=0), connections=CONNECTIONS))
    before = _cpu_seconds(process)
    requests = deliveries(events, first=events)
    sent = asyncio.run(send(port, requests, connections=CONNECTIONS))
    if sent.refused:
        raise FailedRunError(f"{len(sent.refused)} deliveries refused: {set(sent.refused)}")
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


def _check(inbox: Path, events: int) -> None:
    """Raise `FailedRunError` unless the inbox holds every event that was answered."""
    with closing(sqlite3.connect(inbox)) as connection:
        ((stored,),) = connection.execute("SELECT count(*) FROM deliveries")
    if stored != events + events // 10:
        raise FailedRunError(f"{inbox.name}: {stored} of {events + events // 10} events stored")


def _summary(runs: list[dict[str, float]]) -> dict[str, float]:
    rate = "events_per_second"
    worst = {name: max(run[name] for run in runs) for name in runs[0] if name != rate}
    return {rate: max(run[rate] for run in runs), **worst}


def _soaked(folder: Path, events: int) -> dict[str, Any]:
    """Return the memory of a receiver, in MB, after each tenth of many events."""
    after: list[float] = []
    with _served(FED, folder) as (port, process):
        for number in range(PARTS):
            part = events // PARTS
            requests = deliveries(part, first=number * part)
            sent = asyncio.run(send(port, requests, connections=CONNECTIONS))
            if sent.refused:
                raise FailedRunError(f"{len(sent.refused)} refused: {set(sent.refused)}")
            after.append(round(process.memory_info().rss / 1e6, 1))
            print(f"memory after {(number + 1) * part:,} events: {after[-1]} MB")
    return {"events": events, "rss_mb": after, "growth": round(after[-1] / after[0], 3)}


def goals(figures: Figures) -> list[Goal]:
    """Judge the figures."""
    ours = figures[WHOLE]
    return [
        at_least("times one commit an event", figures["ratios"][COMMIT_EACH], 2),
        at_most("p99, ms", ours["p99_ms"], 100),
        at_most("CPU per event, microseconds", ours["cpu_us"], 200),
        at_most("memory after all, times after a tenth", figures["memory"]["growth"], 1.1),
    ]


def table(figures: Figures, judged: list[Goal]) -> str:
    """Return the figures as text."""
    lines = [heading("", *VARIANTS)]
    lines += [row(title, *(figures[one][name] for one in VARIANTS)) for title, name in SHOWN]
    return "\n".join([*lines, "", *judgement(judged)])


if __name__ == "__main__":
    main()
