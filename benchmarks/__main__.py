"""`make bench`: run all benchmarks one after the other and write one page with all their goals.

The last result of each benchmark is kept in `benchmarks/results`, so that one of them can be run
again alone (`--only`); the page, `docs/explained/figures.md`, is written from all of them. Exits
with 1 if a run has failed or a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from benchmarks.figures_page import format_page
from benchmarks.peer import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL: dict[str, Sequence[str]] = {
    "extract": ("--large",),
    "load": (),
    "receive": (),
    "hostile": (),
    "git": (),
    "join": (),
    "page": (),
    "growth": (),
    "start": (),
}
"""The benchmarks with the options that `make bench-*` gives them."""
RESULTS = PROJECT / "benchmarks" / "results"
PAGE = PROJECT / "docs" / "explained" / "figures.md"
GIB = 1 << 30


def main() -> None:
    """Run the benchmarks that the command line names; by default all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=ALL, action="append", help="benchmark to run; or all")
    failed = [name for name in parser.parse_args().only or ALL if not run(name)]
    results = {name: json.loads(_path(name).read_text()) for name in ALL if _path(name).exists()}
    PAGE.write_text(format_page(results), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PROJECT)}")
    if failed:
        sys.exit(f"failed or with a missed goal: {', '.join(failed)}")


def run(name: str) -> bool:
    """Run a benchmark, show its output, and keep its result; return whether it met its goals."""
    print(f"\nbench-{name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *ALL[name]]
    last = ""
    started = time.monotonic()
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        for line in process.stdout or ():
            last = line
            if not line.startswith('{"benchmark"'):
                print(line, end="", flush=True)
    if last.startswith('{"benchmark"'):
        minutes = round((time.monotonic() - started) / 60, 1)
        result = {**json.loads(last), "minutes": minutes, "machine": describe_machine()}
        RESULTS.mkdir(exist_ok=True)
        _path(name).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return process.returncode == 0


def describe_machine() -> dict[str, Any]:
    """Return what a reader needs in order to compare the figures with those of another machine."""
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip() or None,
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / GIB),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "singer_sdk": version("singer-sdk"),
        "psycopg": psycopg.__version__,
    }


def _path(name: str) -> Any:
    return RESULTS / f"{name}.json"


if __name__ == "__main__":
    main()
