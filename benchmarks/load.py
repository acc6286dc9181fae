"""`make bench-load`: compare target-pandev with its peers, a minimal loader and its goals.

200,000 tasks as the tap writes them (`load_input`) are loaded into one PostgreSQL, with one
database per loader (`load_store`): into empty tables, then the same again, with a tenth changed,
with all changed. Input is read from a file, so all of it is available immediately. The loaders take
turns, input by input; ours and the minimal one (`minimal_load` lists what it does not do) for
several rounds, the peers once and only into empty tables, since they take minutes.

Times are those of each loader's fastest run, everything else is that of its worst. The loaded rows
are compared with those that PostgreSQL derives from the input: for ours and the minimal one all
values and types, for the peers, which change values, those of some columns. A run that loaded
anything else is a failure, and so is a run of ours that did not emit the last state.

Then completed reads of three sizes find a row that no longer exists (`load_completed_reads`).

CPU time of the server is that of all its processes. WAL is counted from a checkpoint on, so it
contains each page that is touched once in full.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.command import positive, run_benchmark
from benchmarks.inputs import FRESH, INPUTS
from benchmarks.load_completed_reads import measure_completed_reads
from benchmarks.load_goals import evaluate, format_table, speed_ratio
from benchmarks.load_store import LoadStore
from benchmarks.loaders import LOADERS, OURS
from benchmarks.peer import PROJECT
from benchmarks.processes import FailedRunError, Usage, run_measured
from benchmarks.task_table import COLUMNS, UNCHANGED_COLUMNS
from target_pandev.emitted_states import BOOKMARK

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from benchmarks.goals import Figures
    from benchmarks.loaders import Loader

RECORDS = 200_000
REFERENCE = "reference"
"""The database in which PostgreSQL derives the expected rows, and the prefix of its tables."""


@dataclass(frozen=True)
class LoadRun:
    """One run of one loader."""

    usage: Usage
    server_cpu_seconds: float | None
    wal_bytes: int

    def __str__(self) -> str:
        """Return the figures in one line."""
        server = self.server_cpu_seconds
        return (
            f"{self.usage.wall_seconds:.2f} s, CPU {self.usage.cpu_seconds:.2f} s"
            + ("" if server is None else f" and server {server:.2f} s")
            + f", {self.usage.peak_mb:.0f} MB, WAL {self.wal_bytes / 1e6:.2f} MB"
        )


@dataclass(frozen=True)
class LoadInput:
    """An input: its file, its last state, and checksums of the loaded table, by columns."""

    messages: Path
    state: Any
    checksums: dict[Collection[str], str]


@dataclass(frozen=True)
class Bench:
    """Run loaders; `types` are the expected types of the columns that a loader creates."""

    store: LoadStore
    folder: Path
    inputs: dict[str, LoadInput]
    types: str

    def run(self, loader: Loader, load_input: LoadInput) -> LoadRun:
        """Load an input and check the loaded rows."""
        config = self.folder / "config.json"
        config.write_text(json.dumps(loader.settings(self.store.address(loader.name))))
        output = self.folder / "written.jsonl"
        self.store.vacuum(loader.name)
        wal_before = self.store.wal_position()
        cpu_before = self.store.cpu_seconds()
        usage = run_measured(
            [*loader.command, "--config", config],
            stdin=load_input.messages,
            stdout=output,
            folder=PROJECT,
        )
        cpu_after = self.store.cpu_seconds()
        server = None if cpu_before is None or cpu_after is None else cpu_after - cpu_before
        run = LoadRun(usage, server, self.store.wal_position() - wal_before)
        self._check(loader, load_input, output)
        return run

    def _check(self, loader: Loader, load_input: LoadInput, output: Path) -> None:
        """Raise `FailedRunError` unless the table and the last state are as expected."""
        actual = self.store.checksum(loader.name, loader.table, loader.columns)
        expected = load_input.checksums[loader.columns]
        if loader.columns == tuple(COLUMNS):
            actual += ", " + self.store.types(loader.name, loader.table)
            expected += ", " + self.types
        if actual != expected:
            raise FailedRunError(f"{loader.name} loaded {actual}, expected {expected}")
        if loader.emits_state and _last_state(output) != load_input.state:
            raise FailedRunError(f"{loader.name} did not end with the last state")


def main() -> None:
    """Run the benchmark with the options of the command line."""
    options = _parse_options()
    measure = partial(_measure, records=options.records, rounds=options.rounds)
    run_benchmark("load", measure, evaluate=evaluate, format_table=format_table)


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    rounds = "loads of each input by our loader and the minimal one"
    parser.add_argument("--rounds", type=positive, default=3, help=rounds)
    records = "records per input; the goals assume the default"
    parser.add_argument("--records", type=positive, default=RECORDS, help=records)
    return parser.parse_args()


def _measure(folder: Path, *, records: int, rounds: int) -> Figures:
    install_errors = _install_peers()
    loaders = [loader for loader in LOADERS if loader.name not in install_errors]
    load_before = round(os.getloadavg()[0], 2)
    with LoadStore() as store:
        bench = _prepare(store, folder, records=records)
        runs = _run_in_turn(bench, loaders, rounds=rounds)
        completed_reads = measure_completed_reads(store, folder)
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": load_before,
        "records": records,
        "input_mb": round(bench.inputs[FRESH].messages.stat().st_size / 1e6, 1),
        "rounds": rounds,
        "packages": {loader.name: str(loader.package) for loader in LOADERS if loader.package},
        "absent": install_errors,
        **{loader.name: None for loader in LOADERS},
        **{loader.name: _summarize_all(runs[loader.name], records=records) for loader in loaders},
        "completed_reads": completed_reads,
    }
    others = [loader.name for loader in LOADERS if loader != OURS]
    figures["ratios"] = {
        input_name: {name: speed_ratio(figures, input_name, other=name) for name in others}
        for input_name in INPUTS
    }
    return figures


def _install_peers() -> dict[str, str]:
    """Install the peers; return the errors by the names of those that could not be installed."""
    errors: dict[str, str] = {}
    for loader in LOADERS:
        if loader.package and (error := loader.package.install()):
            errors[loader.name] = error
            print(f"without a peer: {error}")
    return errors


def _prepare(store: LoadStore, folder: Path, *, records: int) -> Bench:
    """Write the inputs in a separate process, so that this one stays small, and read them."""
    print(f"writing {len(INPUTS)} inputs of {records:,} records")
    summary = folder / "inputs.json"
    program = [sys.executable, "-m", "benchmarks.load_input"]
    run_measured([*program, folder, str(records)], stdout=summary, folder=PROJECT)
    states = json.loads(summary.read_bytes())["states"]
    store.recreate_database(REFERENCE)
    inputs = {}
    for name in INPUTS:
        messages = folder / f"{name}.singer"
        table = f"{REFERENCE}_{name}"
        store.read_input(REFERENCE, table, messages)
        checksums: dict[Collection[str], str] = {
            columns: store.checksum(REFERENCE, table, columns)
            for columns in (tuple(COLUMNS), UNCHANGED_COLUMNS)
        }
        inputs[name] = LoadInput(messages, states[name], checksums)
    types = store.types(REFERENCE, f"{REFERENCE}_{FRESH}")
    store.drop_database(REFERENCE)
    return Bench(store, folder, inputs, types)


def _run_in_turn(
    bench: Bench, loaders: Sequence[Loader], *, rounds: int
) -> dict[str, dict[str, list[LoadRun]]]:
    """Return the runs by loader and input; peers run in the first round only."""
    runs: dict[str, dict[str, list[LoadRun]]] = {loader.name: {} for loader in loaders}
    for number in range(1, rounds + 1):
        for name in INPUTS:
            for loader in loaders:
                if name not in loader.inputs or (loader.package and number > 1):
                    continue
                if name == FRESH:
                    bench.store.recreate_database(loader.name)
                run = bench.run(loader, bench.inputs[name])
                runs[loader.name].setdefault(name, []).append(run)
                print(f"round {number}, {name.replace('_', ' ')}, {loader.name}: {run}")
    return runs


def _summarize_all(runs: dict[str, list[LoadRun]], *, records: int) -> Figures:
    """Return a loader's figures by input: times of the fastest round, the worst of all else."""
    return {name: _summarize(rounds, records=records) for name, rounds in runs.items()}


def _summarize(rounds: Sequence[LoadRun], *, records: int) -> Figures:
    best = min(rounds, key=lambda run: run.usage.wall_seconds)
    server = best.server_cpu_seconds
    wal_bytes = max(run.wal_bytes for run in rounds)
    return {
        "rows_per_second": round(records / best.usage.wall_seconds),
        "wall_seconds": round(best.usage.wall_seconds, 3),
        "wall_seconds_rounds": [round(run.usage.wall_seconds, 3) for run in rounds],
        "cpu_seconds": round(best.usage.cpu_seconds, 3),
        "server_cpu_seconds": None if server is None else round(server, 3),
        "peak_mb": round(max(run.usage.peak_mb for run in rounds), 1),
        "wal_bytes": wal_bytes,
        "wal_mb": round(wal_bytes / 1e6, 2),
    }


def _last_state(path: Path) -> dict[str, Any]:
    """Return the last state that was written, without the mark of target-pandev."""
    *_, last = path.read_text(encoding="utf-8").splitlines() or ["{}"]
    state: dict[str, Any] = json.loads(last)
    state.get("bookmarks", {}).pop(BOOKMARK, None)
    return state


if __name__ == "__main__":
    main()
