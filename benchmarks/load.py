"""`make bench-load`: target-pandev beside its peers and the least a loader can do, and its goals.

200,000 tasks as the tap writes them (`load_input`), into one PostgreSQL, each loader into a
database of its own (`load_store`): into nothing, then the same again, with a tenth changed, with
all changed. Input is read from a file, so all of it is there at once. The loaders take turns, input
by input; ours and the minimal one (`minimal_load` tells what it does not do) for several rounds,
the peers once and only into nothing, since they take minutes.

Times are those of each loader's quickest run, all else is that of its worst. What was loaded is
compared with what PostgreSQL itself makes of the input: for ours and the minimal one all values
and types, for the peers, which change values, those of some columns. A run that loaded anything
else is a failure, and so is one of ours that did not give out the last state.

CPU time of the server is that of all its processes. WAL is counted from a checkpoint on, so it
holds each page that is touched once in full.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.command import positive, tell
from benchmarks.inputs import FRESH, INPUTS
from benchmarks.load_goals import goals, ratio, table
from benchmarks.load_store import LoadStore
from benchmarks.loaders import LOADERS, OURS
from benchmarks.peer import PROJECT
from benchmarks.processes import FailedRunError, Usage, run
from benchmarks.task_table import COLUMNS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from benchmarks.goals import Figures
    from benchmarks.loaders import Loader

RECORDS = 200_000
REFERENCE = "reference"
"""The database, and the name of the tables, of what PostgreSQL itself makes of the inputs."""


@dataclass(frozen=True)
class Run:
    """One run of one loader."""

    usage: Usage
    server_cpu_seconds: float | None
    wal_bytes: int

    def __str__(self) -> str:
        """One line for whoever watches."""
        server = self.server_cpu_seconds
        return (
            f"{self.usage.wall_seconds:.2f} s, CPU {self.usage.cpu_seconds:.2f} s"
            + ("" if server is None else f" and server {server:.2f} s")
            + f", {self.usage.peak_mb:.0f} MB, WAL {self.wal_bytes / 1e6:.2f} MB"
        )


@dataclass(frozen=True)
class Given:
    """An input: its file, its last state, and what a table holds once it is loaded."""

    messages: Path
    state: Any
    contents: dict[Collection[str], str]


@dataclass(frozen=True)
class Bench:
    """Where the runs happen; `types` are those of the columns that a loader is to make."""

    store: LoadStore
    folder: Path
    inputs: dict[str, Given]
    types: str

    def run(self, loader: Loader, given: Given) -> Run:
        """Load an input and check what was loaded."""
        config = self.folder / "config.json"
        config.write_text(json.dumps(loader.settings(self.store.address(loader.name))))
        written = self.folder / "written.jsonl"
        self.store.settle(loader.name)
        wal, cpu = self.store.wal_position(), self.store.cpu_seconds()
        usage = run(
            [*loader.command, "--config", config],
            stdin=given.messages,
            stdout=written,
            folder=PROJECT,
        )
        cpu_after = self.store.cpu_seconds()
        server = None if cpu is None or cpu_after is None else cpu_after - cpu
        done = Run(usage, server, self.store.wal_position() - wal)
        self._check(loader, given, written)
        return done

    def _check(self, loader: Loader, given: Given, written: Path) -> None:
        found = self.store.contents(loader.name, loader.table, loader.columns)
        expected = given.contents[loader.columns]
        if loader.columns == tuple(COLUMNS):
            found += ", " + self.store.types(loader.name, loader.table)
            expected += ", " + self.types
        if found != expected:
            raise FailedRunError(f"{loader.name} loaded {found}, expected {expected}")
        if loader.gives_state and json.loads(_last_line(written)) != given.state:
            raise FailedRunError(f"{loader.name} did not end with the last state")


def main() -> None:
    """Measure, show a table, and tell everything in one JSON object."""
    options = _options()
    measure = partial(_measured, records=options.records, rounds=options.rounds)
    tell("load", measure, goals=goals, table=table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    rounds = "loads of each input by ours and the minimal one"
    parser.add_argument("--rounds", type=positive, default=3, help=rounds)
    records = "records of each input; the goals are meant for the default"
    parser.add_argument("--records", type=positive, default=RECORDS, help=records)
    return parser.parse_args()


def _measured(folder: Path, *, records: int, rounds: int) -> Figures:
    absent = {one.name: why for one in LOADERS if one.package and (why := one.package.install())}
    for why in absent.values():
        print(f"without a peer: {why}")
    loaders = [one for one in LOADERS if one.name not in absent]
    load_before = round(os.getloadavg()[0], 2)
    with LoadStore() as store:
        bench = _bench(store, folder, records=records)
        runs = _in_turn(bench, loaders, rounds=rounds)
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": load_before,
        "records": records,
        "input_mb": round(bench.inputs[FRESH].messages.stat().st_size / 1e6, 1),
        "rounds": rounds,
        "packages": {one.name: str(one.package) for one in LOADERS if one.package},
        "absent": absent,
        **{one.name: None for one in LOADERS},
        **{one.name: _summaries(runs[one.name], records=records) for one in loaders},
    }
    figures["ratios"] = {
        given: {one.name: ratio(figures, given, of=one.name) for one in LOADERS if one != OURS}
        for given in INPUTS
    }
    return figures


def _bench(store: LoadStore, folder: Path, *, records: int) -> Bench:
    """Write the inputs, in a process of its own so that this one stays small, and read them."""
    print(f"writing {len(INPUTS)} inputs of {records:,} records")
    told = folder / "inputs.json"
    program = [sys.executable, "-m", "benchmarks.load_input"]
    run([*program, folder, str(records)], stdout=told, folder=PROJECT)
    states = json.loads(told.read_bytes())["states"]
    store.new_database(REFERENCE)
    inputs = {}
    for name in INPUTS:
        messages, made = folder / f"{name}.singer", f"{REFERENCE}_{name}"
        store.read_input(REFERENCE, made, messages)
        contents: dict[Collection[str], str] = {
            columns: store.contents(REFERENCE, made, columns) for columns in (tuple(COLUMNS), PLAIN)
        }
        inputs[name] = Given(messages, states[name], contents)
    types = store.types(REFERENCE, f"{REFERENCE}_{FRESH}")
    store.drop_database(REFERENCE)
    return Bench(store, folder, inputs, types)


def _in_turn(
    bench: Bench, loaders: Sequence[Loader], *, rounds: int
) -> dict[str, dict[str, list[Run]]]:
    """Return the runs by loader and input; who is a peer runs in the first round only."""
    runs: dict[str, dict[str, list[Run]]] = {one.name: {} for one in loaders}
    for number in range(1, rounds + 1):
        for name in INPUTS:
            for loader in loaders:
                if name not in loader.inputs or (loader.package and number > 1):
                    continue
                if name == FRESH:
                    bench.store.new_database(loader.name)
                done = bench.run(loader, bench.inputs[name])
                runs[loader.name].setdefault(name, []).append(done)
                print(f"round {number}, {name.replace('_', ' ')}, {loader.name}: {done}")
    return runs


def _summaries(runs: dict[str, list[Run]], *, records: int) -> Figures:
    """Return a loader's figures by input: times of the quickest round, the worst of all else."""
    return {given: _summary(rounds, records=records) for given, rounds in runs.items()}


def _summary(rounds: Sequence[Run], *, records: int) -> Figures:
    best = min(rounds, key=lambda one: one.usage.wall_seconds)
    server, wal_bytes = best.server_cpu_seconds, max(one.wal_bytes for one in rounds)
    return {
        "rows_per_second": round(records / best.usage.wall_seconds),
        "wall_seconds": round(best.usage.wall_seconds, 3),
        "wall_seconds_rounds": [round(one.usage.wall_seconds, 3) for one in rounds],
        "cpu_seconds": round(best.usage.cpu_seconds, 3),
        "server_cpu_seconds": None if server is None else round(server, 3),
        "peak_mb": round(max(one.usage.peak_mb for one in rounds), 1),
        "wal_bytes": wal_bytes,
        "wal_mb": round(wal_bytes / 1e6, 2),
    }


def _last_line(path: Path) -> str:
    *_, last = path.read_text(encoding="utf-8").splitlines() or ["null"]
    return last


if __name__ == "__main__":
    main()
