"""Run a command to its end and measure its CPU time and peak memory.

Linux includes the memory of the starting process in the peak of the started one, so the benchmark
must be smaller than the process it measures.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DEV_NULL = Path(os.devnull)
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of `ru_maxrss`."""
SLOWING_VARIABLES = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
SETTING_PREFIXES = ("TAP_CLICKUP_", "TARGET_", "PG")
"""Variables with these prefixes would change the settings of the measured process."""
SHOWN_LOG_LINES = 15


class FailedRunError(Exception):
    """A measured command has failed."""


@dataclass(frozen=True)
class Usage:
    """CPU time, elapsed time and peak memory of a process; `peak_mb` is in millions of bytes."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def clean_environment() -> dict[str, str]:
    """Return an environment without settings of the measured process and slowing variables."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in SLOWING_VARIABLES and not name.startswith(SETTING_PREFIXES)
    }


def run_measured(
    command: Sequence[str | Path],
    *,
    stdout: Path,
    stdin: Path = DEV_NULL,
    folder: Path | None = None,
) -> Usage:
    """Run a command from a file into a file. Raise `FailedRunError` if it fails."""
    log = stdout.with_suffix(".log")
    started = time.monotonic()
    with stdin.open("rb") as source, stdout.open("wb") as out, log.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command, stdin=source, stdout=out, stderr=err, env=clean_environment(), cwd=folder
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN_LOG_LINES:]
        message = "\n".join(lines)
        raise FailedRunError(f"{command[0]} ended with exit code {process.returncode}:\n{message}")
    return build_usage(used, wall_seconds=time.monotonic() - started)


def build_usage(used: resource.struct_rusage, *, wall_seconds: float) -> Usage:
    """Return the usage of an ended child. Raises `FailedRunError` if its peak is not known."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if used.ru_maxrss <= own:
        raise FailedRunError(
            "cannot measure peak memory: the benchmark is larger than the measured process"
        )
    return Usage(
        cpu_seconds=used.ru_utime + used.ru_stime,
        wall_seconds=wall_seconds,
        peak_mb=used.ru_maxrss * RSS_UNIT / 1e6,
    )
