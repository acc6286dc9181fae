"""Output of the command: the names of its streams and the lines that report a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clickup import tap

if TYPE_CHECKING:
    import subprocess

STREAMS = [str(vars(stream)["name"]) for stream in tap.STREAMS]


def error_lines(process: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the log lines above INFO, without timestamp and logger."""
    assert "Traceback" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if "| INFO " not in line]
    return [line.split("| ")[-1] for line in lines]
