"""Record to which addresses the Python processes of a command connect."""

from __future__ import annotations

from ast import literal_eval
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

WATCH = """\
import os, sys

def watch(event, arguments):
    if event == "socket.connect":
        with open(os.environ["WATCHED"], "a") as watched:
            print(arguments[1][:2] if isinstance(arguments[1], tuple) else "local", file=watched)

sys.addaudithook(watch)
"""


def address_of(url: str) -> tuple[str, int]:
    """Return the host and port of a URL."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


class WatchedConnections:
    """An audit hook in every Python process that gets `settings` as environment variables."""

    def __init__(self, folder: Path) -> None:
        hook = folder / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
        self._watched = folder / "watched"
        self.settings = {"PYTHONPATH": str(hook), "WATCHED": str(self._watched)}

    @property
    def addresses(self) -> set[tuple[str, int]]:
        """The hosts and ports to which a process has connected, without local sockets."""
        lines = set(self._watched.read_text(encoding="utf-8").splitlines())
        return {literal_eval(line) for line in lines - {"local"}}
