"""Run the command tap-git in a process, and read the messages of a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from tests.tap_git.repository_builder import RepositoryBuilder

    Message = dict[str, Any]
    Read = Callable[..., "GitRun"]

COMMAND = Path(sys.executable).with_name("tap-git")
ORIGIN = "git@Git.Example.com:shop/backend/orders.git"
ORDERS = "git.example.com/shop/backend/orders"


class GitRun:
    """The messages that one run wrote."""

    def __init__(self, stdout: str) -> None:
        self.messages: list[Message] = [json.loads(line) for line in stdout.splitlines()]

    def rows(self, stream: str) -> list[Message]:
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def column(self, stream: str, name: str) -> list[Any]:
        return [row[name] for row in self.rows(stream)]

    @property
    def state(self) -> Message:
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        return states[-1] if states else {}

    @property
    def heads(self) -> dict[str, list[str]]:
        heads: dict[str, list[str]] = self.state["bookmarks"]["commits"]["heads"]
        return heads


def start_tap(
    *repositories: RepositoryBuilder, state: Path | None = None, **pipes: Any
) -> subprocess.Popen[str]:
    config = Path(repositories[0].path).with_name("config.json")
    config.write_text(
        json.dumps({"repositories": [repository.path for repository in repositories]})
    )
    options = [f"--config={config}", *([f"--state={state}"] if state else [])]
    return subprocess.Popen([COMMAND, *options], text=True, stdout=subprocess.PIPE, **pipes)


def run_command(*options: str, **environment: str) -> CompletedProcess[str]:
    return commands.run_command("tap-git", *options, env=environment)
