"""Runs a command to its end and measures its own CPU time and peak memory.

Linux counts the memory of the process that starts another into the peak of the one it starts, so
whoever measures has to be smaller than what is measured.
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

NOTHING = Path(os.devnull)
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of `ru_maxrss`."""
UNWANTED = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
SETTINGS = ("TAP_CLICKUP_", "TARGET_", "PG")
"""How names of variables begin that would change the settings of what is measured."""
LAST_LINES = 15


class FailedRunError(Exception):
    """A command that was to be measured has failed."""


@dataclass(frozen=True)
class Usage:
    """What a process used; `peak_mb` is in millions of bytes."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def environment() -> dict[str, str]:
    """Return the environment of measured processes: none of their settings, nothing that slows."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in UNWANTED and not name.startswith(SETTINGS)
    }


def run(
    command: Sequence[str | Path],
    *,
    stdout: Path,
    stdin: Path = NOTHING,
    folder: Path | None = None,
) -> Usage:
    """Run a command from a file into a file. Raises `FailedRunError` if it fails."""
    log = stdout.with_suffix(".log")
    began = time.monotonic()
    with stdin.open("rb") as given, stdout.open("wb") as out, log.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command, stdin=given, stdout=out, stderr=err, env=environment(), cwd=folder
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        told = "\n".join(lines)
        raise FailedRunError(f"{command[0]} ended with {process.returncode}:\n{told}")
    return _usage(used, wall_seconds=time.monotonic() - began)


def _usage(used: resource.struct_rusage, *, wall_seconds: float) -> Usage:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if used.ru_maxrss <= own:
        raise FailedRunError("the benchmark is larger than what it measures: no peak memory")
    return Usage(
        cpu_seconds=used.ru_utime + used.ru_stime,
        wall_seconds=wall_seconds,
        peak_mb=used.ru_maxrss * RSS_UNIT / 1e6,
    )
