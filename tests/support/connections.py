"""Record which Python processes of a command ran, and to which addresses they connected."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PLUGINS = ("tap-clickup", "tap-git", "target-pandev", "clickup-receiver", "pandev")
BIN = Path(sys.executable).parent
HOOK = """\
import json, os, sys

def record(address):
    line = json.dumps([sys.orig_argv[1:3], address])
    with open(os.environ["WATCHED"], "a") as watched:
        print(line, file=watched)

def watch(event, arguments):
    if event == "socket.connect":
        record(arguments[1][:2] if isinstance(arguments[1], tuple) else None)

sys.addaudithook(watch)
record(None)
"""


def address_of(url: str) -> tuple[str, int]:
    """Return the host and port of a URL."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


class WatchedConnections:
    """An audit hook in every Python process that gets `settings` as environment variables.

    Meltano removes PYTHONPATH from the environment of a plugin and looks for its command on PATH,
    so there is a wrapper of each command, which sets it again. The folder of caches is empty, so
    that requests are seen that are sent once a day only.
    """

    def __init__(self, folder: Path, commands: Path = BIN) -> None:
        hook = folder / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
        for name in PLUGINS:
            wrapper = hook / name
            wrapper.write_text(f'#!/bin/sh\nPYTHONPATH="{hook}" exec "{commands / name}" "$@"\n')
            wrapper.chmod(0o755)
        self._watched = folder / "watched"
        self.settings = {
            "PATH": os.pathsep.join([str(hook), str(commands), os.environ["PATH"]]),
            "PYTHONPATH": str(hook),
            "WATCHED": str(self._watched),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    @property
    def commands(self) -> set[str]:
        """The processes that ran: the command, and its subcommand if it has one."""
        return {command for command, _ in self._records()}

    @property
    def connections(self) -> set[tuple[str, tuple[str, int]]]:
        """Which command connected to which host and port, without local sockets."""
        return {
            (command, (address[0], address[1]))
            for command, address in self._records()
            if address is not None
        }

    @property
    def addresses(self) -> set[tuple[str, int]]:
        """The hosts and ports to which a process has connected, without local sockets."""
        return {address for _, address in self.connections}

    def _records(self) -> list[tuple[str, list[Any] | None]]:
        lines = self._watched.read_text(encoding="utf-8").splitlines()
        return [(_name(words), address) for words, address in map(json.loads, lines)]


def _name(words: list[str]) -> str:
    program, *arguments = words
    return " ".join([Path(program).name, *(word for word in arguments if word[0] != "-")])
