"""Run a benchmark: measure in a temporary folder, print a table and one JSON object.

The JSON object is the last line of the output. The exit code is 1 if a run has failed or a goal is
missed; a goal that was not measured, as of a peer that cannot be installed, is not missed.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.processes import FailedRunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Figures, Goal


def run_benchmark(
    name: str,
    measure: Callable[[Path], Figures],
    *,
    evaluate: Callable[[Figures], list[Goal]],
    format_table: Callable[[Figures, list[Goal]], str],
) -> None:
    """Measure, print a table, and print all figures and goals as one JSON object.

    Exits with 1 if a run fails or a goal is missed.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            figures = measure(Path(folder))
    except (FailedRunError, RuntimeError) as error:
        sys.exit(f"bench-{name}: {error}")
    goals = evaluate(figures)
    print("\n" + format_table(figures, goals) + "\n")
    print(json.dumps({"benchmark": name, **figures, "goals": [asdict(goal) for goal in goals]}))
    if any(goal.met is False for goal in goals):
        sys.exit(1)


def positive(text: str) -> int:
    """Return an option's number; raise `ArgumentTypeError` unless it is at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


def share(text: str) -> float:
    """Return an option's share; raise `ArgumentTypeError` unless it is above 0 and at most 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("above 0, at most 1")
    return value
