"""Run `pandev` as a person does: in a folder with `.env`, on a terminal of 80 columns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.cells import cell_len

PANDEV = Path(sys.executable).with_name("pandev")
GOLDEN = Path(__file__).with_name("golden")
SETTING_PREFIXES = ("MELTANO_", "TAP_", "TARGET_PANDEV_", "CLICKUP_RECEIVER_", "PANDEV_")


def write_env(folder: Path, **settings: str) -> Path:
    """Write `.env` with settings and return its path."""
    path = folder / ".env"
    path.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))
    path.chmod(0o600)
    return path


def run_pandev(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with only these settings in its environment."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(SETTING_PREFIXES)
    }
    return subprocess.run(
        [PANDEV, *arguments],
        cwd=folder,
        env={**inherited, "COLUMNS": "80", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def golden(name: str) -> str:
    """Return an expected output."""
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def assert_golden(name: str, output: str, *, columns: int | None = 80) -> None:
    """Fail unless an output is the expected one and fits the terminal.

    With RENEW_GOLDEN=1 it becomes the expected one: look at `git diff tests/pandev/golden` then.
    """
    if os.environ.get("RENEW_GOLDEN"):
        (GOLDEN / f"{name}.txt").write_text(output, encoding="utf-8")
    too_long = [line for line in output.splitlines() if columns and cell_len(line) > columns]
    assert too_long == []
    assert output == golden(name), f"{name}: RENEW_GOLDEN=1 pytest tests/pandev accepts it"
