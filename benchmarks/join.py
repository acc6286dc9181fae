"""`make bench-join`: measure what the store derives from rows: references, editor time, views.

- `references`: task ids in 1,000,000 commit messages, compared with one plain search of the same
  rows (`join_references`).
- `ide`: 1,000,000 events of 200 people through target-pandev, and one late event (`join_ide`).
- `views`: every view of a store with 100,000 tasks, 200,000 status changes, 100,000 earlier
  versions, 200,000 time entries and 100,000 commits (`join_views`).

The server is the embedded one with its own settings, in a new folder. `--scale 0.1` is a quick look
at a tenth of everything, without the goals of time. Exits with 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.command import positive, run_benchmark, share
from benchmarks.join_goals import evaluate, format_table
from benchmarks.join_ide import measure_ide
from benchmarks.join_references import measure_references
from benchmarks.join_store import JoinStore
from benchmarks.join_views import measure_views

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.goals import Figures

REFERENCES, IDE, VIEWS = PARTS = ("references", "ide", "views")
MESSAGES = 1_000_000
EVENTS = 1_000_000
PEOPLE = 200
FEWEST_PEOPLE = 10


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.join", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="part to run; default: all")
    scale = "share of the rows; goals of time apply to 1, the default"
    parser.add_argument("--scale", type=share, default=1.0, help=scale)
    parser.add_argument("--rounds", type=positive, default=3, help="rounds of the references")
    options = parser.parse_args()
    measure = partial(
        _measure, parts=options.only or PARTS, scale=options.scale, rounds=options.rounds
    )
    run_benchmark("join", measure, evaluate=evaluate, format_table=format_table)


def _measure(folder: Path, *, parts: Sequence[str], scale: float, rounds: int) -> Figures:
    figures: Figures = {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "scale": scale,
    }
    with JoinStore() as store:
        if IDE in parts:
            events = round(EVENTS * scale)
            people = max(FEWEST_PEOPLE, round(PEOPLE * scale))
            figures["ide"] = measure_ide(store, folder, events=events, people=people)
        if VIEWS in parts:
            figures["views"] = measure_views(store, folder, scale=scale)
        if REFERENCES in parts:  # the last one, as the other parts need a small process
            url = store.create("messages")
            messages = round(MESSAGES * scale)
            figures["references"] = measure_references(url, messages=messages, rounds=rounds)
    return figures


if __name__ == "__main__":
    main()
