"""What the command shows an operator: its streams, and the lines of a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

STREAMS = [
    "workspaces",
    "webhooks",
    "tasks",
    "time_in_status",
    "time_entries",
    "spaces",
    "folders",
    "lists",
    "statuses",
    "sprints",
    "users",
    "completed_reads",
    "sync_runs",
]


def critical(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what an operator sees of a failure: lines above INFO, without time and logger."""
    assert "Traceback" not in ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "| INFO " not in line]
    return [line.split("| ")[-1] for line in lines]
