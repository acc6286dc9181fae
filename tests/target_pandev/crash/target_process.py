"""target-pandev as a process that a test feeds, watches and ends."""

from __future__ import annotations

import fcntl
import json
import struct
import subprocess
import termios
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Self
from uuid import uuid4

from tests.end_to_end.pipeline import COMMANDS
from tests.support.scale import scaled
from tests.support.waiting import wait_until
from tests.target_pandev.crash.scenario import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.target_pandev.crash.scenario import Message

EXAMPLES = scaled(4, full=60)
"""How many examples Hypothesis draws for a test."""
PIPE_BYTES = 1 << 16
"""What a pipe holds: so much can be written to a target that does not read."""
SECONDS = 60


class TargetProcess:
    """A running target; its output and its log go to files, so that it never waits for us."""

    def __init__(self, folder: Path, **config: Any) -> None:
        name = uuid4().hex
        self._out, self._log = folder / f"{name}.out", folder / f"{name}.log"
        settings = folder / f"{name}.json"
        settings.write_text(json.dumps({"max_deleted_share": 1, **config}), encoding="utf-8")
        with self._out.open("wb") as out, self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [COMMANDS / "target-pandev", "--config", settings],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=log,
                bufsize=0,
            )

    def __enter__(self) -> Self:
        """Return the target."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the target, whatever came."""
        self.process.kill()
        self.process.wait()
        with suppress(BrokenPipeError):
            self._input.close()

    @property
    def _input(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def write(self, lines: bytes) -> None:
        """Write to the target's input; a target that has ended takes nothing."""
        with suppress(BrokenPipeError):
            for start in range(0, len(lines), PIPE_BYTES // 2):
                self.wait_until(lambda: self._unread() < PIPE_BYTES // 2)
                part = lines[start : start + PIPE_BYTES // 2]
                while part:
                    part = part[self._input.write(part) :]

    def _unread(self) -> int:
        """Return how many bytes of the input the target has not taken yet."""
        return int(struct.unpack("i", fcntl.ioctl(self._input, termios.FIONREAD, b"\0" * 4))[0])

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition is true or the target has ended, in steps of a millisecond."""
        wait_until(
            lambda: condition() or self.has_ended(),
            timeout_seconds=SECONDS,
            poll_seconds=0.001,
        )

    def has_ended(self) -> bool:
        """Return whether the target has ended, or only waits for its input to end."""
        return self.process.poll() is not None or b"CRITICAL" in self._log.read_bytes()

    def wait_until_read(self) -> None:
        """Wait until the target has read everything that was written, or has ended."""
        self.wait_until(lambda: self._unread() == 0)

    def wait_for_state(self, n: int) -> None:
        """Wait until the last state is `n`, or the target has ended."""
        self.wait_until(lambda: self.states()[-1:] == [n])

    def states(self) -> list[int]:
        """Return the numbers of the states that are out."""
        whole, _, _ = self._out.read_bytes().rpartition(b"\n")
        return [json.loads(line)["n"] for line in whole.splitlines()]

    def log(self) -> str:
        """Return the target's log."""
        return self._log.read_text(encoding="utf-8")

    def end(self, signum: int | None = None) -> int:
        """Send a signal or close the input, wait, and return the exit code; negative if killed."""
        if signum is None or self.has_ended():
            self._input.close()
        else:
            self.process.send_signal(signum)
        code = self.process.wait(SECONDS)
        assert "Traceback" not in self.log(), self.log()
        return code

    def error_line(self) -> str:
        """Return the line of the log with the reason of the failure; it may be there twice."""
        lines = [line for line in self.log().splitlines() if "CRITICAL" in line or "ERROR" in line]
        assert len({line.partition(" | ")[2] for line in lines}) == 1, self.log()
        return lines[-1]


def run_whole(folder: Path, messages: Sequence[Message], **config: Any) -> list[int]:
    """Run a target over messages to its end, which must be a good one; return its states."""
    with TargetProcess(folder, **config) as target:
        target.write(encoded(messages))
        assert target.end() == 0, target.log()
        return target.states()
