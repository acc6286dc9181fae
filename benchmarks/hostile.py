"""`make bench-hostile`: attack the receiver, and the same application without its limits.

Each attack meets a new process of each of the two, and lasts some seconds. Meanwhile honest signed
deliveries of 2 KB arrive at a steady rate, each over a connection of its own; a delivery fails if
ClickUp would count it as failed: no 200 within 7 seconds. Then unsigned bodies are sent one after
the other, and the CPU time of the receiver is divided by their size. Unlike the goals of the other
benchmarks, these are bounds: the exit code is 1 if one of them is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import psutil

from benchmarks.command import positive, run_benchmark
from benchmarks.hostile_clients import ATTACKS, build_unsigned_request
from benchmarks.hostile_goals import FOUR, evaluate, format_table
from benchmarks.hostile_load import deliver_steadily, send_refused
from benchmarks.hostile_server import OURS, UNPROTECTED
from benchmarks.processes import FailedRunError
from clickup_receiver.http.app import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.goals import Figures

VARIANTS = (OURS, UNPROTECTED)
MAX_OPEN_FILES = 1_024
FEW_OPEN_FILES = 256
FULL_TABLE = "full table of open files"
SCENARIOS = {**{name: name for name in ATTACKS}, FULL_TABLE: "idle connections"}
"""The attack of each scenario."""
WARM_UP_SECONDS = 1.0
STOP_SECONDS = 10.0
MIB = 2**20
UNSIGNED = {
    "1 MiB, no signature": build_unsigned_request(MIB, header=b""),
    "1 MiB, wrong signature": build_unsigned_request(MIB),
    FOUR: build_unsigned_request(MAX_BODY_BYTES),
}


@dataclass(frozen=True)
class Server:
    """A variant that is running."""

    process: psutil.Process
    port: int
    metrics_port: int
    log: Path

    def log_bytes(self) -> int:
        """Return the size of what it has logged."""
        return self.log.stat().st_size

    def cpu_seconds(self) -> float:
        """Return the CPU time that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--seconds", type=positive, default=8, help="seconds per attack")
    unsigned = "MiB of unsigned bodies of each kind"
    parser.add_argument("--unsigned-mib", type=positive, default=64, help=unsigned)
    options = parser.parse_args()
    measure = partial(_measure, seconds=options.seconds, unsigned_mib=options.unsigned_mib)
    run_benchmark("hostile", measure, evaluate=evaluate, format_table=format_table)


def _measure(folder: Path, *, seconds: int, unsigned_mib: int) -> Figures:
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "seconds": seconds,
        "attacks": {scenario: {} for scenario in SCENARIOS},
        "cpu_ms_per_mib": {name: {} for name in UNSIGNED},
    }
    for scenario, attack in SCENARIOS.items():
        max_open_files = FEW_OPEN_FILES if scenario == FULL_TABLE else None
        for variant in VARIANTS:
            with _serve(variant, folder, max_open_files=max_open_files) as server:
                attacked = _attack(attack, server, seconds)
            figures["attacks"][scenario][variant] = attacked
            print(f"{scenario}, {variant}: {attacked}")
    for variant in VARIANTS:
        with _serve(variant, folder) as server:
            for name, request in UNSIGNED.items():
                cpu_ms = _cost(server, request, unsigned_mib)
                figures["cpu_ms_per_mib"][name][variant] = cpu_ms
                print(f"{name}, {variant}: {cpu_ms} ms of CPU per MiB")
    return figures


@contextmanager
def _serve(variant: str, folder: Path, *, max_open_files: int | None = None) -> Iterator[Server]:
    """Run a variant that may open as many files as usual, or fewer."""
    limit = f"ulimit -n {max_open_files}" if max_open_files else f"ulimit -S -n {MAX_OPEN_FILES}"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        metrics_port = probe.getsockname()[1]
    folder = Path(mkdtemp(prefix=f"{variant}-", dir=folder))
    log = folder / "log"
    shell = ["sh", "-c", f'{limit}; exec "$@"', "sh"]
    command = [sys.executable, "-m", "benchmarks.hostile_server", variant, folder, metrics_port]
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 - our own command
            [*shell, *map(str, command)], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout  # noqa: S101 - stdout is a pipe
            port = process.stdout.readline()
            if not port:
                raise FailedRunError(f"{variant} did not start:\n{log.read_text()}")
            yield Server(psutil.Process(process.pid), int(port), metrics_port, log)
        finally:
            process.kill()


def _attack(name: str, server: Server, seconds: int) -> dict[str, float]:
    """Return how honest deliveries, memory and log fare during an attack."""
    deliver = partial(deliver_steadily, server.port, server.process)
    calm = asyncio.run(deliver(first=0, seconds=WARM_UP_SECONDS))
    if calm.failures:
        raise FailedRunError(f"{calm.failures} deliveries failed before the attack")
    memory_before = server.process.memory_info().rss
    log_before = server.log_bytes()
    port = server.metrics_port if ATTACKS[name].is_on_metrics else server.port
    command = [sys.executable, "-m", "benchmarks.hostile_clients", name, str(port), "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as attacker:  # noqa: S603 - as above
        try:
            assert attacker.stdout  # noqa: S101 - stdout is a pipe
            attacker.stdout.readline()
            honest = asyncio.run(deliver(first=1_000, seconds=seconds))
            log_bytes = server.log_bytes() - log_before
        finally:
            attacker.kill()
    durations = sorted(honest.seconds)
    return {
        "p99_ms": round(durations[len(durations) * 99 // 100] * 1e3, 1),
        "failures": honest.failures,
        "memory_growth_mib": round((honest.peak_bytes - memory_before) / MIB, 1),
        "log_bytes_per_minute": round(log_bytes * 60 / seconds),
    }


def _cost(server: Server, request: bytes, mib: int) -> float:
    """Return the CPU time of unsigned requests, in milliseconds per MiB that a client offers."""
    count = max(1, mib * MIB // len(request))
    send_refused(server.port, request, count=1)
    before = server.cpu_seconds()
    send_refused(server.port, request, count=count)
    return round((server.cpu_seconds() - before) * 1e3 * MIB / (len(request) * count), 2)


if __name__ == "__main__":
    main()
