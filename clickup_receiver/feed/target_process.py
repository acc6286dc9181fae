"""A Singer target as a child process: one process per batch.

That of target-pandev is started before its batch: nine tenths of the time from a webhook to its row
would be the start of an interpreter (docs/explained/performance.md).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from clickup_receiver.meltano_project import TARGET
from clickup_receiver.schedule.commands import split_command
from plugin_settings.env_file import ENV_FILE_NAME
from tap_clickup.errors import ClickUpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BATCH_TIMEOUT_SECONDS = 600.0
"""How long a target may take for a batch before it is killed and the batch retried."""
PACKAGES = sysconfig.get_path("purelib")
"""Changes with every package that is installed; the target imports some of them with its batch."""
RECEIVER_ONLY_PREFIXES = ("TAP_CLICKUP_", "CLICKUP_RECEIVER_")
"""Settings that a target does not get: it needs no token of ClickUp and no webhook secret."""


class TargetError(ClickUpError):
    """The target did not load a batch."""


@dataclass(frozen=True)
class LaunchConditions:
    """What a target reads when it starts: its environment, and the state of its files."""

    environment: dict[str, str]
    files: tuple[tuple[int, ...], ...]


class TargetProcess:
    """Runs a Singer target per batch. Exit code 0 acknowledges everything written to it.

    With `starts_ahead`, target-pandev is started for the next batch once one is loaded, and waits
    for its input without a connection to the store. It is replaced if its settings have changed
    meanwhile. It is not known what another target reads when it starts, so that one starts with
    its batch.
    """

    def __init__(
        self,
        command: str,
        *,
        read_settings: Callable[[], dict[str, str]] = dict,
        starts_ahead: bool = False,
        timeout_seconds: float = BATCH_TIMEOUT_SECONDS,
    ) -> None:
        """Prepare a command; `read_settings` returns environment variables for each process."""
        self._command = split_command(command, setting="target_command")
        self._read_settings = read_settings
        self._timeout_seconds = timeout_seconds
        self._name = Path(self._command[0]).name
        self._starts_ahead = starts_ahead and self._name == TARGET
        self._process: subprocess.Popen[bytes] | None = None
        """The target of the current batch, or that of the next one."""
        self._conditions: LaunchConditions | None = None

    def stop(self) -> None:
        """Kill the target, if any; a batch that it is loading is loaded again later."""
        if self._process:
            _end(self._process)

    def load(self, lines: Iterable[bytes]) -> None:
        """Return once the target has loaded the lines. Raises `TargetError`."""
        process = self._next_process()
        kill_timer = Timer(self._timeout_seconds, _kill, (process,))
        kill_timer.daemon = True
        kill_timer.start()
        try:
            fully_read = _write_lines(process, lines)
            exit_code = process.wait()
        except BaseException:
            _kill(process)
            process.wait()
            raise
        finally:
            kill_timer.cancel()
        if exit_code:
            raise self._error(f"exit code {exit_code}; see its log above")
        if not fully_read:
            raise self._error("exited before it had read all messages")
        if self._starts_ahead:
            with suppress(ClickUpError):  # the next load raises it
                self._start(self._read_conditions())

    def _next_process(self) -> subprocess.Popen[bytes]:
        """Return the process that is waiting, or a new one if its settings have changed."""
        conditions = self._read_conditions()
        process = self._process
        if process and process.poll() is None and conditions == self._conditions:
            return process
        if process:
            _end(process)
        return self._start(conditions)

    def _read_conditions(self) -> LaunchConditions:
        environment = {**_inherited_environment(), **self._read_settings()}
        program, *words = self._command
        paths = [shutil.which(program) or program, PACKAGES, ENV_FILE_NAME]
        paths += [word.rpartition("=")[2] for word in words]  # also of --config=FILE
        return LaunchConditions(environment, tuple(map(_file_state, paths)))

    def _start(self, conditions: LaunchConditions) -> subprocess.Popen[bytes]:
        self._conditions = conditions
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the operator's own setting, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=conditions.environment,
                start_new_session=True,  # a signal for the receiver does not interrupt a load
            )
        except OSError as error:
            raise self._error(error.strerror) from error
        return self._process

    def _error(self, problem: str | None) -> TargetError:
        return TargetError(f"target_command {self._name}: {problem}")


def _write_lines(process: subprocess.Popen[bytes], lines: Iterable[bytes]) -> bool:
    """Write lines to a process and close its input; return whether it has read them all."""
    assert process.stdin  # noqa: S101 - started with a pipe
    try:
        with process.stdin:
            process.stdin.writelines(lines)
    except BrokenPipeError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, unless it has ended."""
    _kill(process)
    process.wait()
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, unless it has ended, and those that it has started.

    A command such as `meltano invoke` starts the target, which has the same pipe as its input.
    """
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)  # it leads its group, and was not waited for


def _inherited_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(RECEIVER_ONLY_PREFIXES)
    }


def _file_state(path: str) -> tuple[int, ...]:
    """Return what differs once a file was written or replaced; nothing if there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_mtime_ns, status.st_size)
