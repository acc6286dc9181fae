"""`make bench-growth`: how the cost of the whole chain grows, at three sizes of six kinds.

Tasks, people, lists and workspaces of a fake ClickUp go through tap-clickup and target-pandev,
commits through tap-git and target-pandev, events of editors through target-pandev. Only one number
changes within a kind. Each size is loaded into an empty store, and read again with nothing new.

CPU time is that of the tap, of the target and of all processes of the server. The first of the
three sizes pays for start-up, so costs are compared between steps: what each further task, person
or commit costs from the first size to the second, and from the second to the third.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.command import run_benchmark
from benchmarks.growth_goals import KINDS, evaluate, format_table
from benchmarks.join_store import JoinStore, load, run_module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.goals import Figures

SIZES = {
    "tasks": (1_000, 10_000, 100_000),
    "users": (50, 250, 1_000),
    "lists": (5, 25, 100),  # in each of 40 folders
    "workspaces": (1, 4, 16),
    "commits": (1_000, 10_000, 100_000),
    "events": (10_000, 50_000, 250_000),
}
PEOPLE_WITH_EVENTS = 50


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--only", choices=KINDS, action="append", help="kind to run; default: all")
    measure = partial(_measure, kinds=parser.parse_args().only or KINDS)
    run_benchmark("growth", measure, evaluate=evaluate, format_table=format_table)


def _measure(folder: Path, kinds: Sequence[str]) -> Figures:
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }
    with JoinStore() as store:
        for kind in kinds:
            figures[kind] = [_measure_size(store, folder, kind, size) for size in SIZES[kind]]
    return figures


def _measure_size(store: JoinStore, folder: Path, kind: str, size: int) -> dict[str, Any]:
    subfolder = folder / f"{kind}-{size}"
    subfolder.mkdir()
    if kind == "events":
        run_module("join_ide_input", subfolder, str(size), str(PEOPLE_WITH_EVENTS))
        read, messages = {"size": size}, subfolder / "ide.singer"
    else:
        read = run_module("growth_taps", subfolder, kind, str(size))
        messages = subfolder / "first.singer"
    costs = {**read, **_load(store, messages)}
    print(f"{kind}: {costs}")
    return costs


def _load(store: JoinStore, messages: Path) -> dict[str, Any]:
    url = store.create("growth")
    before = store.cpu_seconds()
    usage = load(url, messages)
    after = store.cpu_seconds()
    return {
        "target_cpu_seconds": round(usage.cpu_seconds, 2),
        "target_peak_mb": round(usage.peak_mb, 1),
        "server_cpu_seconds": None if before is None or after is None else round(after - before, 2),
    }


if __name__ == "__main__":
    main()
