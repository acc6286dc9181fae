"""`make bench-start`: compare how long commands take to start with their largest import.

A help text needs none of the packages that a command works with, and `import singer_sdk` is what
every tap and target begins with. The commands take turns in a folder without settings; CPU time is
the least of several rounds, elapsed time the median.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import positive, run_benchmark
from benchmarks.goals import at_most, format_goals, format_header, format_row
from benchmarks.processes import FailedRunError, clean_environment
from pandev.store_options import NOTHING_LOADED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.goals import Figures, Goal

BIN = Path(sys.executable).parent
PYTHON = "python -c pass"
SDK = "python -c 'import singer_sdk'"
COMMANDS = {
    PYTHON: ("python", "-c", "pass"),
    SDK: ("python", "-c", "import singer_sdk"),
    "pandev --help": ("pandev", "--help"),
    "pandev status": ("pandev", "status", "--receiver-port=1"),
    "clickup-receiver --help": ("clickup-receiver", "--help"),
    "tap-clickup --help": ("tap-clickup", "--help"),
    "tap-clickup --about": ("tap-clickup", "--about"),
    "target-pandev --version": ("target-pandev", "--version"),
}
TIMES_SDK = {
    "pandev --help": 0.6,
    "pandev status": 2.5,
    "clickup-receiver --help": 0.6,
    "tap-clickup --help": 1.75,
    "tap-clickup --about": 1.75,
    "target-pandev --version": 2.0,
}
"""The most CPU time of each command, in multiples of `import singer_sdk`."""
EXPECTED_CODES = (0, NOTHING_LOADED)
COLUMNS = ("cpu_ms", "wall_ms")


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=10, help="rounds per command")
    measure = partial(_measure, rounds=parser.parse_args().rounds)
    run_benchmark("start", measure, evaluate=evaluate, format_table=format_table)


def _measure(folder: Path, *, rounds: int) -> Figures:
    load_before = round(os.getloadavg()[0], 2)
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            runs[name].append(_run(command, folder))
    return {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": load_before,
        "rounds": rounds,
        "commands": {name: _summarize(runs[name]) for name in COMMANDS},
    }


def _run(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a command in a folder; return its CPU time and its elapsed time, both in ms."""
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own commands
        [BIN / command[0], *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**clean_environment(), "XDG_DATA_HOME": str(folder)},
    )
    assert process.stderr  # noqa: S101 - stderr is a pipe
    with process.stderr as stream:
        error = stream.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in EXPECTED_CODES:
        raise FailedRunError(f"{' '.join(command)}: exit code {process.returncode}: {error}")
    wall_ms = (time.monotonic() - started) * 1e3
    return (used.ru_utime + used.ru_stime) * 1e3, wall_ms


def _summarize(runs: Sequence[tuple[float, float]]) -> dict[str, int]:
    return {
        "cpu_ms": round(min(cpu_ms for cpu_ms, _ in runs)),
        "wall_ms": round(statistics.median(wall_ms for _, wall_ms in runs)),
    }


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures."""
    commands = figures["commands"]
    return [
        at_most(
            f"{name}, times the SDK",
            round(commands[name]["cpu_ms"] / commands[SDK]["cpu_ms"], 2),
            goal,
        )
        for name, goal in TIMES_SDK.items()
    ]


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of all commands, then the goals, in lines of text."""
    commands = figures["commands"]
    bare_ms = commands[PYTHON]["cpu_ms"]
    rows = [
        format_row(
            name, *(values[column] for column in COLUMNS), round(values["cpu_ms"] / bare_ms, 1)
        )
        for name, values in commands.items()
    ]
    header = format_header("start", *COLUMNS, "times python")
    return "\n".join([header, *rows, "", *format_goals(goals)])


if __name__ == "__main__":
    main()
