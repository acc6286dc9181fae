"""Run the command tap-ide in a process, and read the messages of a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Message = dict[str, Any]
    Read = Callable[..., "IdeRun"]

COMMAND = Path(sys.executable).with_name("tap-ide")
USER1 = "user1@example.com"
USER2 = "user2@example.com"
START_S = 1_772_355_600.25  # 2026-03-01T09:00:00.250Z


class IdeRun:
    """The messages that one run wrote."""

    def __init__(self, stdout: str) -> None:
        self.messages: list[Message] = [json.loads(line) for line in stdout.splitlines()]

    @property
    def rows(self) -> list[Message]:
        return [message["record"] for message in self.messages if message["type"] == "RECORD"]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def state(self) -> Message:
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def bookmark(self) -> Message:
        bookmark: Message = self.state["bookmarks"]["ide_events"]
        return bookmark


def event(seconds: float = 0, **more: Any) -> Message:
    """Return an event in PanDev's format, so many seconds after the start of the day's work."""
    return {
        "timestamp": START_S + seconds,
        "project": "shop",
        "module": "planted-module",
        "language": "PYTHON",
        "gitPath": "shop/backend/orders",
        "gitBranch": "feature/CU-86a1",
        "fileName": "planted-file.py",
        "ide": "PyCharm 2026.1",
        "lineCount": 77_001,
        "lineNumber": 77_002,
        "cursorPosition": 77_003,
        **more,
    }


def write_events(path: Path, *events: Any) -> Path:
    """Write an event file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(events), encoding="utf-8")
    return path


def run_command(*options: str, **environment: str) -> CompletedProcess[str]:
    return commands.run_command("tap-ide", *options, env=environment)


def log_lines(process: CompletedProcess[str], level: str) -> list[str]:
    """Return the texts of the lines of the log of a level."""
    lines = [line for line in process.stderr.splitlines() if f"| {level} " in line]
    return [line.rpartition(" | ")[2] for line in lines]
