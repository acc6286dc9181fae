"""A run for people, while it is running and at its end, and for programs."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from pandev.console import output_width, print_problem
from pandev.report.values import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandev.sync.log_lines import LogLine
    from pandev.sync.outcome import SyncOutcome
    from pandev.sync.running import RunningJob

LABEL_WIDTH: Final = 15


def print_outcome(outcome: SyncOutcome) -> None:
    """Print how long a run took, or why it has not loaded everything."""
    if outcome.problem:
        print_problem(outcome.problem)
    else:
        click.echo(f"synced in {outcome.seconds:.0f} s; next: pandev status")


def print_log_line(line: LogLine) -> None:
    """Print a line of the log, folded at the width of the terminal; a problem on stderr."""
    text = printable(line.text)
    if line.is_problem:
        print_problem(f"{line.source}: {text}")
        return
    lines = textwrap.wrap(text, max(output_width() - LABEL_WIDTH, LABEL_WIDTH))
    for number, part in enumerate(lines):
        label = line.source if number == 0 else ""
        click.echo(f"{label:{LABEL_WIDTH}}{part}")


def to_json(outcome: SyncOutcome, log: Iterable[LogLine]) -> dict[str, Any]:
    """Return the outcome for programs, with the lines of the log that are for people."""
    return {
        "exit_code": outcome.exit_code,
        "command": outcome.command,
        "seconds": round(outcome.seconds, 1),
        "problem": outcome.problem,
        "running": _running_as_json(outcome.running) if outcome.running else None,
        "log": [asdict(line) for line in log],
    }


def _running_as_json(running: RunningJob) -> dict[str, str]:
    return {
        "started_by": running.started_by,
        "started_at": running.started_at.isoformat(timespec="seconds"),
        "seen_at": running.seen_at.isoformat(timespec="seconds"),
    }
