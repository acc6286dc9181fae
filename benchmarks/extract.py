"""`make bench-extract`: compare tap-clickup with its peer and with its goals.

Both taps take turns for several rounds of a first load and a poll without changes from one fake
ClickUp. Then the requests of a poll of 50 spaces that a healthy webhook covers are counted, the
memory of a load of 200,000 tasks is measured (`--large`), and the time at ClickUp's rate limit on a
simulated clock. With `--large`, the memory of a load and the records of a poll are also measured
with 5,000, 50,000 and 200,000 time entries of 200 people.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.clickup_process import (
    ClickUpProcess,
    Output,
    a_year_ago,
    count_fewest_requests,
)
from benchmarks.command import positive, run_benchmark
from benchmarks.extract_goals import evaluate, format_table
from benchmarks.peer import PROJECT, Package
from benchmarks.processes import Usage, run_measured

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from benchmarks.goals import Figures

TASKS = 20_000
COVERED_TASKS = 5_000
COVERED_SPACES = 50
LARGE_TASKS = 200_000
ENTRIES = (5_000, 50_000, 200_000)
ENTRY_TASKS = 1_000
ENTRY_USERS = 199  # and a former member
SIMULATED_TASKS = (10_000, 100_000)
OURS = Path(sys.executable).with_name("tap-clickup")
PEER = Package("tap-clickup", "0.0.23", pythons=("python3.11", "python3.10"))
"""Its code runs on more Python versions than its metadata allows."""
PEER_STARTER = Path(__file__).with_name("peer_tap.py")
OK = 200


@dataclass(frozen=True)
class ExtractRun:
    """One run of one tap."""

    usage: Usage
    requests: Counter[int]
    output: Output

    def __str__(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.requests.total():,} requests, {self.output.tasks:,} tasks, "
            f"{self.output.time_entries:,} time entries, {self.usage.cpu_seconds:.2f} s CPU, "
            f"{self.usage.wall_seconds:.1f} s, {self.usage.peak_mb:.0f} MB"
        )


@dataclass(frozen=True)
class Bench:
    """Run taps against one fake ClickUp."""

    clickup: ClickUpProcess
    folder: Path

    def run(self, name: str, *, state: Any = None) -> ExtractRun:
        """Run our tap or the peer's to its end and read its output."""
        arguments: list[str | Path] = ["--config", self._file("config.json", self._settings(name))]
        if state is not None:
            arguments += ["--state", self._file("state.json", state)]
        ours = name == "ours"
        command = [OURS] if ours else [PEER.python, PEER_STARTER, self.clickup.api_url]
        self.clickup.reset_requests(peer=not ours)
        messages = self.folder / "messages.jsonl"
        usage = run_measured([*command, *arguments], stdout=messages, folder=self.folder)
        return ExtractRun(usage, self.clickup.requests(), self.clickup.read_output(messages))

    def _settings(self, name: str) -> dict[str, str]:
        token = {"api_token": self.clickup.token}
        if name != "ours":
            return token
        return {**token, "api_url": self.clickup.api_url, "start_date": a_year_ago()}

    def _file(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


def main() -> None:
    """Run the benchmark with the options of the command line."""
    options = _parse_options()
    measure = partial(_measure, large=options.large, rounds=options.rounds)
    run_benchmark("extract", measure, evaluate=evaluate, format_table=format_table)


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__)
    parser.add_argument("--large", action="store_true", help=f"also load {LARGE_TASKS:,} tasks")
    rounds = "loads per tap; the best one counts"
    parser.add_argument("--rounds", type=positive, default=3, help=rounds)
    return parser.parse_args()


def _measure(folder: Path, *, large: bool, rounds: int) -> Figures:
    install_error = PEER.install()
    if install_error:
        print(f"without the peer: {install_error}")
    names = ["ours"] if install_error else ["ours", "peer"]
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "rounds": rounds,
        "peer_package": str(PEER),
        "peer_absent": install_error,
        "peer": None,
        **_compare(folder, names, rounds=rounds),
        "covered": _measure_covered(folder),
        "large": _measure_large(folder) if large else None,
        "entries": [_measure_entries(folder, size) for size in ENTRIES] if large else None,
        "simulated": {str(tasks): _simulate(folder, tasks) for tasks in SIMULATED_TASKS},
    }
    return figures


def _compare(folder: Path, names: Sequence[str], *, rounds: int) -> Figures:
    print(f"generating a workspace of {TASKS:,} tasks")
    with ClickUpProcess(TASKS) as clickup:
        print(f"it contains {clickup.contents}")
        bench = Bench(clickup, folder)
        loads: dict[str, list[ExtractRun]] = {name: [] for name in names}
        for number in range(1, rounds + 1):
            for name in names:
                loads[name].append(bench.run(name))
                print(f"round {number}, {name}, first load: {loads[name][-1]}")
        figures: Figures = {
            "workspace": {
                **asdict(clickup.contents),
                "fewest_requests": count_fewest_requests(clickup.contents),
            }
        }
        for name in names:
            poll = bench.run(name, state=loads[name][-1].output.state)
            print(f"{name}, poll without changes: {poll}")
            figures[name] = _summarize(loads[name], poll)
    return figures


def _summarize(loads: Sequence[ExtractRun], poll: ExtractRun) -> Figures:
    """Return the figures of one tap: CPU time of its best round, the worst of everything else."""
    best = min(loads, key=lambda load: load.usage.cpu_seconds)
    records = sum(best.output.records.values())
    return {
        "requests_first_load": max(load.requests.total() for load in loads),
        "requests_poll": poll.requests.total(),
        "not_ok": {
            str(status): count
            for run in (best, poll)
            for status, count in run.requests.items()
            if status != OK
        },
        "tasks": min(load.output.tasks for load in loads),
        "time_entries": min(load.output.time_entries for load in loads),
        "records": records,
        "records_by_stream": best.output.records,
        "records_poll": sum(poll.output.records.values()),
        "cpu_seconds": round(best.usage.cpu_seconds, 3),
        "cpu_seconds_rounds": [round(load.usage.cpu_seconds, 3) for load in loads],
        "cpu_seconds_poll": round(poll.usage.cpu_seconds, 3),
        "wall_seconds": round(best.usage.wall_seconds, 3),
        "records_per_cpu_second": round(records / best.usage.cpu_seconds),
        "peak_mb": round(max(load.usage.peak_mb for load in loads), 1),
    }


def _measure_covered(folder: Path) -> Figures:
    """Count the requests of two polls without changes, of spaces that a webhook covers."""
    print(f"generating a workspace of {COVERED_SPACES} spaces with a webhook")
    with ClickUpProcess(COVERED_TASKS, spaces=COVERED_SPACES, has_webhook=True) as clickup:
        bench = Bench(clickup, folder)
        load = bench.run("ours")
        first = bench.run("ours", state=load.output.state)
        second = bench.run("ours", state=first.output.state)
    print(f"ours, poll of {COVERED_SPACES} covered spaces without changes: {second}")
    return {
        "spaces": COVERED_SPACES,
        "tasks": load.output.tasks,
        "requests_first_load": load.requests.total(),
        "requests_poll": max(first.requests.total(), second.requests.total()),
    }


def _measure_large(folder: Path) -> Figures:
    print(f"generating a workspace of {LARGE_TASKS:,} tasks")
    with ClickUpProcess(LARGE_TASKS) as clickup:
        load = Bench(clickup, folder).run("ours")
    print(f"ours, first load: {load}")
    return {
        "tasks": load.output.tasks,
        "requests": load.requests.total(),
        "cpu_seconds": round(load.usage.cpu_seconds, 3),
        "peak_mb": round(load.usage.peak_mb, 1),
    }


def _measure_entries(folder: Path, size: int) -> Figures:
    """Measure a first load of time entries, and a poll without changes."""
    print(f"generating a workspace of {size:,} time entries")
    with ClickUpProcess(ENTRY_TASKS, users=ENTRY_USERS, time_entries=size) as clickup:
        bench = Bench(clickup, folder)
        load = bench.run("ours")
        poll = bench.run("ours", state=load.output.state)
    print(f"ours, first load: {load}")
    print(f"ours, poll without changes: {poll}")
    return {
        "size": size,
        "time_entries": load.output.time_entries,
        "peak_mb": round(load.usage.peak_mb, 1),
        "peak_mb_poll": round(poll.usage.peak_mb, 1),
        "sent_by_poll": poll.output.records.get("time_entries", 0),
    }


def _simulate(folder: Path, tasks: int) -> Figures:
    """Run the simulation in a separate process, so that this one stays small."""
    messages = folder / "simulated.jsonl"
    command = [sys.executable, "-m", "benchmarks.simulated", str(tasks)]
    run_measured(command, stdout=messages, folder=PROJECT)
    log = messages.with_suffix(".log").read_text(encoding="utf-8")
    figures: Figures = json.loads(log.splitlines()[-1])
    print(
        f"ours, {tasks:,} tasks at 100 requests per minute and one second per response: "
        f"{figures['minutes']} minutes, {figures['requests']:,} requests"
    )
    return figures


if __name__ == "__main__":
    main()
