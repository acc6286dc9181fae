"""A program `meltano` that answers from files: a start of the real one takes seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PROJECT = """
jobs:
  - {name: poll, tasks: [tap-clickup target-pandev]}
  - {name: nightly, tasks: [tap-clickup-sweep target-pandev]}
"""
PROGRAM = """\
#!/bin/sh
if test "$2" = config; then
    exec cat "$5.json"
fi
echo "$*" >>calls
echo "$MELTANO_JOB_TRIGGER $(umask)" >>surroundings
test -e wait && { touch waiting; exec sleep 600; }
cat log >&2
exit $(cat code)
"""
PLUGINS = ("tap-clickup", "target-pandev", "clickup-receiver")


class FakeMeltano:
    """A Meltano project in a folder, with the program."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        program = folder / "meltano"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        self.write_project(PROJECT)
        (folder / ".meltano").mkdir(mode=0o700)
        for plugin in PLUGINS:
            self.answer(plugin)
        self.log("")
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.executable", str(folder / "python"))  # its neighbour is preferred
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)

    def write_project(self, text: str) -> None:
        """Write `meltano.yml`."""
        (self.folder / "meltano.yml").write_text(text)

    def answer(self, plugin: str, **settings: Any) -> None:
        """Set what `meltano config print` answers for a plugin."""
        (self.folder / f"{plugin}.json").write_text(json.dumps(settings))

    def log(self, *lines: str, exit_code: int = 0) -> None:
        """Set what a run writes, and how it ends."""
        (self.folder / "log").write_text("".join(lines))
        (self.folder / "code").write_text(str(exit_code))

    @property
    def runs(self) -> list[str]:
        """The arguments of each run."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def surroundings(self) -> list[str]:
        """Who started each run, and its umask."""
        return (self.folder / "surroundings").read_text().splitlines()


def log_line(text: str, source: str | None = None, level: str = "info", **more: Any) -> str:
    """Return a line of Meltano's log, as Meltano 4.4 writes it."""
    plugin = {"string_id": source, "name": source, "plugin_logger": source} if source else {}
    return json.dumps({**plugin, "event": text, "level": level, **more}) + "\n"


REFUSAL = log_line(
    "Another 'prod:tap-clickup-to-target-pandev' pipeline is already running which started at 9",
    level="error",
)
