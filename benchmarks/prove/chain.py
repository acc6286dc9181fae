"""Run a tap into a target, as a scheduler does: from the last state that the target has emitted."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.processes import DEV_NULL, FailedRunError, build_usage, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.processes import Usage

QUIET_SECONDS = 5.0
"""Commands that have used no CPU time for this long wait for input, not for a commit."""
QUIET_CHECK_SECONDS = 0.25
FAILURE_LINES = 3


@dataclass(frozen=True)
class Commands:
    """The command lines of a chain; both take `--config`, and the tap `--state`."""

    tap: Sequence[str | Path]
    target: Sequence[str | Path]


@dataclass(frozen=True)
class ChainRun:
    """A run of a tap into a target; `failure` is the end of the log of a command that failed."""

    tap: Usage
    target: Usage
    wall_seconds: float
    failure: str | None

    @property
    def peak_mb(self) -> float:
        """The peak memory of both, which need not be at the same time."""
        return self.tap.peak_mb + self.target.peak_mb


@dataclass
class Chain:
    """A tap and a target with their settings and states, in a folder; `runs` are those so far."""

    name: str
    commands: Commands
    tap_settings: dict[str, Any]
    target_settings: dict[str, Any]
    folder: Path
    runs: list[ChainRun] = field(default_factory=list)

    def run(
        self,
        *,
        state: str = "state",
        tap_settings: Mapping[str, Any] | None = None,
        kill_when: Callable[[], bool] | None = None,
    ) -> ChainRun:
        """Run once, with further settings of the tap; keep the last state under the given name.

        With `kill_when` both commands are killed once that is true and they are quiet.
        """
        config = self._file("tap.json", {**self.tap_settings, **(tap_settings or {})})
        arguments: list[str | Path] = ["--config", config]
        state_file = self.folder / f"{state}.json"
        if state_file.exists():
            arguments += ["--state", state_file]
        target_config = self._file("target.json", self.target_settings)
        run = self._run_pair(
            [*self.commands.tap, *arguments],
            [*self.commands.target, "--config", target_config],
            kill_when,
        )
        if states := (self.folder / "states.jsonl").read_text(encoding="utf-8").splitlines():
            state_file.write_text(states[-1], encoding="utf-8")
        self.runs.append(run)
        return run

    def _run_pair(
        self,
        tap_command: Sequence[str | Path],
        target_command: Sequence[str | Path],
        kill_when: Callable[[], bool] | None,
    ) -> ChainRun:
        started = time.monotonic()
        with (
            (self.folder / "tap.log").open("wb") as tap_log,
            (self.folder / "target.log").open("wb") as target_log,
            (self.folder / "states.jsonl").open("wb") as states,
            DEV_NULL.open("rb") as nothing,
        ):
            environment = clean_environment()
            tap = subprocess.Popen(  # noqa: S603 - our own commands
                tap_command,
                stdin=nothing,
                stdout=subprocess.PIPE,
                stderr=tap_log,
                cwd=self.folder,
                env=environment,
            )
            target = subprocess.Popen(  # noqa: S603 - as above
                target_command,
                stdin=tap.stdout,
                stdout=states,
                stderr=target_log,
                cwd=self.folder,
                env=environment,
            )
        assert tap.stdout  # noqa: S101 - stdout is a pipe
        tap.stdout.close()
        return self._wait(tap, target, started, kill_when)

    def _wait(
        self,
        tap: subprocess.Popen[bytes],
        target: subprocess.Popen[bytes],
        started: float,
        kill_when: Callable[[], bool] | None,
    ) -> ChainRun:
        try:
            if kill_when:
                _wait_until_quiet([tap.pid, target.pid], kill_when)
                tap.kill()
                target.kill()
            tap_usage = _wait_for(tap, started)
            target_usage = _wait_for(target, started)
        except BaseException:
            tap.kill()
            target.kill()
            raise
        failure = None if kill_when else self._describe_failure(tap, target)
        return ChainRun(tap_usage, target_usage, time.monotonic() - started, failure)

    def _describe_failure(
        self, tap: subprocess.Popen[bytes], target: subprocess.Popen[bytes]
    ) -> str | None:
        for name, process in (("tap", tap), ("target", target)):
            if process.returncode:
                log = (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                return "\n".join(log.strip().splitlines()[-FAILURE_LINES:])
        return None

    def _file(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


def _wait_for(process: subprocess.Popen[bytes], started: float) -> Usage:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return build_usage(used, wall_seconds=time.monotonic() - started)


def _wait_until_quiet(pids: Sequence[int], kill_when: Callable[[], bool]) -> None:
    """Return once a condition is true and the processes have used no CPU time for a while.

    Raises `FailedRunError` if they have ended before.
    """
    last = -1.0
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        time.sleep(QUIET_CHECK_SECONDS)
        now = _cpu_seconds(pids)
        if now > last or not kill_when():
            last = now
            quiet_since = time.monotonic()


def _cpu_seconds(pids: Sequence[int]) -> float:
    processes = [psutil.Process(pid) for pid in pids]
    if any(process.status() == psutil.STATUS_ZOMBIE for process in processes):
        raise FailedRunError("a command has ended before it was to be killed")
    times = [process.cpu_times() for process in processes]
    return sum(float(time.user + time.system) for time in times)
