"""`make bench-extract`: tap-clickup beside its peer, and its goals.

A first load and a poll with nothing new, over one local ClickUp, several rounds of each in turn;
then the memory of a load of 200,000 tasks (`--large`), and the time at ClickUp's rate limit on a
simulated clock.
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

from benchmarks.command import positive, tell
from benchmarks.extract_goals import goals, table
from benchmarks.peer import PROJECT, Package
from benchmarks.processes import Usage, run
from benchmarks.workshop import Output, Workshop, a_year_ago

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from benchmarks.goals import Figures

TASKS = 20_000
LARGE = 200_000
SIMULATED = (10_000, 100_000)
OURS = Path(sys.executable).with_name("tap-clickup")
PEER = Package("tap-clickup", "0.0.23", pythons=("python3.11", "python3.10"))
"""Its metadata allow fewer Pythons, its code does not."""
PEERS_START = Path(__file__).with_name("peer_tap.py")
OK = 200


@dataclass(frozen=True)
class Run:
    """One run of one tap."""

    usage: Usage
    requests: Counter[int]
    output: Output

    def __str__(self) -> str:
        """One line for whoever watches."""
        return (
            f"{self.requests.total():,} requests, {self.output.tasks:,} tasks, "
            f"{self.output.time_entries:,} time entries, {self.usage.cpu_seconds:.2f} s CPU, "
            f"{self.usage.wall_seconds:.1f} s, {self.usage.peak_mb:.0f} MB"
        )


@dataclass(frozen=True)
class Bench:
    """Where the runs happen."""

    workshop: Workshop
    folder: Path

    def run(self, name: str, *, state: Any = None) -> Run:
        """Run ours or the peer's tap to its end, and look at what it wrote."""
        arguments: list[str | Path] = ["--config", self._file("config.json", self._settings(name))]
        if state is not None:
            arguments += ["--state", self._file("state.json", state)]
        ours = name == "ours"
        command = [OURS] if ours else [PEER.python, PEERS_START, self.workshop.api_url]
        self.workshop.forget_requests(peer=not ours)
        written = self.folder / "messages.jsonl"
        usage = run([*command, *arguments], stdout=written, folder=self.folder)
        return Run(usage, self.workshop.requests(), self.workshop.output(written))

    def _settings(self, name: str) -> dict[str, str]:
        token = {"api_token": self.workshop.token}
        if name != "ours":
            return token
        return {**token, "api_url": self.workshop.api_url, "start_date": a_year_ago()}

    def _file(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


def main() -> None:
    """Measure, show a table, and tell everything in one JSON object."""
    options = _options()
    measure = partial(_measured, large=options.large, rounds=options.rounds)
    tell("extract", measure, goals=goals, table=table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__)
    parser.add_argument("--large", action="store_true", help=f"also load {LARGE:,} tasks")
    rounds = "loads of each tap; the best counts"
    parser.add_argument("--rounds", type=positive, default=3, help=rounds)
    return parser.parse_args()


def _measured(folder: Path, *, large: bool, rounds: int) -> Figures:
    absent = PEER.install()
    if absent:
        print(f"without the peer: {absent}")
    names = ["ours"] if absent else ["ours", "peer"]
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "rounds": rounds,
        "peer_package": str(PEER),
        "peer_absent": absent,
        "peer": None,
        **_side_by_side(folder, names, rounds=rounds),
        "large": _large(folder) if large else None,
        "simulated": {str(tasks): _simulated(folder, tasks) for tasks in SIMULATED},
    }
    return figures


def _side_by_side(folder: Path, names: Sequence[str], *, rounds: int) -> Figures:
    print(f"making a workspace of {TASKS:,} tasks")
    with Workshop(TASKS) as workshop:
        print(f"it holds {workshop.contents}")
        bench = Bench(workshop, folder)
        loads: dict[str, list[Run]] = {name: [] for name in names}
        for number in range(1, rounds + 1):
            for name in names:
                loads[name].append(bench.run(name))
                print(f"round {number}, {name}, first load: {loads[name][-1]}")
        figures: Figures = {"workspace": asdict(workshop.contents)}
        for name in names:
            poll = bench.run(name, state=loads[name][-1].output.state)
            print(f"{name}, poll with nothing new: {poll}")
            figures[name] = _summary(loads[name], poll)
    return figures


def _summary(loads: Sequence[Run], poll: Run) -> Figures:
    """Return the figures of one tap: the best round's CPU time, the worst of all else."""
    best = min(loads, key=lambda one: one.usage.cpu_seconds)
    records = sum(best.output.records.values())
    return {
        "requests_first_load": max(one.requests.total() for one in loads),
        "requests_poll": poll.requests.total(),
        "not_ok": {
            str(status): n
            for one in (best, poll)
            for status, n in one.requests.items()
            if status != OK
        },
        "tasks": min(one.output.tasks for one in loads),
        "time_entries": min(one.output.time_entries for one in loads),
        "records": records,
        "records_by_stream": best.output.records,
        "records_poll": sum(poll.output.records.values()),
        "cpu_seconds": round(best.usage.cpu_seconds, 3),
        "cpu_seconds_rounds": [round(one.usage.cpu_seconds, 3) for one in loads],
        "cpu_seconds_poll": round(poll.usage.cpu_seconds, 3),
        "wall_seconds": round(best.usage.wall_seconds, 3),
        "records_per_cpu_second": round(records / best.usage.cpu_seconds),
        "peak_mb": round(max(one.usage.peak_mb for one in loads), 1),
    }


def _large(folder: Path) -> Figures:
    print(f"making a workspace of {LARGE:,} tasks")
    with Workshop(LARGE) as workshop:
        load = Bench(workshop, folder).run("ours")
    print(f"ours, first load: {load}")
    return {
        "tasks": load.output.tasks,
        "requests": load.requests.total(),
        "cpu_seconds": round(load.usage.cpu_seconds, 3),
        "peak_mb": round(load.usage.peak_mb, 1),
    }


def _simulated(folder: Path, tasks: int) -> Figures:
    """Run the simulation in a process of its own, so that this one stays small."""
    written = folder / "simulated.jsonl"
    command = [sys.executable, "-m", "benchmarks.simulated", str(tasks)]
    run(command, stdout=written, folder=PROJECT)
    log = written.with_suffix(".log").read_text(encoding="utf-8")
    figures: Figures = json.loads(log.splitlines()[-1])
    print(
        f"ours, {tasks:,} tasks at 100 requests a minute and a second an answer: "
        f"{figures['minutes']} minutes, {figures['requests']:,} requests"
    )
    return figures


if __name__ == "__main__":
    main()
