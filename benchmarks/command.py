"""The frame of a benchmark's command: measure in a temporary folder, show a table, tell JSON.

The last line of its output is one JSON object. A goal that is missed is no failure: figures differ
from machine to machine. A run that fails is.
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


def tell(
    name: str,
    measure: Callable[[Path], Figures],
    *,
    goals: Callable[[Figures], list[Goal]],
    table: Callable[[Figures, list[Goal]], str],
) -> None:
    """Measure, show a table, and tell everything in one JSON object."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            figures = measure(Path(folder))
    except (FailedRunError, RuntimeError) as error:
        sys.exit(f"bench-{name}: {error}")
    judged = goals(figures)
    print("\n" + table(figures, judged) + "\n")
    print(json.dumps({"benchmark": name, **figures, "goals": [asdict(one) for one in judged]}))


def positive(text: str) -> int:
    """Return an option's number; the parser's type for numbers from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)
