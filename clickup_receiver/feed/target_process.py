"""A Singer target as a child process: one process per batch."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from clickup_receiver.schedule.commands import split_command
from tap_clickup.errors import ClickUpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BATCH_TIMEOUT_SECONDS = 600.0
"""How long a target may take for a batch before it is killed and the batch retried."""
RECEIVER_ONLY_PREFIXES = ("TAP_CLICKUP_", "CLICKUP_RECEIVER_")
"""Settings that a target does not get: it needs no token of ClickUp and no webhook secret."""


class TargetError(ClickUpError):
    """The target did not load a batch."""


class TargetProcess:
    """Runs a Singer target per batch. Exit code 0 acknowledges everything written to it."""

    def __init__(
        self,
        command: str,
        *,
        read_settings: Callable[[], dict[str, str]] = dict,
        timeout_seconds: float = BATCH_TIMEOUT_SECONDS,
    ) -> None:
        """Prepare a command; `read_settings` returns environment variables for each process."""
        self._command = split_command(command, setting="target_command")
        self._read_settings = read_settings
        self._timeout_seconds = timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Kill the running target, if any; its batch is loaded again later."""
        process = self._process
        if process:
            process.kill()

    def load(self, lines: Iterable[bytes]) -> None:
        """Return once the target has loaded the lines. Raises `TargetError`."""
        name = Path(self._command[0]).name
        process = self._start()
        self._process = process
        kill_timer = Timer(self._timeout_seconds, process.kill)
        kill_timer.daemon = True
        kill_timer.start()
        try:
            fully_read = _write_lines(process, lines)
            exit_code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            kill_timer.cancel()
        if exit_code:
            raise TargetError(f"target_command {name}: exit code {exit_code}; see its log above")
        if not fully_read:
            raise TargetError(f"target_command {name}: exited before it had read all messages")

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - the operator's own setting, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**_inherited_environment(), **self._read_settings()},
                start_new_session=True,  # a signal for the receiver does not interrupt a load
            )
        except OSError as error:
            name = Path(self._command[0]).name
            raise TargetError(f"target_command {name}: {error.strerror}") from error


def _write_lines(process: subprocess.Popen[bytes], lines: Iterable[bytes]) -> bool:
    """Write lines to a process and close its input; return whether it has read them all."""
    assert process.stdin  # noqa: S101 - started with a pipe
    try:
        with process.stdin:
            process.stdin.writelines(lines)
    except BrokenPipeError:
        return False
    return True


def _inherited_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(RECEIVER_ONLY_PREFIXES)
    }
