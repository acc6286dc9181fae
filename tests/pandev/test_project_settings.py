"""Commands that need the settings of several plugins ask Meltano for them at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pandev.command import run_pandev

if TYPE_CHECKING:
    from pathlib import Path

WAITS_FOR_THE_OTHERS = """\
#!/bin/sh
touch "$5.asked"
for turn in $(seq 100); do
    set -- "$1" "$2" "$3" "$4" "$5" *.asked
    test $# -ge $((5 + $(cat expected))) && exec echo '{"api_url": "no URL"}'
    sleep 0.1
done
exit 1
"""
"""It answers once all expected plugins are asked for; if they are asked for in turn, it fails."""
CLICKUP = ("tap-clickup", "target-pandev")


@pytest.mark.parametrize(
    ("command", "plugins"),
    [
        ("check", CLICKUP),
        ("verify", CLICKUP),
        ("rejected retry", CLICKUP),
        ("worklogs plan", (*CLICKUP, "pandev")),
        ("status", (*CLICKUP, "clickup-receiver")),
    ],
)
def test_all_plugins_are_asked_for_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, plugins: tuple[str, ...]
) -> None:
    """Each start of Meltano takes seconds."""
    (tmp_path / "meltano.yml").write_text("version: 1\n")
    (tmp_path / ".meltano").mkdir()
    (tmp_path / ".meltano" / "meltano.db").touch()
    (tmp_path / "expected").write_text(str(len(plugins)))
    program = tmp_path / "meltano"
    program.write_text(WAITS_FOR_THE_OTHERS)
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))  # its neighbour is preferred
    done = run_pandev(tmp_path, *command.split())
    assert {path.stem for path in tmp_path.glob("*.asked")} == set(plugins)
    assert "meltano config print" not in done.stdout + done.stderr
